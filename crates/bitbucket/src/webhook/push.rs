//! Pushes, and what builds report of commits.

use model::Field;
use model::rows::RejectRow;
use serde_json::Value;

use super::reading::Payload;
use super::{Due, RefChange, RefKind, Told};
use crate::RepositoryRef;
use crate::decode::{read, reject::Trouble};
use crate::normalise::Rows;
use crate::normalise::commit::{Place, commit, is_whole};
use crate::wire::delivery::{CommitStatus, PushChange, Reference};

/// The stream that rejected parts of deliveries are counted under.
const STREAM: &str = "webhooks";

/// Takes in a push: the commits that it tells, and which branches and tags changed.
pub(super) fn push(
    payload: &Payload<'_>,
    home: &RepositoryRef,
    rows: &mut Rows,
    told: &mut Told,
) -> Result<(), Trouble> {
    let changes = payload
        .body
        .get("push")
        .and_then(|push| push.get("changes"));
    let changes = match changes {
        Some(Value::Array(changes)) => changes,
        None => return Err(Trouble::missing("push.changes")),
        Some(_) => return Err(Trouble::at("push.changes", "expected a list")),
    };
    for (index, value) in changes.iter().enumerate() {
        let path = format!("push.changes[{index}]");
        if let Err(trouble) = change(value, &path, home, rows, told) {
            let key = format!("repo:push change {}", index + 1);
            reject(trouble.within(&path), &key, home, rows);
        }
    }
    Ok(())
}

fn change(
    value: &Value,
    path: &str,
    home: &RepositoryRef,
    rows: &mut Rows,
    told: &mut Told,
) -> Result<(), Trouble> {
    let record: PushChange = read(value)?;
    let (old, new) = (record.old.value(), record.new.value());
    let reference = new.as_ref().or(old.as_ref());
    let Some(reference) = reference else {
        return Err(Trouble::missing("new"));
    };
    let name = reference.name.as_value();
    let name = name
        .ok_or_else(|| Trouble::missing("name").within("new"))?
        .clone();
    let word = reference.r#type.as_value().map_or("branch", String::as_str);
    let kind = if word.ends_with("branch") {
        RefKind::Branch
    } else {
        RefKind::Tag
    };
    told.pushes.push(RefChange {
        kind,
        name: name.clone(),
        old: sha(old.as_ref(), "old")?,
        new: sha(new.as_ref(), "new")?,
        forced: record.forced == Field::Value(true),
        truncated: record.truncated == Field::Value(true),
    });
    let Some(new) = new else {
        return Ok(());
    };
    if kind == RefKind::Tag {
        // It points to what a branch had before.
        return Ok(());
    }
    told.due.push(Due::Commits {
        repository: home.uuid.clone(),
        branch: name,
    });
    let commits = record.commits.value().unwrap_or_default();
    for (index, value) in commits.iter().enumerate() {
        take(value, &format!("{path}.commits[{index}]"), home, rows);
    }
    // The newest commit is mostly the first of them; a branch that is new may have none of its own.
    let hash = |commit: &Value| commit.get("hash").cloned();
    if let Some(target) = new.target.as_value()
        && !commits.iter().any(|commit| hash(commit) == hash(target))
    {
        take(target, &format!("{path}.new.target"), home, rows);
    }
    Ok(())
}

/// The commit that a branch or tag points to; `None` where there is no such branch or tag.
fn sha(reference: Option<&Reference>, member: &str) -> Result<Option<String>, Trouble> {
    let Some(reference) = reference else {
        return Ok(None);
    };
    let hash = reference.target.as_value().and_then(|target| {
        let text = target.get("hash")?.as_str()?;
        is_whole(text).then(|| text.to_ascii_lowercase())
    });
    match hash {
        Some(hash) => Ok(Some(hash)),
        None => Err(Trouble::at("target.hash", "expected a hash of 40 characters").within(member)),
    }
}

/// Takes in a commit, or the reject of one that cannot be read.
fn take(value: &Value, path: &str, home: &RepositoryRef, rows: &mut Rows) {
    let taken = read(value).and_then(|record| {
        commit(record, home, Place::Alone, rows)
            .map_err(|path| Trouble::at(path, "expected a hash of 40 characters"))
    });
    if let Err(trouble) = taken {
        let hash = value.get("hash").and_then(Value::as_str);
        let key = match hash.filter(|hash| is_whole(hash)) {
            Some(hash) => format!("repo:push commit {hash}"),
            None => "repo:push commit".to_owned(),
        };
        reject(trouble.within(path), &key, home, rows);
    }
}

fn reject(trouble: Trouble, key: &str, home: &RepositoryRef, rows: &mut Rows) {
    rows.batch.rejects.push(RejectRow::of(
        STREAM,
        Some(home.id()),
        key,
        &trouble.path,
        &trouble.reason,
        rows.observed_at,
    ));
}

/// Takes in what a build reports: of a pipeline run only its number, to ask for the run itself.
/// Builds elsewhere are not imported.
pub(super) fn commit_status(
    payload: &Payload<'_>,
    home: &RepositoryRef,
    told: &mut Told,
) -> Result<(), Trouble> {
    let status: CommitStatus = payload.required("commit_status")?;
    if let Some(build_number) = status.url.as_value().and_then(|url| build_number(url)) {
        told.due.push(Due::Pipeline {
            repository: home.uuid.clone(),
            build_number,
        });
    }
    Ok(())
}

/// The number of the pipeline run that an address shows. Two forms were recorded:
/// `…/addon/pipelines/home#!/results/4` and `…/pipelines/results/4`; steps may follow.
fn build_number(url: &str) -> Option<i64> {
    let path = url.strip_prefix("https://bitbucket.org/")?;
    let (_, rest) = path
        .split_once("/addon/pipelines/home#!/results/")
        .or_else(|| path.split_once("/pipelines/results/"))?;
    let number: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let after = rest.get(number.len()..)?;
    if !after.is_empty() && !after.starts_with(['/', '?', '#']) {
        return None;
    }
    number.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_run_behind_an_address_is_found() {
        for (url, number) in [
            (
                "https://bitbucket.org/acme/website/addon/pipelines/home#!/results/4",
                Some(4),
            ),
            (
                "https://bitbucket.org/acme/website/pipelines/results/17",
                Some(17),
            ),
            (
                "https://bitbucket.org/acme/website/pipelines/results/17/steps/%7Baa%7D",
                Some(17),
            ),
            (
                "https://bitbucket.org/acme/website/addon/pipelines/home#!/results/17?a=b",
                Some(17),
            ),
            (
                "https://bitbucket.org/acme/website/pipelines/results/",
                None,
            ),
            (
                "https://bitbucket.org/acme/website/pipelines/results/17a",
                None,
            ),
            (
                "https://bitbucket.org/acme/website/pipelines/results/99999999999999999999",
                None,
            ),
            ("https://bitbucket.org/acme/website/pipelines", None),
            ("https://ci.example.org/acme/pipelines/results/17", None),
            ("", None),
        ] {
            assert_eq!(build_number(url), number, "{url}");
        }
    }
}
