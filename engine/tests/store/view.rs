//! Tests that the views of a run in memory and in a file give the same texts and the same errors.

use aether_engine::config::{FileSystem, RunPlan, load_run};
use aether_engine::record::{FromText, Layer, RecordKind};
use aether_engine::run::{self, Run, RunOptions};
use aether_engine::store::Existing;
use aether_engine::view::{RunView, ViewError};

use super::{every_kind, store};

/// Everything that a view returns, with errors as their messages.
fn answers(view: RunView<'_>) -> Vec<String> {
    fn words<T: std::fmt::Debug>(result: Result<T, ViewError>) -> String {
        result.map_or_else(|error| error.to_string(), |value| format!("{value:?}"))
    }
    let mut answers = vec![words(view.last_tick()), words(view.metrics())];
    for tick in [0, 1, 7, 8, 12, 40, 41] {
        answers.push(words(view.umx_ledger(tick)));
        answers.push(words(view.loom_p_block(tick)));
        answers.push(words(view.loom_i_block(tick)));
        answers.push(words(view.scene(tick)));
        answers.push(words(view.uledger_entry(tick)));
        answers.push(words(view.nap_envelopes(Some(tick), None)));
        answers.push(words(view.nap_envelopes(Some(tick), Some(Layer::Ingress))));
        answers.push(words(view.log(Some(tick..=tick + 2))));
    }
    for window in ["RING_W1_ticks_1_7", "RING_W6_ticks_36_40", "none"] {
        answers.push(words(view.apx_manifest(window)));
        answers.push(words(view.loom_blocks(window)));
    }
    for layer in Layer::ALL {
        answers.push(words(view.nap_envelopes(None, Some(layer))));
    }
    answers.push(words(view.nap_envelopes(None, None)));
    answers.push(words(view.motifs()));
    answers.push(words(view.proposals()));
    answers.push(words(view.log(None)));
    answers
}

#[test]
fn memory_and_file_say_the_same() {
    let (_folder, store) = store();
    let (plan, options) = (every_kind(), RunOptions::default());
    store
        .record(&plan, "run", Existing::Keep, &options)
        .unwrap();
    let (memory, stored) = (run::run(&plan, &options), store.open("run").unwrap());
    for (memory, stored) in answers(memory.view()).iter().zip(answers(stored.view())) {
        assert_eq!(*memory, stored);
    }
}

#[test]
fn what_is_shown_is_what_the_run_made() {
    let memory = run::run(&every_kind(), &RunOptions::default());
    let view = memory.view();
    let made = |kind, tick: usize| memory.records(kind).nth(tick - 1).unwrap();
    let ledger = view.umx_ledger(1).unwrap().to_text();
    assert_eq!(ledger.as_bytes(), made(RecordKind::Ledgers, 1));
    let scene = view.scene(40).unwrap().to_text();
    assert_eq!(scene.as_bytes(), made(RecordKind::Scenes, 40));
    assert_eq!(
        view.loom_blocks("RING_W2_ticks_8_14")
            .unwrap()
            .p_blocks
            .len(),
        7
    );
    assert_eq!(
        view.loom_blocks("RING_W2_ticks_8_14")
            .unwrap()
            .i_blocks
            .len(),
        1
    );
    let ingress = view.nap_envelopes(None, Some(Layer::Ingress)).unwrap();
    assert_eq!(ingress.len(), 2);
}

#[test]
fn what_is_missing_is_named_with_the_legal_range() {
    let memory = run::run(&every_kind(), &RunOptions::default());
    let view = memory.view();
    fn error<R: std::fmt::Debug>(result: Result<R, ViewError>) -> String {
        result.unwrap_err().to_string()
    }
    assert_eq!(
        error(view.umx_ledger(41)),
        "no ledger at tick 41: ticks 1 to 40 are recorded"
    );
    assert_eq!(
        error(view.loom_i_block(9)),
        "no checkpoint at tick 9: checkpoints are at 8, 16"
    );
    let windows = error(view.apx_manifest("W"));
    assert!(
        windows
            .starts_with("no closed window `W`: the closed windows are RING_W1_ticks_1_7, RING_W2"),
        "{windows}"
    );
}

/// The plan of a scenario.
fn scenario(file: &str) -> RunPlan {
    let path = format!("scenarios/{file}");
    load_run(&FileSystem::new(".."), path.as_ref()).unwrap_or_else(|report| panic!("{report}"))
}

/// The texts of a kind; if a member and a value are given, of the records with that value.
fn made(run: &Run, kind: RecordKind, member: Option<(&str, &serde_json::Value)>) -> Vec<String> {
    let texts = run
        .records(kind)
        .map(|text| String::from_utf8(text.to_vec()).unwrap());
    let wanted = |text: &String| {
        member.is_none_or(|(name, value)| {
            let record: serde_json::Value = serde_json::from_str(text).unwrap();
            record[name] == *value
        })
    };
    texts.filter(wanted).collect()
}

fn text<R: FromText>(record: Result<R, ViewError>) -> String {
    record.unwrap().to_text()
}

fn texts<R: FromText>(records: Result<Vec<R>, ViewError>) -> Vec<String> {
    records.unwrap().iter().map(FromText::to_text).collect()
}

/// Compares every accessor with the texts that the run produced.
fn check_every_accessor(view: RunView<'_>, run: &Run, plan: &RunPlan) {
    let one = |kind, tick: u64| {
        let found = made(run, kind, Some(("tick", &tick.into())));
        assert_eq!(found.len(), 1, "{kind:?} of {tick}");
        found.into_iter().next().unwrap()
    };
    assert_eq!(view.last_tick().unwrap(), plan.ticks());
    for tick in 1..=plan.ticks() {
        let of_tick = Some(("tick", &tick.into()));
        assert_eq!(text(view.umx_ledger(tick)), one(RecordKind::Ledgers, tick));
        assert_eq!(
            text(view.loom_p_block(tick)),
            one(RecordKind::PBlocks, tick)
        );
        assert_eq!(text(view.scene(tick)), one(RecordKind::Scenes, tick));
        assert_eq!(
            text(view.uledger_entry(tick)),
            one(RecordKind::ULedger, tick)
        );
        let checkpoint = made(run, RecordKind::IBlocks, of_tick);
        assert_eq!(
            view.loom_i_block(tick)
                .ok()
                .map(|block| block.to_text())
                .as_ref(),
            checkpoint.first()
        );
        let envelopes = made(run, RecordKind::Envelopes, of_tick);
        assert_eq!(texts(view.nap_envelopes(Some(tick), None)), envelopes);
        assert_eq!(
            texts(view.log(Some(tick..=tick))),
            made(run, RecordKind::Log, of_tick)
        );
    }
    let mut p_blocks = Vec::new();
    for window in plan.windows() {
        let id = window.window_id();
        let manifest = made(run, RecordKind::Manifests, Some(("window_id", &id.into())));
        assert_eq!(text(view.apx_manifest(id)), manifest[0]);
        let blocks = view.loom_blocks(id).unwrap();
        let ticks = window.ticks().clone();
        let of_window = |kind| -> Vec<String> {
            let ticks = ticks.clone();
            ticks
                .flat_map(|tick| made(run, kind, Some(("tick", &tick.into()))))
                .collect()
        };
        assert_eq!(
            texts(Ok(blocks.p_blocks.clone())),
            of_window(RecordKind::PBlocks)
        );
        assert_eq!(texts(Ok(blocks.i_blocks)), of_window(RecordKind::IBlocks));
        p_blocks.extend(blocks.p_blocks);
    }
    assert!(p_blocks.len() as u64 >= plan.ticks());
    for layer in Layer::ALL {
        let envelopes = made(
            run,
            RecordKind::Envelopes,
            Some(("layer", &layer.name().into())),
        );
        assert_eq!(texts(view.nap_envelopes(None, Some(layer))), envelopes);
    }
    assert_eq!(
        texts(view.nap_envelopes(None, None)),
        made(run, RecordKind::Envelopes, None)
    );
    assert_eq!(
        texts(view.motifs()),
        made(run, RecordKind::CodexLibrary, None)
    );
    assert_eq!(
        texts(view.proposals()),
        made(run, RecordKind::CodexProposals, None)
    );
    assert_eq!(texts(view.log(None)), made(run, RecordKind::Log, None));
    let export: serde_json::Value = serde_json::from_str(&run.export(plan)).unwrap();
    let metrics: serde_json::Value = serde_json::from_str(&text(view.metrics())).unwrap();
    assert_eq!(metrics, export["metrics"]);

    let beyond = plan.ticks() + 1;
    let range = format!("ticks 1 to {} are recorded", plan.ticks());
    for tick in [0, beyond, u64::MAX] {
        for missing in [
            view.umx_ledger(tick).map(|_| ()),
            view.loom_p_block(tick).map(|_| ()),
            view.scene(tick).map(|_| ()),
            view.uledger_entry(tick).map(|_| ()),
            view.nap_envelopes(Some(tick), None).map(|_| ()),
        ] {
            let error = missing.unwrap_err().to_string();
            assert!(
                error.contains(&tick.to_string()) && error.ends_with(&range),
                "{error}"
            );
        }
        let error = view.loom_i_block(tick).unwrap_err().to_string();
        assert!(error.contains("checkpoint"), "{error}");
    }
    let windows: Vec<_> = plan
        .windows()
        .iter()
        .map(|window| window.window_id())
        .collect();
    for error in [
        view.apx_manifest("none").map(|_| ()).unwrap_err(),
        view.loom_blocks("none").map(|_| ()).unwrap_err(),
    ] {
        let error = error.to_string();
        assert!(
            windows.iter().all(|window| error.contains(window)),
            "{error}"
        );
    }
}

#[test]
fn every_accessor_on_gf01_and_pfna_demo_in_memory_and_from_a_file() {
    for file in ["gf01/run.json", "pfna-demo/run.toml"] {
        let (_folder, store) = store();
        let (plan, options) = (scenario(file), RunOptions::default());
        let memory = run::run(&plan, &options);
        check_every_accessor(memory.view(), &memory, &plan);
        store
            .record(&plan, "run", Existing::Keep, &options)
            .unwrap();
        let stored = store.open("run").unwrap();
        check_every_accessor(stored.view(), &memory, &plan);
    }
}
