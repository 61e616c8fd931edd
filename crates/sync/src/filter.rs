//! Which repositories of a connection are imported.

use std::collections::BTreeSet;

use model::Id;
use store::{Db, FilterMode, FilterRule, FilterSubject, Filterable, StoreError};
use wildmatch::WildMatch;

/// A connection's filter. It decides what is fetched; what was imported before stays.
#[derive(Clone, Debug)]
pub struct RepositoryFilter {
    mode: FilterMode,
    rules: Vec<FilterRule>,
}

impl Default for RepositoryFilter {
    fn default() -> Self {
        Self::new(FilterMode::AllowAll, Vec::new())
    }
}

impl RepositoryFilter {
    /// A filter of these lines. `*` in a pattern stands for anything, `?` for one character; small
    /// and capital letters are the same.
    pub fn new(mode: FilterMode, rules: Vec<FilterRule>) -> Self {
        Self { mode, rules }
    }

    /// A connection's filter as it is stored.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn load(db: &Db, connection: i64, mode: FilterMode) -> Result<Self, StoreError> {
        Ok(Self::new(mode, db.filter_rules(connection).await?))
    }

    /// Whether a repository is imported.
    pub fn admits(&self, repository: &Filterable) -> bool {
        let listed = || self.rules.iter().any(|rule| matches(rule, repository));
        match self.mode {
            FilterMode::AllowAll => true,
            FilterMode::Allowlist => listed(),
            FilterMode::Denylist => !listed(),
        }
    }

    /// The lines that no repository fits: misspelt, mostly.
    pub fn idle<'f>(&'f self, repositories: &[Filterable]) -> Vec<&'f FilterRule> {
        self.rules
            .iter()
            .filter(|rule| !repositories.iter().any(|one| matches(rule, one)))
            .collect()
    }

    /// The repositories that are not to be read.
    pub(crate) async fn excluded(
        &self,
        db: &Db,
        workspace: &str,
    ) -> Result<BTreeSet<Id>, StoreError> {
        if self.mode == FilterMode::AllowAll {
            return Ok(BTreeSet::new());
        }
        let repositories = db.filterable(workspace).await?;
        Ok(repositories
            .iter()
            .filter(|repository| !self.admits(repository))
            .map(|repository| Id(repository.id))
            .collect())
    }
}

fn matches(rule: &FilterRule, repository: &Filterable) -> bool {
    let pattern = WildMatch::new_case_insensitive(rule.pattern.trim());
    // A UUID may be written without its braces.
    let same_uuid = |uuid: &str| {
        let bare = |text: &str| text.trim().trim_matches(['{', '}']).to_lowercase();
        bare(uuid) == bare(&rule.pattern)
    };
    match rule.subject {
        FilterSubject::Repository => {
            let slug = repository.full_name.rsplit('/').next().unwrap_or_default();
            same_uuid(&repository.source_id)
                || pattern.matches(slug)
                || pattern.matches(&repository.full_name)
        }
        FilterSubject::Project => {
            repository
                .project_source_id
                .as_deref()
                .is_some_and(same_uuid)
                || repository
                    .project_key
                    .as_deref()
                    .is_some_and(|key| pattern.matches(key))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository(full_name: &str, project: Option<&str>) -> Filterable {
        Filterable {
            id: 1,
            source_id: "{0a1b2c3d-0000-4000-8000-000000000001}".to_owned(),
            full_name: full_name.to_owned(),
            project_source_id: None,
            project_key: project.map(str::to_owned),
            pull_requests: 0,
        }
    }

    fn rule(subject: FilterSubject, pattern: &str) -> FilterRule {
        FilterRule {
            subject,
            pattern: pattern.to_owned(),
        }
    }

    #[test]
    fn a_pattern_is_a_uuid_a_name_or_a_glob() {
        use FilterSubject::{Project, Repository};
        let web = repository("acme/web-shop", Some("SHOP"));
        for (subject, pattern, fits) in [
            (Repository, "web-shop", true),
            (Repository, "Web-Shop", true),
            (Repository, "acme/web-shop", true),
            (Repository, "web-*", true),
            (Repository, "acme/*", true),
            (Repository, "web", false),
            (Repository, "*web", false),
            (Repository, "{0a1b2c3d-0000-4000-8000-000000000001}", true),
            (Repository, "0A1B2C3D-0000-4000-8000-000000000001", true),
            (Repository, "SHOP", false),
            (Project, "shop", true),
            (Project, "SH?P", true),
            (Project, "web-shop", false),
        ] {
            assert_eq!(matches(&rule(subject, pattern), &web), fits, "{pattern}");
        }
        let homeless = repository("acme/tools", None);
        assert!(!matches(&rule(Project, "*"), &homeless));
    }

    #[test]
    fn lists_admit_or_refuse_and_tell_what_they_never_meet() {
        let rules = vec![
            rule(FilterSubject::Repository, "web-*"),
            rule(FilterSubject::Repository, "wbe"),
        ];
        let (web, tools) = (
            repository("acme/web-shop", None),
            repository("acme/tools", None),
        );
        let admitted = |mode| {
            let filter = RepositoryFilter::new(mode, rules.clone());
            (filter.admits(&web), filter.admits(&tools))
        };
        assert_eq!(admitted(FilterMode::AllowAll), (true, true));
        assert_eq!(admitted(FilterMode::Allowlist), (true, false));
        assert_eq!(admitted(FilterMode::Denylist), (false, true));
        let filter = RepositoryFilter::new(FilterMode::Denylist, rules.clone());
        assert_eq!(filter.idle(&[web, tools]), [&rules[1]]);
    }
}
