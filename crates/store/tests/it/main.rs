//! The store on both engines.
#![cfg(test)]

mod access;
mod connections;
mod console;
mod deletion;
mod deliveries;
mod fold;
mod jira;
mod packs;
mod places;
mod queries;
mod schema;
mod settings;
mod unmeasured;
mod upsert;
