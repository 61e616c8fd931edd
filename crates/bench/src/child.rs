//! Running a program and measuring the whole of it, from its start to its exit.
//!
//! Linux hands the peak memory of a process on to what it executes, so that a child of a large
//! process never shows less than that. Therefore a fresh, small process, this program as
//! `bench measure`, starts what is measured, waits for it and tells what it used.

use std::ffi::OsString;
use std::fs::File;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context, bail};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use serde::{Deserialize, Serialize};

/// What a program used.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Used {
    /// Seconds from its start to its exit.
    pub(crate) wall: f64,
    /// Seconds of processors, its own and the system's for it, with those of its children.
    pub(crate) processor: f64,
    /// The most memory that it, or one of its children, held at once.
    pub(crate) peak_bytes: u64,
}

/// Runs a program with these arguments and variables in an empty folder of its own. The result is
/// what it used and what it wrote to its standard output.
///
/// # Errors
/// It cannot be started, or does not end well: then with the end of what it complained about.
pub(crate) fn run(
    folder: &Path,
    program: &Path,
    arguments: &[OsString],
    variables: &[(&str, &str)],
) -> anyhow::Result<(Used, String)> {
    let report = folder.join("used.json");
    let (out, err) = (folder.join("stdout"), folder.join("stderr"));
    let mut command = bare(&std::env::current_exe()?);
    command
        .arg("measure")
        .arg(&report)
        .arg(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(File::create(&out)?)
        .stderr(File::create(&err)?);
    command.envs(variables.iter().copied());
    let status = command.status()?;
    let said = String::from_utf8_lossy(&std::fs::read(&out)?).into_owned();
    if !status.success() {
        let complaint = std::fs::read(&err)?;
        let complaint = String::from_utf8_lossy(&complaint);
        let lines: Vec<&str> = complaint.lines().collect();
        let last = lines.get(lines.len().saturating_sub(20)..).unwrap_or(&[]);
        bail!("{} failed: {}", program.display(), last.join("\n"));
    }
    let used = serde_json::from_slice(&std::fs::read(&report)?)
        .with_context(|| format!("reading what {} used", program.display()))?;
    Ok((used, said))
}

/// `bench measure FILE PROGRAM [ARGUMENT …]`: the small process in between.
pub(crate) fn measure(file: &Path, program: &[OsString]) -> anyhow::Result<ExitCode> {
    let Some((program, arguments)) = program.split_first() else {
        bail!("no program to measure");
    };
    let started = Instant::now();
    let status = Command::new(program)
        .args(arguments)
        .status()
        .with_context(|| format!("starting {}", program.display()))?;
    let wall = started.elapsed().as_secs_f64();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let used = Used {
        wall,
        processor: seconds(usage.user_time()) + seconds(usage.system_time()),
        peak_bytes: u64::try_from(usage.max_rss()).unwrap_or(0) * 1024,
    };
    std::fs::write(file, serde_json::to_vec(&used)?)?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "seconds and microseconds of a short program"
)]
fn seconds(time: TimeVal) -> f64 {
    time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6
}

/// A program, which is told nothing of the settings of whoever measures it.
pub(crate) fn bare(program: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("WINDLASS_") {
            command.env_remove(name);
        }
    }
    command
}
