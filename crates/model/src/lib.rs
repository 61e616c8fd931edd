//! The words of Windlass: ids, instants, the rows of every table with their documentation, and
//! the clock. Nothing here does any input or output.

pub mod catalogue;
mod clock;
mod field;
pub mod history;
mod id;
mod instant;

pub mod relations;
pub mod rows;
mod table;
pub mod verification;

pub use clock::{Clock, ManualClock};
pub use field::Field;
pub use id::{Id, Uuid};
pub use instant::{Instant, InvalidInstant};
