//! A run as one HTML page that needs nothing else: styles and pictures are inside, there is no
//! script, and a policy in its head lets nothing else in. The same run gives the same page.

mod aeon;
mod sections;

use aether_engine::config::RunPlan;
use aether_engine::record::{
    AeonView, ApxiView, CodexLibraryEntry, CodexProposal, Manifest, Metrics, RecordKind,
};
use aether_engine::run::RunStatus;
use aether_engine::store::StoredRun;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::args::PlotWhat;
use crate::exit::Failure;
use crate::plot;
use crate::registry::{id_of, shown_name};
use crate::selection::Selection;

const STYLE: &str = include_str!("style.css");

/// Most records of a kind that are listed; more are counted.
const LISTED_MAX: usize = 200;

/// What the page shows of a run.
struct Page<'r> {
    run: &'r StoredRun,
    plan: &'r RunPlan,
    metrics: Metrics,
    ticks_recorded: u64,
    pictures: Vec<String>,
    windows: Listed<Manifest>,
    aeon: Listed<AeonView>,
    apxi: Listed<ApxiView>,
    motifs: Listed<CodexLibraryEntry>,
    proposals: Listed<CodexProposal>,
}

/// The first records of a kind, and how many there are.
struct Listed<R> {
    first: Vec<R>,
    count: usize,
}

impl<R> Listed<R> {
    fn of<E: Into<Failure>>(records: impl Iterator<Item = Result<R, E>>) -> Result<Self, Failure> {
        let (mut first, mut count) = (Vec::new(), 0);
        for record in records {
            let record = record.map_err(Into::into)?;
            if first.len() < LISTED_MAX {
                first.push(record);
            }
            count += 1;
        }
        Ok(Self { first, count })
    }

    const fn left_out(&self) -> usize {
        self.count - self.first.len()
    }
}

/// The page of a run, or of the selected ticks, nodes and edges in its pictures.
pub(crate) fn page(run: &StoredRun, selection: &Selection) -> Result<String, Failure> {
    let plan = run.plan()?;
    let page = Page {
        run,
        plan: &plan,
        metrics: run.metrics()?,
        ticks_recorded: run.ticks_recorded(),
        pictures: pictures(run, selection)?,
        windows: Listed::of(run.values())?,
        aeon: Listed::of(run.values())?,
        apxi: Listed::of(run.values())?,
        motifs: Listed::of(run.values())?,
        proposals: Listed::of(run.values())?,
    };
    Ok(page.markup().into_string())
}

/// The pictures that the run has something for.
fn pictures(run: &StoredRun, selection: &Selection) -> Result<Vec<String>, Failure> {
    let header = run.header();
    let mut pictures = Vec::new();
    let ticks = selection.ticks.clone();
    let nodes = match &selection.nodes {
        Some(nodes) if nodes.len() <= plot::LINES_MAX => Some(nodes.clone()),
        Some(_) => None,
        None => plot::most_changing(run, ticks.as_ref())?,
    };
    let part = |nodes: Option<Vec<u64>>, edges: Option<Vec<u64>>| Selection {
        ticks: ticks.clone(),
        nodes,
        edges,
    };
    let drawn = part(None, None);
    let of_nodes = part(selection.nodes.clone(), None);
    let of_edges = part(None, selection.edges.clone());
    let both = part(selection.nodes.clone(), selection.edges.clone());
    let has_edges = header.edge_count > 0;
    let mut wanted = Vec::new();
    if let Some(nodes) = nodes {
        wanted.push((PlotWhat::Series, part(Some(nodes), None)));
    }
    wanted.push((PlotWhat::State, of_nodes));
    if has_edges {
        wanted.push((PlotWhat::Flux, of_edges));
        wanted.push((PlotWhat::Activity, drawn.clone()));
    }
    if plot::fits_topology(run) || both.nodes.is_some() || both.edges.is_some() {
        wanted.push((PlotWhat::Topology, both));
    }
    if run.ticks_recorded() > 0 {
        wanted.push((PlotWhat::Press, drawn));
    }
    for (what, selection) in wanted {
        pictures.push(plot::draw(run, what, &selection)?.svg);
    }
    Ok(pictures)
}

impl Page<'_> {
    fn markup(&self) -> Markup {
        let name = shown_name(self.run);
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    // The pictures have styles of their own.
                    meta http-equiv="Content-Security-Policy"
                        content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    // A page without an icon asks for one.
                    link rel="icon" href="data:,";
                    title { "Run " (name) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    header {
                        h1 { "Run " (name) " " (self.status()) }
                        p.lead { (self.size()) }
                        nav aria-label="Sections" {
                            ul {
                                @for (id, title) in self.sections() {
                                    li { a href=(format!("#{id}")) { (title) } }
                                }
                            }
                        }
                        (self.failure())
                    }
                    main {
                        (self.summary())
                        (self.shown_pictures())
                        (self.metrics_table())
                        (self.windows_table())
                        @if self.has_grammar() { (self.aeon_tables()) }
                        (self.motifs_table())
                    }
                    footer { "Written by aether " (aether_engine::VERSION) "." }
                }
            }
        }
    }

    fn status(&self) -> Markup {
        let status = self.run.header().status;
        let class = if status == RunStatus::Complete {
            "good"
        } else {
            "bad"
        };
        html! { span class=(format!("status {class}")) { (status.name()) } }
    }

    fn size(&self) -> String {
        let header = self.run.header();
        format!(
            "{} nodes, {} edges, {} ticks, profile {}",
            header.node_count, header.edge_count, header.ticks, header.profile
        )
    }

    fn sections(&self) -> Vec<(&'static str, &'static str)> {
        let mut sections = vec![
            ("summary", "Summary"),
            ("pictures", "Pictures"),
            ("metrics", "Metrics"),
        ];
        sections.push(("windows", "Windows"));
        if self.has_grammar() {
            sections.push(("aeon", "AEON windows"));
        }
        sections.push(("motifs", "Motifs"));
        sections
    }

    fn has_grammar(&self) -> bool {
        self.plan.has(RecordKind::AeonViews)
    }

    /// Why the run has no more ticks; empty for a complete run.
    fn failure(&self) -> Markup {
        let (header, name) = (self.run.header(), id_of(self.run));
        let recorded = self.ticks_recorded;
        html! {
            @match header.status {
                RunStatus::Complete => {}
                RunStatus::Failed(error) => {
                    section.failure #failure {
                        h2 { "The run failed at tick " (error.tick()) }
                        p {
                            (error.with_names(self.plan.names())) "."
                        }
                        p {
                            "Stored are ticks 1 to " (recorded) ", whose windows had closed. Later ticks in "
                            "the pictures are replayed from the inputs. " code { (error.to_json()) }
                        }
                    }
                }
                RunStatus::Incomplete => {
                    section.failure #failure {
                        h2 { "The run was cut off" }
                        p {
                            (recorded) " of " (header.ticks) " ticks are stored. "
                            code { "aether resume " (name) } " finishes it."
                        }
                    }
                }
            }
        }
    }
}
