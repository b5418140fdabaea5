//! Tests that repetition, threads, observers and the routing of logs do not change records.

use proptest::prop_oneof;

use super::generate::{Reach, case};
use super::hold;
use crate::compare::{same_members, texts};
use crate::oracle::{Case, Json, Layer, Nap, Observers};
use crate::subject;

/// All records of a run, except those of the Codex, the log and the inputs.
pub(super) const PILLARS: [&str; 6] = [
    "ledgers",
    "p_blocks",
    "i_blocks",
    "manifests",
    "envelopes",
    "scenes",
];

/// The other members of the export.
pub(super) const OTHERS: [&str; 6] = [
    "codex_library",
    "codex_proposals",
    "u_ledger",
    "metrics",
    "run",
    "log",
];

fn export(case: &Case) -> Result<Json, String> {
    Ok(Json::parse(&subject::export(&texts(case))?))
}

#[test]
fn a_run_gives_the_same_bytes_again() {
    let either = prop_oneof![case(Reach::Usual), case(Reach::Wild)];
    hold("a_run_gives_the_same_bytes_again", 96, &either, |case| {
        let texts = texts(&case);
        let first = subject::export(&texts)?;
        same_text("a second run", &first, &subject::export(&texts)?)?;
        for threads in [2, 5] {
            let again = subject::export_on(&texts, threads)?;
            same_text(&format!("{threads} threads"), &first, &again)?;
        }
        Ok(())
    });
}

#[test]
fn the_codex_only_looks() {
    hold(
        "the_codex_only_looks",
        64,
        &case(Reach::Usual),
        |mut case| {
            case.run.codex = false;
            let mut off = export(&case)?;
            case.run.codex = true;
            let mut on = export(&case)?;
            same_members(&PILLARS, &off, &on)?;
            for export in [&mut off, &mut on] {
                let ledger = export.member("u_ledger").list().to_vec();
                let without = ledger.into_iter().map(|mut entry| {
                    entry.remove("codex_library_hash");
                    entry.remove("prev_entry_hash");
                    entry
                });
                let without = Json::List(without.collect());
                export.insert("u_ledger", without);
                take(
                    export,
                    "metrics",
                    &["codex_motifs", "codex_proposals", "uledger_last_hash"],
                );
                take(export, "run", &["last_entry_hash"]);
                let log = log_without_codex(export.member("log").list());
                export.insert("log", log);
            }
            same_members(&["u_ledger", "metrics", "run", "log"], &off, &on)
        },
    );
}

#[test]
fn routing_only_leaves_envelopes_out() {
    let layers = proptest::sample::subsequence(Layer::ALL.to_vec(), 0..=4);
    let routed = (case(Reach::Usual), layers);
    hold(
        "routing_only_leaves_envelopes_out",
        64,
        &routed,
        |(mut case, layers)| {
            let nap = case.run.nap.take().unwrap_or_default();
            case.run.nap = Some(Nap {
                layers: None,
                ..nap.clone()
            });
            let mut all = export(&case)?;
            let names: Vec<_> = layers.iter().map(|layer| layer.name()).collect();
            case.run.nap = Some(Nap {
                layers: Some(layers),
                ..nap
            });
            let mut some = export(&case)?;
            let envelopes = all.member("envelopes").list().iter();
            let left = envelopes
                .filter(|e| names.contains(&e.member("layer").str()))
                .cloned();
            let left = Json::List(left.collect());
            all.insert("envelopes", left);
            for export in [&mut all, &mut some] {
                let counts = [
                    "nap_total",
                    "nap_ctrl",
                    "nap_ingress",
                    "nap_data",
                    "nap_egress",
                ];
                take(export, "metrics", &counts);
            }
            same_members(&PILLARS, &all, &some)?;
            same_members(&OTHERS, &all, &some)
        },
    );
}

#[test]
fn observers_only_look() {
    hold(
        "observers_only_look",
        64,
        &case(Reach::Usual),
        |mut case| {
            case.run.observers = Observers::Unsaid;
            let unsaid = export(&case)?;
            for observers in [Observers::On, Observers::Off] {
                case.run.observers = observers;
                let said = export(&case)?;
                same_members(&PILLARS, &unsaid, &said)?;
                same_members(&OTHERS, &unsaid, &said)?;
            }
            Ok(())
        },
    );
}

/// Removes fields from one member.
fn take(export: &mut Json, member: &str, fields: &[&str]) {
    let mut value = export.member(member).clone();
    for field in fields {
        value.remove(field);
    }
    export.insert(member, value);
}

/// The events of all other components, without their numbers.
fn log_without_codex(log: &[Json]) -> Json {
    let others = log
        .iter()
        .filter(|event| event.member("component").str() != "codex");
    let unnumbered = others.map(|event| {
        let mut event = event.clone();
        event.remove("seq");
        event
    });
    Json::List(unnumbered.collect())
}

pub(super) fn same_text(what: &str, first: &str, again: &str) -> Result<(), String> {
    if first == again {
        return Ok(());
    }
    let at = first
        .bytes()
        .zip(again.bytes())
        .take_while(|(a, b)| a == b)
        .count();
    let around = |text: &str| {
        let bytes = &text.as_bytes()[at.saturating_sub(60)..text.len().min(at + 60)];
        String::from_utf8_lossy(bytes).into_owned()
    };
    Err(format!(
        "{what} differs at byte {at}: …{}… → …{}…",
        around(first),
        around(again)
    ))
}
