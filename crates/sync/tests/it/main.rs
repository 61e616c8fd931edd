//! Whole imports against the emulator, on both engines.
#![cfg(test)]

mod changes;
mod cost;
mod credentials;
mod deploying;
mod faults;
mod jira;
mod measures;
mod mishaps;
mod people;
mod random;
mod refusals;
mod remeasured;
mod replay;
mod schedule;
mod story;
mod streams;
mod truth;
mod webhooks;
mod worked_example;
