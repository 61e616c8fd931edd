//! Whose account an address belongs to.

use model::{Id, Uuid};
use serde::Deserialize;

use super::Client;
use crate::decode;
use crate::endpoint::{Endpoint, Scope};
use crate::{ClientError, address};

/// How many addresses Bitbucket takes at once.
pub const MOST_ADDRESSES: usize = 90;

/// A membership as the filter shows it.
#[derive(Deserialize)]
struct Found {
    user: FoundUser,
}

#[derive(Deserialize)]
struct FoundUser {
    uuid: Uuid,
    email: Option<String>,
}

impl Client {
    /// Which members of the workspace have these addresses (`GET /workspaces/{workspace}/members`
    /// with a filter): each address, as Bitbucket spells it, and the account's id. An address that is
    /// not among them is no member's.
    ///
    /// At most [`MOST_ADDRESSES`] are asked for; one that could not be written into a filter is left
    /// out. Bitbucket answers administrators, and access tokens of the workspace.
    ///
    /// # Errors
    /// As [`Client::page`]; [`ClientError::Forbidden`] where no credential may ask this.
    pub async fn accounts_of_addresses(
        &self,
        addresses: &[String],
    ) -> Result<Vec<(String, Id)>, ClientError> {
        let quoted: Vec<String> = addresses
            .iter()
            .filter(|address| !address.contains(['"', '\\']))
            .take(MOST_ADDRESSES)
            .map(|address| format!("\"{address}\""))
            .collect();
        if quoted.is_empty() {
            return Ok(Vec::new());
        }
        let scope = Scope::of_workspace(Endpoint::MemberAddresses);
        let endpoint = scope.endpoint.template();
        let query = [
            ("pagelen", "100".to_owned()),
            ("q", format!("user.email IN ({})", quoted.join(","))),
            // Without its being asked for the address is not told.
            ("fields", "+values.user.email".to_owned()),
        ];
        let url = address::build(&self.transport.gate, &scope, &query)?;
        let answer = self.transport.get(&url, &scope, true, self.asker).await?;
        let envelope = decode::envelope(answer.json, endpoint)?;
        let mut found = Vec::with_capacity(envelope.values.len());
        for value in &envelope.values {
            let member: Found =
                decode::read(value).map_err(|trouble| trouble.into_error(endpoint))?;
            if let Some(email) = member.user.email {
                found.push((email, Id::user(&member.user.uuid)));
            }
        }
        Ok(found)
    }
}
