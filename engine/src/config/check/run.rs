//! Checks the settings of a RunConfig that do not depend on other documents.

use std::collections::BTreeMap;

use super::super::decode::{Flag, Int};
use super::super::defaults;
use super::super::documents::{
    DestinationWord, DiagnosticsDocument, LayerWord, LoggingDocument, NapDocument, ProfileDocument,
    RunConfig,
};
use super::super::limits::TICKS_MAX;
use super::super::plan::{Diagnostics, LayerSet, LogDestination, Logging, Nap};
use super::super::problem::{Code, Draft, Problems};
use super::super::tree::{Document, Value};
use super::{count, field_or, over_limit, value_at};

/// The settings of a run that do not depend on other documents.
#[derive(Debug)]
pub(crate) struct RunSettings {
    /// T; `None` if it is over the limit.
    pub(crate) ticks: Option<u64>,
    pub(crate) diagnostics: Diagnostics,
    pub(crate) logging: Logging,
}

pub(crate) fn run_settings(
    document: &Document,
    run: &RunConfig,
    problems: &mut Problems,
) -> RunSettings {
    let found = run.v.get().copied();
    version(
        value_at(document, run.places.v),
        found,
        defaults::RUN_CONFIG_VERSION,
        "RunConfig",
        problems,
    );
    state_fields(document, run, problems);
    pfna_fields(document, run, problems);
    RunSettings {
        ticks: ticks(document, run, problems),
        diagnostics: run
            .diagnostics
            .as_ref()
            .map_or(defaults::DIAGNOSTICS, diagnostics),
        logging: logging(document, run.logging.as_ref(), problems),
    }
}

/// Reports a version that this engine does not read.
pub(crate) fn version(
    value: Option<Value<'_>>,
    found: Option<Int>,
    known: i64,
    noun: &str,
    problems: &mut Problems,
) {
    let (Some(Int(found)), Some(value)) = (found.filter(|found| found.0 != known), value) else {
        return;
    };
    let message = format!("this engine reads {noun} version {known}, not {found}");
    let draft = Draft::on(value, Code::UnknownVersion, message).expected(known.to_string());
    problems.add_on(value, draft);
}

fn ticks(document: &Document, run: &RunConfig, problems: &mut Problems) -> Option<u64> {
    let ticks = count(run.ticks.get()?.0);
    if ticks <= TICKS_MAX {
        return Some(ticks);
    }
    let value = value_at(document, run.places.ticks)?;
    over_limit(value, "ticks", ticks, TICKS_MAX, problems);
    None
}

/// Checks that the initial state is given in exactly one way.
fn state_fields(document: &Document, run: &RunConfig, problems: &mut Problems) {
    let root = document.root();
    match (
        value_at(document, run.places.initial_state),
        value_at(document, run.places.initial_state_path),
    ) {
        (Some(inline), Some(path)) => {
            let message = "`initial_state` and `initial_state_path` exclude one another";
            let span = inline.key_span().unwrap_or_else(|| inline.span());
            let draft = Draft::on_key(path, Code::ExclusiveFields, message).related_at(
                document.source(),
                span,
                "the other one",
            );
            problems.add_on(path, draft);
        }
        (None, None) => {
            let draft = Draft::on(root, Code::OneOfFields, "the run has no initial state")
                .expected("`initial_state` or `initial_state_path`")
                .help("add `initial_state`: a list of one integer a node")
                .help("or add `initial_state_path`: a file of them");
            problems.add_on(root, draft);
        }
        _ => {}
    }
}

/// Checks that PFNA is either on, with a document, or off. A path without the switch is a problem.
fn pfna_fields(document: &Document, run: &RunConfig, problems: &mut Problems) {
    let enabled = value_at(document, run.places.enable_pfna);
    let path = value_at(document, run.places.pfna_path);
    match (enabled, path) {
        (Some(enabled), None) if run.enable_pfna == Some(Flag(true)) => {
            let message = "`enable_pfna` is true, but `pfna_path` is missing";
            let draft = Draft::on(enabled, Code::FieldNeedsField, message)
                .expected("`pfna_path`, the path of a PFNA document")
                .help("add `pfna_path`, or write false");
            problems.add_on(enabled, draft);
        }
        (None, Some(path)) => {
            let message = "`pfna_path` is of no use without `enable_pfna`";
            let draft = Draft::on_key(path, Code::FieldNeedsField, message)
                .help("add `enable_pfna`: true to apply the inputs, false to keep them off");
            problems.add_on(path, draft);
        }
        _ => {}
    }
}

fn diagnostics(content: &DiagnosticsDocument) -> Diagnostics {
    let default = defaults::DIAGNOSTICS;
    Diagnostics {
        conservation: flag(content.conservation, default.conservation),
        allow_negative: flag(content.allow_negative, default.allow_negative),
        limit: content.limit.map(|Int(limit)| limit),
    }
}

fn logging(
    document: &Document,
    content: Option<&LoggingDocument>,
    problems: &mut Problems,
) -> Logging {
    let default = defaults::LOGGING;
    let Some(content) = content else {
        return default;
    };
    let destination = match (content.destination, &content.file_path) {
        (None, _) => default.destination,
        (Some(DestinationWord::Memory), _) => LogDestination::Memory,
        (Some(DestinationWord::Stdout), _) => LogDestination::Stdout,
        (Some(DestinationWord::File), Some(path)) => LogDestination::File(path.0.clone()),
        (Some(DestinationWord::File), None) => {
            let value = document.value(content.at);
            if content.places.file_path.is_none() {
                let at = field_or(value, content.places.destination);
                let message = "the destination `file` has no `file_path`";
                let draft = Draft::on(at, Code::FieldNeedsField, message)
                    .help("add `file_path`: the file that log lines are appended to");
                problems.add_on(at, draft);
            }
            default.destination
        }
    };
    Logging {
        enabled: flag(content.enabled, default.enabled),
        destination,
        include_ticks: flag(content.include_ticks, default.include_ticks),
        include_windows: flag(content.include_windows, default.include_windows),
        clock: flag(content.clock, default.clock),
    }
}

/// The value of a flag, or its default.
pub(crate) fn flag(flag: Option<Flag>, default: bool) -> bool {
    flag.map_or(default, |Flag(flag)| flag)
}

/// The values of envelopes: those of the RunConfig, else of the profile, else the engine's
/// defaults.
pub(crate) fn nap(
    document: &Document,
    run: Option<&NapDocument>,
    profile: Option<&ProfileDocument>,
    problems: &mut Problems,
) -> Nap {
    let profile = profile.and_then(|profile| profile.nap_defaults.as_ref());
    let own_v = run.and_then(|nap| nap.v).or(profile.and_then(|nap| nap.v));
    let own_mode = run.and_then(|nap| nap.mode.clone());
    let own_mode = own_mode.or_else(|| profile.and_then(|nap| nap.mode.clone()));
    let nid = run.and_then(|nap| nap.nid.clone());
    Nap {
        layers: layers(document, run, problems),
        nid: nid.map_or_else(|| defaults::NAP_NID.to_owned(), |nid| nid.0),
        v: own_v.map_or(defaults::NAP_V, |Int(v)| v),
        mode: own_mode.map_or_else(|| defaults::NAP_MODE.to_owned(), |mode| mode.0),
    }
}

fn layers(document: &Document, run: Option<&NapDocument>, problems: &mut Problems) -> LayerSet {
    let Some(list) = run.and_then(|nap| nap.layers.as_ref()) else {
        return defaults::LAYERS;
    };
    let mut layers = LayerSet {
        ctrl: false,
        ingress: false,
        data: false,
        egress: false,
    };
    let mut seen: BTreeMap<LayerWord, Value<'_>> = BTreeMap::new();
    list.each(document, problems, |value, layer, problems| {
        let Some(layer) = layer else { return };
        if let Some(first) = seen.get(&layer) {
            let message = format!("the layer `{}` is listed twice", value.text());
            let draft = Draft::on(value, Code::RepeatedItem, message);
            problems.add_on(value, draft.related(*first, "first listed here"));
            return;
        }
        seen.insert(layer, value);
        match layer {
            LayerWord::Ctrl => layers.ctrl = true,
            LayerWord::Ingress => layers.ingress = true,
            LayerWord::Data => layers.data = true,
            LayerWord::Egress => layers.egress = true,
        }
    });
    layers
}
