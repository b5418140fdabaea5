//! Writes the resolved RunConfig: the initial state inline, and every setting explicit.

use super::super::aeon::Apxi;
use super::super::check::count;
use super::super::documents::RunConfig;
use super::super::plan::{
    Diagnostics, LayerSet, LogDestination, Logging, Nap, Scheme, StreamPlan, StreamSource, Window,
};
use super::aeon::apxi;
use super::{WriteWith, flag, object, word};
use crate::canonical::{self, Canonical, Object, Writer};

/// The parts of the document that the plan does not keep.
#[derive(Debug, Default)]
pub(in super::super) struct ConfiguredNames {
    pub(in super::super) topology_path: String,
    pub(in super::super) profile_path: String,
    /// The path of the PFNA document; `None` if PFNA is off.
    pub(in super::super) pfna_path: Option<String>,
    pub(in super::super) window_every: Option<u64>,
    /// The path of the AEON grammar; `None` without one.
    pub(in super::super) aeon_path: Option<String>,
}

impl ConfiguredNames {
    /// The settings of a RunConfig without problems.
    pub(in super::super) fn of(run: &RunConfig) -> Self {
        let text = |path: Option<&super::super::decode::PathText>| {
            path.expect("a RunConfig without problems names its documents")
                .0
                .clone()
        };
        let pfna_on = run.enable_pfna.is_some_and(|flag| flag.0);
        Self {
            topology_path: text(run.topology_path.get()),
            profile_path: text(run.profile_path.get()),
            pfna_path: run.pfna_path.clone().filter(|_| pfna_on).map(|path| path.0),
            window_every: run.window_every.map(|every| count(every.0)),
            aeon_path: run.aeon_path.clone().map(|path| path.0),
        }
    }
}

/// The parts of a plan that come from its RunConfig.
pub(in super::super) struct Settings<'p> {
    pub(in super::super) gid: &'p str,
    pub(in super::super) run_id: &'p str,
    pub(in super::super) ticks: u64,
    pub(in super::super) initial_state: &'p [i64],
    pub(in super::super) windows: &'p [Window],
    pub(in super::super) nap: &'p Nap,
    pub(in super::super) checkpoint_spacing: u64,
    pub(in super::super) codex: bool,
    pub(in super::super) diagnostics: &'p Diagnostics,
    pub(in super::super) logging: &'p Logging,
    pub(in super::super) metrics: bool,
    pub(in super::super) apxi: Option<&'p Apxi>,
}

/// The RunConfig's text.
pub(in super::super) fn run_config(plan: &Settings<'_>, names: &ConfiguredNames) -> String {
    let tiled = names.window_every.is_some();
    let primary = plan
        .windows
        .first()
        .filter(|_| !tiled)
        .map(|window| &window.window_id);
    let listed = plan
        .windows
        .iter()
        .filter(|window| !(tiled && window.primary));
    let windows = WriteWith(|writer: &mut Writer| {
        writer.raw("[");
        for (index, window) in listed.clone().enumerate() {
            writer.raw(if index == 0 { "" } else { "," });
            write_window(writer, window);
        }
        writer.raw("]");
    });
    canonical::text(&object(|members| {
        members.optional("aeon_path", names.aeon_path.as_ref());
        members.optional("apxi", plan.apxi.map(apxi).as_ref());
        members.field("diagnostics", &diagnostics(plan.diagnostics));
        members.field("enable_codex", &flag(plan.codex));
        members.field("enable_pfna", &flag(names.pfna_path.is_some()));
        members.field("gid", plan.gid);
        members.field("initial_state", plan.initial_state);
        members.field("logging", &logging(plan.logging));
        members.field(
            "loom",
            &object(|loom| loom.field("W", &plan.checkpoint_spacing)),
        );
        members.field(
            "metrics",
            &object(|metrics| metrics.field("enabled", &flag(plan.metrics))),
        );
        members.field("nap", &nap(plan.nap));
        members.optional("pfna_path", names.pfna_path.as_ref());
        members.optional("primary_window_id", primary);
        members.field("profile_path", &names.profile_path);
        members.field("run_id", plan.run_id);
        members.field("ticks", &plan.ticks);
        members.field("topology_path", &names.topology_path);
        members.field("v", &super::super::defaults::RUN_CONFIG_VERSION);
        members.optional("window_every", names.window_every.as_ref());
        members.field("windows", &windows);
    }))
}

fn write_window(writer: &mut Writer, window: &Window) {
    let streams = WriteWith(|writer: &mut Writer| writer.array(&window.streams));
    let mut members = Object::begin(writer);
    members.optional("aeon_window_id", window.aeon_window_id.as_ref());
    members.field("apx_name", &window.apx_name);
    members.field("end_tick", window.ticks.end());
    members.field("start_tick", window.ticks.start());
    members.field("streams", &streams);
    members.field("window_id", &window.window_id);
    members.end();
}

impl Canonical for StreamPlan {
    fn write(&self, writer: &mut Writer) {
        let mut members = Object::begin(writer);
        members.field("description", &self.description);
        members.field("name", &self.name);
        members.optional("scheme_hint", self.hint.map(word::<Scheme>).as_ref());
        members.field("source", word::<StreamSource>(self.source));
        members.end();
    }
}

fn diagnostics(diagnostics: &Diagnostics) -> impl Canonical {
    object(|members| {
        members.field("allow_negative", &flag(diagnostics.allow_negative));
        members.field("conservation", &flag(diagnostics.conservation));
        members.optional("limit", diagnostics.limit.as_ref());
    })
}

fn logging(logging: &Logging) -> impl Canonical {
    let (destination, file) = match &logging.destination {
        LogDestination::Memory => ("memory", None),
        LogDestination::Stdout => ("stdout", None),
        LogDestination::File(path) => ("file", Some(path)),
    };
    object(move |members| {
        members.field("clock", &flag(logging.clock));
        members.field("destination", destination);
        members.field("enabled", &flag(logging.enabled));
        members.optional("file_path", file);
        members.field("include_ticks", &flag(logging.include_ticks));
        members.field("include_windows", &flag(logging.include_windows));
    })
}

fn nap(nap: &Nap) -> impl Canonical {
    let LayerSet {
        ctrl,
        ingress,
        data,
        egress,
    } = nap.layers;
    let all = [
        (ctrl, "CTRL"),
        (ingress, "INGRESS"),
        (data, "DATA"),
        (egress, "EGRESS"),
    ];
    let layers: Vec<&str> = all
        .iter()
        .filter(|(on, _)| *on)
        .map(|(_, layer)| *layer)
        .collect();
    object(move |members| {
        members.field("layer", "DATA");
        members.field("layers", &layers);
        members.field("mode", &nap.mode);
        members.field("nid", &nap.nid);
        members.field("v", &nap.v);
    })
}
