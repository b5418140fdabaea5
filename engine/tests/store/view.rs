//! One view over memory and file: the same texts, the same errors.

use aether_engine::record::Layer;
use aether_engine::run::{self, RecordKind, RunOptions};
use aether_engine::store::Existing;
use aether_engine::view::{RunView, ViewError};

use super::{every_kind, store};

/// Everything a view says, errors as their words.
fn told(view: RunView<'_>) -> Vec<String> {
    fn words<T: std::fmt::Debug>(result: Result<T, ViewError>) -> String {
        result.map_or_else(|error| error.to_string(), |value| format!("{value:?}"))
    }
    let mut told = vec![words(view.last_tick()), words(view.metrics())];
    for tick in [0, 1, 7, 8, 12, 40, 41] {
        told.push(words(view.umx_ledger(tick)));
        told.push(words(view.loom_p_block(tick)));
        told.push(words(view.loom_i_block(tick)));
        told.push(words(view.scene(tick)));
        told.push(words(view.uledger_entry(tick)));
        told.push(words(view.nap_envelopes(Some(tick), None)));
        told.push(words(view.nap_envelopes(Some(tick), Some(Layer::Ingress))));
        told.push(words(view.log(Some(tick..=tick + 2))));
    }
    for window in ["RING_W1_ticks_1_7", "RING_W6_ticks_36_40", "none"] {
        told.push(words(view.apx_manifest(window)));
        told.push(words(view.loom_blocks(window)));
    }
    for layer in Layer::ALL {
        told.push(words(view.nap_envelopes(None, Some(layer))));
    }
    told.push(words(view.nap_envelopes(None, None)));
    told.push(words(view.motifs()));
    told.push(words(view.proposals()));
    told.push(words(view.log(None)));
    told
}

#[test]
fn memory_and_file_say_the_same() {
    let (_folder, store) = store();
    let (plan, options) = (every_kind(), RunOptions::default());
    store
        .record(&plan, "run", Existing::Keep, &options)
        .unwrap();
    let (memory, stored) = (run::run(&plan, &options), store.open("run").unwrap());
    for (memory, stored) in told(memory.view()).iter().zip(told(stored.view())) {
        assert_eq!(*memory, stored);
    }
}

#[test]
fn what_is_shown_is_what_the_run_made() {
    let memory = run::run(&every_kind(), &RunOptions::default());
    let view = memory.view();
    for (kind, tick) in [(RecordKind::Ledgers, 1), (RecordKind::Scenes, 40)] {
        let text = memory.records(kind).nth(tick - 1).unwrap();
        let shown = match kind {
            RecordKind::Ledgers => view.umx_ledger(1).unwrap(),
            _ => view.scene(40).unwrap(),
        };
        assert_eq!(shown.as_bytes(), text);
    }
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
    let error = |result: Result<String, ViewError>| result.unwrap_err().to_string();
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
        windows.starts_with("no window `W`: closed are RING_W1_ticks_1_7, RING_W2"),
        "{windows}"
    );
}
