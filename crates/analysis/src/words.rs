//! The words by which filters find what groups are: names where they are enough, else numbers.

use std::collections::HashMap;
use std::hash::Hash;

use crate::collector::GroupId;
use crate::grouping::Grouping;
use crate::names::{People, Places, Who};

/// The words of all things of the kind that a report is grouped by.
pub(crate) struct Words<'a> {
    places: &'a Places,
    people: &'a People,
    repositories: Names<i64>,
    projects: Names<i64>,
    persons: Names<Who>,
}

/// What each name alone stands for; nothing where several things have it.
struct Names<T>(HashMap<String, Option<T>>);

impl<T: Copy + Eq + Hash> Names<T> {
    fn none() -> Self {
        Self(HashMap::new())
    }

    fn of(all: Vec<(String, T)>) -> Self {
        let mut names: HashMap<String, Option<T>> = HashMap::new();
        for (name, thing) in all {
            names
                .entry(name)
                .and_modify(|one| *one = one.filter(|one| *one == thing))
                .or_insert(Some(thing));
        }
        Self(names)
    }

    fn word(&self, name: String, thing: T, number: String) -> String {
        match self.0.get(&name) {
            Some(Some(found)) if *found == thing => name,
            _ => number,
        }
    }
}

impl<'a> Words<'a> {
    pub(crate) fn of(places: &'a Places, people: &'a People, grouping: Option<Grouping>) -> Self {
        let mut words = Self {
            places,
            people,
            repositories: Names::none(),
            projects: Names::none(),
            persons: Names::none(),
        };
        match grouping {
            Some(Grouping::Repository) => {
                words.repositories = Names::of(places.repository_names());
            }
            Some(Grouping::Project) => words.projects = Names::of(places.project_names()),
            Some(Grouping::Person | Grouping::Author | Grouping::Reviewer | Grouping::Pair) => {
                words.persons = Names::of(people.names())
            }
            _ => {}
        }
        words
    }

    /// The words for a group; none where filters cannot find it.
    pub(crate) fn find(&self, group: &GroupId) -> Vec<String> {
        let words: Option<Vec<String>> = match group {
            GroupId::Repository(Some(id)) => {
                let name = self.places.repository_name(*id);
                Some(vec![self.repositories.word(name, *id, id.to_string())])
            }
            GroupId::Project(Some(id)) => {
                let name = self.places.project_name(*id);
                Some(vec![self.projects.word(name, *id, id.to_string())])
            }
            GroupId::Team(Some(id)) => Some(vec![self.people.team_name(*id)]),
            GroupId::Who(who) => self.person(*who).map(|word| vec![word]),
            GroupId::Pair(reviewer, author) => self
                .person(*reviewer)
                .zip(self.person(*author))
                .map(|(reviewer, author)| vec![reviewer, author]),
            GroupId::Text(Some(text)) => Some(vec![text.clone()]),
            _ => None,
        };
        words.unwrap_or_default()
    }

    fn person(&self, who: Who) -> Option<String> {
        let number = who.id()?;
        Some(self.persons.word(self.people.name(who), who, number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_two_have_is_no_word_for_either() {
        let all = [("Ada", 1), ("Bo", 2), ("Ada", 3), ("Bo", 2)];
        let names = Names::of(all.map(|(name, id)| (name.to_owned(), id)).to_vec());
        assert_eq!(names.word("Ada".to_owned(), 1, "1".to_owned()), "1");
        assert_eq!(names.word("Bo".to_owned(), 2, "2".to_owned()), "Bo");
        assert_eq!(names.word("Cy".to_owned(), 4, "4".to_owned()), "4");
    }
}
