//! AEON: an observer of windows that are made of other windows, and of descriptors of their streams.
//! It changes no record of the run.
//!
//! - An [`AeonView`](crate::record::AeonView) is a window of the grammar with its ticks and what
//!   they cost; [`Closed`] collects what the views say of the windows of the run.
//! - An [`ApxiView`](crate::record::ApxiView) has the descriptors of the streams of one window: a
//!   short model, and the bits of what it leaves over.
//!
//! The ticks of an AEON window may be in any order and repeat. No stream is kept for that: the ticks
//! of a window are read again when it has closed ([`Ticks`]), as often as `discover` needs.

mod descriptors;
mod discover;
mod frequency;
mod model;
mod views;

pub(crate) use descriptors::apxi_view;
pub(crate) use model::model_bits;
pub(crate) use views::{Closed, aeon_view};

use crate::config::Spans;
use crate::error::RunError;
use crate::press::TickView;

/// The ticks of a run that were made, which can be read again.
pub(crate) trait Ticks {
    /// Visits ticks in their order, those that repeat as often as they are there.
    ///
    /// # Errors
    /// The run is to stop.
    fn each(&mut self, spans: &Spans, visit: &mut dyn FnMut(&TickView<'_>))
    -> Result<(), RunError>;
}
