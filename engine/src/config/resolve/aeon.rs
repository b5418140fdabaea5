//! Writes the resolved grammar of AEON windows, and the descriptors of a RunConfig.

use super::super::aeon::{AeonWindow, Aggregation, Apxi, DescriptorPlan, Grammar, Model, Numbers};
use super::super::plan::Scheme;
use super::{WriteWith, flag, object, word};
use crate::canonical::{self, Canonical, Object, Writer};

/// The grammar's text.
pub(in super::super) fn grammar(grammar: &Grammar) -> String {
    let group = |is_derived: bool| {
        WriteWith(move |writer: &mut Writer| {
            let windows = grammar.windows().iter();
            let group = windows.filter(|window| window.derivation.is_some() == is_derived);
            let mut members = Object::begin(writer);
            for window in group {
                members.member(&window.window_id, &window_of(window));
            }
            members.end();
        })
    };
    canonical::text(&object(|members| {
        members.field("base_windows", &group(false));
        members.field("derived_windows", &group(true));
    }))
}

fn window_of(window: &AeonWindow) -> impl Canonical {
    object(|members| {
        let derivation = window.derivation.as_ref();
        let aggregation = derivation.map(|made| word::<Aggregation>(made.aggregation));
        members.optional("aggregation", aggregation.as_ref());
        members.field("labels", &window.labels);
        members.field("parent_id", &window.parent_id);
        members.field("press_window_id", &window.press_window_id);
        members.optional(
            "source_ids",
            derivation.map(|made| &made.source_ids).as_ref(),
        );
        if let (None, [[first, last]]) = (derivation, window.spans.runs()) {
            members.field("tick_end", last);
            members.field("tick_start", first);
        }
        members.field("window_id", &window.window_id);
    })
}

/// The settings of descriptors.
pub(super) fn apxi(apxi: &Apxi) -> impl Canonical {
    object(|members| {
        members.field("descriptors", &apxi.descriptors);
        members.field("discover", &flag(apxi.discover));
        members.field("enabled", &flag(apxi.enabled));
        members.field("residual_scheme", word::<Scheme>(apxi.residual_scheme));
    })
}

/// A descriptor as it is written: members that were not given are not added.
impl Canonical for DescriptorPlan {
    fn write(&self, writer: &mut Writer) {
        let mut members = Object::begin(writer);
        members.field("descriptor_id", &self.descriptor_id);
        members.field("descriptor_type", word(self.model.descriptor_type()));
        members.optional("labels", self.labels.as_ref());
        members.field("params", &self.model);
        members.field("stream_id", &self.stream_id);
        members.field("window_id", &self.window_id);
        members.end();
    }
}

impl Canonical for Model {
    fn write(&self, writer: &mut Writer) {
        let mut members = Object::begin(writer);
        match self {
            Self::Const { value } => members.field("value", value),
            Self::Run { pattern, repeats } => {
                members.field("pattern", pattern);
                members.field("repeats", repeats);
            }
            Self::Linear {
                intercept,
                slope,
                start_tick,
            } => {
                members.field("intercept", intercept);
                members.field("slope", slope);
                members.optional("start_tick", start_tick.as_ref());
            }
        }
        members.end();
    }
}

impl Canonical for Numbers {
    fn write(&self, writer: &mut Writer) {
        match self {
            Self::Same(number) => number.write(writer),
            Self::Each(numbers) => numbers.write(writer),
        }
    }
}
