//! [`AeonObserver`]: what the observer of AEON windows knows of a run, and the views that it makes.

use std::ops::ControlFlow;

use super::RunError;
use super::rereading::Rereading;
use crate::aeon::{self, Closed};
use crate::canonical::Hash;
use crate::config::{Aeon, AeonWindow, Apxi, RunPlan, Window};
use crate::record::{AeonView, ApxiView, Manifest, Tick};

/// What the observer of AEON windows knows of the run.
pub(super) struct AeonObserver<'p> {
    plan: &'p RunPlan,
    aeon: &'p Aeon,
    closed: Closed,
    rereading: Rereading<'p>,
    /// The last tick that was made.
    last: u64,
}

impl<'p> AeonObserver<'p> {
    pub(super) fn new(plan: &'p RunPlan, aeon: &'p Aeon) -> Self {
        let windows = plan.windows.iter();
        let read = windows.filter(|window| tried_on(aeon, window).is_some());
        Self {
            plan,
            aeon,
            closed: Closed::of(plan),
            rereading: Rereading::new(plan, read),
            last: 0,
        }
    }

    /// Takes a tick, before the windows that end with it close.
    pub(super) fn take(&mut self, tick: &Tick) {
        self.last = tick.tick;
        self.rereading.take(tick);
    }

    /// Takes a window that has closed. Returns the descriptors of its streams; `None` if it has no
    /// view.
    pub(super) fn close(
        &mut self,
        window: &Window,
        manifest: &Manifest,
        hash: Hash,
        progress: &(dyn Fn(u64) -> ControlFlow<()> + Sync),
    ) -> Result<Option<ApxiView>, RunError> {
        self.closed.add(manifest, hash);
        let Some((aeon, apxi)) = tried_on(self.aeon, window) else {
            return Ok(None);
        };
        let progress = |tick| progress(tick);
        let mut ticks = self.rereading.reader(self.last, &progress);
        aeon::apxi_view(window, aeon, apxi, &mut ticks).map(Some)
    }

    /// The windows of the grammar, at the end of the run.
    pub(super) fn aeon_views(&self) -> impl Iterator<Item = Result<AeonView, RunError>> {
        let windows = self.aeon.grammar.windows().iter();
        windows.map(|window| aeon::aeon_view(self.plan, window, &self.closed))
    }
}

/// The AEON window that a window names, and the descriptors that are tried on its ticks.
fn tried_on<'a>(aeon: &'a Aeon, window: &Window) -> Option<(&'a AeonWindow, &'a Apxi)> {
    let apxi = aeon.apxi.as_ref().filter(|apxi| apxi.enabled)?;
    let window = aeon.grammar.find(window.aeon_window_id.as_ref()?)?;
    Some((window, apxi))
}
