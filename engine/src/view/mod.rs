//! [`RunView`]: a read-only view of a run in memory or in a file, with its records by tick, window
//! and layer.
//!
//! A [`RunView`] returns records as values; the canonical text of each
//! ([`to_text`](crate::record::FromText::to_text)) is byte for byte what the run produced. A
//! missing record is an error that names it and the legal range.

use std::ops::RangeInclusive;

use crate::record::{
    AeonView, ApxiView, CodexLibraryEntry, CodexProposal, IBlock, Layer, LedgerEntry, LogEvent,
    Manifest, Metrics, NapEnvelope, PBlock, RecordType, SceneFrame, UmxLedger,
};
use crate::run::Run;
#[cfg(feature = "store")]
use crate::store::{StoreError, StoredRun};

/// A view of a run; made by [`Run::view`] and [`StoredRun::view`](crate::store::StoredRun::view).
///
/// ```
/// use aether_engine::view::{RunView, ViewError};
///
/// fn agrees(view: RunView<'_>, tick: u64) -> Result<bool, ViewError> {
///     Ok(view.loom_p_block(tick)?.c_t == view.uledger_entry(tick)?.c_t)
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

/// Why a record cannot be shown.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ViewError {
    /// The tick is not recorded.
    #[error("no {what} at tick {tick}: {}", ticks_recorded(*last))]
    Tick {
        /// The requested record.
        what: &'static str,
        /// The requested tick.
        tick: u64,
        /// The last tick that is recorded; 0 if none is.
        last: u64,
    },
    /// The tick has no checkpoint.
    #[error(
        "no checkpoint at tick {tick}: {}",
        listed("checkpoints are at", checkpoints)
    )]
    Checkpoint {
        /// The requested tick.
        tick: u64,
        /// The nearest ticks that have a checkpoint.
        checkpoints: Vec<u64>,
    },
    /// The run has no closed window of that id.
    #[error(
        "no closed window `{window_id}`: {}",
        listed("the closed windows are", windows)
    )]
    Window {
        /// The requested window.
        window_id: String,
        /// The closed windows, in closing order.
        windows: Vec<String>,
    },
    /// The run has no view of an AEON window of that id.
    #[error(
        "no view of an AEON window `{window_id}`: {}",
        listed("the windows are", windows)
    )]
    AeonWindow {
        /// The requested window.
        window_id: String,
        /// The windows of the grammar that have views.
        windows: Vec<String>,
    },
    /// The file could not be read.
    #[cfg(feature = "store")]
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The P-blocks and checkpoints of one window, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoomBlocks {
    /// One per tick.
    pub p_blocks: Vec<PBlock>,
    /// One at every W-th tick.
    pub i_blocks: Vec<IBlock>,
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
    /// The last recorded tick; 0 if none is.
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
            Source::Stored(run) => Ok(run.ticks_recorded()),
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
    /// assert_eq!(ledger.post_u, [3, 1, 0, 0, 0, 0]);
    /// # Ok::<(), aether_engine::view::ViewError>(())
    /// ```
    ///
    /// # Errors
    /// The tick is not recorded.
    pub fn umx_ledger(&self, tick: u64) -> Result<UmxLedger, ViewError> {
        self.of_tick("ledger", tick)
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
    /// assert_eq!(block.s_t, 9);
    /// assert!(run.view().loom_p_block(9).is_err());
    /// # Ok::<(), aether_engine::view::ViewError>(())
    /// ```
    ///
    /// # Errors
    /// The tick is not recorded.
    pub fn loom_p_block(&self, tick: u64) -> Result<PBlock, ViewError> {
        self.of_tick("P-block", tick)
    }

    /// The checkpoint of a tick.
    ///
    /// ```
    /// # use aether_engine::config::{FileSystem, load_run};
    /// # use aether_engine::run::{RunOptions, run};
    /// # let path = "scenarios/gf01/run.json".as_ref();
    /// # let plan = load_run(&FileSystem::new("examples"), path).unwrap_or_else(|report| panic!("{report}"));
    /// let run = run(&plan, &RunOptions::default());
    /// assert_eq!(run.view().loom_i_block(8)?.w, 8);
    /// let error = run.view().loom_i_block(5).unwrap_err();
    /// assert_eq!(error.to_string(), "no checkpoint at tick 5: checkpoints are at 8");
    /// # Ok::<(), aether_engine::view::ViewError>(())
    /// ```
    ///
    /// # Errors
    /// The tick has no checkpoint.
    pub fn loom_i_block(&self, tick: u64) -> Result<IBlock, ViewError> {
        #[cfg(feature = "store")]
        if let Source::Stored(run) = self.source
            && let Some(block) = run.value(tick)?
        {
            return Ok(block);
        }
        let mut nearest = Vec::new();
        for block in self.all::<IBlock>()? {
            let at = block.tick;
            if at == tick {
                return Ok(block);
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
    /// The run has no closed window of that id.
    pub fn loom_blocks(&self, window_id: &str) -> Result<LoomBlocks, ViewError> {
        let window = self.apx_manifest(window_id)?;
        let ticks = window.start_tick..=window.end_tick;
        let mut blocks = LoomBlocks::default();
        for tick in ticks.clone() {
            blocks.p_blocks.push(self.loom_p_block(tick)?);
        }
        blocks.i_blocks = self.between(&ticks, |block: &IBlock| Some(block.tick))?;
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
    /// assert_eq!(manifest.manifest_check, 487_809_945);
    /// # Ok::<(), aether_engine::view::ViewError>(())
    /// ```
    ///
    /// # Errors
    /// The run has no closed window of that id.
    pub fn apx_manifest(&self, window_id: &str) -> Result<Manifest, ViewError> {
        let mut windows = Vec::new();
        for manifest in self.all::<Manifest>()? {
            if manifest.window_id == window_id {
                return Ok(manifest);
            }
            windows.push(manifest.window_id);
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
    ) -> Result<Vec<NapEnvelope>, ViewError> {
        let mut envelopes: Vec<NapEnvelope> = match tick {
            Some(tick) => {
                self.check_tick("envelopes", tick)?;
                self.between(&(tick..=tick), |envelope: &NapEnvelope| Some(envelope.tick))?
            }
            None => self.all()?,
        };
        envelopes.retain(|envelope| layer.is_none_or(|layer| envelope.layer == layer));
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
    /// assert!(!scene.pfna_refs.is_empty());
    /// # Ok::<(), aether_engine::view::ViewError>(())
    /// ```
    ///
    /// # Errors
    /// The tick is not recorded.
    pub fn scene(&self, tick: u64) -> Result<SceneFrame, ViewError> {
        self.of_tick("scene", tick)
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
    /// assert_eq!(entry.prev_entry_hash, None);
    /// # Ok::<(), aether_engine::view::ViewError>(())
    /// ```
    ///
    /// # Errors
    /// The tick is not recorded.
    pub fn uledger_entry(&self, tick: u64) -> Result<LedgerEntry, ViewError> {
        self.of_tick("entry", tick)
    }

    /// The motifs of the library at the end of the run.
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
    pub fn motifs(&self) -> Result<Vec<CodexLibraryEntry>, ViewError> {
        self.all()
    }

    /// The proposals.
    ///
    /// ```
    /// # use aether_engine::config::{FileSystem, load_run};
    /// # use aether_engine::run::{RunOptions, run};
    /// # let path = "scenarios/motifs-period-2/run.toml".as_ref();
    /// # let plan = load_run(&FileSystem::new("examples"), path).unwrap_or_else(|report| panic!("{report}"));
    /// let run = run(&plan, &RunOptions::default());
    /// assert_eq!(run.view().proposals()?[0].motif_id, "MOTIF_0001");
    /// # Ok::<(), aether_engine::view::ViewError>(())
    /// ```
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn proposals(&self) -> Result<Vec<CodexProposal>, ViewError> {
        self.all()
    }

    /// The windows of the grammar, bases first; empty without a grammar, and before the end of the run.
    ///
    /// ```
    /// # use aether_engine::config::{FileSystem, load_run};
    /// # use aether_engine::run::{RunOptions, run};
    /// # let path = "scenarios/gf01/run.json".as_ref();
    /// # let plan = load_run(&FileSystem::new("examples"), path).unwrap_or_else(|report| panic!("{report}"));
    /// let run = run(&plan, &RunOptions::default());
    /// assert!(run.view().aeon_views()?.is_empty());
    /// # Ok::<(), aether_engine::view::ViewError>(())
    /// ```
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn aeon_views(&self) -> Result<Vec<AeonView>, ViewError> {
        self.all()
    }

    /// A window of the grammar.
    ///
    /// # Errors
    /// The run has no view of a window of that id.
    pub fn aeon_view(&self, window_id: &str) -> Result<AeonView, ViewError> {
        let mut windows = Vec::new();
        for view in self.all::<AeonView>()? {
            if view.window_id == window_id {
                return Ok(view);
            }
            windows.push(view.window_id);
        }
        let window_id = window_id.to_owned();
        Err(ViewError::AeonWindow { window_id, windows })
    }

    /// The descriptors of the closed windows, in closing order; empty without `apxi`.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn apxi_views(&self) -> Result<Vec<ApxiView>, ViewError> {
        self.all()
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
    pub fn log(&self, ticks: Option<RangeInclusive<u64>>) -> Result<Vec<LogEvent>, ViewError> {
        match ticks {
            Some(ticks) => self.between(&ticks, |event: &LogEvent| event.tick),
            None => self.all(),
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
    /// assert_eq!(run.view().metrics()?.l_total, 26);
    /// # Ok::<(), aether_engine::view::ViewError>(())
    /// ```
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn metrics(&self) -> Result<Metrics, ViewError> {
        match self.source {
            Source::Memory(run) => Ok(run.metrics().clone()),
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

    /// The record of a kind that has one per tick.
    fn of_tick<R: RecordType>(&self, what: &'static str, tick: u64) -> Result<R, ViewError> {
        self.check_tick(what, tick)?;
        let found = match self.source {
            Source::Memory(run) => {
                let mut records = run.values::<R>();
                usize::try_from(tick - 1)
                    .ok()
                    .and_then(|place| records.nth(place))
            }
            #[cfg(feature = "store")]
            Source::Stored(run) => run.value(tick)?,
        };
        let last = self.last_tick()?;
        found.ok_or(ViewError::Tick { what, tick, last })
    }

    fn all<R: RecordType>(&self) -> Result<Vec<R>, ViewError> {
        match self.source {
            Source::Memory(run) => Ok(run.values().collect()),
            #[cfg(feature = "store")]
            Source::Stored(run) => Ok(run.values().collect::<Result<_, _>>()?),
        }
    }

    fn between<R: RecordType>(
        &self,
        ticks: &RangeInclusive<u64>,
        tick_of: impl Fn(&R) -> Option<u64>,
    ) -> Result<Vec<R>, ViewError> {
        match self.source {
            Source::Memory(run) => {
                let within = |record: &R| tick_of(record).is_some_and(|tick| ticks.contains(&tick));
                Ok(run.values().filter(within).collect())
            }
            #[cfg(feature = "store")]
            Source::Stored(run) => Ok(run.values_between(ticks, tick_of)?),
        }
    }
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
