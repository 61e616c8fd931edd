//! What somebody says of people, accounts and addresses, and what follows from it at once.

use model::Clock;
use model::rows::UserType;
use store::{Evidence, IdentitySource, NewDecision, StoreError, WriteTx};

use super::{BotNames, Settled, match_in};

/// Somebody who decides, and when.
#[derive(Clone, Copy)]
pub struct Decider<'a> {
    /// Who.
    pub name: &'a str,
    /// Now.
    pub clock: &'a dyn Clock,
    /// The programs that are known by their names.
    pub bots: &'a BotNames,
}

/// An account or an address.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// What kind of thing.
    pub source: IdentitySource,
    /// Which: a UUID in braces, an Atlassian account id, an address in lower case.
    pub account: &'a str,
}

impl Decider<'_> {
    /// Says that an account or an address is a person's. It holds through every import to come.
    ///
    /// The transaction must hold the lock: see [`WriteTx::lock_people`].
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn link(
        &self,
        tx: &mut WriteTx,
        user: i64,
        subject: Subject<'_>,
    ) -> Result<Settled, StoreError> {
        self.hold_fast(tx, user).await?;
        self.decide(tx, user, subject, true).await?;
        match_in(tx, self.bots, self.clock).await
    }

    /// Says that an account or an address is never a person's.
    ///
    /// # Errors
    /// As [`Decider::link`].
    pub async fn unlink(
        &self,
        tx: &mut WriteTx,
        user: i64,
        subject: Subject<'_>,
    ) -> Result<Settled, StoreError> {
        self.decide(tx, user, subject, false).await?;
        match_in(tx, self.bots, self.clock).await
    }

    /// Says that two people are one: everything of `from` is `into`'s, and `from` is gone.
    ///
    /// # Errors
    /// As [`Decider::link`].
    pub async fn merge(
        &self,
        tx: &mut WriteTx,
        from: i64,
        into: i64,
    ) -> Result<Settled, StoreError> {
        self.hold_fast(tx, into).await?;
        let evidence = tx.evidence().await?;
        for identity in &evidence.identities {
            let is_told =
                identity.source != IdentitySource::Email || is_decided(&evidence, identity);
            if identity.user == from && is_told {
                let subject = Subject {
                    source: identity.source,
                    account: &identity.account,
                };
                self.decide(tx, into, subject, true).await?;
            }
        }
        super::settle::keep_edits(tx, &evidence, from, into).await?;
        tx.merge_people(from, into).await?;
        match_in(tx, self.bots, self.clock).await
    }

    /// Says what an account is.
    ///
    /// # Errors
    /// As [`Decider::link`].
    pub async fn mark(
        &self,
        tx: &mut WriteTx,
        account: &str,
        user_type: UserType,
    ) -> Result<Settled, StoreError> {
        tx.decide_type(account, user_type, self.name, self.clock.now())
            .await?;
        match_in(tx, self.bots, self.clock).await
    }

    /// Names a person by an account that they have, where nobody has done so yet: what somebody says
    /// of the person is said of whoever has that account.
    async fn hold_fast(&self, tx: &mut WriteTx, user: i64) -> Result<(), StoreError> {
        let evidence = tx.evidence().await?;
        let is_named = evidence
            .decisions
            .iter()
            .any(|decision| decision.link && decision.user == user);
        let own = evidence
            .identities
            .iter()
            .filter(|identity| identity.user == user && identity.row.is_some())
            .min_by_key(|identity| (identity.source, identity.matched_at));
        if let (false, Some(own)) = (is_named, own) {
            let subject = Subject {
                source: own.source,
                account: &own.account,
            };
            self.decide(tx, user, subject, true).await?;
        }
        Ok(())
    }

    async fn decide(
        &self,
        tx: &mut WriteTx,
        user: i64,
        subject: Subject<'_>,
        link: bool,
    ) -> Result<(), StoreError> {
        tx.decide_link(NewDecision {
            user,
            source: subject.source,
            account: subject.account,
            link,
            decided_by: self.name,
            decided_at: self.clock.now(),
        })
        .await
    }
}

fn is_decided(evidence: &Evidence, identity: &store::Identity) -> bool {
    evidence.decisions.iter().any(|decision| {
        decision.link
            && (decision.source, &decision.account) == (identity.source, &identity.account)
    })
}
