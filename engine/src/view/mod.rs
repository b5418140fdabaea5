//! One read-only view of a run, in memory or in a file: its records by tick, window and layer.
//!
//! What a [`RunView`] returns is the canonical text that the run made, byte for byte. What is
//! missing is an error that names it and the legal range.

use std::ops::RangeInclusive;

use serde::Deserialize;

use crate::record::Layer;
use crate::run::{RecordKind, Run};
#[cfg(feature = "store")]
use crate::store::{StoreError, StoredRun};

/// A run to look at; made by [`Run::view`] and [`StoredRun::view`](crate::store::StoredRun::view).
///
/// ```
/// use aether_engine::run::Run;
/// use aether_engine::view::ViewError;
///
/// fn chain_and_entry(run: &Run, tick: u64) -> Result<String, ViewError> {
///     let view = run.view();
///     Ok(view.loom_p_block(tick)? + &view.uledger_entry(tick)?)
/// }
/// ```
#[derive(Clone, Copy)]
pub struct RunView<'r> {
    source: Source<'r>,
}

#[derive(Clone, Copy)]
enum Source<'r> {
    Memory(&'r Run),
    #[cfg(feature = "store")]
    Stored(&'r StoredRun),
}

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// The tick is not recorded.
    #[error("no {what} at tick {tick}: {}", ticks_recorded(*last))]
    Tick {
        /// What was asked for.
        what: &'static str,
        /// The tick asked for.
        tick: u64,
        /// The last tick that is recorded; 0 where none is.
        last: u64,
    },
    /// The tick has no checkpoint.
    #[error(
        "no checkpoint at tick {tick}: {}",
        listed("checkpoints are at", checkpoints)
    )]
    Checkpoint {
        /// The tick asked for.
        tick: u64,
        /// The ticks nearest to it that have one.
        checkpoints: Vec<u64>,
    },
    /// No window of that id is closed.
    #[error("no window `{window_id}`: {}", listed("closed are", windows))]
    Window {
        /// The window asked for.
        window_id: String,
        /// The closed windows, in closing order.
        windows: Vec<String>,
    },
    /// A record is not what its kind is.
    #[error("a record of `{kind}` cannot be read: {source}")]
    Record {
        /// The kind.
        kind: &'static str,
        /// What failed.
        source: aether_json::Error,
    },
    /// The file could not be read.
    #[cfg(feature = "store")]
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The P-blocks and checkpoints of one window, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoomBlocks {
    /// One a tick.
    pub p_blocks: Vec<String>,
    /// One at every W-th tick.
    pub i_blocks: Vec<String>,
}

/// What a record is looked up by.
#[derive(Deserialize)]
struct Keys {
    #[serde(default)]
    tick: Option<u64>,
    #[serde(default)]
    window_id: Option<String>,
    #[serde(default)]
    layer: Option<String>,
    #[serde(default)]
    start_tick: u64,
    #[serde(default)]
    end_tick: u64,
}

impl Run {
    /// The run by tick, window and layer.
    pub const fn view(&self) -> RunView<'_> {
        RunView {
            source: Source::Memory(self),
        }
    }
}

#[cfg(feature = "store")]
impl StoredRun {
    /// The run by tick, window and layer.
    pub const fn view(&self) -> RunView<'_> {
        RunView {
            source: Source::Stored(self),
        }
    }
}

impl RunView<'_> {
    /// The last recorded tick; 0 where none is.
    ///
    /// ```
    /// # use aether_engine::config::{FileSystem, load_run};
    /// # use aether_engine::run::{RunOptions, run};
    /// # let path = "scenarios/gf01/run.json".as_ref();
    /// # let plan = load_run(&FileSystem::new("examples"), path).unwrap_or_else(|report| panic!("{report}"));
    /// let run = run(&plan, &RunOptions::default());
    /// assert_eq!(run.view().last_tick()?, 8);
    /// # Ok::<(), aether_engine::view::ViewError>(())
    /// ```
    ///
    /// # Errors
    /// The file cannot be read, here and below.
    pub fn last_tick(&self) -> Result<u64, ViewError> {
        match self.source {
            Source::Memory(run) => Ok(run.metrics().total_ticks),
            #[cfg(feature = "store")]
            Source::Stored(run) => Ok(run.ticks_recorded()?),
        }
    }

    /// The UMX ledger of a tick.
    ///
    /// ```
    /// # use aether_engine::config::{FileSystem, load_run};
    /// # use aether_engine::run::{RunOptions, run};
    /// # let path = "scenarios/gf01/run.json".as_ref();
    /// # let plan = load_run(&FileSystem::new("examples"), path).unwrap_or_else(|report| panic!("{report}"));
    /// let run = run(&plan, &RunOptions::default());
    /// let ledger = run.view().umx_ledger(3)?;
    /// assert!(ledger.contains("\"post_u\":[3,1,0,0,0,0]"));
    /// # Ok::<(), aether_engine::view::ViewError>(())
    /// ```
    ///
    /// # Errors
    /// The tick is not recorded.
    pub fn umx_ledger(&self, tick: u64) -> Result<String, ViewError> {
        self.of_tick(RecordKind::Ledgers, "ledger", tick)
    }

    /// The P-block of a tick.
    ///
    /// ```
    /// # use aether_engine::config::{FileSystem, load_run};
    /// # use aether_engine::run::{RunOptions, run};
    /// # let path = "scenarios/gf01/run.json".as_ref();
    /// # let plan = load_run(&FileSystem::new("examples"), path).unwrap_or_else(|report| panic!("{report}"));
    /// let run = run(&plan, &RunOptions::default());
    /// let block = run.view().loom_p_block(8)?;
    /// assert!(block.contains("\"s_t\":9"));
    /// assert!(run.view().loom_p_block(9).is_err());
    /// # Ok::<(), aether_engine::view::ViewError>(())
    /// ```
    ///
    /// # Errors
    /// The tick is not recorded.
    pub fn loom_p_block(&self, tick: u64) -> Result<String, ViewError> {
        self.of_tick(RecordKind::PBlocks, "P-block", tick)
    }

    /// The checkpoint of a tick.
    ///
    /// ```
    /// # use aether_engine::config::{FileSystem, load_run};
    /// # use aether_engine::run::{RunOptions, run};
    /// # let path = "scenarios/gf01/run.json".as_ref();
    /// # let plan = load_run(&FileSystem::new("examples"), path).unwrap_or_else(|report| panic!("{report}"));
    /// let run = run(&plan, &RunOptions::default());
    /// assert!(run.view().loom_i_block(8)?.contains("\"W\":8"));
    /// let error = run.view().loom_i_block(5).unwrap_err();
    /// assert_eq!(error.to_string(), "no checkpoint at tick 5: checkpoints are at 8");
    /// # Ok::<(), aether_engine::view::ViewError>(())
    /// ```
    ///
    /// # Errors
    /// The tick has none.
    pub fn loom_i_block(&self, tick: u64) -> Result<String, ViewError> {
        #[cfg(feature = "store")]
        if let Source::Stored(run) = self.source
            && let Some(record) = run.record(RecordKind::IBlocks, tick)?
        {
            return Ok(text(&record.text));
        }
        let mut nearest = Vec::new();
        for text in self.all(RecordKind::IBlocks)? {
            let at = keys(RecordKind::IBlocks, &text)?.tick.unwrap_or(0);
            if at == tick {
                return Ok(text);
            }
            if at < tick {
                nearest.clear();
            }
            nearest.push(at);
            if at > tick {
                break;
            }
        }
        Err(ViewError::Checkpoint {
            tick,
            checkpoints: nearest,
        })
    }

    /// The P-blocks and checkpoints of a closed window.
    ///
    /// ```
    /// # use aether_engine::config::{FileSystem, load_run};
    /// # use aether_engine::run::{RunOptions, run};
    /// # let path = "scenarios/gf01/run.json".as_ref();
    /// # let plan = load_run(&FileSystem::new("examples"), path).unwrap_or_else(|report| panic!("{report}"));
    /// let run = run(&plan, &RunOptions::default());
    /// let blocks = run.view().loom_blocks("GF01_W1_ticks_1_8")?;
    /// assert_eq!((blocks.p_blocks.len(), blocks.i_blocks.len()), (8, 1));
    /// # Ok::<(), aether_engine::view::ViewError>(())
    /// ```
    ///
    /// # Errors
    /// No window of that id is closed.
    pub fn loom_blocks(&self, window_id: &str) -> Result<LoomBlocks, ViewError> {
        let manifest = self.apx_manifest(window_id)?;
        let window = keys(RecordKind::Manifests, &manifest)?;
        let ticks = window.start_tick..=window.end_tick;
        let mut blocks = LoomBlocks::default();
        for tick in ticks.clone() {
            blocks.p_blocks.push(self.loom_p_block(tick)?);
        }
        blocks.i_blocks = self.between(RecordKind::IBlocks, &ticks)?;
        Ok(blocks)
    }

    /// The manifest of a closed window.
    ///
    /// ```
    /// # use aether_engine::config::{FileSystem, load_run};
    /// # use aether_engine::run::{RunOptions, run};
    /// # let path = "scenarios/gf01/run.json".as_ref();
    /// # let plan = load_run(&FileSystem::new("examples"), path).unwrap_or_else(|report| panic!("{report}"));
    /// let run = run(&plan, &RunOptions::default());
    /// let manifest = run.view().apx_manifest("GF01_W1_ticks_1_8")?;
    /// assert!(manifest.contains("\"manifest_check\":487809945"));
    /// # Ok::<(), aether_engine::view::ViewError>(())
    /// ```
    ///
    /// # Errors
    /// No window of that id is closed.
    pub fn apx_manifest(&self, window_id: &str) -> Result<String, ViewError> {
        let mut windows = Vec::new();
        for text in self.all(RecordKind::Manifests)? {
            let id = keys(RecordKind::Manifests, &text)?
                .window_id
                .unwrap_or_default();
            if id == window_id {
                return Ok(text);
            }
            windows.push(id);
        }
        let window_id = window_id.to_owned();
        Err(ViewError::Window { window_id, windows })
    }

    /// The emitted envelopes, in order: all, or of one tick, of one layer, of both.
    ///
    /// ```
    /// # use aether_engine::config::{FileSystem, load_run};
    /// # use aether_engine::run::{RunOptions, run};
    /// # let path = "scenarios/gf01/run.json".as_ref();
    /// # let plan = load_run(&FileSystem::new("examples"), path).unwrap_or_else(|report| panic!("{report}"));
    /// let run = run(&plan, &RunOptions::default());
    /// use aether_engine::record::Layer;
    ///
    /// let view = run.view();
    /// assert_eq!(view.nap_envelopes(None, None)?.len(), 11);
    /// assert_eq!(view.nap_envelopes(Some(8), None)?.len(), 3);
    /// assert_eq!(view.nap_envelopes(None, Some(Layer::Ctrl))?.len(), 2);
    /// # Ok::<(), aether_engine::view::ViewError>(())
    /// ```
    ///
    /// # Errors
    /// The tick is not recorded.
    pub fn nap_envelopes(
        &self,
        tick: Option<u64>,
        layer: Option<Layer>,
    ) -> Result<Vec<String>, ViewError> {
        let of_ticks = match tick {
            Some(tick) => {
                self.check_tick("envelopes", tick)?;
                self.between(RecordKind::Envelopes, &(tick..=tick))?
            }
            None => self.all(RecordKind::Envelopes)?,
        };
        let Some(layer) = layer else {
            return Ok(of_ticks);
        };
        let mut envelopes = Vec::new();
        for text in of_ticks {
            let keys = keys(RecordKind::Envelopes, &text)?;
            let wanted = keys.layer.as_deref() == Some(layer.name());
            envelopes.extend(wanted.then_some(text));
        }
        Ok(envelopes)
    }

    /// The scene of a tick.
    ///
    /// ```
    /// # use aether_engine::config::{FileSystem, load_run};
    /// # use aether_engine::run::{RunOptions, run};
    /// # let path = "scenarios/pfna-demo/run.toml".as_ref();
    /// # let plan = load_run(&FileSystem::new("examples"), path).unwrap_or_else(|report| panic!("{report}"));
    /// let run = run(&plan, &RunOptions::default());
    /// let scene = run.view().scene(1)?;
    /// assert!(scene.contains("\"pfna_refs\":["));
    /// # Ok::<(), aether_engine::view::ViewError>(())
    /// ```
    ///
    /// # Errors
    /// The tick is not recorded.
    pub fn scene(&self, tick: u64) -> Result<String, ViewError> {
        self.of_tick(RecordKind::Scenes, "scene", tick)
    }

    /// The U-ledger entry of a tick.
    ///
    /// ```
    /// # use aether_engine::config::{FileSystem, load_run};
    /// # use aether_engine::run::{RunOptions, run};
    /// # let path = "scenarios/gf01/run.json".as_ref();
    /// # let plan = load_run(&FileSystem::new("examples"), path).unwrap_or_else(|report| panic!("{report}"));
    /// let run = run(&plan, &RunOptions::default());
    /// let entry = run.view().uledger_entry(1)?;
    /// assert!(entry.contains("\"prev_entry_hash\":null"));
    /// # Ok::<(), aether_engine::view::ViewError>(())
    /// ```
    ///
    /// # Errors
    /// The tick is not recorded.
    pub fn uledger_entry(&self, tick: u64) -> Result<String, ViewError> {
        self.of_tick(RecordKind::ULedger, "entry", tick)
    }

    /// The motifs of the library as it stands at the end of the run.
    ///
    /// ```
    /// # use aether_engine::config::{FileSystem, load_run};
    /// # use aether_engine::run::{RunOptions, run};
    /// # let path = "scenarios/motifs-period-2/run.toml".as_ref();
    /// # let plan = load_run(&FileSystem::new("examples"), path).unwrap_or_else(|report| panic!("{report}"));
    /// let run = run(&plan, &RunOptions::default());
    /// assert_eq!(run.view().motifs()?.len(), 2);
    /// # Ok::<(), aether_engine::view::ViewError>(())
    /// ```
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn motifs(&self) -> Result<Vec<String>, ViewError> {
        self.all(RecordKind::CodexLibrary)
    }

    /// The proposals.
    ///
    /// ```
    /// # use aether_engine::config::{FileSystem, load_run};
    /// # use aether_engine::run::{RunOptions, run};
    /// # let path = "scenarios/motifs-period-2/run.toml".as_ref();
    /// # let plan = load_run(&FileSystem::new("examples"), path).unwrap_or_else(|report| panic!("{report}"));
    /// let run = run(&plan, &RunOptions::default());
    /// assert!(run.view().proposals()?[0].contains("\"status\":\"PENDING\""));
    /// # Ok::<(), aether_engine::view::ViewError>(())
    /// ```
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn proposals(&self) -> Result<Vec<String>, ViewError> {
        self.all(RecordKind::CodexProposals)
    }

    /// The log, or the part of it that belongs to some ticks.
    ///
    /// ```
    /// # use aether_engine::config::{FileSystem, load_run};
    /// # use aether_engine::run::{RunOptions, run};
    /// # let path = "scenarios/gf01/run.json".as_ref();
    /// # let plan = load_run(&FileSystem::new("examples"), path).unwrap_or_else(|report| panic!("{report}"));
    /// let run = run(&plan, &RunOptions::default());
    /// let view = run.view();
    /// assert!(view.log(None)?.len() > view.log(Some(3..=5))?.len());
    /// # Ok::<(), aether_engine::view::ViewError>(())
    /// ```
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn log(&self, ticks: Option<RangeInclusive<u64>>) -> Result<Vec<String>, ViewError> {
        match ticks {
            Some(ticks) => self.between(RecordKind::Log, &ticks),
            None => self.all(RecordKind::Log),
        }
    }

    /// The metrics.
    ///
    /// ```
    /// # use aether_engine::config::{FileSystem, load_run};
    /// # use aether_engine::run::{RunOptions, run};
    /// # let path = "scenarios/gf01/run.json".as_ref();
    /// # let plan = load_run(&FileSystem::new("examples"), path).unwrap_or_else(|report| panic!("{report}"));
    /// let run = run(&plan, &RunOptions::default());
    /// assert!(run.view().metrics()?.contains("\"l_total\":26"));
    /// # Ok::<(), aether_engine::view::ViewError>(())
    /// ```
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn metrics(&self) -> Result<String, ViewError> {
        match self.source {
            Source::Memory(run) => Ok(crate::canonical::text(run.metrics())),
            #[cfg(feature = "store")]
            Source::Stored(run) => Ok(run.metrics()?),
        }
    }

    fn check_tick(&self, what: &'static str, tick: u64) -> Result<(), ViewError> {
        let last = self.last_tick()?;
        if (1..=last).contains(&tick) {
            Ok(())
        } else {
            Err(ViewError::Tick { what, tick, last })
        }
    }

    /// The record of a kind that has one a tick.
    fn of_tick(
        &self,
        kind: RecordKind,
        what: &'static str,
        tick: u64,
    ) -> Result<String, ViewError> {
        self.check_tick(what, tick)?;
        let found = match self.source {
            Source::Memory(run) => {
                let place = usize::try_from(tick - 1).unwrap_or(usize::MAX);
                run.records(kind).nth(place).map(text)
            }
            #[cfg(feature = "store")]
            Source::Stored(run) => run.record(kind, tick)?.map(|record| text(&record.text)),
        };
        let last = self.last_tick()?;
        found.ok_or(ViewError::Tick { what, tick, last })
    }

    fn all(&self, kind: RecordKind) -> Result<Vec<String>, ViewError> {
        match self.source {
            Source::Memory(run) => Ok(run.records(kind).map(text).collect()),
            #[cfg(feature = "store")]
            Source::Stored(run) => {
                let texts = run.records(kind).map(|record| Ok(text(&record?.text)));
                texts.collect()
            }
        }
    }

    fn between(
        &self,
        kind: RecordKind,
        ticks: &RangeInclusive<u64>,
    ) -> Result<Vec<String>, ViewError> {
        match self.source {
            Source::Memory(run) => {
                let mut texts = Vec::new();
                for record in run.records(kind).map(text) {
                    let tick = keys(kind, &record)?.tick;
                    let wanted = tick.is_some_and(|tick| ticks.contains(&tick));
                    texts.extend(wanted.then_some(record));
                }
                Ok(texts)
            }
            #[cfg(feature = "store")]
            Source::Stored(run) => {
                let records = run.records_of_ticks(kind, ticks)?;
                records.map(|record| Ok(text(&record?.text))).collect()
            }
        }
    }
}

/// Canonical text is UTF-8.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn keys(kind: RecordKind, text: &str) -> Result<Keys, ViewError> {
    let kind = kind.name();
    aether_json::from_str(text).map_err(|source| ViewError::Record { kind, source })
}

fn ticks_recorded(last: u64) -> String {
    match last {
        0 => "no tick is recorded".to_owned(),
        last => format!("ticks 1 to {last} are recorded"),
    }
}

fn listed<T: ToString>(what: &str, values: &[T]) -> String {
    if values.is_empty() {
        return "there is none".to_owned();
    }
    let values: Vec<String> = values.iter().map(ToString::to_string).collect();
    format!("{what} {}", values.join(", "))
}
