//! Who changes something.

/// Whoever started the program, for the log of changes.
pub(crate) fn of_command_line() -> String {
    let name = whoami::username().unwrap_or_else(|_| "unknown".to_owned());
    // A name comes from outside and is shown on terminals.
    let name: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
    format!("command line ({name})")
}
