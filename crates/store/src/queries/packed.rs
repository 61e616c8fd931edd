//! A result as it is kept: JSON, compressed, as text.

use std::io::{Read, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use crate::StoreError;
use crate::console::QueryResult;

pub(super) fn pack(result: &QueryResult) -> Result<String, StoreError> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    serde_json::to_writer(&mut encoder, result)?;
    encoder.flush().map_err(unreadable)?;
    Ok(STANDARD_NO_PAD.encode(encoder.finish().map_err(unreadable)?))
}

pub(super) fn unpack(text: &str) -> Result<QueryResult, StoreError> {
    let bytes = STANDARD_NO_PAD
        .decode(text)
        .map_err(|error| StoreError::Unreadable(error.to_string()))?;
    let mut json = Vec::new();
    GzDecoder::new(bytes.as_slice())
        .read_to_end(&mut json)
        .map_err(unreadable)?;
    Ok(serde_json::from_slice(&json)?)
}

fn unreadable(error: std::io::Error) -> StoreError {
    StoreError::Unreadable(error.to_string())
}
