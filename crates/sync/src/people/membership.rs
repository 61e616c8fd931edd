//! Who is in a team: one person at a time. [`import_teams`](super::import_teams) takes a whole list.

use store::{StoreError, TeamMember, WriteTx};

/// Why somebody cannot come into a team, or go.
#[derive(Debug, thiserror::Error)]
pub enum MembershipError {
    /// The days are in the wrong order.
    #[error("the last day {to} is before the first, {from}")]
    Backwards {
        /// The first day.
        from: String,
        /// The last day.
        to: String,
    },
    /// They are in the team on some of these days.
    #[error("they are in the team at that time already")]
    InIt,
    /// They are not in the team after this day.
    #[error("they are not in the team after {0}")]
    NotInIt(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Says that a person (`users.id`) is in a team from one day to another, written `2027-01-31`, both
/// included. No first day is always, no last day is no end.
///
/// The transaction must hold the lock: see [`WriteTx::lock_people`].
///
/// # Errors
/// The days are in the wrong order, or the person is in the team on some of them.
pub async fn join_team(
    tx: &mut WriteTx,
    team: i64,
    person: i64,
    from: Option<&str>,
    to: Option<&str>,
) -> Result<(), MembershipError> {
    if let (Some(from), Some(to)) = (from, to)
        && from > to
    {
        return Err(MembershipError::Backwards {
            from: from.to_owned(),
            to: to.to_owned(),
        });
    }
    let (_, members) = tx.teams().await?;
    let is_in = members.iter().any(|one| {
        let (first, last) = (one.from_on.as_deref(), one.to_on.as_deref());
        let begins_before_its_end = from.is_none_or(|from| last.is_none_or(|last| from <= last));
        let ends_after_its_beginning = to.is_none_or(|to| first.is_none_or(|first| first <= to));
        one.team_id == team
            && one.user_id == person
            && begins_before_its_end
            && ends_after_its_beginning
    });
    if is_in {
        return Err(MembershipError::InIt);
    }
    Ok(tx.add_team_member(team, person, from, to).await?)
}

/// Says that a person (`users.id`) is in a team to this last day, and not after it.
///
/// The transaction must hold the lock: see [`WriteTx::lock_people`].
///
/// # Errors
/// The person is not in the team after that day.
pub async fn leave_team(
    tx: &mut WriteTx,
    team: i64,
    person: i64,
    last: &str,
) -> Result<(), MembershipError> {
    let (_, members) = tx.teams().await?;
    let after: Vec<&TeamMember> = members
        .iter()
        .filter(|one| one.team_id == team && one.user_id == person)
        .filter(|one| one.to_on.as_deref().is_none_or(|to| to > last))
        .collect();
    if after.is_empty() {
        return Err(MembershipError::NotInIt(last.to_owned()));
    }
    for member in after {
        // Somebody who was to come later never comes.
        if member.from_on.as_deref().is_some_and(|from| from > last) {
            tx.remove_team_member(member.id).await?;
        } else {
            tx.end_team_member(member.id, last).await?;
        }
    }
    Ok(())
}
