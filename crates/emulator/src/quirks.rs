//! Behaviours that differ between what is documented, what was recorded and what is suspected.

/// Switches of behaviour; the default is what the real service commonly does.
#[derive(Debug, Clone)]
pub struct Quirks {
    /// The repository's feed leaves out every nth comment of the workspace, while the pull
    /// request's own activity and its comments have it. Completeness of that feed is documented
    /// nowhere.
    pub hide_every_nth_comment_from_feed: Option<u64>,
    /// The repository's feed leaves out the updates that neither open nor close a pull request.
    pub feed_hides_updates: bool,
    /// `comment_count` counts deleted comments too: both ways of counting were recorded.
    pub count_deleted_comments: bool,
    /// A list of pull requests answers 500 as soon as `sort` is asked for.
    pub sorted_pull_requests_fail: bool,
    /// `…/pipelines` without its trailing slash is 404.
    pub unslashed_pipelines_404: bool,
    /// A page of pipelines past the last is `{}`, without even `values`.
    pub empty_object_past_the_end: bool,
    /// Bearer credentials see `X-RateLimit-*` headers.
    pub rate_limit_headers: bool,
    /// Lists without `sort` come in an arbitrary, yet stable order.
    pub shuffle_default_order: bool,
    /// Commits are listed by their dates, as `git log` does, so that what was merged late stands
    /// deep among what is older; otherwise it stands right below its merge.
    pub commits_by_date: bool,
    /// Dates come in every form that was ever recorded, however they are usually written.
    pub dates_in_every_form: bool,
    /// Some UUIDs of things inside others are in upper case and without braces.
    pub bare_uuids_inside: bool,
    /// Webhooks cannot be subscribed to addresses that only this network knows, as it is documented.
    /// Off, since tests listen on just such ones.
    pub internal_hook_urls_refused: bool,
    /// Entries of one second of a feed page come in arbitrary order.
    pub loose_feed_order: bool,
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            hide_every_nth_comment_from_feed: None,
            feed_hides_updates: false,
            count_deleted_comments: false,
            sorted_pull_requests_fail: false,
            unslashed_pipelines_404: true,
            empty_object_past_the_end: true,
            rate_limit_headers: true,
            shuffle_default_order: false,
            commits_by_date: false,
            dates_in_every_form: false,
            bare_uuids_inside: false,
            internal_hook_urls_refused: false,
            loose_feed_order: false,
        }
    }
}
