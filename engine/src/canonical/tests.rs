//! Tests of canonical JSON: sorting, escapes, numbers, and the hash of a known text.

use aether_json::Value;

use super::{
    Canonical, EmptyObject, Hash, Object, Writer, hash, lanes, push_count, push_integer, text,
};

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
fn every_type_of_value() {
    #[track_caller]
    fn check<V: Canonical + ?Sized>(value: &V, expected: &str) {
        assert_eq!(text(value), expected);
    }
    let ends = [0, -1, 9, i64::MIN, i64::MAX];
    let written = "[0,-1,9,-9223372036854775808,9223372036854775807]";
    check(&ends, written);
    check(&ends[..], written);
    check(&ends.to_vec(), written);
    check::<[i64]>(&[], "[]");
    check(
        &vec![i64::MIN; 512],
        &format!("[{}]", vec![i64::MIN.to_string(); 512].join(",")),
    );
    for number in ends {
        check(&number, &number.to_string());
        let mut appended = b"x".to_vec();
        push_integer(&mut appended, number);
        assert_eq!(appended, format!("x{number}").as_bytes());
    }
    for number in [0, 7, u64::MAX] {
        check(&number, &number.to_string());
        let mut appended = b"x".to_vec();
        push_count(&mut appended, number);
        assert_eq!(appended, format!("x{number}").as_bytes());
    }
    check(&[0_u64, 1, u64::MAX], "[0,1,18446744073709551615]");
    check(&-(1_i128 << 64), "-18446744073709551616");
    check(&[Some(1_u64), None], "[1,null]");
    check(&&"a".to_owned(), "\"a\"");
    check(
        &std::collections::BTreeMap::from([("b", 2_u64), ("a", 1)]),
        r#"{"a":1,"b":2}"#,
    );
    check(&EmptyObject, "{}");
    let mut writer = Writer::text();
    let mut object = Object::begin(&mut writer);
    object.optional("a", None::<&u64>);
    object.optional("b", Some(&1_u64));
    object.field("c", &2_u64);
    object.end();
    assert_eq!(writer.into_text(), r#"{"b":1,"c":2}"#);
}

/// A debug build finds a record whose keys are out of order.
#[cfg(debug_assertions)]
#[test]
#[should_panic(expected = "a after b")]
fn keys_are_written_in_order() {
    let mut writer = Writer::text();
    let mut object = Object::begin(&mut writer);
    object.field("b", &0_u64);
    object.field("a", &0_u64);
}

/// A long record is hashed while it is written.
#[test]
fn a_hasher_keeps_no_more_than_a_piece() {
    let long = vec!["x".repeat(20_000); 10];
    let mut writer = Writer::hasher();
    long.write(&mut writer);
    assert!(writer.unhashed().len() < 40_000);
    assert_eq!(writer.encoded(Hash::from_bytes([0; 32])).text, None);
    assert_eq!(writer.finish(), Hash::from_bytes(sha2_of(&text(&long))));
}

/// Numbers of an array are written some at a time, of eight digits if none of them has more.
#[test]
fn every_number_of_an_array_is_written_as_it_is_alone() {
    let powers = (0..19).map(|digits| 10_i64.pow(digits));
    let around = powers.flat_map(|power| [power - 1, power, power + 1]);
    let mut sizes: Vec<i64> = around.collect();
    sizes.extend([12_345_678, 90_807_060, 1_002_003, i64::MAX]);
    let mut all: Vec<i64> = sizes.iter().flat_map(|&size| [size, -size]).collect();
    all.sort_unstable_by_key(|number| number.unsigned_abs());
    for count in [0, 1, 15, 16, 17, 33, all.len()] {
        for numbers in all.windows(count.max(1)).map(|numbers| &numbers[..count]) {
            let each: Vec<String> = numbers.iter().map(i64::to_string).collect();
            assert_eq!(text(numbers), format!("[{}]", each.join(",")));
        }
    }
    // Nothing is written where there is no room.
    let mut writer = Writer::text();
    writer.raw(&"x".repeat(256));
    writer.integers(&[], b'[');
    assert_eq!(writer.into_text().len(), 256);
}

fn sha2_of(text: &str) -> [u8; 32] {
    <sha2::Sha256 as sha2::Digest>::digest(text).into()
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
    assert_eq!(hash(&long), Hash::from_bytes(sha2_of(&written)));
    #[cfg(feature = "store")]
    {
        let texts = [&b"\"abc\""[..], written.as_bytes()];
        assert_eq!(super::hashes_of_texts(texts), [hash("abc"), hash(&long)]);
        assert_eq!(super::hash_of_text(texts[0]), hash("abc"));
    }
}

#[test]
fn hashes_are_read_back() {
    let hash = hash("abc");
    assert_eq!(hash.to_string().parse(), Ok(hash));
    assert_eq!(hash.head(), 0x6cc4_3f85_8fbb_7633);
    assert_eq!(hash.as_bytes()[..3], [0x6c, 0xc4, 0x3f]);
    assert_eq!(format!("{hash:?}"), hash.to_string());
    assert_eq!(text(&hash), format!("\"{hash}\""));
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

/// A record with a long text in it.
struct WithLong<'t>(&'t str, &'t [u64]);

impl Canonical for WithLong<'_> {
    fn write(&self, writer: &mut Writer) {
        let mut object = Object::begin(writer);
        object.field("after", "a");
        object.field("before", &self.1);
        object.field("long", &Long(self.0));
        object.field("more", &self.1);
        object.end();
    }
}

struct Long<'t>(&'t str);

impl Canonical for Long<'_> {
    fn write(&self, writer: &mut Writer) {
        writer.long(self.0);
    }
}

/// The default is one after the other.
#[test]
fn records_are_written_side_by_side() {
    let records = ["a", "b"].map(|text| WithLong(text, &[7]));
    let mut writers = records.each_ref().map(|_| Writer::encoder(1_000));
    let hashes = lanes::encode(records.each_ref(), &mut writers.each_mut());
    for ((writer, record), hash) in writers.iter().zip(&records).zip(hashes) {
        let expected = format!(
            r#"{{"after":"a","before":[7],"long":{},"more":[7]}}"#,
            record.0
        );
        let encoded = writer.encoded(hash);
        assert_eq!(encoded.text, Some(expected.as_bytes()));
        assert_eq!(hash.as_bytes(), &sha2_of(&expected));
    }
}

/// A text that is hashed without a copy gives the bytes of one that is copied.
#[test]
fn a_long_text_need_not_be_copied() {
    let long = format!("[{}1]", "1,".repeat(40_000));
    let (many, few) = (vec![1_u64; 20_000], vec![7_u64]);
    for text_max in [usize::MAX, 100_000, 60_000, 2_000, 0] {
        let mut writer = Writer::encoder(text_max);
        for record in [
            WithLong(&long, &many),
            WithLong(&long, &few),
            WithLong("[]", &few),
        ] {
            let expected = text(&record);
            let encoded = writer.encode(&record);
            let kept = encoded.text.map(<[u8]>::to_vec);
            assert!(kept.is_none_or(|text| text == expected.as_bytes()));
            assert!(encoded.text.is_some() || expected.len() > text_max);
            assert_eq!(encoded.length, expected.len() as u64);
            assert_eq!(encoded.hash.as_bytes(), &sha2_of(&expected));
        }
    }
}

/// Records of any size are hashed side by side, with and without their texts.
#[test]
fn lanes_follow_writers() {
    for counts in [[1_000, 3, 40_000, 999], [1_000, 300, 40_000, 999]] {
        check_lanes(counts);
    }
}

fn check_lanes(counts: [usize; 4]) {
    let records = counts.map(|count| vec![7_u64; count]);
    for text_max in [usize::MAX, 5_000, 0] {
        let mut writers = records.each_ref().map(|_| Writer::encoder(text_max));
        for _ in 0..2 {
            let mut writers = writers.each_mut();
            for (writer, record) in writers.iter_mut().zip(&records) {
                writer.begin();
                writer.array(record);
            }
            lanes::follow(&mut writers);
            // The shortest has no full block left, and what was hashed is kept only as a text.
            assert!(writers.iter().any(|writer| writer.unhashed().len() < 64));
            for (writer, record) in writers.iter().zip(&records) {
                assert!(text(record).as_bytes().ends_with(writer.unhashed()));
            }
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
