//! MD5 (RFC 1321) and HMAC-MD5 (RFC 2104), for CRAM-MD5 alone: the crypto library no longer has them.
//!
//! An HMAC key is kept as the two MD5 states after its padded blocks, so the key itself need not be stored.

/// The four words MD5 carries from block to block.
pub(crate) type State = [u32; 4];

const INITIAL: State = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];

const SHIFTS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];

/// `floor(2^32 * abs(sin(i + 1)))`.
const SINES: [u32; 64] = [
    0xd76a_a478,
    0xe8c7_b756,
    0x2420_70db,
    0xc1bd_ceee,
    0xf57c_0faf,
    0x4787_c62a,
    0xa830_4613,
    0xfd46_9501,
    0x6980_98d8,
    0x8b44_f7af,
    0xffff_5bb1,
    0x895c_d7be,
    0x6b90_1122,
    0xfd98_7193,
    0xa679_438e,
    0x49b4_0821,
    0xf61e_2562,
    0xc040_b340,
    0x265e_5a51,
    0xe9b6_c7aa,
    0xd62f_105d,
    0x0244_1453,
    0xd8a1_e681,
    0xe7d3_fbc8,
    0x21e1_cde6,
    0xc337_07d6,
    0xf4d5_0d87,
    0x455a_14ed,
    0xa9e3_e905,
    0xfcef_a3f8,
    0x676f_02d9,
    0x8d2a_4c8a,
    0xfffa_3942,
    0x8771_f681,
    0x6d9d_6122,
    0xfde5_380c,
    0xa4be_ea44,
    0x4bde_cfa9,
    0xf6bb_4b60,
    0xbebf_bc70,
    0x289b_7ec6,
    0xeaa1_27fa,
    0xd4ef_3085,
    0x0488_1d05,
    0xd9d4_d039,
    0xe6db_99e5,
    0x1fa2_7cf8,
    0xc4ac_5665,
    0xf429_2244,
    0x432a_ff97,
    0xab94_23a7,
    0xfc93_a039,
    0x655b_59c3,
    0x8f0c_cc92,
    0xffef_f47d,
    0x8584_5dd1,
    0x6fa8_7e4f,
    0xfe2c_e6e0,
    0xa301_4314,
    0x4e08_11a1,
    0xf753_7e82,
    0xbd3a_f235,
    0x2ad7_d2bb,
    0xeb86_d391,
];

/// Mixes one 64-byte block into the state.
fn compress(state: State, block: &[u8; 64]) -> State {
    let mut words = [0u32; 16];
    for (word, bytes) in words.iter_mut().zip(block.as_chunks::<4>().0) {
        *word = u32::from_le_bytes(*bytes);
    }
    let [mut a, mut b, mut c, mut d] = state;
    for (i, sine) in SINES.iter().enumerate() {
        let (mix, at) = match i / 16 {
            0 => ((b & c) | (!b & d), i),
            1 => ((d & b) | (!d & c), 5 * i + 1),
            2 => (b ^ c ^ d, 3 * i + 5),
            _ => (c ^ (b | !d), 7 * i),
        };
        let word = words.get(at % 16).copied().unwrap_or_default();
        let shift = SHIFTS.get(i / 16).and_then(|row| row.get(i % 4)).copied().unwrap_or_default();
        let sum = a.wrapping_add(mix).wrapping_add(*sine).wrapping_add(word);
        (a, d, c, b) = (d, c, b, b.wrapping_add(sum.rotate_left(shift)));
    }
    let mut out = state;
    for (word, add) in out.iter_mut().zip([a, b, c, d]) {
        *word = word.wrapping_add(add);
    }
    out
}

/// Ends the digest of a message of which `before` bytes (whole blocks) are already in `state`.
fn finish(mut state: State, before: u64, rest: &[u8]) -> [u8; 16] {
    let mut padded = rest.to_vec();
    padded.push(0x80);
    padded.resize(padded.len().next_multiple_of(64), 0);
    let (blocks, _) = padded.as_chunks::<64>();
    let last_has_room = rest.len() % 64 < 56;
    let bits = before.wrapping_add(rest.len() as u64).wrapping_mul(8).to_le_bytes();
    let mut blocks = blocks.to_vec();
    if !last_has_room {
        blocks.push([0; 64]);
    }
    if let Some(tail) = blocks.last_mut().and_then(|block| block.get_mut(56..)) {
        tail.copy_from_slice(&bits);
    }
    for block in &blocks {
        state = compress(state, block);
    }
    let mut digest = [0; 16];
    for (bytes, word) in digest.as_chunks_mut::<4>().0.iter_mut().zip(state) {
        *bytes = word.to_le_bytes();
    }
    digest
}

/// The MD5 states after the inner and the outer padded key.
pub(crate) fn hmac_key(key: &[u8]) -> (State, State) {
    let digest;
    let key = if key.len() > 64 {
        digest = finish(INITIAL, 0, key);
        &digest[..]
    } else {
        key
    };
    let padded = |pad: u8| {
        let mut block = [pad; 64];
        for (byte, key) in block.iter_mut().zip(key) {
            *byte ^= key;
        }
        compress(INITIAL, &block)
    };
    (padded(0x36), padded(0x5c))
}

/// HMAC-MD5 of `message` under the key of `inner` and `outer`.
pub(crate) fn hmac(inner: State, outer: State, message: &[u8]) -> [u8; 16] {
    finish(outer, 64, &finish(inner, 64, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|b| format!("{b:02x}")).collect()
    }

    #[test]
    fn digests_of_rfc_1321() {
        for (message, digest) in [
            ("", "d41d8cd98f00b204e9800998ecf8427e"),
            ("a", "0cc175b9c0f1b6a831c399e269772661"),
            ("abc", "900150983cd24fb0d6963f7d28e17f72"),
            ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
            ("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"),
            (
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
                "d174ab98d277d9f5a5611c2c9f419d9f",
            ),
            (
                "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
                "57edf4a22be3c955ac49da2e2107b67a",
            ),
        ] {
            assert_eq!(hex(&finish(INITIAL, 0, message.as_bytes())), digest, "{message}");
        }
    }

    #[test]
    fn hmacs_of_rfc_2202() {
        for (key, message, expected) in [
            (vec![0x0b; 16], b"Hi There".to_vec(), "9294727a3638bb1c13f48ef8158bfc9d"),
            (b"Jefe".to_vec(), b"what do ya want for nothing?".to_vec(), "750c783e6ab0b503eaa86e310a5db738"),
            (vec![0xaa; 16], vec![0xdd; 50], "56be34521d144c88dbb8c733f0e8b3f6"),
            (
                vec![0xaa; 80],
                b"Test Using Larger Than Block-Size Key - Hash Key First".to_vec(),
                "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd",
            ),
        ] {
            let (inner, outer) = hmac_key(&key);
            assert_eq!(hex(&hmac(inner, outer, &message)), expected);
        }
    }
}
