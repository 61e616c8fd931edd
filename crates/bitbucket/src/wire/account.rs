//! Accounts and memberships.

use model::{Field, Uuid};
use serde::Deserialize;

use super::{Links, uuid_if_any};

/// An account: `user`, `team` or `app_user`. Closed ones go on as "Former user" with their UUID.
#[derive(Debug, Deserialize)]
pub(crate) struct Account {
    /// Without it an embedded account is nobody.
    #[serde(default, deserialize_with = "uuid_if_any")]
    pub(crate) uuid: Option<Uuid>,
    #[serde(default)]
    pub(crate) account_id: Field<String>,
    #[serde(default)]
    pub(crate) display_name: Field<String>,
    #[serde(default)]
    pub(crate) nickname: Field<String>,
    #[serde(default)]
    pub(crate) r#type: Field<String>,
    #[serde(default)]
    pub(crate) links: Field<Links>,
}

/// `GET /workspaces/{workspace}/members`.
#[derive(Debug, Deserialize)]
pub(crate) struct Membership {
    pub(crate) user: Member,
    pub(crate) workspace: Identified,
}

/// Something that must be identified.
#[derive(Debug, Deserialize)]
pub(crate) struct Identified {
    pub(crate) uuid: Uuid,
}

/// The account of a membership, which must name it.
#[derive(Debug, Deserialize)]
pub(crate) struct Member {
    #[serde(rename = "uuid")]
    pub(crate) required: Uuid,
    #[serde(default)]
    pub(crate) account_id: Field<String>,
    #[serde(default)]
    pub(crate) display_name: Field<String>,
    #[serde(default)]
    pub(crate) nickname: Field<String>,
    #[serde(default)]
    pub(crate) r#type: Field<String>,
    #[serde(default)]
    pub(crate) links: Field<Links>,
}

impl From<Member> for Account {
    fn from(member: Member) -> Self {
        Self {
            uuid: Some(member.required),
            account_id: member.account_id,
            display_name: member.display_name,
            nickname: member.nickname,
            r#type: member.r#type,
            links: member.links,
        }
    }
}
