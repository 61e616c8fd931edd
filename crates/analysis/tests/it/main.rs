//! Reports over databases, on both engines, held against figures that are made of the same rows in
//! the plainest way there is.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a test fails by panicking"
)]

mod behind;
mod document;
mod naive;
mod packed;
mod stories;
mod world;
