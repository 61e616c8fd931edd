//! What is done about people, rules and settings: nothing.

use model::rows::UserType;
use store::NewRule;
use web::{
    AccountSetting, ActionError, Counted, Coverage, Doing, Everybody, Missing, NewMember,
    PeopleActions, PersonLine, ProgramNames, RuleActions, RulePreview, SettingActions,
    SettingChanged, Share, Subject, Suggested, TeamList,
};

use super::{NoActions, done};

/// A name that would like to be more than a name.
pub(crate) const HOSTILE: &str = "<script>alert(1)</script>\u{202e}";

fn coverage() -> Coverage {
    Coverage {
        pull_requests: Share {
            with_person: 2,
            all: 3,
        },
        ..Coverage::default()
    }
}

impl PeopleActions for NoActions {
    fn everybody(&self) -> Doing<'_, Everybody> {
        let person = PersonLine {
            id: 1,
            name: Some(HOSTILE.to_owned()),
            email: None,
            active: true,
            provisional: true,
            forgotten: false,
            work: None,
        };
        done(Ok(Everybody {
            coverage: Counted {
                value: Some(coverage()),
                counted_at: None,
            },
            people: vec![person],
        }))
    }

    fn missing(&self) -> Doing<'_, Counted<Missing>> {
        let subject = Subject {
            source: store::IdentitySource::Email,
            account: HOSTILE.to_owned(),
        };
        done(Ok(Counted {
            value: Some(Missing {
                coverage: coverage(),
                suggestions: vec![Suggested {
                    subject,
                    name: Some(HOSTILE.to_owned()),
                    person: 1,
                    person_name: Some(HOSTILE.to_owned()),
                    because: HOSTILE.to_owned(),
                }],
                ..Missing::default()
            }),
            counted_at: None,
        }))
    }

    fn link(&self, _: Subject, _: String, _: String) -> Doing<'_, ()> {
        done(Ok(()))
    }

    fn unlink(&self, _: Subject, _: i64, _: String) -> Doing<'_, ()> {
        done(Ok(()))
    }

    fn mark(&self, _: String, _: UserType, _: String) -> Doing<'_, ()> {
        done(Err(ActionError::Refused("there is no account".to_owned())))
    }

    fn program_names(&self) -> ProgramNames {
        ProgramNames::default()
    }

    fn import_teams(&self, list: String, _: bool, _: String) -> Doing<'_, TeamList> {
        done(Ok(TeamList {
            made: list.lines().skip(1).map(str::to_owned).collect(),
            ..TeamList::default()
        }))
    }

    fn add_member(&self, _: i64, member: NewMember, _: String) -> Doing<'_, ()> {
        done(match member.person.as_str() {
            "nobody" => Err(ActionError::Refused("there is no person".to_owned())),
            _ => Ok(()),
        })
    }

    fn remove_member(&self, _: i64, _: i64, last: Option<String>, _: String) -> Doing<'_, ()> {
        done(match last.as_deref() {
            Some("2020-01-01") => Err(ActionError::Refused("they are not in it".to_owned())),
            _ => Ok(()),
        })
    }
}

impl RuleActions for NoActions {
    fn test_rule(&self, rule: NewRule) -> Doing<'_, RulePreview> {
        done(match rule.pipeline_pattern {
            Some(pattern) => Ok(RulePreview {
                summary: format!("It fits {pattern}"),
                ..RulePreview::default()
            }),
            None => Err(ActionError::Refused("Write a pattern.".to_owned())),
        })
    }

    fn add_rule(&self, _: NewRule, _: String) -> Doing<'_, ()> {
        done(Ok(()))
    }

    fn remove_rule(&self, _: String, _: String) -> Doing<'_, ()> {
        done(Ok(()))
    }
}

impl SettingActions for NoActions {
    fn settings(&self) -> Doing<'_, Vec<AccountSetting>> {
        done(Ok(vec![AccountSetting {
            name: "timezone".to_owned(),
            meaning: "Where it is".to_owned(),
            example: "Europe/Berlin".to_owned(),
            value: "UTC".to_owned(),
            usual: "UTC".to_owned(),
        }]))
    }

    fn set_setting(
        &self,
        _: String,
        value: Option<String>,
        _: String,
    ) -> Doing<'_, SettingChanged> {
        done(match value.as_deref() {
            Some("nonsense") => Err(ActionError::Refused("that is no time zone".to_owned())),
            _ => Ok(SettingChanged {
                changed: true,
                to_measure: 0,
            }),
        })
    }
}
