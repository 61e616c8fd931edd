//! Whole imports against the emulator, on both engines.
#![cfg(test)]

mod changes;
mod cost;
mod faults;
mod jira;
mod measures;
mod mishaps;
mod random;
mod refusals;
mod replay;
mod story;
mod streams;
mod truth;
