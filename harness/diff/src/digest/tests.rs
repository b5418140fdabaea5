//! Laws of the tree of digests, and the digests to the byte.

use std::collections::BTreeMap;

use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

use super::file;
use super::tree::Branch;
use super::*;
use crate::{ArtefactSchema, DiffOptions, diff};
use aether_json::{Json, Value, json};

/// Two artefacts by tick in this order of stages, the second with a late field, and one without ticks.
fn schema() -> Schema {
    let listed = |name: &str, stage: &str| {
        ArtefactSchema::new(name)
            .with_stage(stage)
            .with_tick("t")
            .with_key("=t,id".parse().unwrap())
    };
    let mut early = listed("early", "one");
    early.late_fields = vec!["check".to_owned()];
    Schema {
        stages: vec!["one".into(), "two".into()],
        artefacts: vec![early, listed("after", "two")],
        spans: vec![0..=3, 4..=7],
    }
}

fn artefact(name: &str, records: &[Value]) -> Artefact {
    Artefact::from_json(name, json!(records).to_string().as_bytes()).unwrap()
}

fn record(tick: i64, id: usize, value: i64) -> Value {
    json!({ "t": tick, "id": id as i64, "v": value, "check": value })
}

/// A run of `ticks` ticks with `of_tick` records each.
fn run(ticks: i64, of_tick: usize) -> Vec<Value> {
    let all = (0..ticks).flat_map(|tick| (0..of_tick).map(move |id| record(tick, id, tick)));
    all.collect()
}

/// A run of so many ticks, of which one is missing.
fn long(ticks: usize, missing: Option<usize>) -> Artefact {
    let ticks = (0..ticks).filter(|tick| Some(*tick) != missing);
    Artefact::from_canonical_records(
        "after",
        ticks.map(|tick| format!(r#"{{"id":0,"t":{tick}}}"#)),
    )
}

fn sha(kind: &str, parts: &[&[u8]]) -> Vec<u8> {
    let mut hasher = Sha256::new();
    hasher.update(format!("{kind}\n"));
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The digests that docs/goldens.md describes, computed without the code that is tested.
#[test]
fn every_node_is_digested_as_documented() {
    let records: Vec<String> = (0..70)
        .map(|id| format!(r#"{{"id":{id},"t":5}}"#))
        .collect();
    let after = Artefact::from_canonical_records("after", &records);
    let note = Artefact::from_json("note", br#"{"a":1}"#).unwrap();
    let tree = DigestTree::of(&[after, note], &schema());
    let digest_at = |at: &str| tree.node(&at.parse().unwrap()).unwrap().digest;
    let leaves: Vec<Vec<u8>> = records
        .iter()
        .map(|record| sha("record", &[record.as_bytes()]))
        .collect();
    assert_eq!(digest_at("tick=5/after/record=69"), hex(&leaves[69]));
    let parts = |leaves: &[Vec<u8>]| leaves.concat();
    let blocks = [
        sha("block", &[&parts(&leaves[..64])]),
        sha("block", &[&parts(&leaves[64..])]),
    ];
    assert_eq!(digest_at("tick=5/after/block=1"), hex(&blocks[1]));
    let tick = sha("tick", &[&blocks.concat()]);
    assert_eq!(digest_at("tick=5/after"), hex(&tick));
    let narrow = sha("ticks", &[b"5\n", &tick]);
    assert_eq!(digest_at("ticks=0..63/after"), hex(&narrow));
    let wide = sha("halves", &[&narrow, &[0; 32]]);
    assert_eq!(digest_at("ticks=0..127/after"), hex(&wide));
    let artefact = sha("artefact", &[b"records 64 0\n", &narrow]);
    assert_eq!(digest_at("after"), hex(&artefact));
    // A document is digested in compact form.
    let document = sha(
        "tick",
        &[&sha("block", &[&sha("document", &[br#"{"a":1}"#])])],
    );
    assert_eq!(digest_at("tick=null/note"), hex(&document));
    let note = sha("artefact", &[b"records null\n", &document]);
    let whole = sha("run", &[b"after\n", &artefact, b"note\n", &note]);
    assert_eq!(digest_at(""), hex(&whole));
    let across = sha("across", &[b"tick=5/after\n", &tick]);
    assert_eq!(digest_at("tick=5"), hex(&across));
}

/// What is said of order enters goldens: it says no more than it must.
#[test]
fn the_order_of_ticks_has_each_row_once_where_that_is_clear() {
    for (ticks, order) in [
        ("", None),
        ("null,1,1,5", None),
        ("1,null", Some("1,null,")),
        ("5,5,1,1", Some("5,1,")),
        ("1,5,1", Some("1,5,1,")),
        ("1,1,5,1", Some("1,1,5,1,")),
        ("1,5,1,1,7,7", Some("1,5,1,1,7,")),
    ] {
        let mut sequence = Sequence::default();
        for tick in ticks.split_terminator(',') {
            sequence.push(Tick::new(&Json::from_raw(tick)).as_ref());
        }
        assert_eq!(sequence.order().as_deref(), order, "{ticks}");
    }
}

#[test]
fn digests_tell_how_long_each_row_of_a_tick_is() {
    let [before, after] = [[1, 1, 5, 1], [1, 5, 1, 1]].map(|ticks| {
        let records = ticks.map(|tick| format!(r#"{{"tick":{tick}}}"#)).join(",");
        Artefact::from_json("ledgers", format!("[{records}]").as_bytes()).unwrap()
    });
    let [a, b] = [&before, &after].map(|artefact| digest(artefact, &schema()));
    assert_ne!(a, b);
    let goldens =
        |artefact: &Artefact| DigestTree::of(std::slice::from_ref(artefact), &schema()).goldens();
    assert_ne!(goldens(&before), goldens(&after));
}

#[test]
fn goldens_stay_small_however_long_the_run_is() {
    let size = |goldens: &[Artefact]| {
        goldens
            .iter()
            .map(|golden| golden.text().len())
            .sum::<usize>()
    };
    let mut widths = Vec::new();
    for ticks in [0, 1, 100, 400, 3_000, 50_000, 200_000] {
        let goldens = DigestTree::of(&[long(ticks, None)], &schema()).goldens();
        assert!(size(&goldens) <= DIGESTS_MAX, "{ticks}: {}", size(&goldens));
        let every = file::read(&goldens[0]).map_or(0, |branch| {
            branch
                .limbs
                .values()
                .map(|limb| limb.level.every)
                .max()
                .unwrap()
        });
        widths.push(every);
        // What is written is read back.
        let read = DigestTree::stored(&goldens).unwrap();
        assert_eq!(read.goldens(), goldens);
    }
    // No digests, each tick by itself, and then wider and wider spans.
    assert_eq!(widths, [0, 1, 1, 1, 64, 256, 1024]);
}

#[test]
fn a_tick_more_changes_only_its_own_span() {
    let goldens = |run: Artefact| DigestTree::of(&[run], &schema()).goldens();
    let a = goldens(long(40_000, None));
    let b = goldens(long(40_000, Some(12_345)));
    let found = diff(&a, &b, &schema(), &DiffOptions::default());
    let paths: Vec<String> = found
        .changes
        .iter()
        .map(|change| change.path.to_string())
        .collect();
    assert_eq!(paths, [r#"after[ticks="12288..12415"]"#]);
    let first = found.first_divergence.unwrap();
    assert!(
        first.lead().starts_with("two · ticks 12288..12415: \""),
        "{}",
        first.lead()
    );
    assert_eq!(first.tick.clone().unwrap().as_u64(), Some(12_288));
    // It is written and read back with all that it says.
    let stored = aether_json::to_vec(&first).unwrap();
    assert!(String::from_utf8_lossy(&stored).contains("12288..12415"));
    // A run that is longer has wider spans, and is compared by these.
    let longer = goldens(long(60_000, None));
    let found = diff(&a, &longer, &schema(), &DiffOptions::default());
    let first = found.first_divergence.unwrap().path.to_string();
    assert_eq!(first, r#"after[ticks="39936..40191"]"#);
}

#[test]
fn an_artefact_does_not_differ_because_another_is_longer() {
    let goldens = |ticks: usize| {
        let early = artefact("early", &run(70, 1));
        DigestTree::of(&[early, long(ticks, None)], &schema()).goldens()
    };
    let [a, b] = [goldens(100), goldens(2_000)];
    assert_ne!(a[1].text(), b[1].text(), "wider spans");
    let found = diff(&a, &b, &schema(), &DiffOptions::default());
    let paths = found.changes.iter().map(|change| change.path.to_string());
    assert!(
        paths.clone().all(|path| path.starts_with("after[")),
        "{:?}",
        paths.collect::<Vec<_>>()
    );
    let first = found.first_divergence.unwrap();
    assert_eq!(first.path.to_string(), r#"after[ticks="64..127"]"#);
}

/// Digests of a run and the run itself compare as two runs do.
#[test]
fn digests_are_compared_with_records() {
    let (old, new) = (run(9, 2), {
        let mut new = run(9, 2);
        new[11] = record(5, 1, 99);
        new
    });
    let of = |records: &[Value]| vec![artefact("early", records)];
    let goldens = |records: &[Value]| DigestTree::of(&of(records), &schema()).goldens();
    let paths = |before: &[Artefact], after: &[Artefact]| -> Vec<String> {
        let diff = diff(before, after, &schema(), &DiffOptions::default());
        diff.changes
            .iter()
            .map(|change| change.path.to_string())
            .collect()
    };
    // What is known late differs when it is known.
    let expected = ["early[tick=5]", "early[late=true,tick=7]"];
    assert_eq!(paths(&goldens(&old), &goldens(&new)), expected);
    assert_eq!(paths(&goldens(&old), &of(&new)), expected);
    assert_eq!(paths(&of(&old), &goldens(&new)), expected);
    assert!(paths(&goldens(&old), &of(&old)).is_empty());
    // Digests before format 3 are compared as they always were.
    let by_tick = |records: &[Value]| vec![digest(&artefact("early", records), &schema())];
    assert_eq!(paths(&by_tick(&old), &by_tick(&new)), expected);
    assert_eq!(paths(&by_tick(&old), &of(&new)), expected);
    // They say nothing of those of a tree.
    let options = DiffOptions::default();
    let found = diff(&by_tick(&old), &goldens(&old), &schema(), &options);
    let first = found.first_divergence.unwrap();
    let expected = "one · early: \"digests by tick\" → \"a tree of digests\"";
    assert_eq!((first.lead().as_str(), found.changes.len()), (expected, 1));
}

#[test]
fn addresses_are_read_as_they_are_written() {
    for at in [
        "",
        "early",
        "early:late",
        "tick=5",
        "tick=null",
        "tick=0.50/after",
        "tick=2024-02-29T12:30:00+01:00/after/record=3",
        "ticks=-64..-1",
        "ticks=128..255/early:late",
        "tick=5/after/block=2",
        "tick=null/after:order",
    ] {
        let address: Address = at.parse().unwrap();
        assert_eq!(address.to_string(), at);
    }
    let check = |at: &str, said: &str| {
        let error = at.parse::<Address>().unwrap_err().to_string();
        assert!(error.contains(said), "{at}: {error}");
    };
    for at in [
        "tick=x",
        "a/b",
        "block=1",
        "a/block=1",
        "tick=1/a/block=x",
        "tick=1//a",
        "a:b",
        "ticks=1",
        "tick=1/",
        "/a",
    ] {
        check(at, "is not part of an address");
    }
    for at in [
        "ticks=0..9",
        "ticks=0..31",
        "ticks=0..99",
        "ticks=1..64",
        "ticks=64..191",
        "ticks=64..0",
    ] {
        check(at, "is not a span");
    }
}

#[test]
fn a_golden_has_the_nodes_from_its_level_up() {
    let records = run(3_000, 1);
    let whole = DigestTree::of(&[artefact("after", &records)], &schema());
    let stored = DigestTree::stored(&whole.goldens()).unwrap();
    for at in [
        "",
        "after",
        "ticks=64..127/after",
        "ticks=0..4095/after",
        "ticks=1024..2047",
    ] {
        let at: Address = at.parse().unwrap();
        let node = stored.node(&at).unwrap();
        let full = whole.node(&at).unwrap();
        assert_eq!(
            (&node.digest, node.records),
            (&full.digest, full.records),
            "{at}"
        );
    }
    for at in ["tick=5", "tick=5/after", "tick=5/after/record=0"] {
        let at: Address = at.parse().unwrap();
        assert_eq!(stored.node(&at), Err(NoNode::NotKept), "{at}");
        assert!(whole.node(&at).is_ok());
    }
    for at in [
        "tick=5000",
        "ticks=8192..8255",
        "none",
        "tick=5/none",
        "tick=5/after/record=1",
        "tick=null",
        "ticks=0..63/after/block=0",
        "ticks=0..63/after/record=0",
    ] {
        let at: Address = at.parse().unwrap();
        assert_eq!(whole.node(&at), Err(NoNode::Nothing), "{at}");
    }
}

#[test]
fn what_is_in_a_wider_span_is_not_kept_and_what_is_in_none_is_not_there() {
    let stored = |ticks: usize| {
        let goldens = DigestTree::of(&[long(ticks, None)], &schema()).goldens();
        DigestTree::stored(&goldens).unwrap()
    };
    let check = |tree: &DigestTree, at: &str, expected: NoNode| {
        for at in [at.to_owned(), format!("{at}/after")] {
            let address: Address = at.parse().unwrap();
            assert_eq!(tree.node(&address), Err(expected), "{at}");
        }
    };
    // Spans of 64 and 256 ticks.
    let (narrow, wide) = (stored(3_000), stored(50_000));
    for (at, expected) in [
        ("tick=2999", NoNode::NotKept),
        ("tick=5000", NoNode::Nothing),
        ("ticks=3008..3071", NoNode::Nothing),
    ] {
        check(&narrow, at, expected);
    }
    for (at, expected) in [
        ("ticks=0..63", NoNode::NotKept),
        ("ticks=64..127", NoNode::NotKept),
        ("ticks=128..255", NoNode::NotKept),
        ("ticks=65536..65599", NoNode::Nothing),
        ("ticks=65536..131071", NoNode::Nothing),
    ] {
        check(&wide, at, expected);
    }
}

/// The addresses of the nodes below one.
fn below(tree: &DigestTree, at: &str) -> Vec<String> {
    let node = tree.node(&at.parse().unwrap()).unwrap();
    let children = node.children.iter();
    children.map(|child| child.at.to_string()).collect()
}

#[test]
fn nodes_are_below_spans_blocks_and_artefacts() {
    let records: Vec<Value> = (0..70)
        .map(|id| record(if id == 69 { 70 } else { 5 }, id, 1))
        .collect();
    let tree = DigestTree::of(&[artefact("after", &records)], &schema());
    let below = |at: &str| below(&tree, at);
    assert_eq!(below("after"), ["ticks=0..127/after"]);
    assert_eq!(
        below("ticks=0..127/after"),
        ["ticks=0..63/after", "ticks=64..127/after"]
    );
    assert_eq!(below("ticks=0..63/after"), ["tick=5/after"]);
    assert_eq!(
        below("tick=5/after"),
        ["tick=5/after/block=0", "tick=5/after/block=1"]
    );
    let last: Vec<String> = (64..69)
        .map(|number| format!("tick=5/after/record={number}"))
        .collect();
    assert_eq!(below("tick=5/after/block=1"), last);
    // The widest spans are spans, even of a tick alone.
    let one = DigestTree::of(&[artefact("after", &run(1, 1))], &schema());
    assert_eq!(super::tests::below(&one, "after"), ["ticks=0..63/after"]);
}

#[test]
fn a_record_is_found_by_its_address_and_counted_once() {
    let early = artefact(
        "early",
        &[record(3, 0, 7), record(1, 0, 8), record(2, 0, 6)],
    );
    let after = artefact("after", &[record(3, 0, 9)]);
    let note = Artefact::from_json("note", br#"{"a":1}"#).unwrap();
    let tree = DigestTree::of(&[early, after, note], &schema());
    let node = |at: &str| tree.node(&at.parse().unwrap()).unwrap();
    for (at, text) in [
        ("tick=3/early/record=0", r#"{"check":7,"id":0,"t":3,"v":7}"#),
        (
            "tick=3/early:late/record=1",
            r#"{"check":8,"id":0,"t":1,"v":8}"#,
        ),
        ("tick=null/note/record=0", "{\n\"a\":1\n}"),
    ] {
        assert_eq!(node(at).record.as_deref(), Some(text), "{at}");
    }
    // What is known late is of records that are counted at their ticks.
    assert_eq!(node("tick=3").records, 2);
    assert_eq!(node("tick=1/early").records, 1);
    assert_eq!(node("ticks=0..63/early").records, 3);
}

#[test]
fn records_are_searched_by_tick_then_stage_then_place() {
    let mut records = vec![record(1, 0, 1), record(0, 0, 2), record(1, 1, 3)];
    records.push(json!({ "id": 9, "v": 4 }));
    let after = artefact("after", &[record(1, 0, 5)]);
    let tree = DigestTree::of(&[after, artefact("early", &records)], &schema());
    let order = Searched::of(&tree).unwrap();
    let found: Vec<(String, String)> = (0..=order.records())
        .map_while(|number| order.record(number))
        .map(|place| {
            let value = place.text.split("\"v\":").nth(1).unwrap_or_default();
            (place.at.to_string(), value.trim_end_matches('}').to_owned())
        })
        .collect();
    let expected = [
        ("tick=0/early/record=0", "2"),
        ("tick=1/early/record=0", "1"),
        ("tick=1/early/record=1", "3"),
        ("tick=1/after/record=0", "5"),
        ("tick=3/early:late/record=0", "1"),
        ("tick=3/early:late/record=1", "2"),
        ("tick=3/early:late/record=2", "3"),
        ("tick=null/early/record=0", "4"),
        ("tick=null/early:order", ""),
    ];
    assert_eq!(
        found,
        expected.map(|(at, text)| (at.to_owned(), text.to_owned()))
    );
}

#[test]
fn the_order_of_ticks_is_digested_only_where_they_are_not_sorted() {
    let is_ordered = |ticks: &[i64]| {
        let records: Vec<Value> = ticks.iter().map(|&tick| record(tick, 0, 0)).collect();
        let tree = DigestTree::of(&[artefact("after", &records)], &schema());
        !tree.branches[0].limbs.contains_key(&Part::Order)
    };
    assert!(is_ordered(&[]) && is_ordered(&[2]) && is_ordered(&[1, 1, 2]));
    assert!(!is_ordered(&[2, 1]) && !is_ordered(&[2, 1, 3]) && !is_ordered(&[1, 2, 1]));
}

#[test]
fn ticks_of_one_whole_number_are_compared_by_themselves() {
    let records = |first: i64| {
        let record = |tick: &str, v: i64| format!(r#"{{"id":0,"t":{tick},"v":{v}}}"#);
        let records = [record("0.25", first), record("0.5", 1), record("1", 1)];
        [Artefact::from_canonical_records("after", records)]
    };
    let [old, new] = [1, 2].map(|first| DigestTree::of(&records(first), &schema()).goldens());
    let found = diff(&old, &new, &schema(), &DiffOptions::default());
    let paths: Vec<String> = found.changes.iter().map(|it| it.path.to_string()).collect();
    assert_eq!(paths, ["after[tick=0.25]"]);
}

#[test]
fn documents_that_look_like_digests_are_none() {
    let hash = "a".repeat(64);
    let by_tick = |rest: &str| format!(r#"{{"digest":"{hash}"{rest}}}"#);
    let in_tree = |rest: &str| by_tick(&format!(r#","records":1{rest}"#));
    for (line, expected) in [
        (by_tick(r#","tick":1"#), true),
        (by_tick(r#","late":true,"tick":1"#), true),
        (by_tick(r#","late":false,"tick":1"#), false),
        (by_tick(r#","order":true,"tick":null"#), true),
        (by_tick(r#","order":false,"tick":null"#), false),
        (by_tick(r#","other":true,"tick":1"#), false),
        (by_tick(r#","tick":"soon""#), false),
        (by_tick(""), false),
        (r#"{"digest":"aa","tick":1}"#.to_owned(), false),
        (r#"{"digest":1,"tick":1}"#.to_owned(), false),
        (in_tree(r#","tick":1"#), true),
        (in_tree(r#","tick":null"#), true),
        (in_tree(r#","late":false,"tick":1"#), false),
    ] {
        let artefact = Artefact::from_canonical_records("after", [&line]);
        assert_eq!(is_digest(&artefact), expected, "{line}");
    }
}

/// What two machines say to one another: the first record that differs, and how many digests they exchange.
fn searched(before: &DigestTree, after: &DigestTree) -> (Search, usize) {
    let sides = [before, after].map(|tree| Searched::of(tree).unwrap());
    let mut search = Narrowing::new(sides.each_ref().map(Searched::records));
    let mut exchanged = 0;
    while let Search::Compare(from, to) = search.step() {
        let [a, b] = sides.each_ref().map(|side| side.digest(from, to));
        exchanged += 2;
        search.compared(a == b);
    }
    (search.step(), exchanged)
}

fn bound(records: usize) -> usize {
    2 * records.max(1).next_power_of_two().ilog2() as usize + 2
}

/// Records of few ticks and values, in any order, some without a tick.
fn any_records(most: usize) -> impl Strategy<Value = Vec<Value>> {
    let record = (
        prop::option::weighted(0.9, -3..200_i64),
        0..2_usize,
        0..2_i64,
    );
    let record = record.prop_map(|(tick, id, v)| match tick {
        Some(tick) => json!({ "t": tick, "id": id as i64, "v": v, "check": v }),
        None => json!({ "id": id as i64, "v": v }),
    });
    prop::collection::vec(record, 0..most)
}

/// Two lists of records that are equal, differ in one record, or differ in anything.
fn two_lists() -> impl Strategy<Value = (Vec<Value>, Vec<Value>)> {
    let changed =
        (any_records(150), any::<prop::sample::Index>(), 0..4).prop_map(|(old, at, how)| {
            let mut new = old.clone();
            if old.is_empty() {
                new.push(record(0, 0, 0));
                return (old, new);
            }
            let at = at.index(old.len());
            match how {
                0 => new[at] = json!({ "t": new[at]["t"].clone(), "id": 7, "v": 7 }),
                1 => drop(new.remove(at)),
                2 => new.insert(at, record(1, 9, 9)),
                _ => new.extend([record(250, 0, 0), record(251, 0, 0)]),
            }
            (old, new)
        });
    prop_oneof![
        changed,
        any_records(20).prop_map(|list| (list.clone(), list)),
        (any_records(6), any_records(6)),
    ]
}

proptest! {
    /// Trees are equal exactly where the artefacts are, down to one digest; and so are their goldens.
    #[test]
    fn trees_stand_for_every_byte((old, new) in two_lists()) {
        let sides = [&old, &new].map(|records| artefact("early", records));
        let trees = sides.each_ref().map(|side| DigestTree::of(std::slice::from_ref(side), &schema()));
        let is_equal = sides[0] == sides[1];
        let root = |tree: &DigestTree| tree.node(&Address::default()).unwrap().digest;
        prop_assert_eq!(root(&trees[0]) == root(&trees[1]), is_equal);
        prop_assert_eq!(trees[0].goldens() == trees[1].goldens(), is_equal);
        prop_assert_eq!(trees[0].differing(&trees[1]).is_empty(), is_equal);
        // Wider spans see the same.
        let wide = trees.each_ref().map(|tree| Branch::at_width(&tree.branches[0], 256));
        prop_assert_eq!(wide[0].differences(&wide[1]).is_empty(), is_equal);
    }

    /// The search finds the first record in causal order that differs, within its bound.
    #[test]
    fn the_first_record_that_differs_is_found((old, new) in two_lists(), more in any_records(5)) {
        let sides = [&old, &new].map(|records| vec![artefact("early", records), artefact("after", &more)]);
        let trees = sides.each_ref().map(|side| DigestTree::of(side, &schema()));
        let (found, exchanged) = searched(&trees[0], &trees[1]);
        let orders = trees.each_ref().map(|tree| Searched::of(tree).unwrap());
        let longest = orders[0].records().max(orders[1].records());
        prop_assert!(exchanged <= bound(longest), "{} for {}", exchanged, longest);
        // Without digests: the places and texts, one after the other.
        let list = |order: &Searched<'_>| -> Vec<(String, String)> {
            let records = (0..order.records()).map(|number| order.record(number).unwrap());
            records.map(|record| (record.at.to_string(), record.text)).collect()
        };
        let [a, b] = orders.each_ref().map(list);
        let first = (0..longest).find(|&at| {
            let [a, b] = [&orders[0], &orders[1]].map(|order| order.digest(at, at + 1));
            a != b
        });
        prop_assert_eq!(found, first.map_or(Search::Equal, Search::Found));
        // A record that is equal as text can differ only in its late part, or in its place.
        if let Search::Found(at) = found {
            prop_assert_eq!(&a[..at].iter().map(|it| &it.0).collect::<Vec<_>>(), &b[..at].iter().map(|it| &it.0).collect::<Vec<_>>());
        } else {
            prop_assert_eq!(a, b);
        }
    }

    /// A node is at its address, and its digest is that of its children.
    #[test]
    fn every_child_is_at_its_address(records in any_records(200)) {
        let tree = DigestTree::of(&[artefact("early", &records), artefact("after", &[])], &schema());
        let mut waiting = vec![Address::default()];
        let mut leaves: BTreeMap<String, String> = BTreeMap::new();
        while let Some(at) = waiting.pop() {
            let node = tree.node(&at).unwrap();
            if let Some(record) = node.record {
                leaves.insert(at.to_string(), record);
            }
            for child in node.children {
                prop_assert_eq!(&tree.node(&child.at).unwrap().digest, &child.digest, "{}", child.at);
                waiting.push(child.at);
            }
        }
        let own = leaves.keys().filter(|at| !at.contains(":late")).count();
        prop_assert_eq!(own, records.len());
    }
}

#[test]
fn the_bound_holds_for_long_runs() {
    for (ticks, of_tick) in [(5_000, 1), (3, 3), (1, 1_000), (100, 13)] {
        let records = run(ticks, of_tick);
        let whole = DigestTree::of(&[artefact("after", &records)], &schema());
        let places = [0, 1, records.len() / 3, records.len() - 1];
        for at in places {
            let mut changed = records.clone();
            changed[at]["v"] = json!(-1);
            let other = DigestTree::of(&[artefact("after", &changed)], &schema());
            let (found, exchanged) = searched(&whole, &other);
            assert_eq!(found, Search::Found(at));
            assert!(exchanged <= bound(records.len()), "{exchanged}");
        }
        let shorter = DigestTree::of(
            &[artefact("after", &records[..records.len() - 1])],
            &schema(),
        );
        let (found, _) = searched(&whole, &shorter);
        assert_eq!(found, Search::Found(records.len() - 1));
    }
    let nothing = DigestTree::of(&[artefact("after", &[])], &schema());
    assert_eq!(searched(&nothing, &nothing), (Search::Equal, 2));
    let one = DigestTree::of(&[artefact("after", &run(1, 1))], &schema());
    assert_eq!(searched(&nothing, &one), (Search::Found(0), 2));
}

#[test]
fn a_tick_is_in_a_span_whose_ends_it_may_be() {
    let ticks = DifferingTicks {
        spans: vec![(2, 4), (6, 6), (9, 10)],
        untimed: true,
    };
    let has = |ticks: &DifferingTicks, tick: u64| ticks.has(Some(&tick.into()));
    let found: Vec<u64> = (0..12).filter(|&tick| has(&ticks, tick)).collect();
    assert_eq!(found, [2, 3, 4, 6, 9, 10]);
    assert!(ticks.has(None) && !DifferingTicks::default().has(None));
}

#[test]
fn the_records_of_an_artefact_are_counted() {
    let mut records = run(3, 2);
    records.push(json!({ "id": 9, "v": 1, "check": 1 }));
    let tree = DigestTree::of(&[artefact("after", &records)], &schema());
    assert_eq!(tree.branches[0].records(), 7);
    let text = Artefact::from_json("notes", b"{\"a\":1}").unwrap();
    let tree = DigestTree::of(&[text], &schema());
    assert_eq!(tree.branches[0].records(), 1);
}

#[test]
fn records_are_left_out_where_their_ticks_are_the_same() {
    let records = run(4, 1);
    let of = |name: &str| artefact(name, &records);
    let at = DifferingTicks {
        spans: vec![(1, 1), (3, 3)],
        untimed: false,
    };
    let ticks = |artefact: &Artefact| -> Vec<i64> {
        let value = artefact.to_value().unwrap();
        let records = value.as_array().unwrap().iter();
        records
            .map(|record| record["t"].to_string().parse().unwrap())
            .collect()
    };
    assert_eq!(ticks(&only_at(&of("after"), &schema(), &at)), [1, 3]);
    // A late part is known at the end of its span, and the record is kept once.
    let late = DifferingTicks {
        spans: vec![(1, 1), (3, 3)],
        untimed: false,
    };
    assert_eq!(
        ticks(&only_at(&of("early"), &schema(), &late)),
        [0, 1, 2, 3]
    );
    // What has no identity is counted, and what has no tick is not looked for.
    let mut counted = schema();
    counted.artefacts[1].keys[0].fields.clear();
    assert_eq!(ticks(&only_at(&of("after"), &counted, &at)), [0, 1, 2, 3]);
    let mut other = schema();
    other.artefacts[1].keys[0].path = "x".to_owned();
    assert_eq!(ticks(&only_at(&of("after"), &other, &at)), [0, 1, 2, 3]);
    let mut untimed = schema();
    untimed.artefacts[1].tick = None;
    assert_eq!(ticks(&only_at(&of("after"), &untimed, &at)), [0, 1, 2, 3]);
    assert_eq!(
        ticks(&only_at(&of("unlisted"), &schema(), &at)),
        [0, 1, 2, 3]
    );
}

#[test]
fn an_address_knows_its_artefact() {
    let address: Address = "after".parse().unwrap();
    assert_eq!(address.artefact(), Some("after"));
    assert_eq!(Address::default().artefact(), None);
}

#[test]
fn digests_are_read_as_they_are_written() {
    let hash = level::Hash::of("kind", ["a"]);
    assert_eq!(hash.json(), format!("\"{}\"", hash.hex()));
    assert_eq!(format!("{hash:?}"), hash.hex());
    assert_eq!(level::Hash::parse(&hash.hex()), Some(hash));
    let short = &hash.hex()[..62];
    for text in [
        short,
        &format!("{short}0G"),
        &format!("{short}00 "),
        &hash.hex().to_uppercase(),
    ] {
        assert_eq!(level::Hash::parse(text), None, "{text}");
    }
}
