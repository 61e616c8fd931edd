//! What can go wrong, by what the caller can do about it.

pub(crate) mod answer;

/// Why a page could not be had. No variant holds a secret, a record's content or an address of a
/// person; `endpoint` is the address with names left out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// 401: the credential is wrong, expired or revoked, or of the wrong kind (an access token as
    /// `Basic`, a user name instead of the e-mail address). No request with it will work.
    #[error(
        "Bitbucket does not accept the credential for {endpoint}: {message}. Check that the token has not expired and that an API token goes with the account's e-mail address."
    )]
    Unauthorized {
        /// What was asked for.
        endpoint: &'static str,
        /// Bitbucket's words.
        message: String,
    },
    /// 403: the credential is known but may not see this. Scopes are listed where Bitbucket says
    /// which are missing (`error.detail` is then an object).
    #[error(
        "Bitbucket refuses {endpoint}: {message}.{}",
        scopes(required, granted)
    )]
    Forbidden {
        /// What was asked for.
        endpoint: &'static str,
        /// The scopes that it takes; empty when Bitbucket did not say.
        required: Vec<String>,
        /// The scopes that the credential has; empty when Bitbucket did not say.
        granted: Vec<String>,
        /// Bitbucket's words.
        message: String,
    },
    /// 404, as JSON or as plain text: missing, or invisible to this credential; Bitbucket does not
    /// tell these apart.
    #[error("{endpoint} does not exist, or the credential may not see it.")]
    NotFound {
        /// What was asked for.
        endpoint: &'static str,
    },
    /// 410: Bitbucket removed it for good.
    #[error("Bitbucket no longer offers {endpoint}: {message}.")]
    Gone {
        /// What was asked for.
        endpoint: &'static str,
        /// Bitbucket's words.
        message: String,
    },
    /// 400 `Invalid page`: the cursor is no longer good. Begin the walk again.
    #[error("Bitbucket no longer knows this page of {endpoint}; the walk must begin again.")]
    InvalidPage {
        /// What was asked for.
        endpoint: &'static str,
    },
    /// Another answer that asking again would not change.
    #[error("Bitbucket refused {endpoint} with status {status}: {message}.")]
    BadRequest {
        /// What was asked for.
        endpoint: &'static str,
        /// The status.
        status: u16,
        /// Bitbucket's words.
        message: String,
    },
    /// Every attempt failed: no connection, a time-out, 5xx, a cut or foreign body. It may work
    /// later; a sorted listing of pull requests may work unsorted.
    #[error("{endpoint} could not be read in {attempts} attempts; the last time {last}.")]
    Unavailable {
        /// What was asked for.
        endpoint: &'static str,
        /// How often it was tried.
        attempts: u32,
        /// What happened the last time.
        last: String,
        /// The status of the last answer, where it was one that says that the server failed.
        status: Option<u16>,
        /// Whether the listing was asked for in an order and the server itself failed (5xx).
        sorted: bool,
    },
    /// The body is larger than this client takes.
    #[error("The answer of {endpoint} is larger than {limit} bytes.")]
    TooLarge {
        /// What was asked for.
        endpoint: &'static str,
        /// What it takes.
        limit: usize,
    },
    /// JSON, but no page of records. A single record that cannot be read is no error: it is in
    /// the batch's rejects.
    #[error("The answer of {endpoint} could not be understood at `{json_path}`: {reason}.")]
    Undecodable {
        /// What was asked for.
        endpoint: &'static str,
        /// Where in the answer.
        json_path: String,
        /// What was expected there.
        reason: String,
    },
    /// Bitbucket's `next`, or a cursor that was kept, leads elsewhere than the listing. It is not
    /// followed: the credential would go with it. Drop the cursor.
    #[error("The next page of {endpoint} is not asked for: {reason}.")]
    ForeignNext {
        /// What was asked for.
        endpoint: &'static str,
        /// In what it differs.
        reason: &'static str,
    },
    /// The address is not on the list of what this client may request. Nothing was sent.
    #[error("A request for {endpoint} was not sent: {reason}.")]
    NotAllowed {
        /// What was to be asked for.
        endpoint: &'static str,
        /// In what the address differs.
        reason: &'static str,
    },
    /// The client cannot work as it is configured.
    #[error("The connection to Bitbucket is not usable: {0}.")]
    InvalidConfig(String),
}

/// The end of the sentence about a refusal.
fn scopes(required: &[String], granted: &[String]) -> String {
    if required.is_empty() {
        return String::new();
    }
    let missing: Vec<&str> = required
        .iter()
        .filter(|scope| !granted.contains(scope))
        .map(String::as_str)
        .collect();
    let missing = if missing.is_empty() {
        required.join(", ")
    } else {
        missing.join(", ")
    };
    format!(" Add the scope {missing} to the token.")
}
