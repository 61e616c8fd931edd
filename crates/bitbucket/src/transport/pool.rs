//! The credentials of a client, and what was learnt about each. Pure: it is told the time.

use std::collections::{BTreeMap, BTreeSet};

use model::{Instant, Uuid};

use crate::config::ClientConfig;
use crate::endpoint::{Endpoint, Scope};
use crate::error::answer::Complaint;
use crate::{Budget, ClientError, Credential, Holder, HolderState, Standing};

/// A 403 is believed for an hour; then Bitbucket is asked again.
const BELIEVED_SECONDS: i64 = 3_600;

/// The credentials and what is known of them. Holders go by their place among them.
#[derive(Debug)]
pub(crate) struct Pool {
    members: Vec<Member>,
    /// Who was refused, and with what words.
    refused: BTreeMap<usize, String>,
    /// Who may not do what: everywhere, or in one repository.
    lacks: BTreeMap<(usize, Endpoint, Option<Uuid>), Lack>,
    /// Who is known to see a repository, or not to. Whoever is not named may see it.
    sight: BTreeMap<Uuid, BTreeMap<usize, bool>>,
    scopes: BTreeMap<usize, Vec<String>>,
}

#[derive(Debug)]
struct Member {
    holder: Holder,
    allowance: String,
}

/// What a 403 said.
#[derive(Clone, Debug)]
struct Lack {
    message: String,
    required: Vec<String>,
    granted: Vec<String>,
    at: Instant,
}

impl Lack {
    /// Whether the credential is too weak, rather than this one thing closed to it.
    fn is_about_scopes(&self) -> bool {
        !self.required.is_empty() || self.message.to_lowercase().contains("scope")
    }
}

impl Pool {
    pub(crate) fn new(config: &ClientConfig) -> Self {
        let member = |holder: &Holder| Member {
            holder: holder.clone(),
            allowance: holder.credential.allowance(),
        };
        Self {
            members: config.credentials.iter().map(member).collect(),
            refused: BTreeMap::new(),
            lacks: BTreeMap::new(),
            sight: BTreeMap::new(),
            scopes: BTreeMap::new(),
        }
    }

    /// The place of the holder with this number.
    pub(crate) fn place(&self, id: i64) -> Option<usize> {
        self.members
            .iter()
            .position(|member| member.holder.id == id)
    }

    pub(crate) fn credential(&self, place: usize) -> Option<&Credential> {
        self.members
            .get(place)
            .map(|member| &member.holder.credential)
    }

    /// Its allowance, and how many requests a window gives it.
    pub(crate) fn allowance(&self, place: usize) -> Option<(&str, u32)> {
        self.members
            .get(place)
            .map(|member| (member.allowance.as_str(), member.holder.hourly_limit))
    }

    /// Who may be asked, among all or `only` one. `answered_404` are those who were asked for the
    /// same thing and did not find it.
    ///
    /// # Errors
    /// [`ClientError::Unauthorized`] when nobody is left, [`ClientError::Forbidden`] when nobody
    /// may do this, [`ClientError::NotFound`] when nobody found it.
    pub(crate) fn candidates(
        &self,
        scope: &Scope<'_>,
        only: Option<usize>,
        answered_404: &BTreeSet<usize>,
        now: Instant,
    ) -> Result<Vec<usize>, ClientError> {
        let endpoint = scope.endpoint;
        let repository = scope.repository.map(|repository| &repository.uuid);
        let all: Vec<usize> = match only {
            Some(place) => vec![place],
            None => (0..self.members.len()).collect(),
        };
        let is_live = |place: &usize| self.end(*place, now).is_none();
        let live: Vec<usize> = all.iter().copied().filter(is_live).collect();
        if live.is_empty() {
            let message = all.iter().find_map(|place| self.end(*place, now));
            return Err(ClientError::Unauthorized {
                endpoint: endpoint.template(),
                message: message.unwrap_or_default(),
            });
        }
        let lack = |place: usize| self.lack(place, endpoint, repository, now);
        let able: Vec<usize> = live
            .iter()
            .copied()
            .filter(|place| lack(*place).is_none())
            .collect();
        if able.is_empty() {
            let lack = live.iter().find_map(|place| lack(*place)).cloned();
            return Err(lack.map_or(
                ClientError::NotFound {
                    endpoint: endpoint.template(),
                },
                |lack| ClientError::Forbidden {
                    endpoint: endpoint.template(),
                    required: lack.required,
                    granted: lack.granted,
                    message: lack.message,
                },
            ));
        }
        let untried = able
            .into_iter()
            .filter(|place| !answered_404.contains(place));
        let (mut seeing, blind): (Vec<usize>, Vec<usize>) =
            untried.partition(|place| self.sees(*place, repository) != Some(false));
        if endpoint == Endpoint::Repositories {
            // Each sees others, so that pages of several would not fit together.
            seeing.truncate(1);
        }
        if !seeing.is_empty() {
            return Ok(seeing);
        }
        // That something is not there is never said from memory alone.
        if answered_404.is_empty() && !blind.is_empty() {
            return Ok(blind);
        }
        Err(ClientError::NotFound {
            endpoint: endpoint.template(),
        })
    }

    /// Why a holder is not used any more.
    fn end(&self, place: usize, now: Instant) -> Option<String> {
        if let Some(problem) = self.refused.get(&place) {
            return Some(problem.clone());
        }
        self.expired_at(place, now)
            .map(|at| format!("it expired at {at}"))
    }

    fn expired_at(&self, place: usize, now: Instant) -> Option<Instant> {
        self.members
            .get(place)
            .and_then(|member| member.holder.expires_at)
            .filter(|at| *at <= now)
    }

    fn lack(
        &self,
        place: usize,
        endpoint: Endpoint,
        repository: Option<&Uuid>,
        now: Instant,
    ) -> Option<&Lack> {
        let of = |repository: Option<Uuid>| self.lacks.get(&(place, endpoint, repository));
        of(None)
            .or_else(|| repository.and_then(|uuid| of(Some(uuid.clone()))))
            .filter(|lack| now.seconds_since(lack.at) < BELIEVED_SECONDS)
    }

    /// Whether a holder sees a repository, where that is known.
    fn sees(&self, place: usize, repository: Option<&Uuid>) -> Option<bool> {
        self.sight.get(repository?)?.get(&place).copied()
    }

    /// Learns from an answer that is a refusal. `Ok` says that somebody else may be asked: those
    /// who answered 404 are noted in `answered_404`.
    ///
    /// # Errors
    /// What the answer means, where asking somebody else would not change it.
    pub(crate) fn turned_away(
        &mut self,
        place: usize,
        scope: &Scope<'_>,
        (status, complaint): (u16, Complaint),
        answered_404: &mut BTreeSet<usize>,
        now: Instant,
    ) -> Result<(), ClientError> {
        match status {
            401 => self.refuse(place, complaint.words()),
            403 => {
                let lack = Lack {
                    message: complaint.words(),
                    required: complaint.required,
                    granted: complaint.granted,
                    at: now,
                };
                self.forbid(place, scope, lack);
            }
            404 => {
                let is_invisible = complaint.is_about_a_repository();
                if let Some(repository) = scope.repository {
                    let is_part = scope.number.is_some() || scope.name.is_some();
                    let sees = self.sees(place, Some(&repository.uuid));
                    if is_part && !is_invisible && sees == Some(true) {
                        // The repository is in sight, so that it is this part that is missing.
                        return Err(complaint.into_error(scope.endpoint.template(), status));
                    }
                    if is_invisible {
                        self.learn_sight(place, &repository.uuid, false);
                    }
                }
                answered_404.insert(place);
            }
            _ => return Err(complaint.into_error(scope.endpoint.template(), status)),
        }
        Ok(())
    }

    /// Learns from an answer: who gave it sees the repository, and who said 404 does not.
    pub(crate) fn answered(
        &mut self,
        place: usize,
        scope: &Scope<'_>,
        answered_404: &BTreeSet<usize>,
    ) {
        if let Some(repository) = scope.repository {
            self.learn_sight(place, &repository.uuid, true);
            for blind in answered_404 {
                self.learn_sight(*blind, &repository.uuid, false);
            }
        }
    }

    /// 401.
    fn refuse(&mut self, place: usize, problem: String) {
        self.refused.entry(place).or_insert(problem);
    }

    /// 403.
    fn forbid(&mut self, place: usize, scope: &Scope<'_>, lack: Lack) {
        let repository = scope
            .repository
            .filter(|_| !lack.is_about_scopes())
            .map(|repository| repository.uuid.clone());
        if !lack.granted.is_empty() {
            self.scopes.insert(place, lack.granted.clone());
        }
        self.lacks.insert((place, scope.endpoint, repository), lack);
    }

    /// A holder sees a repository, or does not.
    fn learn_sight(&mut self, place: usize, repository: &Uuid, sees: bool) {
        if self.sees(place, Some(repository)) != Some(sees) {
            self.sight
                .entry(repository.clone())
                .or_default()
                .insert(place, sees);
        }
    }

    /// Exactly these see a repository.
    pub(crate) fn set_visible(&mut self, repository: &Uuid, ids: &[i64]) {
        let sight = self
            .members
            .iter()
            .enumerate()
            .map(|(place, member)| (place, ids.contains(&member.holder.id)))
            .collect();
        self.sight.insert(repository.clone(), sight);
    }

    /// The scopes that Bitbucket named, as `X-OAuth-Scopes` lists them.
    pub(crate) fn learn_scopes(&mut self, place: usize, listed: &str) {
        let scopes: Vec<String> = listed
            .split([',', ' '])
            .filter(|scope| !scope.is_empty())
            .map(str::to_owned)
            .collect();
        if !scopes.is_empty() && self.scopes.get(&place) != Some(&scopes) {
            self.scopes.insert(place, scopes);
        }
    }

    /// A holder is known again to be accepted at an endpoint.
    pub(crate) fn reinstate(&mut self, place: usize, endpoint: Endpoint) {
        self.refused.remove(&place);
        self.lacks
            .retain(|(whose, which, _), _| *whose != place || *which != endpoint);
    }

    /// The scopes that Bitbucket said it has.
    pub(crate) fn scopes(&self, place: usize) -> &[String] {
        self.scopes.get(&place).map_or(&[], Vec::as_slice)
    }

    /// How each holder fares.
    pub(crate) fn states(&self, budget: &Budget, now: Instant) -> Vec<HolderState> {
        self.members
            .iter()
            .enumerate()
            .map(|(place, member)| {
                let groups = budget.usage(&member.allowance, member.holder.hourly_limit, now);
                let rest = groups.values().filter_map(|group| group.rest_until).max();
                HolderState {
                    id: member.holder.id,
                    label: member.holder.credential.label().to_owned(),
                    allowance: member.allowance.clone(),
                    standing: self.standing(place, rest, now),
                    scopes: self.scopes(place).to_vec(),
                    groups,
                }
            })
            .collect()
    }

    fn standing(&self, place: usize, rest: Option<Instant>, now: Instant) -> Standing {
        if let Some(problem) = self.refused.get(&place) {
            return Standing::Refused {
                problem: problem.clone(),
            };
        }
        if let Some(at) = self.expired_at(place, now) {
            return Standing::Expired { at };
        }
        let missing = self.missing(place, now);
        if !missing.is_empty() {
            return Standing::LacksScopes(missing);
        }
        rest.map_or(Standing::Ok, |until| Standing::Resting { until })
    }

    /// What a holder may not do anywhere, and the scopes that it lacks for it.
    fn missing(&self, place: usize, now: Instant) -> BTreeMap<String, Vec<String>> {
        self.lacks
            .iter()
            .filter(|((whose, endpoint, repository), lack)| {
                *whose == place
                    // Only administrators may ask this, and nothing is wrong with anybody else.
                    && *endpoint != Endpoint::MemberAddresses
                    && repository.is_none()
                    && now.seconds_since(lack.at) < BELIEVED_SECONDS
            })
            .map(|((_, endpoint, _), lack)| {
                let needed: Vec<String> = if !lack.required.is_empty() {
                    lack.required.clone()
                } else if lack.is_about_scopes() {
                    self.credential(place)
                        .map_or(&[][..], |credential| endpoint.scopes(credential))
                        .iter()
                        .map(|scope| (*scope).to_owned())
                        .collect()
                } else {
                    Vec::new()
                };
                let missing = needed
                    .into_iter()
                    .filter(|scope| !lack.granted.contains(scope))
                    .collect();
                (endpoint.template().to_owned(), missing)
            })
            .collect()
    }
}
