//! Repositories.

use super::Call;
use crate::answer::Outcome;
use crate::filter::{Operand, Query, Searchable};
use crate::paging;
use crate::world::{Repository, World};

#[derive(Clone, Copy)]
struct Searched<'a>(&'a World, &'a Repository);

impl Searchable for Searched<'_> {
    fn field(&self, name: &str) -> Option<Operand> {
        let Self(world, repository) = self;
        let project = repository
            .project
            .and_then(|index| world.projects.get(index));
        Some(match name {
            "uuid" => Operand::text(&repository.uuid),
            "name" => Operand::text(&repository.name),
            "slug" => Operand::text(&repository.slug),
            "full_name" => Operand::Text(world.full_name(repository)),
            "language" => Operand::text(&repository.language),
            "is_private" => Operand::Bool(repository.private),
            "size" => Operand::count(repository.size),
            "created_on" => Operand::Time(repository.created_on),
            "updated_on" => Operand::Time(repository.updated_on),
            "mainbranch.name" => Operand::maybe(repository.main_branch.as_deref()),
            "project.key" => Operand::maybe(project.map(|project| &project.key)),
            "project.uuid" => Operand::maybe(project.map(|project| &project.uuid)),
            "project.name" => Operand::maybe(project.map(|project| &project.name)),
            "parent" | "parent.uuid" => Operand::maybe(
                world
                    .repository_by_id(repository.parent)
                    .map(|parent| &parent.uuid),
            ),
            _ => return None,
        })
    }
}

impl Call<'_> {
    pub(super) fn repositories(&self) -> Outcome {
        self.check_workspace()?;
        let world = self.world();
        let mut all: Vec<_> = world
            .repositories
            .iter()
            .filter(|repository| self.sees(repository))
            .map(|repository| Searched(world, repository))
            .collect();
        if world.quirks.shuffle_default_order {
            all.sort_by(|one, two| one.1.uuid.cmp(&two.1.uuid));
        }
        let found = Query::of(self.request)?.select(all)?;
        let page = paging::numbered(self.request, &found, 100, |Searched(_, repository)| {
            self.scene.repository(repository)
        })?;
        self.shown(&page, &[])
    }

    pub(super) fn repository(&self) -> Outcome {
        let repository = self.find_repository()?;
        self.shown(&self.scene.repository(repository), &[])
    }
}
