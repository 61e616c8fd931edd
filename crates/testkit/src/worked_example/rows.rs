//! The world as rows, as an import would bring them; and its people.

use std::collections::BTreeMap;

use model::rows::{
    Batch, CommentRow, CommitList, CommitRow, EventKind, EventRow, Participants, PullCommitRow,
    PullRow, RepositoryRow, ReviewerRow, UserRow, WorkspaceRow,
};
use model::{Field, Id, Instant};
use serde_json::json;
use sqlx::AssertSqlSafe;
use store::Db;

use super::{Act, PullRequest, WorkedExample, uuid};

fn value<T>(value: T) -> Field<T> {
    Field::Value(value)
}

fn text(text: &str) -> Field<String> {
    Field::Value(text.to_owned())
}

fn account(name: Option<&String>) -> Option<Id> {
    name.map(|name| WorkedExample::account(name))
}

impl WorkedExample {
    /// Everything that an import would bring, seen at `observed_at`.
    pub fn batch(&self, observed_at: Instant) -> Batch {
        let workspace = uuid("workspace");
        let workspace_id = Id::workspace(&workspace);
        let mut workspace_row = WorkspaceRow::new(workspace_id, observed_at);
        workspace_row.source_id = text(workspace.as_str());
        workspace_row.slug = text("acme");
        let repository = Self::repository();
        let mut row = RepositoryRow::new(Id::repository(&repository), observed_at);
        row.source_id = text(repository.as_str());
        row.workspace_id = value(workspace_id);
        row.full_name = text("acme/rocket");
        row.slug = text("rocket");
        row.name = text("rocket");
        row.default_branch = text("main");
        let mut batch = Batch {
            workspaces: vec![workspace_row],
            repositories: vec![row],
            ..Batch::default()
        };
        for person in &self.people {
            for account in &person.accounts {
                batch
                    .users
                    .push(user(account, &person.name, false, observed_at));
            }
        }
        for program in &self.programs {
            batch.users.push(user(program, program, true, observed_at));
        }
        for pull in &self.pull_requests {
            pull.add_to(&mut batch, observed_at);
        }
        batch
    }

    /// Writes the people and whose the accounts are, as matching would.
    ///
    /// # Panics
    /// When the database does not take them: the test cannot go on.
    pub async fn store_people(&self, db: &Db) {
        for (index, person) in self.people.iter().enumerate() {
            let timezone = match &person.timezone {
                Some(name) => format!("'{name}'"),
                None => "NULL".to_owned(),
            };
            let id = index + 1;
            run(
                db,
                format!(
                    "INSERT INTO users (id, name, timezone, created_at)
                     VALUES ({id}, '{}', {timezone}, '2024-01-01T00:00:00.000000Z')",
                    person.name
                ),
            )
            .await;
            for account in &person.accounts {
                run(
                    db,
                    format!(
                        "INSERT INTO identities (source, source_table_id, source_account, user_id,
                             matched_by, confidence, matched_at)
                         VALUES ('bitbucket', {}, '{account}', {id}, 'decision', 'certain',
                             '2024-01-01T00:00:00.000000Z')",
                        Self::account(account)
                    ),
                )
                .await;
            }
        }
    }
}

async fn run(db: &Db, sql: String) {
    let sql = AssertSqlSafe(sql);
    let outcome = match db {
        Db::Sqlite { write, .. } => sqlx::raw_sql(sql).execute(write).await.map(|_| ()),
        Db::Postgres(pool) => sqlx::raw_sql(sql).execute(pool).await.map(|_| ()),
    };
    if let Err(error) = outcome {
        panic!("the people cannot be written: {error}");
    }
}

fn user(account: &str, name: &str, is_program: bool, observed_at: Instant) -> UserRow {
    let mut row = UserRow::new(WorkedExample::account(account), observed_at);
    row.source_id = text(uuid(account).as_str());
    row.name = text(name);
    row.nickname = text(account);
    row.account_type = text(if is_program { "app_user" } else { "user" });
    row
}

/// What is so after each step.
struct Standing {
    state: &'static str,
    draft: bool,
    commit: String,
}

impl PullRequest {
    fn add_to(&self, batch: &mut Batch, observed_at: Instant) {
        let mut now = Standing {
            state: "OPEN",
            draft: false,
            commit: "c1".to_owned(),
        };
        let mut updated_at = observed_at;
        let mut participants: BTreeMap<&str, Option<&str>> = BTreeMap::new();
        participants.extend(self.reviewers.iter().map(|name| (name.as_str(), None)));
        for (index, act) in self.timeline.iter().enumerate() {
            updated_at = act.at;
            let vote = match act.does.as_str() {
                "approves" => Some(Some("approved")),
                "requests changes" => Some(Some("changes_requested")),
                "takes the approval back" => Some(None),
                _ => None,
            };
            if let (Some(vote), Some(by)) = (vote, &act.by) {
                participants.insert(by, vote);
            }
            if act.does.starts_with("comments") {
                if let Some(by) = &act.by {
                    participants.entry(by).or_insert(None);
                }
                batch.comments.push(self.comment(act, index, observed_at));
            } else if let Some(event) = self.event(act, &mut now, observed_at) {
                batch.events.push(event);
            }
        }
        for (name, vote) in participants {
            batch
                .reviewers
                .push(self.participant(name, vote, updated_at, observed_at));
        }
        batch.participants.push(Participants {
            pull_id: self.id(),
            source_updated_at: updated_at,
        });
        if let Some(at) = self.first_commit_at {
            self.add_first_commit(batch, at, updated_at, observed_at);
        }
        batch.pulls.push(self.row(&now, updated_at, observed_at));
    }

    fn row(&self, now: &Standing, updated_at: Instant, observed_at: Instant) -> PullRow {
        let mut row = PullRow::new(self.id(), observed_at);
        row.repository_id = value(Id::repository(&WorkedExample::repository()));
        row.number = value(self.number);
        row.user_id = account(self.author.as_ref()).into();
        row.title = text(&self.title);
        row.state = text(&self.state);
        row.draft = value(self.draft);
        row.source_branch = text("change");
        row.target_branch = text("main");
        row.source_commit_sha = text(&now.commit);
        row.merge_commit_at = self.merge_commit_at.into();
        row.created_at = self
            .timeline
            .first()
            .map_or(Field::Null, |opening| value(opening.at));
        row.updated_at = value(updated_at);
        row.source_updated_at = value(updated_at);
        row
    }

    /// The entry that Bitbucket has of an act; none of a merge that it lost.
    fn event(&self, act: &Act, now: &mut Standing, observed_at: Instant) -> Option<EventRow> {
        let (what, whom) = act.does.split_once(' ').unwrap_or((&act.does, ""));
        let mut kind = EventKind::Update;
        let (mut status, mut draft_changed_to, mut added) = (None, None, None);
        match (what, whom) {
            ("opens", _) => now.draft = !whom.is_empty(),
            ("pushes", commit) => now.commit = commit.to_owned(),
            ("marks", _) => draft_changed_to = Some(false),
            ("turns", _) => draft_changed_to = Some(true),
            ("asks", reviewer) => added = Some(WorkedExample::account(reviewer)),
            ("approves", _) => kind = EventKind::Approval,
            ("requests", _) => kind = EventKind::ChangesRequested,
            ("takes", _) => kind = EventKind::Unapproval,
            ("merges", "") => (now.state, status) = ("MERGED", Some("fulfilled")),
            ("merges", _) => return None,
            ("declines", _) => (now.state, status) = ("DECLINED", Some("rejected")),
            ("is", "superseded") => (now.state, status) = ("SUPERSEDED", Some("superseded")),
            _ => panic!("nobody knows how one {}", act.does),
        }
        let by = account(act.by.as_ref());
        let mut row = EventRow::of(self.id(), kind, by, act.at, observed_at);
        if kind == EventKind::Update {
            now.draft = draft_changed_to.unwrap_or(now.draft);
            row.state = text(now.state);
            row.status_changed_to = status.map(str::to_owned).into();
            row.draft = value(now.draft);
            row.draft_changed_to = draft_changed_to.into();
            row.source_commit_sha = text(&now.commit);
            row.reviewers_added = added.map(|id| json!([id.to_string()]).to_string()).into();
        }
        Some(row)
    }

    fn comment(&self, act: &Act, index: usize, observed_at: Instant) -> CommentRow {
        let number = self.number * 100 + i64::try_from(index).unwrap_or_default();
        let mut row = CommentRow::new(Id::comment(number), observed_at);
        row.source_id = value(number);
        row.pull_id = value(self.id());
        row.user_id = account(act.by.as_ref()).into();
        row.deleted = value(act.does != "comments");
        row.created_at = value(act.at);
        row.updated_at = value(act.at);
        row.source_updated_at = value(act.at);
        row
    }

    fn participant(
        &self,
        name: &str,
        vote: Option<&str>,
        updated_at: Instant,
        observed_at: Instant,
    ) -> ReviewerRow {
        let user = WorkedExample::account(name);
        let mut row = ReviewerRow::new(Id::reviewer(self.id(), user), observed_at);
        row.pull_id = value(self.id());
        row.user_id = value(user);
        let is_reviewer = self.reviewers.iter().any(|one| one == name);
        row.role = text(if is_reviewer {
            "REVIEWER"
        } else {
            "PARTICIPANT"
        });
        row.approved = value(vote == Some("approved"));
        row.state = vote.map(str::to_owned).into();
        row.source_updated_at = value(updated_at);
        row
    }

    fn add_first_commit(
        &self,
        batch: &mut Batch,
        at: Instant,
        updated_at: Instant,
        observed_at: Instant,
    ) {
        let repository = WorkedExample::repository();
        let sha = format!("{:040x}", self.number);
        let id = Id::commit(&repository, &sha);
        let mut commit = CommitRow::new(id, observed_at);
        commit.repository_id = value(Id::repository(&repository));
        commit.sha = text(&sha);
        commit.sha12 = text(sha.get(..12).unwrap_or_default());
        commit.committed_at = value(at);
        batch.commits.push(commit);
        let mut link = PullCommitRow::new(Id::pull_commit(self.id(), id), observed_at);
        link.pull_id = value(self.id());
        link.commit_id = value(id);
        link.sha = text(&sha);
        link.source_updated_at = value(updated_at);
        batch.pull_commits.push(link);
        batch.pull_commit_lists.push(CommitList {
            pull_id: self.id(),
            source_updated_at: updated_at,
        });
    }
}
