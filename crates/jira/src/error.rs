//! What can go wrong, by what the caller can do about it.

/// Why something could not be had. No variant holds a secret, a record's content or the address of
/// a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JiraError {
    /// What was pasted is no site.
    #[error(
        "The Jira site is not usable: {0}. Paste its address as a browser shows it, such as https://acme.atlassian.net."
    )]
    Site(&'static str),
    /// The client cannot work as it is configured. Nothing was sent.
    #[error("The connection to Jira is not usable: {0}.")]
    InvalidConfig(String),
    /// 401, or an answer as nobody gets it who is signed in: the credential is wrong, expired or
    /// revoked. No request with it will work.
    #[error(
        "Jira does not accept the credential for {endpoint}: {message}. Check that the API token has not expired and that it goes with the e-mail address of the same Atlassian account."
    )]
    Unauthorized {
        /// What was asked for.
        endpoint: &'static str,
        /// Jira's words.
        message: String,
    },
    /// 403, or 401 for want of a scope: the account is known, but may not see this.
    #[error("Jira refuses {endpoint}: {message}. {mend}")]
    Forbidden {
        /// What was asked for.
        endpoint: &'static str,
        /// Jira's words.
        message: String,
        /// What to do about it.
        mend: &'static str,
    },
    /// 404, or sent on elsewhere: there is no such site, or it has another name now.
    #[error(
        "{endpoint} is not to be found at this site. Check the site's address: open it in a browser and use the one that it ends at."
    )]
    NotFound {
        /// What was asked for.
        endpoint: &'static str,
    },
    /// The listing has not even the account that asks. Taken for an end, it would make everybody
    /// look gone.
    #[error(
        "Jira lists no accounts at {endpoint}, not even the one that asks. {}",
        crate::answer::BROWSE_USERS
    )]
    NothingListed {
        /// What was asked for.
        endpoint: &'static str,
    },
    /// Another answer that asking again would not change.
    #[error("Jira refused {endpoint} with status {status}: {message}.")]
    BadRequest {
        /// What was asked for.
        endpoint: &'static str,
        /// The status.
        status: u16,
        /// Jira's words.
        message: String,
    },
    /// Every attempt failed: no connection, a time-out, 5xx, a cut or foreign body. It may work
    /// later.
    #[error("{endpoint} could not be read in {attempts} attempts; the last time {last}.")]
    Unavailable {
        /// What was asked for.
        endpoint: &'static str,
        /// How often it was tried.
        attempts: u32,
        /// What happened the last time.
        last: String,
    },
    /// The body is larger than this client takes.
    #[error("The answer of {endpoint} is larger than {limit} bytes.")]
    TooLarge {
        /// What was asked for.
        endpoint: &'static str,
        /// What it takes.
        limit: usize,
    },
    /// JSON, but not what this endpoint answers. A single record that cannot be read is no error:
    /// it is in the batch's rejects.
    #[error("The answer of {endpoint} could not be understood: {reason}.")]
    Undecodable {
        /// What was asked for.
        endpoint: &'static str,
        /// What was expected.
        reason: &'static str,
    },
    /// The request is not on the list of what this client may send. Nothing was sent.
    #[error("A request for {endpoint} was not sent: {reason}.")]
    NotAllowed {
        /// What was to be asked for.
        endpoint: &'static str,
        /// In what the request differs.
        reason: &'static str,
    },
}
