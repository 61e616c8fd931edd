//! Projections: what is asked of a record.
//!
//! They keep heavy members away (rendered texts, summaries, links) and bring those that lists leave
//! out (participants, reviewers, the date of the merge commit). A server that ignores them sends
//! more, which does no harm.

/// What is asked of an account.
const ACCOUNT: [&str; 6] = [
    "uuid",
    "account_id",
    "display_name",
    "nickname",
    "type",
    "links.html.href",
];

/// A projection names everything it wants, `next` included: Bitbucket leaves out what is not named.
struct Fields(Vec<String>);

impl Fields {
    fn of_a_page() -> Self {
        Self(
            ["next", "size", "page", "pagelen"]
                .map(str::to_owned)
                .to_vec(),
        )
    }

    fn and(mut self, prefix: &str, names: &[&str]) -> Self {
        self.0
            .extend(names.iter().map(|name| format!("{prefix}.{name}")));
        self
    }

    fn and_account(self, prefix: &str) -> Self {
        self.and(prefix, &ACCOUNT)
    }

    fn and_comment(self, prefix: &str, store_text: bool) -> Self {
        let fields = self
            .and(
                prefix,
                &[
                    "id",
                    "created_on",
                    "updated_on",
                    "deleted",
                    "pending",
                    "parent.id",
                    "inline.path",
                    "inline.from",
                    "inline.to",
                    "resolution.type",
                    "resolution.created_on",
                    "pullrequest.id",
                    "links.html.href",
                ],
            )
            .and_account(&format!("{prefix}.user"))
            .and_account(&format!("{prefix}.resolution.user"));
        if store_text {
            fields.and(prefix, &["content.raw"])
        } else {
            fields
        }
    }

    fn text(self) -> String {
        self.0.join(",")
    }
}

pub(super) fn of_pull_request(store_text: bool) -> String {
    let fields = Fields::of_a_page()
        .and(
            "values",
            &[
                "id",
                "title",
                "state",
                "draft",
                "created_on",
                "updated_on",
                "comment_count",
                "task_count",
                "close_source_branch",
                "merge_commit.hash",
                "merge_commit.date",
                "source.branch.name",
                "source.commit.hash",
                "source.repository.uuid",
                "destination.branch.name",
                "destination.commit.hash",
                "destination.repository.uuid",
                "links.html.href",
                // As a whole: an empty list says something, and one that is asked for by the
                // members of what it holds might be left out.
                "participants",
                "reviewers",
            ],
        )
        .and_account("values.author")
        .and_account("values.closed_by");
    if store_text {
        fields.and("values", &["description"]).text()
    } else {
        fields.text()
    }
}

pub(super) fn of_activity(store_text: bool) -> String {
    Fields::of_a_page()
        .and("values.pull_request", &["id"])
        .and(
            "values.update",
            &[
                "state",
                "draft",
                "date",
                "source.commit.hash",
                "destination.branch.name",
                // Not `changes` as a whole: it repeats old and new descriptions.
                "changes.status",
                "changes.draft",
                "changes.reviewers",
            ],
        )
        .and_account("values.update.author")
        .and("values.approval", &["date", "pullrequest.id"])
        .and_account("values.approval.user")
        .and("values.changes_requested", &["date", "pullrequest.id"])
        .and_account("values.changes_requested.user")
        .and("values.changes_request", &["date", "pullrequest.id"])
        .and_account("values.changes_request.user")
        .and_comment("values.comment", store_text)
        .text()
}

pub(super) fn of_comment(store_text: bool) -> String {
    Fields::of_a_page().and_comment("values", store_text).text()
}

pub(super) fn of_commit() -> String {
    Fields::of_a_page()
        .and(
            "values",
            &[
                "hash",
                "date",
                "message",
                "author.raw",
                "links.html.href",
                // As a whole: a first commit has an empty list.
                "parents",
            ],
        )
        .and_account("values.author.user")
        .text()
}

/// Everything of a step that is read, so that its commands stay where they are.
pub(super) fn of_step() -> String {
    Fields::of_a_page()
        .and(
            "values",
            &[
                "uuid",
                "name",
                "pipeline.uuid",
                "run_number",
                "state.name",
                "state.result.name",
                "started_on",
                "completed_on",
                "duration_in_seconds",
                "build_seconds_used",
                "maxTime",
                "trigger.type",
            ],
        )
        .text()
}

/// An environment is told by its UUID alone unless more is asked for.
pub(super) fn of_deployment() -> String {
    Fields::of_a_page()
        .and(
            "values",
            &[
                "uuid",
                "step.uuid",
                "environment.uuid",
                "environment.name",
                "release.pipeline.uuid",
                "release.name",
                "release.url",
                "release.created_on",
                "release.commit.hash",
                "state.name",
                "state.url",
                "state.status.name",
                // The documentation has other names for these than the answers.
                "state.started_on",
                "state.start_date",
                "state.completed_on",
                "state.completion_date",
                "last_update_time",
            ],
        )
        .and_account("values.deployer")
        .and_account("values.state.deployer")
        .text()
}

pub(super) fn of_diffstat() -> String {
    Fields::of_a_page()
        .and("values", &["lines_added", "lines_removed"])
        .text()
}

/// What is asked of a record alone, from what is asked of a page of them.
pub(super) fn of_a_record(of_a_page: &str) -> String {
    of_a_page
        .split(',')
        .filter_map(|name| name.strip_prefix("values."))
        .collect::<Vec<_>>()
        .join(",")
}
