//! Tests of the codec: payloads bit by bit, vectors that come back, and payloads that are refused.

use proptest::prelude::*;

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
    check(
        &[1, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
        PayloadError::Length {
            length: 0xf_ffff_ffff,
            limit,
        },
    );
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
