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
