//! What was found: a line each, written as soon as it is known.

use std::io::{self, Write};

use crate::failure::one_line;

/// The findings so far.
#[derive(Debug, Default)]
pub(super) struct Findings {
    problems: u64,
}

impl Findings {
    /// Something is as it should be.
    pub(super) fn ok(&mut self, subject: &str, text: &str) -> io::Result<()> {
        write("ok", subject, text)
    }

    /// Something works, but deserves a look.
    pub(super) fn warning(&mut self, subject: &str, text: &str) -> io::Result<()> {
        write("warning", subject, text)
    }

    /// Something does not work; the text says how to mend it.
    pub(super) fn problem(&mut self, subject: &str, text: &str) -> io::Result<()> {
        self.problems += 1;
        write("problem", subject, text)
    }

    pub(super) fn problems(&self) -> u64 {
        self.problems
    }
}

fn write(state: &str, subject: &str, text: &str) -> io::Result<()> {
    let text = one_line(text);
    writeln!(io::stdout().lock(), "{state:<8} {subject:<14} {text}")
}
