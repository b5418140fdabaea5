//! The oracle's run: computes all ticks and windows first, and then all records from them.

use super::gate::{Envelopes, scene};
use super::records::{i_block, p_block, umx_ledger};
use super::uledger::{Bound, entry};
use super::{Case, Int, Json, Manifest, Overflow, Tick};
use super::{aeon, close, codex, fits, initial_state, int, object, step, text};

/// The result of a run.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    /// The members of the export object, except `inputs`, `log` and `run.engine_version`.
    pub(crate) export: Json,
    /// The closed windows, in closing order.
    pub(crate) manifests: Vec<Manifest>,
}

impl Outcome {
    /// One array of the export.
    pub(crate) fn records(&self, kind: &str) -> &[Json] {
        self.export.member(kind).list()
    }

    /// The hash of the last entry, which identifies the run.
    pub(crate) fn last_entry_hash(&self) -> &str {
        self.export.member("run").member("last_entry_hash").str()
    }

    /// The state after a tick; the first is that of tick 1.
    pub(crate) fn states(&self) -> Vec<Vec<i64>> {
        let post_u = |ledger: &Json| {
            ledger
                .member("post_u")
                .list()
                .iter()
                .map(Json::number)
                .collect()
        };
        self.records("ledgers").iter().map(post_u).collect()
    }
}

/// A run that ended early.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) overflow: Overflow,
    /// The records of the primary windows that closed before.
    pub(crate) committed: Outcome,
}

/// Runs a case.
pub(crate) fn run(case: &Case) -> Result<Outcome, Box<Failure>> {
    let (mut history, mut manifests, mut views, overflow) = ticks_and_windows(case);
    let Some(overflow) = overflow else {
        return Ok(outcome(case, &history, manifests, views, "complete"));
    };
    let closed = manifests.iter().filter(|manifest| manifest.primary);
    let ends = closed.map(|manifest| manifest.window.end);
    let committed = ends.filter(|end| *end < overflow.tick).max().unwrap_or(0);
    history.retain(|tick| tick.tick <= committed);
    manifests.retain(|manifest| manifest.window.end <= committed);
    views.aeon.clear();
    views.apxi.retain(|(end, _)| *end <= committed);
    let committed = outcome(case, &history, manifests, views, "failed");
    Err(Box::new(Failure {
        overflow,
        committed,
    }))
}

/// Every record of the given ticks; their primary windows must all be closed.
fn outcome(
    case: &Case,
    history: &[Tick<'_>],
    manifests: Vec<Manifest>,
    views: Views,
    status: &str,
) -> Outcome {
    let records: Vec<_> = history
        .iter()
        .map(|tick| TickRecords::form(case, tick, primary_of(&manifests, tick.tick)))
        .collect();
    let u_ledger = u_ledger(case, history, &manifests, &records);
    let last_entry_hash = u_ledger
        .last()
        .map_or(Json::Null, |entry| text(entry.sha256()));

    let window_of = |tick| primary_of(&manifests, tick).window.id.clone();
    let (library, proposals) = if case.run.codex {
        let library = codex::library(case, history, &window_of);
        (library, codex::proposals(case, history, &window_of))
    } else {
        (Vec::new(), Vec::new())
    };
    let envelopes: Vec<_> = records
        .iter()
        .flat_map(|record| record.envelopes.emitted(case))
        .collect();
    let every = |pick: fn(&TickRecords) -> Option<&Json>| {
        Json::List(records.iter().filter_map(pick).cloned().collect())
    };

    let mut export = object([
        (
            "run",
            object([
                ("gid", text(&case.topology.gid)),
                ("run_id", text(&case.run.run_id)),
                ("ticks", int(case.run.ticks)),
                ("status", text(status)),
                ("last_entry_hash", last_entry_hash),
            ]),
        ),
        ("export_version", int(1)),
        ("ledgers", every(|record| Some(&record.ledger))),
        ("p_blocks", every(|record| Some(&record.p_block))),
        ("i_blocks", every(|record| record.i_block.as_ref())),
        (
            "manifests",
            Json::List(manifests.iter().map(|m| m.record.clone()).collect()),
        ),
        ("scenes", every(|record| Some(&record.scene))),
        ("envelopes", Json::List(envelopes)),
        ("u_ledger", Json::List(u_ledger)),
        ("codex_library", Json::List(library)),
        ("codex_proposals", Json::List(proposals)),
    ]);
    if case.aeon.is_some() {
        let apxi = views.apxi.into_iter().map(|(_, view)| view).collect();
        export.insert("aeon_views", Json::List(views.aeon));
        export.insert("apxi_views", Json::List(apxi));
    }
    let metrics = metrics(case, &export, &manifests);
    export.insert("metrics", metrics);
    Outcome { export, manifests }
}

/// The views of AEON windows, and those of descriptors with the last tick of their window.
#[derive(Default)]
struct Views {
    aeon: Vec<Json>,
    apxi: Vec<(u64, Json)>,
}

/// Runs the ticks and closes each window at its last tick, up to the first overflow.
fn ticks_and_windows(case: &Case) -> (Vec<Tick<'_>>, Vec<Manifest>, Views, Option<Overflow>) {
    let (mut history, mut manifests) = (Vec::new(), Vec::new());
    let mut views = Views::default();
    let overflow = walk(case, &mut history, &mut manifests, &mut views).err();
    (history, manifests, views, overflow)
}

fn walk<'a>(
    case: &'a Case,
    history: &mut Vec<Tick<'a>>,
    manifests: &mut Vec<Manifest>,
    views: &mut Views,
) -> Result<(), Overflow> {
    let (primary, additional) = case.windows();
    let mut bits = Int::from(0);
    let mut state = initial_state(case)?;
    let mut chain = Int::from(case.profile.c0);
    for number in 1..=case.run.ticks {
        let tick = step(case, number, &state, &chain)?;
        state.clone_from(&tick.post_u);
        chain.clone_from(&tick.chain);
        history.push(tick);
        let all = primary.iter().map(|window| (window, true));
        let all = all.chain(additional.iter().map(|window| (window, false)));
        for (window, is_primary) in all.filter(|(window, _)| window.end == number) {
            let manifest = close(case, window, is_primary, history)?;
            bits += manifest.bits.iter().map(|(_, bits)| bits).sum::<Int>();
            // The total of the metrics is a number of the export too.
            fits("bits", number, None, &bits)?;
            manifests.push(manifest);
            let view = aeon::apxi_view(case, window, history)?;
            views.apxi.extend(view.map(|view| (number, view)));
        }
    }
    views.aeon = aeon::aeon_views(case, manifests)?;
    Ok(())
}

fn primary_of(manifests: &[Manifest], tick: u64) -> &Manifest {
    manifests
        .iter()
        .find(|manifest| {
            manifest.primary && (manifest.window.start..=manifest.window.end).contains(&tick)
        })
        .unwrap_or_else(|| panic!("no primary window holds tick {tick}"))
}

/// The records of one tick, except its U-ledger entry.
struct TickRecords {
    ledger: Json,
    p_block: Json,
    i_block: Option<Json>,
    envelopes: Envelopes,
    scene: Json,
}

impl TickRecords {
    fn form(case: &Case, tick: &Tick<'_>, primary: &Manifest) -> Self {
        let ledger = umx_ledger(case, tick);
        let envelopes = Envelopes::form(case, tick, &primary.check);
        let window_id = &primary.window.id;
        let scene = scene(
            case,
            tick,
            window_id,
            &primary.check,
            &ledger,
            &envelopes.data,
        );
        Self {
            ledger,
            p_block: p_block(tick),
            i_block: i_block(case, tick),
            envelopes,
            scene,
        }
    }
}

fn u_ledger(
    case: &Case,
    history: &[Tick<'_>],
    manifests: &[Manifest],
    records: &[TickRecords],
) -> Vec<Json> {
    let window_of = |tick| primary_of(manifests, tick).window.id.clone();
    let mut entries: Vec<Json> = Vec::new();
    for (tick, records) in history.iter().zip(records) {
        let primary = primary_of(manifests, tick.tick);
        let closed = history
            .iter()
            .filter(|tick| tick.tick <= primary.window.end);
        let closed: Vec<_> = closed.cloned().collect();
        let bound = Bound {
            tick,
            ledger: &records.ledger,
            p_block: &records.p_block,
            i_block: records.i_block.as_ref(),
            scene: &records.scene,
            envelopes: &records.envelopes,
            primary,
            closing: manifests
                .iter()
                .filter(|manifest| !manifest.primary && manifest.window.end == tick.tick)
                .collect(),
            library: case
                .run
                .codex
                .then(|| Json::List(codex::library(case, &closed, &window_of))),
        };
        let entry = entry(case, &bound, entries.last());
        entries.push(entry);
    }
    entries
}

fn metrics(case: &Case, export: &Json, manifests: &[Manifest]) -> Json {
    let count = |kind: &str| int(export.member(kind).list().len());
    let layer = |name: &str| {
        let envelopes = export.member("envelopes").list().iter();
        int(envelopes
            .filter(|envelope| envelope.member("layer").str() == name)
            .count())
    };
    let mut by_window = object([]);
    let mut total = Int::from(0);
    for manifest in manifests {
        let mut by_stream = object([]);
        for (stream, bits) in &manifest.bits {
            by_stream.insert(stream, int(bits.clone()));
            total += bits;
        }
        by_window.insert(&manifest.window.id, by_stream);
    }
    let applied: usize = (0..=case.run.ticks)
        .map(|tick| case.entries_of(tick).len())
        .sum();
    let mut metrics = object([
        ("gid", text(&case.topology.gid)),
        ("run_id", text(&case.run.run_id)),
        ("total_ticks", int(case.run.ticks)),
        ("window_count", int(manifests.len())),
        ("nap_total", count("envelopes")),
        ("nap_ctrl", layer("CTRL")),
        ("nap_ingress", layer("INGRESS")),
        ("nap_data", layer("DATA")),
        ("nap_egress", layer("EGRESS")),
        ("apx_manifests", count("manifests")),
        ("l_total_by_window", by_window),
        ("l_total", int(total)),
        ("i_blocks", count("i_blocks")),
        ("uledger_entries", count("u_ledger")),
        (
            "uledger_last_hash",
            export.member("run").member("last_entry_hash").clone(),
        ),
        ("pfna_applied", int(applied)),
        ("codex_motifs", count("codex_library")),
        ("codex_proposals", count("codex_proposals")),
    ]);
    if case.aeon.is_some() {
        metrics.insert("aeon_views", count("aeon_views"));
        metrics.insert("apxi_views", count("apxi_views"));
    }
    metrics
}
