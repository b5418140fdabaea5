//! Tests of canonical JSON: sorting, escapes, numbers, and the hash of a known text.

use aether_json::Value;

use super::{Hash, Writer, hash, lanes, text};

fn check_text(json: &str, expected: &str) {
    let value: Value = aether_json::from_str(json).unwrap();
    assert_eq!(text(&value), expected);
}

#[test]
fn values() {
    check_text(" { } ", "{}");
    check_text("[ ]", "[]");
    check_text("[1, -2 ,0]", "[1,-2,0]");
    check_text("-9223372036854775808", "-9223372036854775808");
    check_text(
        r#"{"b":1,"a":{"d":null,"c":[true,false]}}"#,
        r#"{"a":{"c":[true,false],"d":null},"b":1}"#,
    );
    check_text(r#"{"a":1,"B":2,"_":3}"#, r#"{"B":2,"_":3,"a":1}"#);
}

#[test]
fn numbers_of_foreign_documents_keep_their_spelling() {
    check_text(
        "[1.0,1e+3,123456789012345678901234567890]",
        "[1.0,1e+3,123456789012345678901234567890]",
    );
}

#[test]
fn strings_are_escaped_only_where_json_requires_it() {
    check_text(r#""\u00e9\/\u007f""#, "\"é/\u{7f}\"");
    check_text(r#""\"\\\b\f\n\r\t""#, r#""\"\\\b\f\n\r\t""#);
    check_text(r#""\u0000\u001F""#, r#""\u0000\u001f""#);
    check_text(r#""\ud83d\ude00""#, "\"😀\"");
}

#[test]
fn a_hash_is_that_of_the_text() {
    // FIPS 180-2, appendix B, has the SHA-256 of "abc"; this is its JSON form, by coreutils.
    assert_eq!(
        hash("abc").to_string(),
        "6cc43f858fbb763301637b5af970e2a46b46f461f27e5a0f41e009c59b827b25"
    );
    let long: Vec<i64> = (-40_000..40_000).collect();
    let written = text(&long);
    let whole: [u8; 32] =
        sha2::Digest::finalize(<sha2::Sha256 as sha2::Digest>::new_with_prefix(&written)).into();
    assert_eq!(hash(&long), Hash::from_bytes(whole));
}

#[test]
fn hashes_are_read_back() {
    let hash = hash("abc");
    assert_eq!(hash.to_string().parse(), Ok(hash));
    assert_eq!(hash.head(), 0x6cc4_3f85_8fbb_7633);
    assert!("6CC4".parse::<Hash>().is_err());
    assert!(hash.to_string().to_uppercase().parse::<Hash>().is_err());
}

/// A writer is used for records of any size, in either way, one after the other.
#[test]
fn a_writer_forgets_the_record_before() {
    let (long, short) = (vec![1_u64; 100_000], vec![7_u64]);
    for text_max in [usize::MAX, 2_000, 0] {
        let mut writer = Writer::encoder(text_max);
        for record in [&long, &short, &long] {
            let expected = text(record);
            let encoded = writer.encode(record);
            match encoded.text {
                Some(text) => assert_eq!(text, expected.as_bytes()),
                None => assert!(expected.len() > text_max),
            }
            assert_eq!(encoded.length, expected.len() as u64);
            assert_eq!(encoded.hash, hash(record));
            assert!(text_max > 0 || expected.len() < 1_000 || encoded.text.is_none());
        }
    }
}

/// Records of any size are hashed side by side, with and without their texts.
#[test]
fn lanes_follow_writers() {
    let records = [1_000, 3, 40_000, 999].map(|count| vec![7_u64; count]);
    for text_max in [usize::MAX, 5_000, 0] {
        let mut writers = records.each_ref().map(|_| Writer::encoder(text_max));
        for _ in 0..2 {
            let mut writers = writers.each_mut();
            for (writer, record) in writers.iter_mut().zip(&records) {
                writer.begin();
                writer.array(record);
            }
            lanes::follow(&mut writers);
            let hashes = lanes::finish(&mut writers);
            assert_eq!(hashes, records.each_ref().map(hash));
            for ((writer, record), hash) in writers.iter().zip(&records).zip(hashes) {
                let (encoded, expected) = (writer.encoded(hash), text(record));
                assert_eq!(encoded.length, expected.len() as u64);
                if expected.len() <= text_max {
                    assert_eq!(encoded.text, Some(expected.as_bytes()));
                }
            }
        }
    }
}
