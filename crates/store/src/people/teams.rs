//! Teams, and who was in them.

use model::Instant;

use crate::engine::{Db, WriteTx, on_pool, on_tx};
use crate::statements::people::*;
use crate::{At, StoreError};

/// A team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Team {
    /// The number (`teams.id`).
    pub id: i64,
    /// The name; no two have the same.
    pub name: String,
    /// The team that it is part of.
    pub parent: Option<i64>,
    /// When it was given up.
    pub archived_at: Option<Instant>,
}

/// That somebody was in a team. The days are included.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct TeamMember {
    /// The number (`team_members.id`).
    pub id: i64,
    /// The team.
    pub team_id: i64,
    /// The person (`users.id`).
    pub user_id: i64,
    /// The first day, as YYYY-MM-DD; none where it was always so.
    pub from_on: Option<String>,
    /// The last day; none where there is no end.
    pub to_on: Option<String>,
}

impl Team {
    /// The teams from the top, each followed by those that are part of it, with how many are above
    /// each.
    pub fn in_order(teams: &[Self]) -> Vec<(&Self, usize)> {
        below(teams, None, 0)
    }
}

fn below(teams: &[Team], parent: Option<i64>, depth: usize) -> Vec<(&Team, usize)> {
    let mut all = Vec::new();
    // No tree is deeper than it has teams.
    if depth > teams.len() {
        return all;
    }
    for team in teams.iter().filter(|team| team.parent == parent) {
        all.push((team, depth));
        all.extend(below(teams, Some(team.id), depth + 1));
    }
    all
}

impl TeamMember {
    /// Whether somebody is in the team on a day, written `2027-01-31`.
    pub fn is_in(&self, day: &str) -> bool {
        self.from_on.as_deref().is_none_or(|from| from <= day)
            && self.to_on.as_deref().is_none_or(|to| day <= to)
    }
}

/// The same code for a pool and for a transaction.
macro_rules! read {
    ($from:expr) => {{
        let teams: Vec<(i64, String, Option<i64>, Option<At>)> =
            sqlx::query_as(TEAMS).fetch_all($from).await?;
        let teams = teams
            .into_iter()
            .map(|(id, name, parent, archived_at)| Team {
                id,
                name,
                parent,
                archived_at: archived_at.map(Instant::from),
            })
            .collect();
        Ok((teams, sqlx::query_as(TEAM_MEMBERS).fetch_all($from).await?))
    }};
}

impl Db {
    /// All teams by name, and everybody who was ever in one.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn teams(&self) -> Result<(Vec<Team>, Vec<TeamMember>), StoreError> {
        on_pool!(self, |pool| read!(pool))
    }
}

impl WriteTx {
    /// The same as [`Db::teams`], within the transaction that changes them.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn teams(&mut self) -> Result<(Vec<Team>, Vec<TeamMember>), StoreError> {
        on_tx!(self, |db| read!(&mut *db))
    }

    /// Makes a team; the result is its number. One of this name that was given up is there again.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn make_team(&mut self, name: &str, now: Instant) -> Result<i64, StoreError> {
        let (id,): (i64,) = on_tx!(self, |db| sqlx::query_as(MAKE_TEAM)
            .bind(name)
            .bind(At(now))
            .fetch_one(db)
            .await?);
        Ok(id)
    }

    /// Makes a team part of another, or of none. Whoever calls makes sure that it does not become
    /// part of itself.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn set_team_parent(
        &mut self,
        team: i64,
        parent: Option<i64>,
    ) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(SET_TEAM_PARENT)
                .bind(team)
                .bind(parent)
                .execute(db)
                .await?;
        });
        Ok(())
    }

    /// Gives a team up: who was in it stays known, to the last day.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn archive_team(
        &mut self,
        team: i64,
        last_day: &str,
        now: Instant,
    ) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(ARCHIVE_TEAM)
                .bind(team)
                .bind(At(now))
                .execute(&mut *db)
                .await?;
            sqlx::query(END_TEAM)
                .bind(team)
                .bind(last_day)
                .execute(&mut *db)
                .await?;
        });
        Ok(())
    }

    /// Says from when to when somebody was in a team.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn add_team_member(
        &mut self,
        team: i64,
        user: i64,
        from_on: Option<&str>,
        to_on: Option<&str>,
    ) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(ADD_TEAM_MEMBER)
                .bind(team)
                .bind(user)
                .bind(from_on)
                .bind(to_on)
                .execute(db)
                .await?;
        });
        Ok(())
    }

    /// Sets the last day of somebody in a team.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn end_team_member(&mut self, member: i64, to_on: &str) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(END_TEAM_MEMBER)
                .bind(member)
                .bind(to_on)
                .execute(db)
                .await?;
        });
        Ok(())
    }

    /// Takes back that somebody was in a team: it was never so.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn remove_team_member(&mut self, member: i64) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(REMOVE_TEAM_MEMBER)
                .bind(member)
                .execute(db)
                .await?;
        });
        Ok(())
    }
}
