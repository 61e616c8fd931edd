//! Opening the database file for reading only.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::message;
use crate::console::{ConsoleError, one_line};

/// How long a lock is waited for. In WAL mode readers wait for nobody but a recovery.
const PATIENCE: Duration = Duration::from_secs(5);

/// Opens the file for reading.
///
/// The database is in WAL mode, where even a reader needs the files `-wal` and `-shm` beside it or
/// has to make them. In a folder where it cannot, and without a `-wal` that would hold newer rows,
/// nobody can be writing either, and the file is read as one that does not change.
pub(crate) fn open(path: &Path) -> Result<Connection, ConsoleError> {
    let unreadable = |error: rusqlite::Error| ConsoleError::Unreadable(one_line(&message(&error)));
    match open_and_read(path, OpenFlags::SQLITE_OPEN_READ_ONLY) {
        Err(error) if may_be_frozen(&error) && !beside(path, "-wal").exists() => {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
            open_and_read(Path::new(&frozen(path)), flags).map_err(unreadable)
        }
        outcome => outcome.map_err(unreadable),
    }
}

fn open_and_read(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(PATIENCE)?;
    // Opening alone does not touch the file.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(connection)
}

/// Whether the failure is that of a reader who cannot make the files that it needs.
fn may_be_frozen(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::SystemIoFailure)
    )
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// The address of a file that does not change.
fn frozen(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let mut address = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                address.push(char::from(*byte));
            }
            other => address.push_str(&format!("%{other:02X}")),
        }
    }
    address + "?immutable=1"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_its_wal_can_be_read_as_one_that_does_not_change() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("odd name?#%.db");
        let writer = Connection::open(&path).unwrap();
        writer.pragma_update(None, "journal_mode", "wal").unwrap();
        writer
            .execute_batch("CREATE TABLE t (n); INSERT INTO t VALUES (7)")
            .unwrap();
        drop(writer);
        assert!(!beside(&path, "-wal").exists());
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        let reader = open_and_read(Path::new(&frozen(&path)), flags).unwrap();
        let n: i64 = reader
            .query_row("SELECT n FROM t", [], |row| row.get(0))
            .unwrap();
        assert_eq!(n, 7);
        assert!(!beside(&path, "-wal").exists() && !beside(&path, "-shm").exists());
    }

    #[test]
    fn a_file_that_is_not_there_is_not_made() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("nothing.db");
        assert!(matches!(open(&path), Err(ConsoleError::Unreadable(_))));
        assert!(!path.exists());
    }
}
