//! The store on both engines.
#![cfg(test)]

mod connections;
mod console;
mod schema;
mod upsert;
