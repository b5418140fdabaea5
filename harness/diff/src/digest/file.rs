//! The digests of an artefact as its golden has them: an array with one record for each node that is kept.
//!
//! ```text
//! {"digest":"…","records":3,"tick":5}                      a tick
//! {"digest":"…","every":64,"records":64,"ticks":[64,127]}  the ticks from 64 to 127
//! {"digest":"…","late":true,"records":1,"tick":8}          what is known late
//! {"digest":"…","records":2,"tick":null}                   what has no tick
//! {"digest":"…","order":true,"records":1,"tick":null}      the order of ticks, if they are not sorted
//! ```

use std::collections::BTreeMap;

use super::level::{Entry, Hash, Level};
use super::tree::{Branch, Limb};
use super::{Part, Tick};
use crate::{Artefact, records};
use aether_json::{Json, scan};

/// The fewest bytes that a node takes.
pub(super) const LINE_BYTES_MIN: usize = r#"{"digest":"","records":1,"tick":0}"#.len() + 64;

/// The golden of an artefact.
pub(super) fn write(branch: &Branch) -> Artefact {
    let mut lines = Vec::new();
    for (part, limb) in &branch.limbs {
        let member = match part.member() {
            "" => String::new(),
            member => format!("\"{member}\":true,"),
        };
        for Entry {
            first,
            last,
            records,
            digest,
        } in &limb.level.entries
        {
            let (every, place) = match limb.level.every {
                1 => (String::new(), format!("\"tick\":{}", first.as_json())),
                every => (
                    format!("\"every\":{every},"),
                    format!("\"ticks\":[{},{}]", first.as_json(), last.as_json()),
                ),
            };
            lines.push(format!(
                "{{\"digest\":\"{}\",{every}{member}\"records\":{records},{place}}}",
                digest.hex()
            ));
        }
        if let Some((records, digest)) = &limb.untimed {
            lines.push(format!(
                "{{\"digest\":\"{}\",{member}\"records\":{records},\"tick\":null}}",
                digest.hex()
            ));
        }
    }
    Artefact::from_canonical_records(&branch.name, lines)
}

/// The digests that a golden holds; `None` if it holds something else.
pub(super) fn read(golden: &Artefact) -> Option<Branch> {
    let text = std::str::from_utf8(golden.text()).ok()?;
    let lines = records::all(text)?;
    if lines.is_empty() {
        return None;
    }
    let mut limbs: BTreeMap<Part, Limb> = BTreeMap::new();
    for line in lines {
        let node = Stored::read(line)?;
        let limb = limbs.entry(node.part).or_insert_with(|| Limb {
            level: Level {
                every: node.every,
                entries: Vec::new(),
            },
            untimed: None,
            leaves: None,
        });
        match node.ticks {
            None if limb.untimed.is_some() => return None,
            None => limb.untimed = Some((node.records, node.digest)),
            Some([first, last]) => {
                if limb.level.entries.is_empty() {
                    limb.level.every = node.every;
                }
                let is_next = limb
                    .level
                    .entries
                    .last()
                    .is_none_or(|entry| entry.last < first);
                if limb.level.every != node.every || !is_next || last < first {
                    return None;
                }
                limb.level.entries.push(Entry {
                    first,
                    last,
                    records: node.records,
                    digest: node.digest,
                });
            }
        }
    }
    Some(Branch {
        name: golden.name().to_owned(),
        rank: (0, 0),
        limbs,
        artefact: None,
    })
}

/// One line of a golden.
struct Stored {
    part: Part,
    every: i128,
    records: u64,
    ticks: Option<[Tick; 2]>,
    digest: Hash,
}

impl Stored {
    fn read(line: &str) -> Option<Self> {
        let (mut digest, mut records, mut ticks) = (None, None, None);
        let (mut every, mut part) = (1, Part::Records);
        let tick = |text: &str| Tick::new(&Json::parse(text).ok()?);
        for (key, member) in scan::members(line)? {
            match key {
                "\"digest\"" => digest = Hash::parse(member.strip_prefix('"')?.strip_suffix('"')?),
                "\"every\"" => every = member.parse().ok().filter(|every| is_width(*every))?,
                "\"late\"" if member == "true" => part = Part::Late,
                "\"order\"" if member == "true" => part = Part::Order,
                "\"records\"" => records = member.parse().ok(),
                "\"tick\"" if member == "null" => ticks = Some(None),
                "\"tick\"" => ticks = Some(Some([tick(member)?, tick(member)?])),
                "\"ticks\"" => {
                    let [first, last] = scan::elements(member)?[..] else {
                        return None;
                    };
                    ticks = Some(Some([tick(first)?, tick(last)?]));
                }
                _ => return None,
            }
        }
        Some(Self {
            part,
            every,
            records: records?,
            ticks: ticks?,
            digest: digest?,
        })
    }
}

/// Whether spans can have this width: 64, 128, 256, …
fn is_width(every: i128) -> bool {
    (64..=1 << 80).contains(&every) && (every & (every - 1)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_powers_of_two_from_that_of_the_narrowest_span_on() {
        let widths: Vec<i128> = (-64..600).filter(|&every| is_width(every)).collect();
        assert_eq!(widths, [64, 128, 256, 512]);
        assert!(is_width(1 << 80) && !is_width(1 << 81));
    }

    #[test]
    fn a_golden_has_each_node_once_in_order_and_of_one_width() {
        let hash = "a".repeat(64);
        let line = |rest: &str| format!(r#"{{"digest":"{hash}","records":1,{rest}}}"#);
        let wide = |every: u32, ticks: &str| line(&format!(r#""every":{every},"ticks":[{ticks}]"#));
        let [null, one, two] = [r#""tick":null"#, r#""tick":1"#, r#""tick":2"#].map(line);
        let [late, not_late] = [r#""late":true,"tick":1"#, r#""late":false,"tick":1"#].map(line);
        let [order, no_order] = [
            r#""order":true,"tick":null"#,
            r#""order":false,"tick":null"#,
        ]
        .map(line);
        let [first, next] = [wide(64, "0,60"), wide(64, "64,64")];
        let limbs = |lines: &[&String]| {
            let branch = read(&Artefact::from_canonical_records("x", lines))?;
            let limbs = branch.limbs.iter().map(|(part, limb)| {
                (
                    part.name(),
                    limb.level.every,
                    limb.level.entries.len(),
                    limb.untimed.is_some(),
                )
            });
            Some(limbs.collect::<Vec<_>>())
        };
        for (lines, expected) in [
            (&[&one, &two, &null][..], &[("records", 1, 2, true)][..]),
            (&[&null], &[("records", 1, 0, true)]),
            (
                &[&one, &late, &order],
                &[
                    ("records", 1, 1, false),
                    ("late", 1, 1, false),
                    ("order", 1, 0, true),
                ],
            ),
            (&[&null, &first, &next], &[("records", 64, 2, true)]),
        ] {
            assert_eq!(limbs(lines).as_deref(), Some(expected), "{lines:?}");
        }
        for lines in [
            &[][..],
            &[&null, &null],
            &[&one, &one],
            &[&two, &one],
            &[&one, &first],
            &[&first, &wide(128, "128,130")],
            &[&first, &wide(64, "60,64")],
            &[&wide(64, "5,4")],
            &[&first, &wide(64, "80,70")],
            &[&wide(65, "0,1")],
            &[&wide(64, "0")],
            &[&not_late],
            &[&no_order],
        ] {
            assert_eq!(limbs(lines), None, "{lines:?}");
        }
    }
}
