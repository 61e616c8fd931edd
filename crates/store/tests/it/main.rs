//! The store on both engines.
#![cfg(test)]

mod console;
mod schema;
mod upsert;
