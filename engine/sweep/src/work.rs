//! Runs the points of a share: threads that run them, and one that stores them in batches.

use std::io::Read as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use aether_engine::config::{Report, Sweep};
use aether_engine::record::RecordKind;
use aether_engine::run::{RunOptions, RunStatus, execute};
use aether_engine::store::{Existing, RunId, RunStore};
use sha2::{Digest, Sha256};

use crate::described::Described;
use crate::digest::DigestSink;
use crate::error::{Clash, SweepError};
use crate::file::SweepFile;
use crate::hash::hex;
use crate::header::Header;
use crate::points::Points;
use crate::row::{Row, Status};
use crate::share::Share;

/// A batch also ends after this time, so that a crash costs little.
const BATCH_TIME: Duration = Duration::from_secs(1);
/// Finished points that wait to be stored, per thread.
const WAITING: usize = 4;

/// How to run a share.
pub struct Options<'o> {
    /// The points to run.
    pub share: Share,
    /// How many points run at once; at least 1.
    pub threads: usize,
    /// Most points that are stored with one sync; at least 1. A crash costs at most one batch.
    pub batch: u64,
    /// Names the build of the engine: results of different builds are not mixed.
    pub build: &'o str,
    /// Called when points have been stored; it may stop the work, which can then be resumed.
    pub progress: &'o dyn Fn(Progress) -> ControlFlow<()>,
}

/// How far the work is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Points of the share that are stored.
    pub done: u64,
    /// Points of the share.
    pub all: u64,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Worked {
    /// Points of the share.
    pub all: u64,
    /// Points that were stored before.
    pub skipped: u64,
    /// Points that were run or refused now.
    pub ran: u64,
    /// Points of the share with each status, in the order complete, failed, refused.
    pub counts: [u64; 3],
    /// Whether all points of the share are stored.
    pub is_complete: bool,
    /// The first point of the share that is not complete, and its error.
    pub first_error: Option<(u64, String)>,
}

/// Runs the points of a share that its file does not have yet.
///
/// The file is created if it does not exist. A point that fails is a result like any other.
/// However often the work is interrupted, the finished file has the same content.
///
/// # Errors
/// The file cannot be written, is being written by a different process, or is a different one.
pub fn work(
    sweep: &Sweep,
    points: &Points,
    path: &Path,
    options: &Options<'_>,
) -> Result<Worked, SweepError> {
    let header = Header {
        definition: points.definition().to_owned(),
        base: points.base().to_owned(),
        axes: points.axes().iter().map(|axis| axis.name.clone()).collect(),
        points: points.count(),
        share: Some(options.share),
        keeps_records: sweep.keeps_records(),
        has_grammar: sweep.base().has(RecordKind::ApxiViews),
        builds: vec![options.build.to_owned()],
    };
    let file = SweepFile::write(path, &header)?;
    let share = options.share;
    let all = share.len(points.count());
    let store = sweep
        .keeps_records()
        .then(|| RunStore::new(records_dir(path)));
    let mut finished = Finished::new(all);
    file.rows(|row| {
        if is_kept(&row, store.as_ref())? {
            finished.add(row.number / share.count());
        }
        Ok::<(), SweepError>(())
    })?;
    let skipped = finished.count;
    if skipped == all {
        return worked(&file, skipped, all, all);
    }
    file.begin()?;
    let next = AtomicU64::new(0);
    let done = std::thread::scope(|scope| {
        let threads = options.threads.max(1);
        let (send, receive) = sync_channel(threads * WAITING);
        for _ in 0..threads {
            let send = send.clone();
            let (next, finished, store) = (&next, &finished, &store);
            scope.spawn(move || {
                loop {
                    let position = next.fetch_add(1, Ordering::Relaxed);
                    if position >= all {
                        return;
                    }
                    if finished.has(position) {
                        continue;
                    }
                    let number = share.index() - 1 + position * share.count();
                    let row = run_point(sweep, points, number, store.as_ref());
                    // Nobody receives when storing has failed or was stopped.
                    if send.send(row).is_err() {
                        return;
                    }
                }
            });
        }
        drop(send);
        store_all(&file, &receive, (skipped, all), options)
    })?;
    let worked = worked(&file, skipped, done, all)?;
    file.finish()?;
    Ok(worked)
}

/// What was done, with the points that the file has now.
fn worked(file: &SweepFile, skipped: u64, done: u64, all: u64) -> Result<Worked, SweepError> {
    Ok(Worked {
        all,
        skipped,
        ran: done - skipped,
        counts: file.counts()?,
        is_complete: done == all,
        first_error: file.first_error()?,
    })
}

/// What identifies a build of the engine: its version and the start of the SHA-256 of the program.
///
/// # Errors
/// The program cannot be read.
pub fn build_of(executable: &Path) -> std::io::Result<String> {
    let mut file = std::fs::File::open(executable)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
    }
    let digits = hex(&hash.finalize()[..8]);
    Ok(format!("{}+{digits}", aether_engine::VERSION))
}

/// The directory of the records of a shard's points.
fn records_dir(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".runs");
    name.into()
}

/// Whether everything that is kept of a point is there: its run, too, if runs are kept and it had one.
fn is_kept(row: &Row, store: Option<&RunStore>) -> Result<bool, SweepError> {
    let Some(store) = store.filter(|_| row.status != Status::Refused) else {
        return Ok(true);
    };
    let path = store.path(&run_id(row));
    aether_disk::is_file(&path).map_err(|error| SweepError::io(&path, error))
}

/// The name of the kept run of a point.
fn run_id(row: &Row) -> RunId {
    hex(&row.id)
        .parse()
        .expect("hexadecimal digits are the name of a run")
}

/// Refuses a point that was run again, since its run was missing, and came out differently.
fn same_again(file: &SweepFile, row: &Row) -> Result<(), SweepError> {
    let stored = file.point(row.number)?;
    let stored = stored.expect("its number is taken");
    let has_grammar = file.header().has_grammar;
    if stored.outcome(has_grammar).eq(row.outcome(has_grammar)) {
        return Ok(());
    }
    let path = || file.path().to_owned();
    let clash = Clash::new((&stored, path()), (row, path()));
    Err(SweepError::Nondeterministic(vec![clash]))
}

/// Stores points as they come, in batches, until all are or it is asked to stop; returns how many are stored.
fn store_all(
    file: &SweepFile,
    receive: &Receiver<Result<Row, SweepError>>,
    (skipped, all): (u64, u64),
    options: &Options<'_>,
) -> Result<u64, SweepError> {
    let mut done = skipped;
    let mut batch = 0;
    let mut since = now();
    loop {
        let received = receive.recv_timeout(BATCH_TIME);
        let ended = matches!(received, Err(RecvTimeoutError::Disconnected));
        if let Ok(row) = received {
            if batch == 0 {
                file.execute("BEGIN")?;
            }
            let row = row?;
            if !file.insert(&row)? {
                same_again(file, &row)?;
            }
            batch += 1;
        }
        if batch >= options.batch || ended || since.elapsed() >= BATCH_TIME {
            if batch > 0 {
                file.execute("COMMIT")?;
            }
            done += batch;
            (batch, since) = (0, now());
            let stop = (options.progress)(Progress { done, all }).is_break();
            if ended || stop {
                return Ok(done);
            }
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long a batch is affects only when it is stored"
)]
fn now() -> Instant {
    Instant::now()
}

/// Runs one point.
fn run_point(
    sweep: &Sweep,
    points: &Points,
    number: u64,
    store: Option<&RunStore>,
) -> Result<Row, SweepError> {
    let values = points.values(number);
    let mut row = Row {
        number,
        id: [0; 32],
        values: Vec::new(),
        status: Status::Refused,
        error: None,
        last_entry_hash: None,
        records_hash: None,
        metrics: None,
        bits: None,
        digests: Vec::new(),
        described: None,
        build: 0,
    };
    let plan = match sweep.plan(&values) {
        Ok(plan) => plan,
        Err(report) => {
            row.id = *sweep.documents(&values).id().as_bytes();
            row.error = Some(shown(&report));
            row.values = values;
            return Ok(row);
        }
    };
    row.id = *plan.documents().id().as_bytes();
    row.values = values;
    let mut sink = DigestSink::default();
    let options = RunOptions::default();
    let outcome = execute(&plan, &options, &mut sink).expect("memory takes every digest");
    let digests = sink.finish();
    let views = plan.has(RecordKind::ApxiViews).then_some(&digests.views);
    row.described = views.map(|views| Described::of(&plan, &outcome.metrics, views));
    row.digests = digests.ticks;
    row.records_hash = Some(digests.records);
    row = row.with_metrics(&outcome.metrics);
    row.status = match &outcome.status {
        RunStatus::Complete => Status::Complete,
        RunStatus::Failed(error) => {
            row.error = Some(error.to_json());
            Status::Failed
        }
        RunStatus::Incomplete => unreachable!("nothing asks the run to stop"),
    };
    if let Some(store) = store {
        let id = run_id(&row);
        let recorded = store.record(&plan, id.as_str(), Existing::Replace, &options)?;
        assert_eq!(
            recorded.outcome, outcome,
            "the stored run of point {number} is the one whose digests were taken"
        );
    }
    Ok(row)
}

/// The problems of a point, in one line each.
fn shown(report: &Report) -> String {
    let lines = report.problems().iter().map(|problem| {
        let at = if problem.at.is_empty() {
            "the document"
        } else {
            &problem.at
        };
        let document = problem.place.path.trim_end_matches(".json");
        format!("{}: {} ({document}: {at})", problem.code, problem.message)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Which points of a share are stored.
struct Finished {
    bits: Vec<u64>,
    all: u64,
    count: u64,
}

impl Finished {
    fn new(all: u64) -> Self {
        let words = usize::try_from(all.div_ceil(64)).expect("the number of points has a limit");
        Self {
            bits: vec![0; words],
            all,
            count: 0,
        }
    }

    fn add(&mut self, position: u64) {
        if position < self.all && !self.has(position) {
            self.bits[(position / 64) as usize] |= 1 << (position % 64);
            self.count += 1;
        }
    }

    fn has(&self, position: u64) -> bool {
        self.bits[(position / 64) as usize] >> (position % 64) & 1 == 1
    }
}
