//! People, the accounts that are theirs, and teams.

use analysis::Work;
use model::Instant;
use model::rows::UserType;
use store::IdentitySource;

use super::Doing;

/// An account or an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// What kind of thing.
    pub source: IdentitySource,
    /// Which: a UUID in braces, an Atlassian account id, an address.
    pub account: String,
}

/// How much of people's work has somebody who is known. Programs are left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Pull requests.
    pub pull_requests: Share,
    /// Reviews.
    pub reviews: Share,
    /// Commits.
    pub commits: Share,
}

/// So many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// With somebody who is known.
    pub with_person: i64,
    /// All.
    pub all: i64,
}

/// What was counted, and when. Counting everything takes a while where there is much.
#[derive(Clone, Debug)]
pub struct Counted<T> {
    /// What was counted; `None` while that is still under way for the first time.
    pub value: Option<T>,
    /// When it was counted.
    pub counted_at: Option<Instant>,
}

/// A person in a list.
#[derive(Clone, Debug)]
pub struct PersonLine {
    /// The number (`users.id`).
    pub id: i64,
    /// The name.
    pub name: Option<String>,
    /// The address.
    pub email: Option<String>,
    /// Whether an account of theirs is in use.
    pub active: bool,
    /// Whether nothing but the account is known.
    pub provisional: bool,
    /// Whether they were forgotten.
    pub forgotten: bool,
    /// What they did; `None` while that is being counted.
    pub work: Option<Work>,
}

/// Everybody.
#[derive(Clone, Debug)]
pub struct Everybody {
    /// How much is known.
    pub coverage: Counted<Coverage>,
    /// Everybody, by name.
    pub people: Vec<PersonLine>,
}

/// An account of a person whose address is not known.
#[derive(Clone, Debug)]
pub struct UnmatchedAccount {
    /// The account's UUID.
    pub account: String,
    /// Its name.
    pub name: Option<String>,
    /// Whose it is.
    pub person: Option<i64>,
    /// Whether it is a team's, and stands for several people.
    pub is_of_a_team: bool,
    /// What it did.
    pub work: Work,
}

/// An address of commits that is nobody's.
#[derive(Clone, Debug)]
pub struct UnmatchedAddress {
    /// The address.
    pub address: String,
    /// A name beside it.
    pub name: Option<String>,
    /// How many commits.
    pub commits: i64,
}

/// That an account or an address may be somebody's.
#[derive(Clone, Debug)]
pub struct Suggested {
    /// The account or the address.
    pub subject: Subject,
    /// What it is called.
    pub name: Option<String>,
    /// Whose it may be.
    pub person: i64,
    /// What they are called.
    pub person_name: Option<String>,
    /// Why, in words.
    pub because: String,
}

/// What is missing.
#[derive(Clone, Debug, Default)]
pub struct Missing {
    /// How much is known.
    pub coverage: Coverage,
    /// What may belong together.
    pub suggestions: Vec<Suggested>,
    /// Accounts, those first on which most hangs.
    pub accounts: Vec<UnmatchedAccount>,
    /// Addresses, likewise.
    pub addresses: Vec<UnmatchedAddress>,
}

/// What a list of teams comes to.
#[derive(Clone, Debug, Default)]
pub struct TeamList {
    /// New teams.
    pub made: Vec<String>,
    /// Teams that become part of another: the team, and what it is part of.
    pub moved: Vec<(String, String)>,
    /// Who comes into a team, or was in it at other times: the team and the address.
    pub members: Vec<(String, String)>,
    /// Lines that said what was known.
    pub unchanged: u64,
    /// Addresses that are nobody's.
    pub unknown: Vec<String>,
}

/// Somebody who comes into a team. Days are written `2027-01-31`, and included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewMember {
    /// Who: a number, an address, or a name.
    pub person: String,
    /// The first day; none where it was always so.
    pub from: Option<String>,
    /// The last day; none where there is no end.
    pub to: Option<String>,
}

/// What accounts are called that are programs', as the configuration says.
#[derive(Clone, Debug, Default)]
pub struct ProgramNames {
    /// Bots.
    pub bots: Vec<String>,
    /// Programs that write code or review it.
    pub ai_bots: Vec<String>,
    /// The same, of accounts of apps alone.
    pub ai_apps: Vec<String>,
}

/// What is done about people and teams.
pub trait PeopleActions: Send + Sync {
    /// Everybody, with what they did.
    fn everybody(&self) -> Doing<'_, Everybody>;

    /// Who is missing, and what may belong together.
    fn missing(&self) -> Doing<'_, Counted<Missing>>;

    /// Says that an account or an address is a person's.
    fn link(&self, subject: Subject, person: String, actor: String) -> Doing<'_, ()>;

    /// Says that an account or an address never is a person's.
    fn unlink(&self, subject: Subject, person: i64, actor: String) -> Doing<'_, ()>;

    /// Says what an account of Bitbucket is, which somebody names by UUID, nickname or name.
    fn mark(&self, account: String, kind: UserType, actor: String) -> Doing<'_, ()>;

    /// The names by which programs are known.
    fn program_names(&self) -> ProgramNames;

    /// Reads a list of teams, as CSV or JSON; it is taken in if `apply` says so.
    fn import_teams(&self, list: String, apply: bool, actor: String) -> Doing<'_, TeamList>;

    /// Puts somebody into a team.
    fn add_member(&self, team: i64, member: NewMember, actor: String) -> Doing<'_, ()>;

    /// Takes a person out of a team after a last day; that is yesterday where none is named.
    fn remove_member(
        &self,
        team: i64,
        person: i64,
        last: Option<String>,
        actor: String,
    ) -> Doing<'_, ()>;
}
