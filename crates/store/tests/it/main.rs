//! The store on both engines.
#![cfg(test)]

mod access;
mod connections;
mod console;
mod deletion;
mod deliveries;
mod jira;
mod schema;
mod settings;
mod unmeasured;
mod upsert;
