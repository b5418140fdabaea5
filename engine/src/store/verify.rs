//! Verification: recomputes a run from its stored inputs, and compares every stored value with it.

use std::fmt;
use std::io;

use rusqlite::OptionalExtension as _;

use super::columns::Shape;
use super::header::{HeaderRow, signed};
use super::row_counts::RowCounts;
use super::rows::Places;
use super::stored::StoredRun;
use super::{Damage, StoreError, metrics, spill};
use crate::canonical::{self, Encoded};
use crate::config::RunPlan;
use crate::record::{Record, RecordKind, StatusName};
use crate::run::{Outcome, RecordSink, RunOptions, RunStatus, execute};

/// Most findings that are kept; those after the first are usually its consequences.
const FINDINGS_MAX: usize = 100;

/// The result of a verification.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verification {
    /// Number of ticks that were recomputed.
    pub ticks: u64,
    /// Number of records that were compared.
    pub records: u64,
    /// What is wrong, in the order in which it was found; at most 100 findings.
    pub findings: Vec<Finding>,
}

impl Verification {
    /// Whether the run is byte for byte what its inputs produce.
    pub const fn is_whole(&self) -> bool {
        self.findings.is_empty()
    }
}

/// One thing that is wrong with a stored run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// SQLite's own check of the file.
    File {
        /// SQLite's message.
        problem: String,
    },
    /// A value of the header does not follow from the inputs or the records.
    Header {
        /// The column of table `run`.
        column: &'static str,
    },
    /// The inputs cannot be read, or do not load as a plan.
    Inputs {
        /// Why.
        problem: String,
    },
    /// Table `edges` is not the topology of the inputs.
    Edges,
    /// A row differs from what the run produces.
    Row {
        /// The table.
        table: &'static str,
        /// The row's key: a tick, or the number within the table.
        key: i64,
        /// The first column that differs; `None` if the row is missing.
        column: Option<&'static str>,
    },
    /// A table has rows that the run does not produce.
    ExtraRows {
        /// The table.
        table: &'static str,
        /// Number of rows that should not exist.
        count: i64,
    },
    /// The blocks of table `tick_columns` do not cover exactly the recorded ticks.
    Blocks,
    /// The columns of a tick differ from its ledger.
    Columns {
        /// The tick.
        tick: u64,
        /// Why, if they cannot be read at all.
        problem: Option<String>,
    },
    /// A value could not be read.
    Unreadable {
        /// Why.
        problem: String,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { problem } => write!(formatter, "file: {problem}"),
            Self::Header { column } => {
                write!(
                    formatter,
                    "`run.{column}` differs from what the inputs produce"
                )
            }
            Self::Inputs { problem } => write!(formatter, "inputs: {problem}"),
            Self::Edges => formatter.write_str("table `edges` differs from the stored topology"),
            Self::Row {
                table,
                key,
                column: Some(column),
            } => write!(
                formatter,
                "`{table}` {key}: `{column}` differs from what the inputs produce"
            ),
            Self::Row {
                table,
                key,
                column: None,
            } => write!(formatter, "`{table}` {key} is missing"),
            Self::ExtraRows { table, count } => {
                write!(formatter, "`{table}` has {count} rows too many")
            }
            Self::Blocks => {
                formatter.write_str("table `tick_columns` does not cover the recorded ticks")
            }
            Self::Columns { tick, problem } => {
                write!(formatter, "the columns of tick {tick} ")?;
                match problem {
                    Some(problem) => write!(formatter, "cannot be read: {problem}"),
                    None => formatter.write_str("differ from its ledger"),
                }
            }
            Self::Unreadable { problem } => formatter.write_str(problem),
        }
    }
}

impl StoredRun {
    /// Recomputes the run from its stored inputs, and compares every row, column and number of the
    /// file with it. An incomplete run is compared up to its last commit.
    ///
    /// # Errors
    /// The file cannot be read for a reason outside the file. What is wrong in the file is a
    /// finding, not an error.
    pub fn verify(&self, options: &RunOptions<'_>) -> Result<Verification, StoreError> {
        let mut comparison = Comparison::start(self)?;
        let mut outcome = None;
        match self.plan() {
            Ok(plan) => {
                comparison.check_edges(self, &plan);
                if !comparison.is_passed() || self.header().status != RunStatus::Incomplete {
                    // If no window was committed, a failed run stored only what followed its failure.
                    let is_over = comparison.last_tick == 0;
                    // A verification that was stopped may have left some.
                    spill::clear(self.connection())
                        .and_then(|()| spill::clear_notes(self.connection()))
                        .map_err(|error| self.fail(error))?;
                    let mut verifier = Verifier {
                        run: self,
                        comparison: &mut comparison,
                        is_over,
                    };
                    match execute(&plan, options, &mut verifier) {
                        Ok(end) => outcome = Some(end),
                        Err(error) if is_end(&error) => {}
                        Err(error) => {
                            let error = StoreError::from_io(self.path(), error);
                            comparison.findings.collect::<()>(Err(error))?;
                        }
                    }
                }
                comparison.check_rest(self, &plan, outcome.as_ref())?;
            }
            Err(error) => {
                let problem = in_the_file(error)?;
                comparison.findings.add(Finding::Inputs { problem });
            }
        }
        Ok(Verification {
            ticks: comparison.last_tick,
            records: comparison.places.counts().total(),
            findings: comparison.findings.0,
        })
    }

    /// SQLite's own check of the file.
    fn check_file(&self, findings: &mut Findings) -> Result<(), StoreError> {
        let mut check = self.prepare("PRAGMA integrity_check(10)")?;
        let lines = check.query_map([], |row| row.get::<_, String>(0));
        for line in lines.map_err(|error| self.fail(error))? {
            let problem = line.map_err(|error| self.fail(error))?;
            if problem != "ok" {
                findings.add(Finding::File { problem });
            }
        }
        Ok(())
    }

    /// Compares the number of rows of each kind.
    fn check_counts(&self, counts: RowCounts, findings: &mut Findings) -> Result<(), StoreError> {
        for kind in RecordKind::ALL.into_iter().filter(|kind| self.has(*kind)) {
            let table = kind.name();
            let stored: i64 = self.query(&format!("SELECT count(*) FROM {table}"))?;
            let count = stored - signed(counts.of(kind));
            if count > 0 {
                findings.add(Finding::ExtraRows { table, count });
            }
        }
        Ok(())
    }

    /// Whether the blocks of columns cover exactly the recorded ticks.
    fn check_blocks(&self, last_tick: u64) -> Result<bool, StoreError> {
        let mut select = self.prepare("SELECT first_tick, ticks FROM tick_columns ORDER BY 1")?;
        let rows = select.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)));
        let mut next = 1;
        for row in rows.map_err(|error| self.fail(error))? {
            let (first_tick, ticks) = row.map_err(|error| self.fail(error))?;
            if first_tick != next || ticks < 1 {
                return Ok(false);
            }
            next = first_tick.saturating_add(ticks);
        }
        Ok(next == signed(last_tick) + 1)
    }

    fn check_header(
        &self,
        plan: &RunPlan,
        outcome: Option<&Outcome>,
        counts: RowCounts,
        findings: &mut Findings,
    ) -> Result<(), StoreError> {
        let stored = self.row();
        let mut expected = HeaderRow::begin(plan);
        // A different version of the engine may have made the same run.
        expected.engine_version.clone_from(&stored.engine_version);
        // An incomplete run may have all its ticks, if it was interrupted just before its end.
        if stored.status != StatusName::Incomplete
            && let Some(outcome) = outcome
        {
            expected = expected.end(outcome);
        }
        expected.rows = stored.rows.map(|_| counts);
        if let Some(column) = stored.differing_column(&expected) {
            findings.add(Finding::Header { column });
        }
        if let Some(metrics) = &stored.metrics
            && canonical::text(&metrics::of_records(self)?) != *metrics
        {
            findings.add(Finding::Header { column: "metrics" });
        }
        Ok(())
    }
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, finding: Finding) {
        if self.0.len() < FINDINGS_MAX {
            self.0.push(finding);
        }
    }

    /// The value of a result. An error that the file causes becomes a finding instead.
    fn collect<T>(&mut self, result: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(error) => {
                let problem = in_the_file(error)?;
                self.add(Finding::Unreadable { problem });
                Ok(None)
            }
        }
    }
}

/// The message of an error that the file causes; other errors are returned.
fn in_the_file(error: StoreError) -> Result<String, StoreError> {
    match error {
        StoreError::Damaged { damage, .. } => Ok(damage.to_string()),
        StoreError::NotARun { reason, .. } => Ok(reason.to_string()),
        StoreError::Inputs { problems, .. } => Ok(problems),
        other => Err(other),
    }
}

/// Compares the records of a recomputed run with those of a file. Verifying and resuming share it.
pub(super) struct Comparison {
    places: Places,
    last_tick: u64,
    /// The current tick of the run.
    tick: u64,
    findings: Findings,
}

impl Comparison {
    /// Checks the file by itself.
    pub(super) fn start(run: &StoredRun) -> Result<Self, StoreError> {
        let mut findings = Findings::default();
        let checked = run.check_file(&mut findings);
        findings.collect(checked)?;
        Ok(Self {
            places: Places::start(run.has_grammar()),
            last_tick: run.ticks_recorded(),
            tick: 0,
            findings,
        })
    }

    /// Compares table `edges` with the topology.
    pub(super) fn check_edges(&mut self, run: &StoredRun, plan: &RunPlan) {
        if *run.shape() != Shape::of(&plan.topology) {
            self.findings.add(Finding::Edges);
        }
    }

    /// Whether the last stored tick was compared.
    pub(super) const fn is_passed(&self) -> bool {
        self.tick >= self.last_tick
    }

    /// Compares what is stored beside the records, after the last of them.
    pub(super) fn check_rest(
        &mut self,
        run: &StoredRun,
        plan: &RunPlan,
        outcome: Option<&Outcome>,
    ) -> Result<(), StoreError> {
        let findings = &mut self.findings;
        let counts = self.places.counts();
        let checked = run.check_counts(counts, findings);
        findings.collect(checked)?;
        if findings.collect(run.check_blocks(self.last_tick))? == Some(false) {
            findings.add(Finding::Blocks);
        }
        let checked = run.check_header(plan, outcome, counts, findings);
        findings.collect(checked).map(|_| ())
    }

    /// The first finding, as an error.
    pub(super) fn refuse_findings(&self, run: &StoredRun) -> Result<(), StoreError> {
        match self.findings.0.first() {
            Some(finding) => Err(run.damaged(Damage::Differs(finding.to_string()))),
            None => Ok(()),
        }
    }

    /// The rows that were compared, after which a resumed run goes on.
    pub(super) fn into_places(self) -> Places {
        self.places
    }

    /// Ends a window of the recomputed run.
    pub(super) fn close_window(&mut self) {
        self.places.close_window();
    }

    /// Compares a record with the stored one.
    pub(super) fn compare(
        &mut self,
        run: &StoredRun,
        record: &Record<'_>,
        encoded: Encoded<'_>,
    ) -> Result<(), StoreError> {
        if let Record::Ledger(made) = record {
            self.tick = made.tick;
        }
        let row = self.places.row(record, encoded);
        let differs = run
            .prepare(&row.table.select)?
            .query_row([row.key()], |stored| row.differing_column(stored))
            .optional()
            .map_err(|error| run.fail(error));
        let (table, key) = (row.table.name, row.key());
        match self.findings.collect(differs)? {
            Some(Some(None)) | None => {}
            Some(Some(column)) => self.findings.add(Finding::Row { table, key, column }),
            Some(None) => self.findings.add(Finding::Row {
                table,
                key,
                column: None,
            }),
        }
        let Record::Ledger(made) = record else {
            return Ok(());
        };
        let tick = made.tick;
        let stored = run.block(tick);
        match stored.map(|block| block.ledger(run.shape(), tick)) {
            Ok(Some(stored)) if made.is_in(&stored) => {}
            Ok(_) => self.findings.add(Finding::Columns {
                tick,
                problem: None,
            }),
            Err(error) => {
                let problem = Some(in_the_file(error)?);
                self.findings.add(Finding::Columns { tick, problem });
            }
        }
        Ok(())
    }
}

/// Recomputes a run to compare it.
struct Verifier<'v> {
    run: &'v StoredRun,
    comparison: &'v mut Comparison,
    /// Whether the run is past the last commit; of an unfinished run, nothing after it is stored.
    is_over: bool,
}

impl RecordSink for Verifier<'_> {
    fn text_max(&self, kind: RecordKind) -> usize {
        kind.text_max()
    }

    fn put(&mut self, record: &Record<'_>, encoded: Encoded<'_>) -> io::Result<()> {
        if self.is_over {
            return if self.run.header().status == RunStatus::Incomplete {
                Err(io::Error::other(End))
            } else {
                Ok(())
            };
        }
        let compared = self.comparison.compare(self.run, record, encoded);
        compared.map_err(StoreError::into_io)
    }

    fn commit(&mut self) -> io::Result<()> {
        self.comparison.close_window();
        let is_complete = self.run.header().status == RunStatus::Complete;
        self.is_over |= self.comparison.tick == self.comparison.last_tick && !is_complete;
        spill::clear(self.run.connection()).map_err(io::Error::other)
    }

    /// A failed run was rolled back; what follows is stored again.
    fn roll_back(&mut self) -> io::Result<()> {
        self.is_over = false;
        spill::clear(self.run.connection()).map_err(io::Error::other)
    }

    fn spill(&mut self, page: &[u8]) -> io::Result<bool> {
        spill::put(self.run.connection(), page).map(|()| true)
    }

    fn read_spilled(&mut self, number: usize) -> io::Result<Vec<u8>> {
        spill::get(self.run.connection(), number)
    }

    fn keep_note(&mut self, key: &[u8; 32], note: &[u8]) -> io::Result<bool> {
        spill::put_note(self.run.connection(), key, note).map(|()| true)
    }

    fn note(&mut self, key: &[u8; 32]) -> io::Result<Option<Vec<u8>>> {
        spill::note(self.run.connection(), key)
    }
}

/// Ends the recomputation after the last commit of an incomplete run.
#[derive(Debug, thiserror::Error)]
#[error("the stored run ends here")]
struct End;

fn is_end(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|error| error.is::<End>())
}
