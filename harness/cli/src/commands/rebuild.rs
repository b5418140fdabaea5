//! `--rebuild` of `diff` and `why`: what differs between digests, in records.
//!
//! The old records are made again by the program of the goldens, the new ones by one more run of now. If they are
//! large, only those of the ticks whose digests differ are kept, up to a limit.

use std::io::Write;

use aether_harness::evaluate::{CheckResult, CheckRun, RunOutput};
use aether_harness::scenario::SnapshotMode;
use aether_harness::{
    Artefact, Check, DifferingTicks, DigestTree, INPUTS, Scenario, Schema, Suite, Verdict, counted,
    only_at,
};

use super::diff::RebuildOptions;
use super::render::ScenarioDiff;
use super::{CommandError, Console};
use crate::revision::rebuilt::{NotRebuilt, Rebuild, rebuilt};

/// The most bytes of records of both runs that are compared.
const RECORDS_MAX: usize = 256 << 20;

/// The report of a scenario with digests that differs, by its records; as it is if they cannot be had.
pub(super) fn with_records(
    suite: &Suite,
    scenario: &Scenario,
    result: &CheckResult,
    report: ScenarioDiff,
    options: &RebuildOptions,
    console: &mut Console<'_>,
) -> Result<ScenarioDiff, CommandError> {
    let (Some(before), Some(output)) = (&result.before, &result.after) else {
        return Ok(report);
    };
    let differs = matches!(result.verdict, Verdict::Mismatch | Verdict::StaleInputs);
    let has_digests =
        |mode: SnapshotMode| mode == SnapshotMode::Digest && scenario.snapshot == mode;
    if !differs || !has_digests(before.manifest.snapshot) {
        return Ok(report);
    }
    let Records { old, new, commit } = match records(suite, scenario, output, options, console.err)?
    {
        Ok(records) => records,
        Err(why) => return Ok(report.noting(&why)),
    };
    let (old_set, new_set, left_out) = differing(old, new, &output.schema, RECORDS_MAX);
    let mut said = made_again_by(&commit);
    if left_out > 0 {
        said.push_str(&format!(
            "; of {}, of the latest ticks, only digests are compared",
            counted(left_out, "differing span")
        ));
    }
    Ok(report.with_artefacts(old_set, new_set).noting(&said))
}

/// Where the old records come from, in one line.
pub(super) fn made_again_by(commit: &str) -> String {
    let short = commit.get(..10).unwrap_or(commit);
    format!("the old records are made again by {short}")
}

/// The records of the goldens and those of now, inputs among them.
pub(super) struct Records {
    pub(super) old: Vec<Artefact>,
    pub(super) new: Vec<Artefact>,
    /// The commit whose program made the old ones.
    pub(super) commit: String,
}

/// The records of a scenario whose run of now was `output`; or why they cannot be had.
///
/// # Errors
/// The cache or git fails, or the scenario cannot be run once more.
pub(super) fn records(
    suite: &Suite,
    scenario: &Scenario,
    output: &RunOutput,
    options: &RebuildOptions,
    err: &mut dyn Write,
) -> Result<Result<Records, String>, CommandError> {
    let rebuild = Rebuild {
        build: options.build.clone(),
        test: options.test.clone(),
    };
    let old = match rebuilt(suite, scenario, &rebuild, err) {
        Ok(old) => old,
        Err(NotRebuilt::Command(error)) => return Err(error),
        Err(why) => return Ok(Err(format!("the old records are not here: {why}"))),
    };
    let failed = |failure: aether_harness::exec::RunFailure| {
        CommandError::input_of(scenario.name(), &failure)
    };
    let run = CheckRun::open(suite, scenario, &Check::Golden).map_err(failed)?;
    let (again, records) = run.run_for_records().map_err(failed)?;
    if !output.differing(&again).is_empty() {
        let said = "one more run produced other outputs, so no records are shown";
        return Ok(Err(said.to_owned()));
    }
    let inputs = again.set.to_vec().into_iter();
    let new = inputs
        .filter(|artefact| artefact.name() == INPUTS)
        .chain(records);
    Ok(Ok(Records {
        old: old.artefacts,
        new: new.collect(),
        commit: old.commit.unwrap_or_default(),
    }))
}

/// The records of two runs: all of them if they take at most `most` bytes, else those of the ticks that differ, the
/// earliest first; and how many spans of ticks are left out.
fn differing(
    old: Vec<Artefact>,
    new: Vec<Artefact>,
    schema: &Schema,
    most: usize,
) -> (Vec<Artefact>, Vec<Artefact>, u64) {
    let size = |artefacts: &[Artefact]| -> usize {
        artefacts.iter().map(|artefact| artefact.text().len()).sum()
    };
    if size(&old) + size(&new) <= most {
        return (old, new, 0);
    }
    let trees = [&old, &new].map(|artefacts| DigestTree::of(artefacts, schema));
    let mut differing = trees[0].differing(&trees[1]);
    drop(trees);
    let none = DifferingTicks::default();
    let only = |artefacts: &[Artefact],
                differing: &std::collections::BTreeMap<_, DifferingTicks>| {
        let artefacts = artefacts.iter().map(|artefact| match artefact.name() {
            INPUTS => artefact.clone(),
            name => only_at(artefact, schema, differing.get(name).unwrap_or(&none)),
        });
        artefacts.collect::<Vec<_>>()
    };
    let mut left_out = 0;
    loop {
        let kept = [only(&old, &differing), only(&new, &differing)];
        let mut spans: Vec<(i128, i128)> = differing
            .values()
            .flat_map(|ticks| ticks.spans.iter().copied())
            .collect();
        spans.sort_unstable();
        let (bytes, middle) = (size(&kept[0]) + size(&kept[1]), spans.len() / 2);
        let Some(end) = spans
            .get(middle)
            .filter(|_| bytes > most && spans[0] != spans[middle])
        else {
            let [old, new] = kept;
            return (old, new, left_out);
        };
        for ticks in differing.values_mut() {
            let all = ticks.spans.len();
            ticks.spans.retain(|span| span < end);
            left_out += (all - ticks.spans.len()) as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use aether_harness::{ArtefactSchema, DiffOptions, diff};

    use super::*;

    fn run(from: usize) -> Vec<Artefact> {
        let records = (0..1000).map(|tick| {
            let value = if tick < from { 0 } else { 1 };
            format!("{{\"t\":{tick},\"v\":{value}}}")
        });
        vec![Artefact::from_canonical_records("o", records)]
    }

    #[test]
    fn of_large_records_those_that_differ_first_are_kept() {
        let key = "=t".parse().expect("a key");
        let schema = Schema {
            artefacts: vec![ArtefactSchema::new("o").with_tick("t").with_key(key)],
            ..Schema::default()
        };
        let lines = |artefacts: &[Artefact]| {
            let text = String::from_utf8_lossy(artefacts[0].text());
            text.lines().count() - 2
        };
        let (a, b, left_out) = differing(run(1000), run(990), &schema, 1 << 20);
        assert_eq!((lines(&a), lines(&b), left_out), (1000, 1000, 0));
        // 16 bytes a record: those of ten ticks fit, and the first that differs is among them.
        let (a, b, left_out) = differing(run(1000), run(990), &schema, 400);
        assert_eq!((lines(&a), lines(&b), left_out), (10, 10, 0));
        let (a, b, left_out) = differing(run(1000), run(200), &schema, 400);
        assert!(lines(&a) <= 13 && lines(&a) == lines(&b), "{}", lines(&a));
        assert_eq!(left_out, 800 - lines(&a) as u64);
        let found = diff(&a, &b, &schema, &DiffOptions::default());
        let first = found.first_divergence.expect("they differ");
        assert_eq!(first.path.to_string(), "o[t=200].v");
    }
}
