//! How a record becomes bytes: `[format u8][crc32 u32 LE][payload]` (rule 9), in values of at most 8 KiB (rule 8).
//!
//! The checksum covers the key too, so a value that turns up under a wrong key is found out. A payload is
//! `MessagePack` with field names. A record that is longer than one value is cut into chunks of their own; its key then leads to
//! the number of chunks.

use std::borrow::Cow;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::key::{Key, Tree, chunk_key, name};
use crate::ports::StoreError;

/// The longest value written, header included (rule 8).
pub(super) const MOST_VALUE: usize = 8 * 1024;
/// The longest record (rule 8); a longer one is a mistake of ours and refused.
pub(super) const MOST_RECORD: usize = 64 * 1024;

const HEADER: usize = 5;

/// What a value's payload is; the value's first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    /// A whole record.
    Whole = 1,
    /// The number of chunks that the record is cut into, two bytes.
    Head = 2,
    /// A chunk of a record.
    Chunk = 3,
}

/// A record as bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Encoded {
    /// The value under the record's own key.
    pub(super) value: Vec<u8>,
    /// The values under its chunk keys, in order; empty when the record fits one value.
    pub(super) chunks: Vec<Vec<u8>>,
}

/// Makes a record's bytes. Fails when it is longer than [`MOST_RECORD`], naming the record.
pub(super) fn encode<R: Serialize>(key: &Key, record: &R) -> Result<Encoded, StoreError> {
    let payload = rmp_serde::to_vec_named(record)
        .map_err(|error| StoreError::Io(format!("{} cannot be encoded: {error}", key.name())))?;
    if payload.len() > MOST_RECORD {
        return Err(StoreError::Io(format!(
            "{} takes {} bytes; at most {MOST_RECORD} are kept",
            key.name(),
            payload.len()
        )));
    }
    if payload.len() + HEADER <= MOST_VALUE {
        return Ok(Encoded { value: sealed(Format::Whole, &key.bytes, &payload), chunks: Vec::new() });
    }
    let chunks: Vec<Vec<u8>> = (0u16..)
        .zip(payload.chunks(MOST_VALUE - HEADER))
        .map(|(place, chunk)| sealed(Format::Chunk, &key.chunk(place), chunk))
        .collect();
    // At most nine chunks, so two bytes are plenty.
    let count = u16::try_from(chunks.len()).unwrap_or(u16::MAX);
    Ok(Encoded { value: sealed(Format::Head, &key.bytes, &count.to_be_bytes()), chunks })
}

fn sealed(format: Format, key: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut value = Vec::with_capacity(HEADER + payload.len());
    value.push(format as u8);
    value.extend(checksum(format as u8, key, payload).to_le_bytes());
    value.extend(payload);
    value
}

fn checksum(format: u8, key: &[u8], payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&[format]);
    hasher.update(key);
    hasher.update(payload);
    hasher.finalize()
}

/// A verified value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Payload<'a> {
    /// A whole record's payload.
    Whole(&'a [u8]),
    /// The record lies in so many chunks.
    Head(u16),
    /// A chunk.
    Chunk(&'a [u8]),
}

/// Checks a value's checksum and tells what it holds (rule 5).
pub(super) fn verify<'a>(tree: Tree, key: &[u8], value: &'a [u8]) -> Result<Payload<'a>, StoreError> {
    let Some(([format, crc @ ..], payload)) = value.split_first_chunk::<HEADER>() else {
        return Err(damaged(tree, key, "is cut short"));
    };
    if checksum(*format, key, payload) != u32::from_le_bytes(*crc) {
        return Err(damaged(tree, key, "has a wrong checksum"));
    }
    match (format, payload) {
        (1, payload) => Ok(Payload::Whole(payload)),
        (2, &[high, low]) => Ok(Payload::Head(u16::from_be_bytes([high, low]))),
        (3, payload) => Ok(Payload::Chunk(payload)),
        (other, _) => Err(damaged(tree, key, &format!("has the unknown format {other}"))),
    }
}

/// Puts chunks together again; `chunk` fetches the value under a chunk's key.
pub(super) fn whole<'a, V: AsRef<[u8]>>(
    tree: Tree,
    key: &[u8],
    payload: Payload<'a>,
    chunk: impl Fn(&[u8]) -> Result<Option<V>, StoreError>,
) -> Result<Cow<'a, [u8]>, StoreError> {
    let count = match payload {
        Payload::Whole(bytes) => return Ok(Cow::Borrowed(bytes)),
        Payload::Chunk(_) => return Err(damaged(tree, key, "is a chunk out of place")),
        Payload::Head(count) => count,
    };
    let mut record = Vec::with_capacity(usize::from(count) * MOST_VALUE);
    for place in 0..count {
        let chunk_key = chunk_key(key, place);
        let missing = || damaged(tree, key, &format!("lacks its chunk {place}"));
        let value = chunk(&chunk_key)?.ok_or_else(missing)?;
        let Payload::Chunk(bytes) = verify(tree, &chunk_key, value.as_ref())? else {
            return Err(missing());
        };
        record.extend(bytes);
    }
    Ok(Cow::Owned(record))
}

/// Reads a record's payload.
pub(super) fn decode<R: DeserializeOwned>(tree: Tree, key: &[u8], payload: &[u8]) -> Result<R, StoreError> {
    rmp_serde::from_slice(payload)
        .map_err(|error| damaged(tree, key, &format!("cannot be understood: {error}")))
}

/// The error for a record that is not as it was written.
pub(super) fn damaged(tree: Tree, key: &[u8], what: &str) -> StoreError {
    StoreError::Damaged(format!("{} {what}", name(tree, key)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::store::key::Tag;

    fn round_trip(text: &str) -> (usize, String) {
        let key = Key::numbered(Tag::Question, 1);
        let encoded = encode(&key, &text).unwrap();
        let chunks: BTreeMap<Vec<u8>, Vec<u8>> =
            (0u16..).zip(&encoded.chunks).map(|(place, chunk)| (key.chunk(place), chunk.clone())).collect();
        assert!(encoded.value.len() <= MOST_VALUE);
        assert!(encoded.chunks.iter().all(|chunk| chunk.len() <= MOST_VALUE));
        let payload = verify(key.tree, &key.bytes, &encoded.value).unwrap();
        let bytes = whole(key.tree, &key.bytes, payload, |chunk| Ok(chunks.get(chunk).cloned())).unwrap();
        (chunks.len(), decode(key.tree, &key.bytes, &bytes).unwrap())
    }

    #[test]
    fn records_are_cut_at_the_limits() {
        // A text's own header is three bytes up to 64 KiB.
        let one = MOST_VALUE - HEADER;
        for (length, chunks) in
            [(0, 0), (one - 3, 0), (one - 2, 2), (2 * one - 3, 2), (2 * one - 2, 3), (MOST_RECORD - 3, 9)]
        {
            let text = "x".repeat(length);
            assert_eq!(round_trip(&text), (chunks, text), "{length}");
        }
        let error = encode(&Key::numbered(Tag::Question, 7), &"x".repeat(MOST_RECORD - 2).as_str());
        assert_eq!(
            error.unwrap_err().to_string(),
            "the store cannot be used: local: question 7 takes 65537 bytes; at most 65536 are kept"
        );
    }

    #[test]
    fn every_flipped_bit_and_every_wrong_key_is_found() {
        let key = Key::numbered(Tag::Question, 7);
        let value = encode(&key, &"what of it").unwrap().value;
        for bit in 0..value.len() * 8 {
            let mut flipped = value.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(verify(key.tree, &key.bytes, &flipped).is_err(), "bit {bit}");
        }
        let other = Key::numbered(Tag::Question, 8);
        assert_eq!(
            verify(other.tree, &other.bytes, &value).unwrap_err().to_string(),
            "the store is damaged: local: question 8 has a wrong checksum"
        );
        assert!(verify(key.tree, &key.bytes, &value[..4]).is_err());
    }
}
