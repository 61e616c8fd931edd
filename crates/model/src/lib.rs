//! The words of Windlass: ids, instants, the rows of every table with their documentation, and
//! the clock. Nothing here does any input or output.

mod clock;
mod instant;

pub use clock::{Clock, ManualClock};
pub use instant::{Instant, InvalidInstant};
