//! What happens in the world between imports, and while one is under way.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use emulator::{Anchor, Credential, PipelineResult, World, WorldError};

use super::chance::Chance;
use crate::story::TOKEN;

/// What happens, and what of it is to be undone or ended.
#[derive(Clone)]
pub(crate) struct Acts {
    /// Whether the story ends more than a day later, when every gate has opened.
    pub(super) patient: bool,
    /// Whether a repository was renamed.
    pub(super) renamed: bool,
    /// Whether commits were replaced: those that were imported stay, in no pull request.
    pub(super) forced: bool,
    /// People who are renamed are others than those who leave: of who has left, no name is told.
    leavers: BTreeSet<String>,
    drafts: BTreeMap<(String, u64), bool>,
    running: Vec<(String, String)>,
    deploying: Vec<(String, String)>,
    away: BTreeSet<String>,
    hidden: BTreeSet<String>,
    without_pipelines: BTreeSet<String>,
    done: u64,
    log: String,
}

/// Where and by whom something is done.
struct Scene {
    repository: String,
    number: u64,
    who: String,
    other: String,
    comments: Vec<i64>,
}

impl Acts {
    pub(crate) fn of(world: &World, patient: bool) -> Self {
        let truth = world.truth();
        let drafts = truth["bitbucket_pulls"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| {
                let repository = row["repository"].as_str().unwrap().to_owned();
                let number = row["number"].as_u64().unwrap();
                ((repository, number), row["draft"] == true)
            })
            .collect();
        Self {
            patient,
            renamed: false,
            forced: false,
            leavers: world
                .members()
                .step_by(2)
                .map(|account| account.uuid.clone())
                .collect(),
            drafts,
            running: Vec::new(),
            deploying: Vec::new(),
            away: BTreeSet::new(),
            hidden: BTreeSet::new(),
            without_pipelines: BTreeSet::new(),
            done: 0,
            log: String::new(),
        }
    }

    pub(crate) fn log(&self) -> &str {
        &self.log
    }

    pub(super) fn pipelines_are_off(&self) -> bool {
        !self.without_pipelines.is_empty()
    }

    fn is_away(&self, repository: &str) -> bool {
        [&self.away, &self.hidden, &self.without_pipelines]
            .iter()
            .any(|set| set.contains(repository))
    }

    fn scene(chance: &mut Chance, world: &World) -> Scene {
        let members: Vec<String> = world
            .members()
            .map(|account| account.uuid.clone())
            .collect();
        let (who, other) = (chance.pick(&members).clone(), chance.pick(&members).clone());
        let repositories: Vec<(String, u64)> = world
            .repositories()
            .iter()
            .map(|repository| {
                let pulls = repository.pull_requests().len() as u64;
                (repository.uuid.clone(), pulls)
            })
            .filter(|(_, pulls)| *pulls > 0)
            .collect();
        let (repository, pulls) = chance.pick(&repositories).clone();
        let number = 1 + chance.below(pulls);
        let comments = world
            .repository(&repository)
            .and_then(|found| found.pull_request(number))
            .map(emulator::PullRequest::comment_ids)
            .unwrap_or_default();
        Scene {
            repository,
            number,
            who,
            other,
            comments,
        }
    }

    /// Something that happens in the world; what is not possible is left out. While an import is
    /// under way nothing that went out of sight comes back: what answered 404 in between is then
    /// taken for gone, until it changes.
    pub(super) fn something(&mut self, chance: &mut Chance, world: &mut World, importing: bool) {
        let scene = Self::scene(chance, world);
        let mut which = chance.below(40);
        if importing && (36..=38).contains(&which) && self.is_away(&scene.repository) {
            which = 33;
        }
        self.act(which, &scene, chance, world);
    }

    /// Something that happens every day: in a pull request, a discussion or a pipeline.
    pub(crate) fn everyday(&mut self, chance: &mut Chance, world: &mut World) {
        let scene = Self::scene(chance, world);
        let which = chance.below(34);
        self.act(which, &scene, chance, world);
    }

    fn act(&mut self, which: u64, scene: &Scene, chance: &mut Chance, world: &mut World) {
        let now = world.now();
        // A verb that does not fit (a closed pull request, say) changes nothing and says so.
        let outcome = match which {
            0..=19 => self.in_a_pull_request(which, scene, world),
            20..=27 => Self::in_a_discussion(which, scene, chance, world),
            28..=33 => self.in_pipelines(which, scene, chance, world),
            _ => self.in_the_workspace(which, scene, chance, world),
        };
        self.done += 1;
        let Scene {
            repository, number, ..
        } = scene;
        let _ = writeln!(
            self.log,
            "{now} act {}: {which} in {repository} #{number}: {outcome:?}",
            self.done
        );
    }

    fn in_a_pull_request(
        &mut self,
        which: u64,
        scene: &Scene,
        world: &mut World,
    ) -> Result<(), WorldError> {
        let (repository, number, who) = (scene.repository.as_str(), scene.number, &scene.who);
        let key = (scene.repository.clone(), number);
        let draft = self.drafts.get(&key).copied().unwrap_or(false);
        match which {
            0 | 1 => world.open_pull_request(repository, who).map(drop),
            2 => {
                let number = world.open_draft(repository, who)?;
                self.drafts.insert((scene.repository.clone(), number), true);
                Ok(())
            }
            3 | 4 => world.approve(repository, number, who),
            5 => world.unapprove(repository, number, who),
            6 => world.request_changes(repository, number, who),
            7 => world.withdraw_change_request(repository, number, who),
            8..=10 => world.push(repository, number, who).map(drop),
            11 => {
                self.forced = true;
                world.force_push(repository, number, who).map(drop)
            }
            12 | 13 => world.merge(repository, number, who).map(drop),
            14 => world.decline(repository, number, who, "not now"),
            15 => world.change_reviewers(repository, number, who, &[&scene.other], &[]),
            16 => world.change_reviewers(repository, number, who, &[], &[&scene.other]),
            // Bitbucket changes nothing of a closed one.
            17 if is_open(world, repository, number) => {
                world.retitle(repository, number, who, "Another title")
            }
            18 if draft => {
                world.mark_ready(repository, number, who)?;
                self.drafts.insert(key, false);
                Ok(())
            }
            19 if !draft => {
                world.mark_draft(repository, number, who)?;
                self.drafts.insert(key, true);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn in_a_discussion(
        which: u64,
        scene: &Scene,
        chance: &mut Chance,
        world: &mut World,
    ) -> Result<(), WorldError> {
        let (repository, number, who) = (scene.repository.as_str(), scene.number, &scene.who);
        if scene.comments.is_empty() || which <= 21 {
            return world
                .comment(repository, number, who, "a thought")
                .map(drop);
        }
        let comment = *chance.pick(&scene.comments);
        match which {
            22 => world.edit_comment(repository, number, comment, "another thought"),
            23 => world.resolve_comment(repository, number, comment, who),
            24 => world.reopen_comment(repository, number, comment),
            25 => world.delete_comment(repository, number, comment),
            26 => world
                .reply(repository, number, who, "yes", comment)
                .map(drop),
            _ => {
                let anchor = Anchor {
                    path: "src/engine.rs".to_owned(),
                    from: None,
                    to: Some(7),
                };
                world
                    .comment_inline(repository, number, who, "here", anchor)
                    .map(drop)
            }
        }
    }

    fn in_pipelines(
        &mut self,
        which: u64,
        scene: &Scene,
        chance: &mut Chance,
        world: &mut World,
    ) -> Result<(), WorldError> {
        let (repository, who) = (scene.repository.as_str(), &scene.who);
        let result = *chance.pick(&[
            PipelineResult::Successful,
            PipelineResult::Failed,
            PipelineResult::Stopped,
        ]);
        match which {
            28 | 29 => {
                let uuid = world.start_pipeline(repository, who)?;
                self.running.push((scene.repository.clone(), uuid));
                Ok(())
            }
            30 => match self.running.pop() {
                Some((repository, uuid)) => world.finish_pipeline(&repository, &uuid, result),
                None => Ok(()),
            },
            31 if self.patient => {
                let pipelines = world
                    .repository(repository)
                    .map(emulator::Repository::pipeline_uuids)
                    .unwrap_or_default();
                if pipelines.is_empty() {
                    return Ok(());
                }
                let pipeline = chance.pick(&pipelines).clone();
                let uuid = world.deploy(repository, "staging", &pipeline, who)?;
                self.deploying.push((scene.repository.clone(), uuid));
                Ok(())
            }
            32 => match self.deploying.pop() {
                Some((repository, uuid)) => world.finish_deployment(&repository, &uuid, result),
                None => Ok(()),
            },
            _ => world.add_commit(repository, who).map(drop),
        }
    }

    fn in_the_workspace(
        &mut self,
        which: u64,
        scene: &Scene,
        chance: &mut Chance,
        world: &mut World,
    ) -> Result<(), WorldError> {
        let repository = scene.repository.as_str();
        let known = Credential::workspace_access_token(TOKEN);
        let owned = || scene.repository.clone();
        match which {
            34 if !self.leavers.contains(&scene.who) => {
                world.rename_person(&scene.who, &format!("Somebody {}", chance.below(1_000)))
            }
            35 if self.leavers.contains(&scene.who) && world.members().count() > 3 => {
                world.remove_member(&scene.who)
            }
            36 if self.away.insert(owned()) => match chance.one_in(2) {
                true => world.delete_repository(repository),
                false => world.transfer_repository(repository),
            },
            36 => {
                self.away.remove(repository);
                world.restore_repository(repository)
            }
            37 if self.hidden.insert(owned()) => world.hide_repository_from(repository, &known),
            37 => {
                self.hidden.remove(repository);
                world.show_repository_to(repository, &known)
            }
            38 if self.without_pipelines.insert(owned()) => world.switch_off_pipelines(repository),
            38 => {
                self.without_pipelines.remove(repository);
                world.switch_on_pipelines(repository)
            }
            39 => {
                self.renamed = true;
                world.rename_repository(repository, &format!("renamed-{}", self.done))
            }
            _ => Ok(()),
        }
    }

    /// What was taken away is there again.
    pub(super) fn put_back(&mut self, world: &mut World) {
        let known = Credential::workspace_access_token(TOKEN);
        for repository in &self.away {
            world.restore_repository(repository).unwrap();
        }
        for repository in &self.hidden {
            world.show_repository_to(repository, &known).unwrap();
        }
        for repository in &self.without_pipelines {
            world.switch_on_pipelines(repository).unwrap();
        }
        self.away.clear();
        self.hidden.clear();
        self.without_pipelines.clear();
    }
}

fn is_open(world: &World, repository: &str, number: u64) -> bool {
    world
        .repository(repository)
        .and_then(|found| found.pull_request(number))
        .is_some_and(|pull| pull.state() == emulator::PullState::Open)
}
