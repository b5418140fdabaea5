//! `aether inspect --tick A..B`: one line per tick for people, and all records of the ticks as JSON.

use std::fmt::Write as _;
use std::ops::RangeInclusive;

use aether_engine::record::UmxLedger;
use aether_engine::run::RecordKind;
use aether_json::{Value, json};

use super::moments::{Moment, Moments};
use super::{Shown, inputs, plain};
use crate::exit::Failure;
use crate::json::JsonText;
use crate::selection;

/// Adds some ticks to what is shown.
pub(super) fn show(
    moments: &Moments<'_>,
    ticks: &RangeInclusive<u64>,
    shown: &mut Shown,
) -> Result<(), Failure> {
    if shown.json {
        members(moments, ticks, shown)
    } else {
        text(moments, ticks, &mut shown.text)
    }
}

fn text(
    moments: &Moments<'_>,
    ticks: &RangeInclusive<u64>,
    text: &mut String,
) -> Result<(), Failure> {
    let plan = moments.plan()?;
    let mut table = plain([
        "tick", "inputs", "sum", "least", "greatest", "moved", "Σ|flux|", "C_t", "",
    ]);
    let mut failure = None;
    moments.each(ticks, true, |tick, moment| {
        let ids = inputs::ids(plan, tick).join(" ");
        let (state, moved, mark) = match moment {
            Moment::Start(state) => (state, None, ""),
            Moment::Made {
                ledger,
                p_block,
                replayed,
            } => {
                let c_t = p_block.map(|block| block.c_t);
                let mark = if replayed { REPLAYED } else { "" };
                (&*ledger.post_u, Some((ledger, c_t)), mark)
            }
            Moment::Fails(error) => {
                failure = Some(error);
                return Ok(());
            }
        };
        let sum: i128 = state.iter().copied().map(i128::from).sum();
        let extreme = |value: Option<&i64>| value.map_or(String::new(), i64::to_string);
        let (moved, flux, c_t) = match moved {
            Some((ledger, c_t)) => (
                moved_edges(ledger).to_string(),
                total_flux(ledger).to_string(),
                c_t.map_or(String::new(), |c_t| c_t.to_string()),
            ),
            None => Default::default(),
        };
        table.add_row([
            tick.to_string(),
            ids,
            sum.to_string(),
            extreme(state.iter().min()),
            extreme(state.iter().max()),
            moved,
            flux,
            c_t,
            mark.to_owned(),
        ]);
        Ok(())
    })?;
    let _ = writeln!(text, "{} of {}", selection::shown(ticks), plan.ticks());
    let _ = writeln!(text, "\n{}", table.trim_fmt());
    if let Some(error) = failure {
        let _ = writeln!(text, "\nthe run failed: {error}");
    }
    replayed_note(moments, ticks, text);
    Ok(())
}

/// The mark of a recomputed tick.
pub(super) const REPLAYED: &str = "replayed";

/// Explains the mark, if a tick has it.
pub(super) fn replayed_note(moments: &Moments<'_>, ticks: &RangeInclusive<u64>, text: &mut String) {
    if moments.is_missing(*ticks.end()) {
        let _ = writeln!(
            text,
            "\n{REPLAYED}: not stored, recomputed from tick {} and the inputs",
            moments.stored
        );
    }
}

/// Number of edges with a flux.
pub(super) fn moved_edges(ledger: &UmxLedger) -> usize {
    ledger.edges.iter().filter(|edge| edge.f_e != 0).count()
}

fn total_flux(ledger: &UmxLedger) -> u128 {
    let fluxes = ledger.edges.iter();
    fluxes.map(|edge| u128::from(edge.f_e.unsigned_abs())).sum()
}

/// The kinds of which every tick has one record, or some have one.
const OF_TICKS: [RecordKind; 5] = [
    RecordKind::Ledgers,
    RecordKind::PBlocks,
    RecordKind::IBlocks,
    RecordKind::Scenes,
    RecordKind::ULedger,
];

/// Adds the records under the keys of the export object.
fn members(
    moments: &Moments<'_>,
    ticks: &RangeInclusive<u64>,
    shown: &mut Shown,
) -> Result<(), Failure> {
    let run = moments.run;
    let stored = (*ticks.start()).max(1)..=(*ticks.end()).min(moments.stored);
    let mut of_kinds: Vec<(RecordKind, Vec<JsonText>)> = Vec::new();
    for kind in OF_TICKS {
        let mut records = Vec::new();
        for tick in stored.clone() {
            let record = run.record(kind, tick)?;
            records.extend(record.map(|record| text_of(record.text)));
        }
        of_kinds.push((kind, records));
    }
    let mut envelopes = Vec::new();
    let places = run.places_of_ticks(RecordKind::Envelopes, &stored)?;
    for place in places.into_iter().flatten() {
        let record = run.record(RecordKind::Envelopes, place)?;
        envelopes.extend(record.map(|record| text_of(record.text)));
    }
    of_kinds.push((RecordKind::Envelopes, envelopes));

    let recomputed = (*ticks.start()).max(moments.stored + 1)..=*ticks.end();
    if !recomputed.is_empty() {
        let mut error = Value::Null;
        let mut replayed = run.replayed(moments.plan()?)?;
        while let Some(made) = replayed.next_tick() {
            let tick = made.ledger.tick;
            if tick > *recomputed.end() {
                break;
            }
            if !recomputed.contains(&tick) {
                continue;
            }
            for (kind, records) in &mut of_kinds {
                match kind {
                    RecordKind::Ledgers => records.push(JsonText::of(made.ledger)),
                    RecordKind::PBlocks => records.push(JsonText::of(made.p_block)),
                    RecordKind::IBlocks => records.extend(made.i_block.map(JsonText::of)),
                    _ => {}
                }
            }
        }
        if let Some(failed) = replayed.error() {
            error = aether_json::from_str(&failed.to_json()).expect("canonical text is JSON");
        }
        let about = json!({
            "first": recomputed.start(),
            "last": recomputed.end(),
            "error": error,
        });
        let member = (REPLAYED.to_owned(), about.into());
        shown.members.extend([member]);
    }
    for (kind, records) in of_kinds {
        let name = kind.name().to_owned();
        shown.members.insert(name, records.into_iter().collect());
    }
    if *ticks.start() == 0 {
        super::tick::initial(moments, shown)?;
    }
    Ok(())
}

fn text_of(text: Vec<u8>) -> JsonText {
    JsonText::canonical(String::from_utf8(text).expect("canonical text is UTF-8"))
}
