use super::*;

fn rule(shape: impl FnOnce(&mut RuleText)) -> Rule {
    let mut text = RuleText::default();
    shape(&mut text);
    Rule::new(text).unwrap()
}

fn run<'a>(repository: &'a str, pipeline: &'a str, branch: &'a str) -> Subject<'a> {
    Subject {
        repository,
        pipeline: Some(pipeline),
        branch: Some(branch),
        ..Subject::default()
    }
}

#[test]
fn every_pattern_has_to_fit_somewhere() {
    let rule = rule(|text| {
        text.pipeline = Some("deploy".to_owned());
        text.branch = Some("^main$".to_owned());
        text.repository = Some("^acme/".to_owned());
    });
    let fits = |subject| rule.target(&subject).is_some();
    assert!(fits(run("acme/shop", "custom: deploy-all", "main")));
    assert!(!fits(run("acme/shop", "custom: build", "main")));
    assert!(!fits(run("acme/shop", "custom: deploy-all", "main2")));
    assert!(!fits(run("other/acme/shop", "custom: deploy-all", "main")));
    // What is not known fits no pattern.
    let mut unknown = run("acme/shop", "custom: deploy-all", "main");
    unknown.branch = None;
    assert!(!fits(unknown));
}

#[test]
fn groups_name_what_the_rule_does_not() {
    let rule = rule(|text| {
        text.pipeline = Some("deploy-(?<environment>[a-z]+)".to_owned());
        text.repository = Some("/(?<service>.+)-app$".to_owned());
    });
    let target = rule
        .target(&run("acme/shop-app", "custom: deploy-staging", "main"))
        .unwrap();
    assert_eq!(target.environment, "staging");
    assert_eq!(target.environment_type, EnvironmentType::Staging);
    assert_eq!(target.service.as_deref(), Some("shop"));
}

#[test]
fn what_the_rule_says_itself_comes_first_and_production_is_the_default() {
    let plain = rule(|text| text.pipeline = Some("deploy".to_owned()));
    let target = plain
        .target(&run("acme/shop", "custom: deploy", "main"))
        .unwrap();
    assert_eq!(
        (target.environment.as_str(), target.service),
        ("production", None)
    );
    assert_eq!(target.environment_type, EnvironmentType::Production);

    let said = rule(|text| {
        text.pipeline = Some("deploy-(?<environment>.+)".to_owned());
        text.environment = Some("eu".to_owned());
        text.environment_type = Some(EnvironmentType::Production);
        text.service = Some("checkout".to_owned());
    });
    let target = said
        .target(&run("acme/shop", "custom: deploy-us", "main"))
        .unwrap();
    assert_eq!(target.environment, "eu");
    assert_eq!(target.environment_type, EnvironmentType::Production);
    assert_eq!(target.service.as_deref(), Some("checkout"));
}

#[test]
fn a_rule_for_environments_keeps_their_names() {
    let rule = rule(|text| {
        text.deployed_to = Some("(?i)^eu-".to_owned());
        text.environment_type = Some(EnvironmentType::Production);
    });
    assert!(rule.is_of_environments() && !rule.is_of_steps());
    let subject = Subject {
        repository: "acme/shop",
        environment: Some("EU-1"),
        ..Subject::default()
    };
    assert_eq!(rule.target(&subject).unwrap().environment, "EU-1");
}

#[test]
fn a_pattern_that_is_none_says_where() {
    let wrong = |pattern: &str| {
        let text = RuleText {
            branch: Some(pattern.to_owned()),
            ..RuleText::default()
        };
        Rule::new(text).unwrap_err()
    };
    let error = wrong("main(");
    assert_eq!((error.pattern, error.position), ("the branch", 5));
    assert_eq!(
        error.to_string(),
        "the pattern for the branch is no regular expression: unclosed group, at character 5"
    );
    assert_eq!(wrong("ä**[").position, 4);
    assert_eq!(wrong(&"a".repeat(1_001)).position, 0);
    assert_eq!(wrong("(((a{200}){200}){200})").reason, "it is too large");
}

#[test]
fn environments_have_the_type_that_their_name_suggests() {
    for (name, kind) in [
        ("Production", EnvironmentType::Production),
        ("prod-eu", EnvironmentType::Production),
        ("live", EnvironmentType::Production),
        ("Staging", EnvironmentType::Staging),
        ("qa", EnvironmentType::Test),
        ("deliver", EnvironmentType::Test),
    ] {
        assert_eq!(EnvironmentType::of_name(name), kind, "{name}");
    }
    assert_eq!(
        EnvironmentType::parse("staging"),
        Some(EnvironmentType::Staging)
    );
    assert_eq!(EnvironmentType::parse("live"), None);
}
