//! The shapes of Bitbucket's records, as far as they are read.
//!
//! Everything that was recorded to be null or missing may be; what is neither read nor named here
//! is ignored, so that new members do no harm. A member that a row cannot do without is required:
//! its record is then rejected.

pub(crate) mod account;
pub(crate) mod activity;
pub(crate) mod comment;
pub(crate) mod commit;
pub(crate) mod delivery;
pub(crate) mod deployment;
pub(crate) mod pipeline;
pub(crate) mod pull_request;
pub(crate) mod repository;

use model::{Field, Uuid};
use serde::{Deserialize, Deserializer};

/// The addresses that a record carries; only its page is read.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Links {
    #[serde(default)]
    pub(crate) html: Field<Link>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Link {
    #[serde(default)]
    pub(crate) href: Option<String>,
}

impl Links {
    /// The page of the record: an address that a browser opens, nothing else.
    pub(crate) fn page(links: Field<Self>) -> Field<String> {
        let page = links
            .value()
            .and_then(|links| links.html.value())
            .and_then(|link| link.href);
        Self::address(page.map_or(Field::Absent, Field::Value))
    }

    /// An address, where it is one that a browser opens. A record always has a page; that it was
    /// not told does not make it null.
    pub(crate) fn address(told: Field<String>) -> Field<String> {
        told.value()
            .filter(|href| href.starts_with("https://") || href.starts_with("http://"))
            .map_or(Field::Absent, Field::Value)
    }
}

/// Something of which only the name is read: a branch, a state, a result.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Named {
    #[serde(default)]
    pub(crate) name: Field<String>,
}

/// Something of which only the hash is read; 12 or 40 characters.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Commit {
    #[serde(default)]
    pub(crate) hash: Field<String>,
    #[serde(default)]
    pub(crate) date: Field<model::Instant>,
}

/// A member of a member.
pub(crate) fn within<T, U>(outer: Field<T>, inner: impl FnOnce(T) -> Field<U>) -> Field<U> {
    match outer {
        Field::Absent => Field::Absent,
        Field::Null => Field::Null,
        Field::Value(value) => inner(value),
    }
}

/// A whole number, however it is written: `14` and `14.0` are both met.
pub(crate) fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Field<i64>, D::Error> {
    struct Visitor;
    impl<'de> serde::de::Visitor<'de> for Visitor {
        type Value = Field<i64>;
        fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("a number")
        }
        fn visit_i64<E>(self, number: i64) -> Result<Field<i64>, E> {
            Ok(Field::Value(number))
        }
        fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Field<i64>, E> {
            i64::try_from(number)
                .map(Field::Value)
                .map_err(|_| E::invalid_value(serde::de::Unexpected::Unsigned(number), &self))
        }
        #[allow(
            clippy::cast_possible_truncation,
            reason = "the cast saturates, and no count is that large"
        )]
        fn visit_f64<E>(self, number: f64) -> Result<Field<i64>, E> {
            Ok(Field::Value(number as i64))
        }
        fn visit_unit<E>(self) -> Result<Field<i64>, E> {
            Ok(Field::Null)
        }
        fn visit_none<E>(self) -> Result<Field<i64>, E> {
            Ok(Field::Null)
        }
    }
    deserializer.deserialize_any(Visitor)
}

/// A UUID of something embedded; an empty one is none.
pub(crate) fn uuid_if_any<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Uuid>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.and_then(|text| Uuid::parse(&text)))
}
