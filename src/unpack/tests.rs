//! What is unpacked, what is not, and how much comes out.

use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::{DeflateEncoder, ZlibEncoder};
use proptest::prelude::*;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::{Container, Error, expand, gzip};

const MAX: usize = 20 << 20;
const XML: &[u8] = b"<?xml version=\"1.0\"?><feedback>text</feedback>";

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn archive_by(method: CompressionMethod, files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(method);
    for (name, bytes) in files {
        if name.ends_with('/') {
            writer.add_directory(*name, options).unwrap();
        } else {
            writer.start_file(*name, options).unwrap();
            writer.write_all(bytes).unwrap();
        }
    }
    writer.finish().unwrap().into_inner()
}

fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    archive_by(CompressionMethod::Deflated, files)
}

/// The same archive with other bytes at a place before or after a mark.
fn changed(archive: &[u8], mark: &[u8], offset: usize, bytes: &[u8]) -> Vec<u8> {
    let at = archive.windows(mark.len()).rposition(|w| w == mark).unwrap() + offset;
    let mut archive = archive.to_vec();
    archive[at..at + bytes.len()].copy_from_slice(bytes);
    archive
}

/// Container and notes, or the error.
fn told(bytes: &[u8]) -> String {
    match expand(bytes, MAX) {
        Ok(expanded) => {
            assert_eq!(expanded.bytes, XML);
            format!("{} {}", expanded.container, expanded.notes.join("; ")).trim_end().to_owned()
        }
        Err(error) => error.to_string(),
    }
}

#[test]
fn what_is_packed_is_known_by_what_it_is() {
    for (bytes, expected) in [
        (XML.to_vec(), "plain"),
        (gzip::compress(XML), "gzip"),
        ([gzip::compress(&XML[..9]), gzip::compress(&XML[9..])].concat(), "gzip"),
        ([gzip::compress(XML), b"\0\0\0".to_vec()].concat(), "gzip 3 bytes follow after the gzip stream"),
        ([gzip::compress(XML), b"garbage".to_vec()].concat(), "gzip 7 bytes follow after the gzip stream"),
        (gzip::compress(XML)[..30].to_vec(), "damaged gzip: incomplete deflate stream"),
        (zlib(XML), "zlib"),
        ([zlib(XML), b"\r\n".to_vec()].concat(), "zlib 2 bytes follow after the zlib stream"),
        (zlib(XML)[..20].to_vec(), "damaged zlib: it is cut off"),
        (deflate(XML), "zlib a deflate stream without a header"),
        (archive(&[("a.xml", XML)]), "zip"),
        (archive_by(CompressionMethod::Stored, &[("a", XML)]), "zip"),
        ([archive(&[("a.xml", XML)]), b"xx".to_vec()].concat(), "zip 2 bytes follow after the archive"),
        (gzip::compress(&gzip::compress(XML)), "gzip within gzip: it is unpacked once, not twice"),
        (
            archive(&[("a.zip", &archive(&[("a.xml", XML)]))]),
            "zip within zip: it is unpacked once, not twice",
        ),
        (archive(&[("a.gz", &gzip::compress(XML))]), "gzip within zip: it is unpacked once, not twice"),
    ] {
        assert_eq!(told(&bytes), expected, "{bytes:?}");
    }
    assert_eq!(expand(b"", 10).unwrap().container, Container::Plain);
    assert_eq!(expand(b"\0\x01\x02nothing", 10).unwrap().container, Container::Plain);
    assert_eq!(expand(b"12345", 4), Err(Error::TooLarge { max: 4 }));
    assert_eq!(expand(b"x^ is a text", 99).unwrap().container, Container::Plain);
}

#[test]
fn archives_hold_one_file_that_is_wanted() {
    let one = archive(&[("a.xml", XML)]);
    for (bytes, expected) in [
        (
            archive(&[("__MACOSX/", b""), ("d/", b""), ("d/a.txt", XML), ("__MACOSX/d/._a.txt", b"mac")]),
            "zip",
        ),
        (
            archive(&[("readme.txt", b"no"), ("../../a.XML", XML), ("b.xml", b"no")]),
            "zip the archive holds 3 files, of which \"../../a.XML\" is read",
        ),
        (
            archive(&[("a", XML), ("b", XML)]),
            "a zip archive that holds 2 files, none of which has a name that ends in .xml or .json",
        ),
        (archive(&[]), "a zip archive that holds no file"),
        (archive(&[("d/", b"")]), "a zip archive that holds no file"),
        (changed(&one, b"PK\x01\x02", 8, &[1]), "a zip archive that is encrypted"),
        (changed(&one, b"PK\x01\x02", 10, &[9]), "a zip archive packed by method 9: only deflate is read"),
        (
            changed(&one, b"PK\x01\x02", 16, &[0; 4]),
            "damaged zip: the file in it is not what its directory says",
        ),
        (
            changed(&one, b"PK\x01\x02", 24, &[3, 0, 0, 0]),
            "damaged zip: the file in it is not what its directory says",
        ),
        (changed(&one, b"PK\x01\x02", 24, &[0xff; 4]), "expands to more than 1048576 bytes"),
        (changed(&one, b"PK\x01\x02", 20, &[0xff; 4]), "a zip archive whose files overlap"),
        (changed(&one, b"PK\x01\x02", 42, &[1]), "damaged zip: a file is not where it should be"),
        (
            changed(&one, b"PK\x05\x06", 16, &[0xff; 4]),
            "a zip archive in zip64 form, which is for files larger than any report",
        ),
        (changed(&one, b"PK\x05\x06", 4, &[1]), "a zip archive that is split into several files"),
        (changed(&one, b"PK\x05\x06", 8, &[200, 0, 200, 0]), "a zip archive of 200 entries, more than 100"),
        (
            changed(&one, b"PK\x05\x06", 8, &[2, 0, 2, 0]),
            "damaged zip: its directory does not hold what its end says",
        ),
        (one[..one.len() - 4].to_vec(), "damaged zip: it has no end: it is cut off"),
        (b"PK\x03\x04".to_vec(), "damaged zip: it has no end: it is cut off"),
    ] {
        assert_eq!(told(&bytes), expected, "{bytes:?}");
    }
}

#[test]
fn no_more_is_held_than_may_come_out() {
    let text: Vec<u8> = XML.iter().copied().cycle().take(3 << 19).collect();
    for packed in [zlib(&text), deflate(&text)] {
        let packed = [packed, vec![0; 1 << 14]].concat();
        for max in [text.len(), text.len() + 100_000] {
            let held = expand(&packed, max).unwrap().bytes;
            assert!(held == text && held.capacity() <= max + 1, "{} of {max}", held.capacity());
        }
        assert!(expand(&packed, text.len() - 1).map_or(true, |found| found.bytes != text));
    }
}

/// Two entries of the directory for the bytes of one file.
#[test]
fn files_that_share_bytes_are_refused() {
    let two = archive(&[("a.xml", XML), ("b.xml", XML)]);
    let shared = changed(&two, b"PK\x01\x02", 42, &[0, 0, 0, 0]);
    assert_eq!(told(&shared), "a zip archive whose files overlap");
    assert_eq!(told(&two), "zip the archive holds 2 files, of which \"a.xml\" is read");
}

#[test]
fn bombs_do_not_go_off() {
    let blank = vec![b' '; 19 << 20];
    for bomb in [gzip::compress(&blank), zlib(&blank), archive(&[("a.xml", &blank)])] {
        assert!(bomb.len() < 100_000);
        assert!(matches!(expand(&bomb, MAX), Err(Error::TooLarge { .. })));
    }
    // What lies about its size ends where it said it would.
    let lie = changed(&archive(&[("a.xml", &blank)]), b"PK\x01\x02", 24, &[9, 0, 0, 0]);
    assert!(matches!(expand(&lie, MAX), Err(Error::Damaged { .. })));
    // Less than is free is no bomb, whatever the ratio.
    assert_eq!(expand(&zlib(&blank[..1 << 20]), MAX).unwrap().bytes.len(), 1 << 20);
    assert_eq!(expand(&zlib(&blank[..801]), 800), Err(Error::TooLarge { max: 800 }));
    let members = gzip::compress(b"").repeat(1001);
    assert_eq!(expand(&members, MAX).unwrap_err().to_string(), "damaged gzip: more than 1000 members");
}

#[test]
fn what_is_compressed_comes_back() {
    let text = b"{\"a\": 1}".repeat(100);
    let packed = gzip::compress(&text);
    assert!(gzip::is_gzip(&packed) && packed.len() < text.len());
    assert_eq!(packed, gzip::compress(&text));
    assert_eq!(gzip::expand(&packed, 1 << 20).unwrap(), text);
    assert_eq!(gzip::expand(&packed, 799), Err(Error::TooLarge { max: 799 }));
    assert!(matches!(gzip::expand(&packed[..packed.len() - 9], 1 << 20), Err(Error::Damaged { .. })));
}

proptest! {
    /// Text comes back whatever it was packed in; damage is never a panic, nor more than may come out.
    #[test]
    fn round_trips_and_damage(text in "<[ -~]{0,300}", at in 0usize..400, byte: u8) {
        let bytes = text.as_bytes();
        for packed in [gzip::compress(bytes), zlib(bytes), deflate(bytes), archive(&[("a", bytes)])] {
            prop_assert_eq!(expand(&packed, 1000).unwrap().bytes, bytes);
            let mut broken = packed;
            if let Some(place) = broken.get_mut(at) {
                *place = byte;
            }
            if let Ok(expanded) = expand(&broken, 1000) {
                prop_assert!(expanded.bytes.len() <= 1000);
            }
        }
    }
}

#[test]
fn how_a_stream_is_cut_when_it_is_written_makes_no_difference() {
    let text: Vec<u8> = (0u64..200_000).flat_map(|n| (n * n % 977).to_string().into_bytes()).collect();
    let whole = gzip::compress(&text);
    for size in [1, 7, 500, 40_000] {
        let mut encoder = gzip::encoder();
        text.chunks(size).for_each(|piece| encoder.write_all(piece).unwrap());
        assert!(encoder.finish().unwrap() == whole, "{size}");
    }
}
