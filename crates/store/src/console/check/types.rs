//! The types that a value may be turned into.

use sqlparser::ast::{
    ArrayElemTypeDef, CharacterLength, DataType, ExactNumberInfo, ObjectName, ObjectNamePart,
};

/// The longest text type with a length. PostgreSQL fills `CHAR(n)` up with blanks.
const MAX_LENGTH: u64 = 10_000;

/// Types that the parser does not know by itself.
const NAMED: &[&str] = &["datetime", "key_text", "name"];

/// Whether a value may be turned into this type. The `reg…` types of PostgreSQL read its catalogs,
/// others are of no use here.
pub(super) fn may_cast_to(data_type: &DataType) -> bool {
    match data_type {
        DataType::Character(length)
        | DataType::Char(length)
        | DataType::CharacterVarying(length)
        | DataType::CharVarying(length)
        | DataType::Varchar(length) => is_short(length),
        DataType::Numeric(size) | DataType::Decimal(size) => is_small(size),
        DataType::Text
        | DataType::Bool
        | DataType::Boolean
        | DataType::SmallInt(None)
        | DataType::Int(None)
        | DataType::Integer(None)
        | DataType::BigInt(None)
        | DataType::Int2(None)
        | DataType::Int4(None)
        | DataType::Int8(None)
        | DataType::Float4
        | DataType::Float8
        | DataType::Real
        | DataType::DoublePrecision
        | DataType::Float(ExactNumberInfo::None)
        | DataType::Double(ExactNumberInfo::None)
        | DataType::Date
        | DataType::Time(..)
        | DataType::Datetime(_)
        | DataType::Timestamp(..)
        | DataType::Interval { .. }
        | DataType::JSON
        | DataType::JSONB
        | DataType::Uuid => true,
        DataType::Array(ArrayElemTypeDef::SquareBracket(element, _)) => may_cast_to(element),
        DataType::Custom(name, arguments) => arguments.is_empty() && is_named(name),
        _ => false,
    }
}

fn is_short(length: &Option<CharacterLength>) -> bool {
    match length {
        None => true,
        Some(CharacterLength::IntegerLength { length, .. }) => *length <= MAX_LENGTH,
        Some(CharacterLength::Max) => false,
    }
}

fn is_small(size: &ExactNumberInfo) -> bool {
    match size {
        ExactNumberInfo::None => true,
        ExactNumberInfo::Precision(precision)
        | ExactNumberInfo::PrecisionAndScale(precision, _) => *precision <= MAX_LENGTH,
    }
}

fn is_named(name: &ObjectName) -> bool {
    match name.0.as_slice() {
        [ObjectNamePart::Identifier(name)] => {
            NAMED.contains(&name.value.to_ascii_lowercase().as_str())
        }
        _ => false,
    }
}
