//! `scenario.toml`: the purpose of a scenario. The harness reads more of its fields than the
//! engine.

use super::super::decode::{Choice, List, Text};

document! {
    /// What a scenario is for, and how long it takes; further fields are the harness's.
    ScenarioDocument, "`scenario.toml`", Descriptive {
        /// What the scenario shows, in a sentence.
        given "description" => description: Text,
        /// The parts of the engine that it covers.
        given "pillars" => pillars: List<Text>,
        /// How long it takes: below 0.1 s, below 2 s, or longer. A measurement far from it is a warning.
        given "runtime" => runtime: Runtime,
        /// Words to select it by.
        optional "tags" => tags: List<Text>,
    }
}

/// How long a scenario takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Runtime {
    /// Below 0.1 s.
    Instant,
    /// Below 2 s.
    Short,
    Long,
}

impl Choice for Runtime {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("instant", Self::Instant),
        ("short", Self::Short),
        ("long", Self::Long),
    ];
    const NOUN: &'static str = "runtime";
}

super::choice_schema!(Runtime);
