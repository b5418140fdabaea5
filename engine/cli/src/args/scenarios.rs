//! The arguments of `aether list` and `aether run`.

use clap::Args;

use super::{RunsDir, ScenariosDir};

/// Selects scenarios by what their `scenario.toml` says. A scenario must meet every option that is given; of
/// an option that is repeated, one value is enough.
#[derive(Debug, Default, Args)]
pub(crate) struct ScenarioFilter {
    /// Selects scenarios with this tag; may be repeated.
    #[arg(long = "tag", value_name = "TAG")]
    pub(crate) tags: Vec<String>,
    /// Selects scenarios that cover this part of the engine; may be repeated.
    #[arg(long = "pillar", value_name = "PILLAR")]
    pub(crate) pillars: Vec<String>,
    /// Selects scenarios that take this long; may be repeated.
    #[arg(long = "runtime", value_name = "RUNTIME", value_parser = ["instant", "short", "long"])]
    pub(crate) runtimes: Vec<String>,
}

impl ScenarioFilter {
    /// Whether every scenario meets it.
    pub(crate) fn is_empty(&self) -> bool {
        self.tags.is_empty() && self.pillars.is_empty() && self.runtimes.is_empty()
    }
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  aether list\n  aether list 'grid*' --runtime instant\n  aether list --tag exam --tag large\n  aether list --scenarios-dir ../experiments --format json"
)]
pub(crate) struct ListCommand {
    /// Names of scenarios, with `*`, `?`, `[…]` and `{a,b}` as in a shell [default: all].
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    #[command(flatten)]
    pub(crate) filter: ScenarioFilter,
    #[command(flatten)]
    pub(crate) scenarios: ScenariosDir,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  aether run gf01\n  aether run gf01 gf02\n  aether run --tag exam\n  aether run 'grid*' --runtime instant\n  aether run experiments/run.toml --run-id trial-7\n  aether run grid32 --threads 2 --force\n  aether run gf01 --set topology.edges[e_id=5].k=13 --run-id stiffer"
)]
pub(crate) struct RunCommand {
    /// Names of scenarios, with `*`, `?`, `[…]` and `{a,b}` as in a shell, or paths of RunConfigs (with a
    /// slash or an extension).
    #[arg(
        value_name = "SCENARIO-or-RUNCONFIG",
        required_unless_present_any = ["tags", "pillars", "runtimes"]
    )]
    pub(crate) targets: Vec<String>,
    #[command(flatten)]
    pub(crate) filter: ScenarioFilter,
    /// Name of the stored run; its records keep the RunConfig's `run_id` [default: that `run_id`].
    #[arg(long, value_name = "ID")]
    pub(crate) run_id: Option<String>,
    /// Changes a value of the inputs: `ticks=500`, `topology.edges[e_id=5].k=13`,
    /// `initial_state[node=3]=7`. May be repeated. Members of the RunConfig are named as they are;
    /// others start with `topology.`, `profile.`, `pfna.` or `aeon.`.
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub(crate) set: Vec<String>,
    /// Number of threads that encode and hash records; the bytes do not depend on it.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) threads: u16,
    /// Replaces a stored run with the same id.
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) runs: RunsDir,
    #[command(flatten)]
    pub(crate) scenarios: ScenariosDir,
}
