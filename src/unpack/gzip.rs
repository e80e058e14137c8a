//! Compressed reports: written the same for the same bytes, and read with a bound on what comes out.
//!
//! Several members behind each other are one stream; bytes after the last are left alone, as gzip does. A stream that is
//! cut off, or whose sum is wrong, is an error. RFC 1952 §2.2, RFC 8460 §5.2.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
pub use flate2::write::GzEncoder;

/// Most bytes that come out for each that goes in, for a report of more than [`FREE`] bytes.
pub const MAX_RATIO: usize = 200;

/// So many bytes may come out whatever went in; a tiny file of one repeated line is no attack.
pub const FREE: usize = 1 << 20;

/// Why there is no telling what is in a stream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GzipError {
    /// More comes out than may.
    #[error("expands to more than {max} bytes")]
    TooLarge {
        /// Most that may.
        max: usize,
    },
    /// It is damaged, or something else.
    #[error("damaged gzip: {0}")]
    Damaged(String),
}

/// Whether bytes begin as a stream does.
pub fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x1f\x8b")
}

/// Compresses; without time or file name, so that the same gives the same.
pub fn compress(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // Writing to memory does not fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

/// Compresses what is written to it, with less effort than [`compress`]; the same gives the same.
pub fn encoder() -> GzEncoder<Vec<u8>> {
    GzEncoder::new(Vec::new(), Compression::default())
}

/// Undoes what this program compressed.
pub fn expand_own(bytes: &[u8]) -> Result<Vec<u8>, GzipError> {
    let mut out = Vec::new();
    MultiGzDecoder::new(bytes).read_to_end(&mut out).map_err(|e| GzipError::Damaged(e.to_string()))?;
    Ok(out)
}

/// Undoes it; at most `max` bytes come out, and no more than [`MAX_RATIO`] allows.
pub fn expand(bytes: &[u8], max: usize) -> Result<Vec<u8>, GzipError> {
    let max = max.min(bytes.len().saturating_mul(MAX_RATIO).max(FREE));
    let limit = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    let mut out = Vec::new();
    let read = MultiGzDecoder::new(bytes).take(limit).read_to_end(&mut out);
    if out.len() > max {
        return Err(GzipError::TooLarge { max });
    }
    read.map_err(|e| GzipError::Damaged(e.to_string()))?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compressed_comes_back_and_bombs_do_not_go_off() {
        let text = b"{\"a\": 1}".repeat(100);
        let packed = compress(&text);
        assert!(is_gzip(&packed) && packed.len() < text.len());
        assert_eq!(packed, compress(&text));
        assert_eq!(expand(&packed, 1 << 20).unwrap(), text);
        assert_eq!(expand(&[packed.clone(), packed.clone()].concat(), 1 << 20).unwrap(), text.repeat(2));
        assert_eq!(expand(&packed, 799), Err(GzipError::TooLarge { max: 799 }));
        assert!(matches!(expand(&packed[..packed.len() - 9], 1 << 20), Err(GzipError::Damaged(_))));
        let bomb = compress(&vec![b' '; 19 << 20]);
        assert!(bomb.len() < 100_000);
        assert!(matches!(expand(&bomb, 20 << 20), Err(GzipError::TooLarge { .. })));
    }
}
