//! The mode `resume`: a run that is stopped after each window and finished from its file.

use std::ops::ControlFlow;

use aether_harness::{Artefact, Failure, RunRequest};

use super::{document, failure};
use aether_engine::config::RunPlan;
use aether_engine::record::FromText as _;
use aether_engine::run::{RecordKind, RunOptions, RunStatus};
use aether_engine::store::{Existing, RunStore, StoreError, StoredRun};

/// The name of the run, which is the only one in its store.
const RUN_ID: &str = "cut";

/// Makes the run in a store of its own. It is stopped before the first window is committed, then
/// resumed from the file up to each window in turn, and at last to the end.
///
/// The artefacts are read back from the file.
pub(super) fn cut_and_finished(
    plan: &RunPlan,
    request: &RunRequest,
) -> Result<Vec<Artefact>, Failure> {
    let scratch = aether_disk::create_dir_all(&request.scratch)
        .and_then(|()| {
            tempfile::Builder::new()
                .prefix(".resume-")
                .tempdir_in(&request.scratch)
        })
        .map_err(|error| {
            Failure::program(format!(
                "no directory for the run file in {}: {error}",
                request.scratch.display()
            ))
        })?;
    let store = RunStore::new(scratch.path());
    for (index, end) in cuts(plan).into_iter().enumerate() {
        // The first tick after the cut stops the run before the window of that tick is committed.
        match advance(&store, plan, request, index == 0, Some(end))? {
            RunStatus::Incomplete => {}
            RunStatus::Failed(error) => return Err(failure(&error)),
            RunStatus::Complete => {
                return Err(Failure::program(format!(
                    "the run was to stop after tick {end}, and went on to its end"
                )));
            }
        }
    }
    match advance(&store, plan, request, false, None)? {
        RunStatus::Complete => artefacts(&store.open(RUN_ID).map_err(broken)?),
        RunStatus::Incomplete => Err(Failure::cancelled("")),
        RunStatus::Failed(error) => Err(failure(&error)),
    }
}

/// The last tick of every primary window but the last, after tick 0.
fn cuts(plan: &RunPlan) -> Vec<u64> {
    let ends = plan
        .windows()
        .iter()
        .filter(|window| window.is_primary())
        .map(|window| *window.ticks().end())
        .filter(|end| *end < plan.ticks());
    std::iter::once(0).chain(ends).collect()
}

/// Continues until the first tick after `end`, or to the end of the run.
fn advance(
    store: &RunStore,
    plan: &RunPlan,
    request: &RunRequest,
    is_first: bool,
    end: Option<u64>,
) -> Result<RunStatus, Failure> {
    let watch = &request.progress;
    let progress = |tick: u64| {
        watch.reached(tick);
        if watch.is_stopped() || end.is_some_and(|end| tick > end) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let options = RunOptions::default().progress(&progress);
    let recorded = if is_first {
        store.record(plan, RUN_ID, Existing::Keep, &options)
    } else {
        store.resume(RUN_ID, &options)
    };
    let status = recorded.map_err(broken)?.outcome.status;
    if watch.is_stopped() {
        return Err(Failure::cancelled(""));
    }
    Ok(status)
}

fn artefacts(run: &StoredRun) -> Result<Vec<Artefact>, Failure> {
    let mut artefacts = Vec::new();
    for kind in RecordKind::ALL.into_iter().filter(|kind| run.has(*kind)) {
        let records: Vec<Vec<u8>> = run
            .records(kind)
            .map(|record| record.map(|record| record.text))
            .collect::<Result<_, _>>()
            .map_err(broken)?;
        artefacts.push(Artefact::from_canonical_records(kind.name(), records));
    }
    artefacts.push(document(
        "metrics",
        &run.metrics().map_err(broken)?.to_text(),
    )?);
    Ok(artefacts)
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is what map_err hands over"
)]
fn broken(error: StoreError) -> Failure {
    Failure::program(error.to_string())
}
