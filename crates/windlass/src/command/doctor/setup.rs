//! Configuration and data folder.

use std::io;
use std::path::Path;

use super::finding::Findings;
use crate::config::Config;

pub(super) fn check(config: &Config, findings: &mut Findings) -> io::Result<()> {
    let file = match &config.file {
        Some(file) => format!("the file {}", file.display()),
        None => "no file, so the defaults".to_owned(),
    };
    let variables = match config.variables.as_slice() {
        [] => String::new(),
        names => format!(", then {}", names.join(", ")),
    };
    findings.ok("configuration", &format!("{file}{variables}"))?;

    let folder = &config.data_dir;
    if config.settings.database.is_some() {
        let text = format!("{} (the database is elsewhere)", folder.display());
        return findings.ok("data folder", &text);
    }
    if !folder.exists() {
        let text = format!("{} is made by the first import", folder.display());
        return findings.ok("data folder", &text);
    }
    match try_writing(folder) {
        Ok(()) => findings.ok("data folder", &format!("{} can be written", folder.display())),
        Err(error) => findings.problem(
            "data folder",
            &format!(
                "{} cannot be written: {error}. Give this user the right to, or name another with --data-dir",
                folder.display()
            ),
        ),
    }
}

fn try_writing(folder: &Path) -> io::Result<()> {
    let file = folder.join(format!(".windlass-doctor-{}", std::process::id()));
    std::fs::File::create_new(&file)?;
    std::fs::remove_file(&file)
}
