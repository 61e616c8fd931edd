//! How a table describes itself.

/// The type of a column, one for both engines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `BIGINT`: the id of a row.
    Id,
    /// `BIGINT`.
    Integer,
    /// `TEXT`.
    Text,
    /// `BOOLEAN`.
    Boolean,
    /// `DATETIME`: UTC with microseconds.
    DateTime,
}

impl Kind {
    /// The name that people are shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Integer => "integer",
            Self::Text => "text",
            Self::Boolean => "boolean",
            Self::DateTime => "datetime",
        }
    }
}

/// A Rust type that a column can hold.
pub trait ColumnType {
    /// The column's type.
    const KIND: Kind;
}

impl ColumnType for crate::Id {
    const KIND: Kind = Kind::Id;
}
impl ColumnType for i64 {
    const KIND: Kind = Kind::Integer;
}
impl ColumnType for String {
    const KIND: Kind = Kind::Text;
}
impl ColumnType for bool {
    const KIND: Kind = Kind::Boolean;
}
impl ColumnType for crate::Instant {
    const KIND: Kind = Kind::DateTime;
}

/// What a column is to the upsert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The primary key.
    Id,
    /// Part of the natural key from which the id is computed: two keys on one id are a collision.
    Key,
    /// Imported, and written when it differs.
    Content,
    /// Computed here from imported rows; an upsert never touches it.
    Derived,
    /// When the row was seen: written along, but no reason to write.
    Observed,
}

/// One column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name in SQL.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// What it is to the upsert.
    pub role: Role,
    /// `s` for seconds and so on; empty when it has none.
    pub unit: &'static str,
    /// The field of the source's answer that it comes from, or how it is computed.
    pub source: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

/// Which of two versions of a row is the newer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Newest {
    /// The one with the later `source_updated_at`; on a tie the later `observed_at`.
    SourceUpdatedAt,
    /// The one with the later `observed_at`: the source gives no date of its own.
    ObservedAt,
    /// Whatever is written last: rows that only Windlass makes.
    LastWritten,
}

/// The kind of thing that a table holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Imported rows, one table per kind of thing in Bitbucket or Jira.
    Imported,
    /// Views in the words that all sources share.
    Unified,
    /// People, the accounts that are theirs, and teams.
    People,
    /// What is made from settings.
    Settings,
    /// What deploys, what was deployed, and what it carried.
    Deployments,
    /// How the import itself goes.
    Control,
}

impl Group {
    /// The heading under which the documents list it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Imported => "Imported from Bitbucket and Jira",
            Self::Unified => "Unified views",
            Self::People => "People and teams",
            Self::Settings => "Made from settings",
            Self::Deployments => "Deployments",
            Self::Control => "The import itself",
        }
    }
}

/// One table or view.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Its name in SQL.
    pub name: &'static str,
    /// What kind of thing it holds.
    pub group: Group,
    /// The endpoint that it is imported from, or what it is made from.
    pub source: &'static str,
    /// What one row is.
    pub meaning: &'static str,
    /// Which version of a row wins.
    pub newest: Newest,
    /// Its columns, in order.
    pub columns: &'static [Column],
}

impl Table {
    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}
