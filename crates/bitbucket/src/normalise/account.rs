//! Accounts and memberships.

use model::rows::{MemberRow, UserRow};
use model::{Field, Id};

use super::{Rows, fill, text_or_none};
use crate::wire::Links;
use crate::wire::account::{Account, Membership};

/// Takes in an embedded account and gives its id; one without a UUID is nobody.
pub(crate) fn user(account: Account, rows: &mut Rows) -> Option<Id> {
    let uuid = account.uuid?;
    let id = Id::user(&uuid);
    let mut row = UserRow::new(id, rows.observed_at);
    row.source_id = Field::Value(uuid.as_str().to_owned());
    // Fixtures and old records say "" where there is none.
    row.account_id = text_or_none(account.account_id);
    row.name = account.display_name;
    row.nickname = account.nickname;
    row.account_type = account.r#type;
    row.source_url = Links::page(account.links);
    if let Some(earlier) = rows.users.remove(&id) {
        fill!(row from earlier: account_id, name, nickname, account_type, source_url);
    }
    rows.users.insert(id, row);
    Some(id)
}

/// The account of a member that may be null.
pub(crate) fn user_id(account: Field<Account>, rows: &mut Rows) -> Field<Id> {
    account.and_then(|account| user(account, rows))
}

pub(crate) fn membership(membership: Membership, rows: &mut Rows) {
    let workspace_id = Id::workspace(&membership.workspace.uuid);
    let Some(user_id) = user(membership.user.into(), rows) else {
        return;
    };
    let mut row = MemberRow::new(Id::member(workspace_id, user_id), rows.observed_at);
    row.workspace_id = Field::Value(workspace_id);
    row.user_id = Field::Value(user_id);
    row.active = Field::Value(true);
    rows.batch.members.push(row);
}
