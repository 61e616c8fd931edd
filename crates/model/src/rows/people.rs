//! People, the accounts and addresses that are theirs, and teams.

use super::describe;
use crate::{Id, Instant};

describe! {
    /// People: one row for each, whatever accounts they have. Every account of a human has one, so that
    /// grouping by person always works; it is provisional while nothing but the account is known. A
    /// program has none.
    USERS is "users" in People, from "the match at the end of each import" {
        id: Id, "", "sequence", "The person's number; it stays as long as an account of theirs is known.";
        name: String, "", "Jira, else Bitbucket, unless somebody has set it", "The name; NULL once they were forgotten.";
        email: String, "", "Jira, the members filter, or commits, unless somebody has set it", "The address, in lower case; NULL while none is known.";
        timezone: String, "", "jira_users.timezone, unless somebody has set it", "The time zone, such as `Europe/Lisbon`; NULL where it is not known.";
        started_on: String, "", "people import", "The day of their first day, as YYYY-MM-DD.";
        developer: bool, "", "people import", "Whether they count as a developer; true unless somebody said otherwise.";
        provisional: bool, "", "email", "Whether no address is known yet.";
        active: bool, "", "bitbucket_users.active, jira_users.active", "Whether an account of theirs is in use: a member of a workspace, or, where there is none in Bitbucket, active in Jira.";
        set_by_hand: String, "", "people import", "The columns that somebody has set, with commas between them: no import changes them.";
        created_at: Instant, "", "", "When the row was made.";
        forgotten_at: Instant, "", "people forget", "When their name and addresses were removed for good; NULL for everybody else.";
    }
}

describe! {
    /// Which account or address is whose, and how that is known. An account has one person; a person may
    /// have several accounts.
    IDENTITIES is "identities" in People, from "the match at the end of each import" {
        id: Id, "", "sequence", "The number.";
        source: String, "", "", "`bitbucket`, `jira` or `email`.";
        source_table_id: Id, "", "bitbucket_users.id, jira_users.id", "The account's row in its own table; NULL for an address.";
        source_account: String, "", "", "What the source calls it: a UUID in braces, an Atlassian account id, an address in lower case.";
        user_id: Id, "", "users.id", "The person.";
        matched_by: String, "", "", "How it was matched: `decision` (somebody said so), `jira` (the same Atlassian account id), `commit` (the account stands beside the address on commits), `members` (Bitbucket's filter of members names the account for the address), `address` (the same verified address in two sources), or `account` (nothing is known but the account).";
        confidence: String, "", "matched_by", "`certain` (a decision, one account id, an address that a source vouches for), `likely` (commits) or `none` (nothing but the account).";
        matched_at: Instant, "", "", "When it was first matched in this way.";
    }
}

describe! {
    /// What somebody said of an account or address. It wins over every other reason, and stays.
    USER_LINK_DECISIONS is "user_link_decisions" in People, from "windlass people link, unlink, merge, import" {
        id: Id, "", "sequence", "The number.";
        user_id: Id, "", "users.id", "The person.";
        source: String, "", "", "`bitbucket`, `jira` or `email`.";
        source_account: String, "", "", "The account or address, as in `identities.source_account`.";
        decision: String, "", "", "`link` (it is theirs) or `unlink` (it never is).";
        decided_by: String, "", "", "Who said so.";
        decided_at: Instant, "", "", "When.";
    }
}

describe! {
    /// What somebody said an account is. It wins over its type in Bitbucket and over its name.
    ACCOUNT_TYPE_DECISIONS is "account_type_decisions" in People, from "windlass people mark" {
        source_account: String, "", "bitbucket_users.source_id", "The account.";
        r#type: String, "", "", "`human`, `bot` or `ai_bot`.";
        decided_by: String, "", "", "Who said so.";
        decided_at: Instant, "", "", "When.";
    }
}

describe! {
    /// Teams, each part of another or of none.
    TEAMS is "teams" in People, from "windlass teams" {
        id: Id, "", "sequence", "The team's number.";
        name: String, "", "", "The name; no two teams have the same.";
        parent_id: Id, "", "teams.id", "The team that it is part of; NULL at the top.";
        created_at: Instant, "", "", "When it was first named.";
        archived_at: Instant, "", "", "When it was given up; NULL while it is there. Who was in it stays known.";
    }
}

describe! {
    /// Who was in which team, from when to when. Somebody who left and came back has two rows.
    TEAM_MEMBERS is "team_members" in People, from "windlass teams" {
        id: Id, "", "sequence", "The number.";
        team_id: Id, "", "teams.id", "The team.";
        user_id: Id, "", "users.id", "The person.";
        from_on: String, "", "", "The first day, as YYYY-MM-DD; NULL where it was always so.";
        to_on: String, "", "", "The last day, as YYYY-MM-DD, itself included; NULL where there is no end.";
    }
}
