//! What a partial answer says of one value.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One value of a record from outside. Webhook payloads and embedded objects are partial, so "not
/// said" and "said to be nothing" must stay apart: an absent value leaves the stored one alone, a
/// null clears it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Field<T> {
    /// Nothing was said of it.
    #[default]
    Absent,
    /// It was said to be nothing.
    Null,
    /// It was said to be this.
    Value(T),
}

impl<T> Field<T> {
    /// Whether nothing was said.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// The value, if there is one.
    pub fn value(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// The value, if there is one, borrowed.
    pub fn as_value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// The same field with its value changed.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Field<U> {
        match self {
            Self::Absent => Field::Absent,
            Self::Null => Field::Null,
            Self::Value(value) => Field::Value(change(value)),
        }
    }

    /// The same field with its value looked into; what is missing within counts as null.
    pub fn and_then<U>(self, look: impl FnOnce(T) -> Option<U>) -> Field<U> {
        match self {
            Self::Absent => Field::Absent,
            Self::Null => Field::Null,
            Self::Value(value) => look(value).into(),
        }
    }
}

impl<T> From<Option<T>> for Field<T> {
    /// Something that was looked for in a complete record: `None` is said to be nothing.
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::Value)
    }
}

impl<T: Serialize> Serialize for Field<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Value(value) => serializer.serialize_some(value),
            Self::Absent | Self::Null => serializer.serialize_none(),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Field<T> {
    /// Call through `#[serde(default)]`, which is what makes a missing member absent.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::<T>::deserialize(deserializer).map(Self::from)
    }
}
