//! Asking before something is done that cannot be undone.

use std::io::{BufRead, IsTerminal, Write, stderr, stdin};

use crate::failure::{Exit, Failure};

/// Asks on the terminal, unless `yes` was said beforehand. Where nobody can be asked, it is refused.
pub(crate) fn confirm(question: &str, yes: bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    let refused = |message: &str| Err(Failure::new(Exit::Usage, message));
    if !stdin().is_terminal() {
        return refused("this has to be confirmed, and there is nobody to ask: add --yes");
    }
    let _ = write!(stderr().lock(), "{question} [y/N] ");
    let mut answer = String::new();
    match stdin().lock().read_line(&mut answer) {
        Ok(_) if matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") => Ok(()),
        _ => refused("not confirmed, and nothing was changed"),
    }
}
