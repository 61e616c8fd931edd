//! The program as a person or a script meets it: the built binary against an emulated Bitbucket.

mod demo;
mod documents;
mod help;
mod import;
mod killed;
mod program;
mod query;
mod refusals;
mod secrets;
