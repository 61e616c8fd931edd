//! What to try next: commands that work when they are pasted.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use url::Url;

/// What to ask, in words and in SQL that both engines understand.
pub(super) const QUESTIONS: [(&str, &str); 3] = [
    (
        "How long a merge takes, by repository",
        "SELECT r.name, COUNT(*) AS merged, ROUND(AVG(p.cycle_time) / 3600.0, 1) AS hours_to_merge \
         FROM pull_requests p JOIN repos r ON r.id = p.repo_id WHERE p.merged IS NOT NULL \
         GROUP BY r.name ORDER BY hours_to_merge DESC",
    ),
    (
        "Who reviews, and how soon after being asked",
        "SELECT u.name, COUNT(*) AS reviews, ROUND(AVG(v.time_since_request) / 3600.0, 1) AS hours \
         FROM pull_request_reviews v JOIN bitbucket_users u ON u.id = v.source_user_id \
         GROUP BY u.name ORDER BY reviews DESC LIMIT 10",
    ),
    (
        "How often pipelines fail, by repository",
        "SELECT repository, COUNT(*) AS runs, SUM(CASE WHEN status = 'failure' THEN 1 ELSE 0 END) \
         AS failed, ROUND(AVG(duration) / 60.0, 1) AS minutes FROM pipeline_runs \
         GROUP BY repository ORDER BY failed DESC",
    ),
];

/// Writes the suggestions, for the database at `address` if it has to be named.
pub(super) fn write(address: Option<&str>, out: &mut dyn Write) -> io::Result<()> {
    let program = program();
    let database = address
        .map(|address| format!(" --database {}", quoted(&without_password(address))))
        .unwrap_or_default();
    writeln!(out, "\nThree things to try:")?;
    for (question, sql) in QUESTIONS {
        writeln!(out, "\n  # {question}")?;
        writeln!(out, "  {program} query{database} \"{sql}\"")?;
    }
    writeln!(
        out,
        "\n`{program} schema` says what every table and column means."
    )
}

/// The address without its password, which is not to be shown; PostgreSQL's own ways of giving one,
/// such as PGPASSWORD, still do.
fn without_password(address: &str) -> String {
    match Url::parse(address) {
        Ok(mut url) if url.password().is_some() => {
            // It can be done, since there is one.
            let _ = url.set_password(None);
            url.into()
        }
        _ => address.to_owned(),
    }
}

/// How to call this program from here: by its name if that finds it, else by its path.
fn program() -> String {
    let Ok(this) = std::env::current_exe() else {
        return "windlass".to_owned();
    };
    let name = Path::new("windlass");
    let found = std::env::var_os("PATH").and_then(|path| {
        std::env::split_paths(&path)
            .map(|folder| folder.join(name))
            .find(|file| file.is_file())
    });
    let is_this = |file: PathBuf| file.canonicalize().ok() == this.canonicalize().ok();
    if found.is_some_and(is_this) {
        return "windlass".to_owned();
    }
    let shown = std::env::current_dir()
        .ok()
        .and_then(|here| Some(this.strip_prefix(here).ok()?.to_path_buf()));
    match shown {
        Some(below) => quoted(&format!("./{}", below.display())),
        None => quoted(&this.display().to_string()),
    }
}

/// A text as a shell takes it for one word.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/:._-%@=+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_quoted_where_a_shell_would_part_it() {
        assert_eq!(quoted("sqlite:///a/b.db"), "sqlite:///a/b.db");
        assert_eq!(quoted("/my files/it's"), r"'/my files/it'\''s'");
    }

    #[test]
    fn a_password_is_not_shown() {
        assert_eq!(
            without_password("postgres://ann:s3cret@db:5433/w?sslmode=require"),
            "postgres://ann@db:5433/w?sslmode=require"
        );
        assert_eq!(without_password("sqlite:///a?b/c.db"), "sqlite:///a?b/c.db");
    }

    #[test]
    fn the_questions_can_stand_between_double_quotes() {
        for (_, sql) in QUESTIONS {
            assert!(!sql.contains(['"', '$', '`', '\\', '!']), "{sql}");
        }
    }
}
