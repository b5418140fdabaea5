//! Tests of the codec: payloads bit by bit, vectors that come back, and payloads that are refused.

use proptest::prelude::*;

use super::bits::{read_varint, write_varint};
use super::*;
use crate::config::Scheme;

const SCHEMES: [(Scheme, u32); 7] = [
    (Scheme::Identity, 0),
    (Scheme::RunLength, 0),
    (Scheme::GolombRice, 0),
    (Scheme::GolombRice, 1),
    (Scheme::GolombRice, 2),
    (Scheme::GolombRice, 3),
    (Scheme::GolombRice, 4),
];

fn encode(scheme: Scheme, parameter: u32, vectors: &[Vec<i128>]) -> Vec<u8> {
    let length = vectors.first().map_or(0, Vec::len);
    let mut encoder = Encoder::new(scheme, parameter, length);
    vectors.iter().for_each(|vector| encoder.push(vector));
    encoder.finish()
}

fn decode(payload: &[u8], scheme: Scheme, parameter: u32) -> Result<Vec<Vec<i128>>, PayloadError> {
    let mut decoder = Decoder::new(payload, scheme, parameter)?;
    let mut vectors = Vec::new();
    while let Some(vector) = decoder.next_vector()? {
        vectors.push(vector);
    }
    Ok(vectors)
}

#[track_caller]
fn check_payload(scheme: Scheme, parameter: u32, values: &[i128], expected: &[u8]) {
    let payload = encode(scheme, parameter, &[values.to_vec()]);
    assert_eq!(payload, expected, "{payload:?}");
    assert_eq!(
        decode(&payload, scheme, parameter),
        Ok(vec![values.to_vec()])
    );
}

#[test]
fn payloads_are_what_the_page_says() {
    // γ(1) = 1, γ(2) = 010, γ(3) = 011.
    check_payload(Scheme::Identity, 0, &[0, 1, -1], &[1, 3, 0b1010_0110]);
    // y = 1, 2, 5: q = 0, 1, 2 and one low bit each.
    check_payload(
        Scheme::GolombRice,
        1,
        &[1, -1, 3],
        &[1, 3, 0b0110_0110, 0b1000_0000],
    );
    // Differences 0, 0, 2, 0: a run γ(2), then `1` and GR(0) of 3, then a run γ(1).
    check_payload(
        Scheme::RunLength,
        0,
        &[0, 0, 2, 2],
        &[1, 4, 0b0010_1111, 0b0010_0000],
    );
}

#[test]
fn a_large_quotient_is_escaped() {
    let payload = encode(Scheme::GolombRice, 0, &[vec![1 << 40]]);
    assert!(payload.len() < 20, "{} bytes", payload.len());
}

#[test]
fn damage_is_an_error() {
    let payload = encode(Scheme::RunLength, 0, &[vec![0, 0, 2, 2]]);
    let check = |payload: &[u8], expected| {
        assert_eq!(decode(payload, Scheme::RunLength, 0), Err(expected));
    };
    check(&[], PayloadError::Truncated { at: 0 });
    check(&payload[..3], PayloadError::Truncated { at: 3 });
    check(
        &[&payload[..], &[0]].concat(),
        PayloadError::Trailing { at: 4 },
    );
    check(
        &[1, 4, 0b0010_1111, 0b0010_0001],
        PayloadError::Trailing { at: 3 },
    );
    check(&[1, 4, 0b0001_0111, 0], PayloadError::Run { at: 22 });
    check(&[0x80, 0, 4], PayloadError::Code { at: 0 });
    // Two runs of one zero are not how a run of two is written.
    check(&[1, 2, 0b0101_0000], PayloadError::Code { at: 18 });
    let limit = crate::config::limits::NODES_MAX.max(crate::config::limits::EDGES_MAX);
    let mut longest = vec![0];
    write_varint(&mut longest, limit);
    assert_eq!(decode(&longest, Scheme::RunLength, 0), Ok(vec![]));
    check(
        &[1, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
        PayloadError::Length {
            length: 0xf_ffff_ffff,
            limit,
        },
    );
}

#[test]
fn quotients_are_escaped_from_24_on() {
    // y = 23, 24 and 25: q ones and a zero, then 24 ones and γ(1), then 24 ones and γ(2).
    let gr = |value, bits: &[u8]| {
        check_payload(Scheme::GolombRice, 0, &[value], &[&[1, 1], bits].concat());
    };
    gr(12, &[0xff, 0xff, 0b1111_1110]);
    gr(-12, &[0xff, 0xff, 0xff, 0b1000_0000]);
    gr(13, &[0xff, 0xff, 0xff, 0b0100_0000]);
}

#[test]
fn numbers_reach_to_2_to_the_64() {
    let largest = 1_i128 << 64;
    for (scheme, parameter) in SCHEMES {
        for value in [largest, -largest] {
            let vectors = vec![vec![value]];
            let payload = encode(scheme, parameter, &vectors);
            assert_eq!(decode(&payload, scheme, parameter), Ok(vectors));
            let payload = encode(scheme, parameter, &[vec![value + value.signum()]]);
            let refused = decode(&payload, scheme, parameter);
            assert!(
                matches!(refused, Err(PayloadError::Range { .. })),
                "{refused:?}"
            );
        }
    }
}

#[test]
fn a_code_has_at_most_72_digits() {
    // 71 zeros, a one and 71 digits more; the number is too large, and its code is read to its end.
    let mut payload = vec![0; 2 + 18];
    payload[..2].fill(1);
    payload[2 + 8] = 1;
    assert_eq!(
        decode(&payload, Scheme::Identity, 0),
        Err(PayloadError::Range { at: 16 + 71 + 72 })
    );
    payload[2 + 8] = 0;
    payload[2 + 9] = 0x80;
    assert_eq!(
        decode(&payload, Scheme::Identity, 0),
        Err(PayloadError::Code { at: 16 })
    );
}

#[test]
fn varints_have_one_form() {
    #[track_caller]
    fn check(number: u64, expected: &[u8]) {
        let mut bytes = vec![9];
        write_varint(&mut bytes, number);
        assert_eq!(bytes[1..], *expected);
        assert_eq!(read_varint(&bytes, 1), Ok((number, 1 + expected.len())));
    }
    check(0, &[0]);
    check(0x7f, &[0x7f]);
    check(0x80, &[0x80, 1]);
    check(300, &[0xac, 2]);
    check(0x3fff, &[0xff, 0x7f]);
    check(0x4000, &[0x80, 0x80, 1]);
    let greatest = [&[0xff; 9][..], &[1]].concat();
    check(u64::MAX, &greatest);
    for other in [
        &[0x80, 0][..],
        &[0xff, 0x80, 0],
        &[&[0xff; 9][..], &[3]].concat(),
        &[&[0xff; 10][..], &[0]].concat(),
    ] {
        let bytes = [&[9], other].concat();
        assert_eq!(read_varint(&bytes, 1), Err(PayloadError::Code { at: 8 }));
    }
    for cut in 0..10 {
        let at = PayloadError::Truncated { at: cut };
        assert_eq!(read_varint(&greatest[..cut], 0), Err(at));
    }
}

fn vectors() -> impl Strategy<Value = Vec<Vec<i128>>> {
    let value = prop_oneof![
        4 => Just(0_i128),
        4 => -5_i128..=5,
        2 => any::<i64>().prop_map(i128::from),
        1 => (any::<i64>(), any::<i64>()).prop_map(|(a, b)| i128::from(a) - i128::from(b)),
    ];
    (0_usize..6, 0_usize..9).prop_flat_map(move |(length, count)| {
        proptest::collection::vec(proptest::collection::vec(value.clone(), length), count)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_encoded_is_decoded(vectors in vectors()) {
        for (scheme, parameter) in SCHEMES {
            let payload = encode(scheme, parameter, &vectors);
            prop_assert_eq!(decode(&payload, scheme, parameter), Ok(vectors.clone()));
        }
    }

    /// Every payload that decodes is the one that the encoder writes, so a stream has only one
    /// form.
    #[test]
    fn any_bytes_decode_to_what_encodes_to_them(payload in proptest::collection::vec(any::<u8>(), 0..40)) {
        for (scheme, parameter) in SCHEMES {
            // A head that announces millions of empty vectors is valid, but slow to read.
            let Ok(head) = Decoder::new(&payload, scheme, parameter) else { continue };
            if head.vectors_left().saturating_mul(head.vector_len().max(1)) > 100_000 {
                continue;
            }
            let Ok(vectors) = decode(&payload, scheme, parameter) else { continue };
            // If there are no vectors, nothing shows their length.
            if !vectors.is_empty() {
                prop_assert_eq!(encode(scheme, parameter, &vectors), payload.clone());
            }
        }
    }
}
