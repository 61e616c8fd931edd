//! Who and what there is before anything happens.

use model::Instant;

use super::super::account::{Account, AccountId, AccountKind};
use super::super::dice::Dice;
use super::super::names;
use super::super::repository::{Project, Repository, RepositoryId, Workspace};
use super::super::spec::{Shape, WorldSpec};

pub(super) struct Cast {
    pub(super) workspace: Workspace,
    pub(super) projects: Vec<Project>,
    pub(super) accounts: Vec<Account>,
    pub(super) repositories: Vec<Repository>,
    /// People, with the time at which they left.
    pub(super) people: Vec<(AccountId, Option<Instant>)>,
    pub(super) bots: Vec<AccountId>,
    pub(super) team: Option<AccountId>,
}

impl Cast {
    pub(super) fn assemble(spec: &WorldSpec, starts_at: Instant, dice: &mut Dice) -> Self {
        let founded = dice.with_micros(starts_at.plus_seconds(-40 * 86_400));
        let workspace = Workspace {
            uuid: dice.uuid(),
            slug: spec.workspace.clone(),
            name: title_case(&spec.workspace),
            created_on: founded,
        };
        let projects = names::PROJECTS
            .iter()
            .map(|(key, name)| Project {
                uuid: dice.uuid(),
                key: (*key).to_owned(),
                name: (*name).to_owned(),
                created_on: dice.with_micros(founded.plus_seconds(3_600)),
            })
            .collect();
        let mut cast = Self {
            workspace,
            projects,
            accounts: Vec::new(),
            repositories: Vec::new(),
            people: Vec::new(),
            bots: Vec::new(),
            team: None,
        };
        cast.hire(spec, starts_at, dice);
        cast.found_repositories(spec, starts_at, dice);
        cast
    }

    fn hire(&mut self, spec: &WorldSpec, starts_at: Instant, dice: &mut Dice) {
        for index in 0..spec.people.max(2) {
            let cycle = index / names::PEOPLE.len();
            let Some((name, nickname, local, hours_ahead)) =
                names::PEOPLE.get(index % names::PEOPLE.len())
            else {
                continue;
            };
            // Every seventh has left; in the odd world one of them even lost the name.
            let left = spec.shape != Shape::Uniform && index % 7 == 6;
            let nameless = left && spec.shape == Shape::Odd && index == 6;
            let suffix = if cycle == 0 {
                String::new()
            } else {
                format!(" {}", cycle + 1)
            };
            let shown = if nameless { "Former user" } else { *name };
            let person = if cycle == 0 {
                (*local).to_owned()
            } else {
                format!("{local}{}", cycle + 1)
            };
            let id = self.admit(Account {
                uuid: dice.uuid(),
                account_id: Some(atlassian_id(dice, index)),
                emails: addresses(spec, index, &person),
                timezone: Some(names::time_zone(*hours_ahead).to_owned()),
                nickname: Some(format!("{nickname}{}", suffix.trim())),
                display_name: format!("{shown}{suffix}"),
                kind: AccountKind::User,
                member: !left,
                hours_ahead: *hours_ahead,
            });
            let days = i64::from(spec.months.max(1)) * 30;
            let stayed = dice.between(days / 3, days * 3 / 4).max(1);
            self.people
                .push((id, left.then(|| starts_at.plus_seconds(stayed * 86_400))));
        }
        for index in 0..spec.bots {
            let name = names::BOTS
                .get(index % names::BOTS.len())
                .copied()
                .unwrap_or("Bot");
            let id = self.admit(Account {
                uuid: dice.uuid(),
                account_id: (index % 2 == 0).then(|| atlassian_id(dice, 1)),
                emails: Vec::new(),
                timezone: None,
                nickname: None,
                display_name: name.to_owned(),
                kind: AccountKind::AppUser,
                member: false,
                hours_ahead: 0,
            });
            self.bots.push(id);
        }
        if spec.shape != Shape::Uniform {
            self.team = Some(self.admit(Account {
                uuid: dice.uuid(),
                account_id: None,
                emails: Vec::new(),
                timezone: None,
                nickname: None,
                display_name: names::TEAM.to_owned(),
                kind: AccountKind::Team,
                member: false,
                hours_ahead: 0,
            }));
        }
    }

    fn admit(&mut self, account: Account) -> AccountId {
        let id = AccountId(u32::try_from(self.accounts.len()).unwrap_or(u32::MAX));
        self.accounts.push(account);
        id
    }

    fn found_repositories(&mut self, spec: &WorldSpec, starts_at: Instant, dice: &mut Dice) {
        let count = spec.repositories.max(1);
        let special = spec.shape != Shape::Uniform && count >= 4;
        for index in 0..count {
            let cycle = index / names::REPOSITORIES.len();
            let (known, language, _) = names::REPOSITORIES
                .get(index % names::REPOSITORIES.len())
                .copied()
                .unwrap_or(("Repository", "", 1));
            let empty = special && index == count - 1;
            let fork = special && index == count - 2;
            let name = match (cycle, empty, fork) {
                (_, true, _) => "New Idea".to_owned(),
                (_, _, true) => "Mission Control Fork".to_owned(),
                (0, ..) => known.to_owned(),
                _ => format!("{known} {}", cycle + 1),
            };
            let outside = special && (index == 1 || index == 8) && !empty && !fork;
            let before = dice.between(1, 30) * 86_400 + dice.between(0, 40_000);
            let created_on = dice.with_micros(starts_at.plus_seconds(-before));
            let id = RepositoryId(u32::try_from(index).unwrap_or(u32::MAX));
            let slug = name.to_lowercase().replace(' ', "-");
            let blank = Repository::empty(id, dice.uuid(), &slug, created_on);
            self.repositories.push(Repository {
                name,
                language: language.to_owned(),
                private: index % 5 != 4,
                size: if empty {
                    0
                } else {
                    dice.between(80_000, 90_000_000).unsigned_abs()
                },
                project: (!outside).then_some(index % names::PROJECTS.len()),
                main_branch: (!empty)
                    .then(|| if index % 4 == 3 { "master" } else { "main" }.to_owned()),
                parent: fork.then_some(RepositoryId(0)),
                // The service leaves the fraction out where it is zero.
                updated_on: Instant::from_seconds(created_on.micros() / 1_000_000 + 60),
                ..blank
            });
        }
    }

    /// How many of the pull requests fall to each repository.
    pub(super) fn shares(&self, spec: &WorldSpec) -> Vec<usize> {
        let count = self.repositories.len();
        let weights: Vec<usize> = self
            .repositories
            .iter()
            .enumerate()
            .map(
                |(index, repository)| match (spec.shape, &repository.main_branch) {
                    (_, None) => 0,
                    (Shape::Lifelike, _) if repository.parent.is_some() => 1,
                    (Shape::Lifelike, _) => names::REPOSITORIES
                        .get(index % names::REPOSITORIES.len())
                        .map_or(1, |(_, _, weight)| *weight as usize),
                    _ => 1,
                },
            )
            .collect();
        let total = weights.iter().sum::<usize>().max(1);
        let mut shares: Vec<usize> = weights
            .iter()
            .map(|weight| spec.pull_requests * weight / total)
            .collect();
        // What rounding left over is handed out from the first repository on.
        let mut rest = spec.pull_requests - shares.iter().sum::<usize>();
        for index in (0..count).cycle().take(count * 2) {
            if rest == 0 {
                break;
            }
            if weights.get(index).is_some_and(|weight| *weight > 0)
                && let Some(share) = shares.get_mut(index)
            {
                *share += 1;
                rest -= 1;
            }
        }
        shares
    }

    /// Those who still were there at that time.
    pub(super) fn present(&self, at: Instant) -> Vec<AccountId> {
        self.people
            .iter()
            .filter(|(_, left)| left.is_none_or(|left| left > at))
            .map(|(id, _)| *id)
            .collect()
    }

    pub(super) fn hours_ahead(&self, id: AccountId) -> i64 {
        self.accounts
            .get(id.0 as usize)
            .map_or(0, |account| account.hours_ahead)
    }
}

/// The addresses of a person, as git and the service know them. Some use another one than their
/// employer's for their account.
fn addresses(spec: &WorldSpec, index: usize, local: &str) -> Vec<String> {
    let at_work = format!("{local}@{}.example.com", spec.workspace);
    if spec.shape == Shape::Uniform {
        return vec![at_work];
    }
    let alias = format!("{local}@users.example.net");
    if index % 5 == 3 {
        vec![format!("{local}@private.example.org"), at_work, alias]
    } else {
        vec![at_work, alias]
    }
}

/// The three forms of Atlassian account ids that exist.
fn atlassian_id(dice: &mut Dice, index: usize) -> String {
    match index % 3 {
        0 => dice.hex(24),
        kind => {
            let prefix = if kind == 1 { "712020" } else { "557058" };
            format!("{prefix}:{}", dice.uuid().trim_matches(['{', '}']))
        }
    }
}

fn title_case(slug: &str) -> String {
    slug.split('-')
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map_or_else(String::new, |first| {
                first.to_uppercase().chain(letters).collect::<String>()
            })
        })
        .collect::<Vec<_>>()
        .join(" ")
}
