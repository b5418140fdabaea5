//! Checks one document of any kind, or a scenario directory, for `aether validate`.

use std::path::Path;

use super::check;
use super::decode::{Decode, Int, List};
use super::documents::{
    GrammarDocument, PfnaDocument, ProfileDocument, RunConfig, ScenarioDocument, SweepDocument,
    TopologyDocument,
};
use super::load::{Checked, Loaded, Loader};
use super::problem::{Code, Draft, Place, Report};
use super::read::{ReadDocument, error_words, shown_path};
use super::source::Span;
use super::sweep::sweep_of;
use super::tree::{Document, Kind};

/// The kind of a document, which its fields determine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DocumentKind {
    /// A RunConfig, checked with all documents that it names.
    RunConfig,
    /// A topology.
    Topology,
    /// A profile.
    Profile,
    /// External inputs.
    Pfna,
    /// A grammar of AEON windows.
    Grammar,
    /// A list of integers.
    InitialState,
    /// The `scenario.toml` of a scenario directory.
    Scenario,
    /// A sweep, checked with its RunConfig; the points themselves are not.
    Sweep,
}

impl DocumentKind {
    /// The kind in words: "a RunConfig".
    #[must_use]
    pub fn with_article(self) -> &'static str {
        match self {
            Self::RunConfig => "a RunConfig",
            Self::Topology => "a topology",
            Self::Profile => "a profile",
            Self::Pfna => "a PFNA document",
            Self::Grammar => "an AEON grammar",
            Self::InitialState => "an initial state",
            Self::Scenario => "a scenario's description",
            Self::Sweep => "a sweep",
        }
    }

    /// Fields that only documents of this kind have.
    const MARKS: [(Self, &'static [&'static str]); 7] = [
        (
            Self::RunConfig,
            &[
                "ticks",
                "topology_path",
                "profile_path",
                "initial_state",
                "windows",
                "window_every",
            ],
        ),
        (Self::Topology, &["N", "edges", "nodes"]),
        (
            Self::Profile,
            &["modulus_M", "C0", "flux_rule", "chain_rule", "s_t_rule"],
        ),
        (Self::Pfna, &["entries", "pfna_id"]),
        (Self::Grammar, &["base_windows", "derived_windows"]),
        (Self::Scenario, &["pillars", "runtime"]),
        (Self::Sweep, &["axes", "run_config", "combine"]),
    ];

    /// The kind of a document that is not of the kind that is needed: it has fields of another kind, and
    /// none of its own.
    pub(super) fn other(document: &Document, needed: Self) -> Option<Self> {
        let has_mark = |kind: Self| {
            let marks = Self::MARKS.iter().filter(|(known, _)| *known == kind);
            let mut marks = marks.flat_map(|(_, marks)| *marks);
            marks.any(|mark| document.root().field(mark).is_some())
        };
        if needed == Self::InitialState || has_mark(needed) {
            return None;
        }
        Self::of(document).filter(|found| *found != needed)
    }

    /// The kind of which most characteristic fields are present; of equals, the first.
    fn of(document: &Document) -> Option<Self> {
        let root = document.root();
        if root.kind() == Kind::List {
            return Some(Self::InitialState);
        }
        let mut best = (0, None);
        for (kind, marks) in Self::MARKS {
            let found = marks
                .iter()
                .filter(|mark| root.field(mark).is_some())
                .count();
            if found > best.0 {
                best = (found, Some(kind));
            }
        }
        best.1
    }
}

/// A document whose kind has marks.
pub(super) trait DocumentRoot: Decode {
    const KIND: DocumentKind;
}

macro_rules! roots {
    ($($document:ident is $kind:ident),*) => {$(
        impl DocumentRoot for $document {
            const KIND: DocumentKind = DocumentKind::$kind;
        }
    )*};
}

roots!(
    RunConfig is RunConfig, TopologyDocument is Topology, ProfileDocument is Profile,
    PfnaDocument is Pfna, GrammarDocument is Grammar, ScenarioDocument is Scenario, SweepDocument is Sweep
);

/// Checks a document; its fields determine its kind. For a RunConfig, checks all documents that it
/// names too.
///
/// # Errors
///
/// Everything that is wrong.
pub fn validate(reader: &dyn ReadDocument, path: &Path) -> Result<Checked<DocumentKind>, Report> {
    let mut loader = Loader::new(reader);
    let kind = document(&mut loader, path);
    loader.finish(kind, path)
}

/// The kind of a document by its fields alone; `None` if it cannot be read or has fields of no kind.
#[must_use]
pub fn document_kind(reader: &dyn ReadDocument, path: &Path) -> Option<DocumentKind> {
    let document = Loader::new(reader).open(path, None)?;
    DocumentKind::of(&document)
}

/// Checks a scenario directory: `scenario.toml`, and `run.toml` or `run.json` with all documents
/// that it names.
///
/// # Errors
///
/// Everything that is wrong.
pub fn validate_scenario(
    reader: &dyn ReadDocument,
    directory: &Path,
) -> Result<Checked<()>, Report> {
    let mut loader = Loader::new(reader);
    let shown = match shown_path(directory, reader.base()) {
        // The base itself.
        shown if shown.is_empty() => ".".to_owned(),
        shown => shown,
    };
    let names = match reader.siblings(&directory.join("scenario.toml")) {
        Ok(names) => names,
        Err(error) if Code::of_read(&error) == Code::ReadFailed => {
            let message = format!("{shown} cannot be read: {}", error_words(&error));
            let draft = Draft::new(Code::ReadFailed, Span::new(0, 0), message);
            loader.problems.add_at(Place::file(shown.as_str()), draft);
            return loader.finish(None, directory);
        }
        Err(_) => Vec::new(),
    };
    let has = |name: &str| names.iter().any(|known| known == name);
    let mut missing = |message: String, help: &str| {
        let draft = Draft::new(Code::NotAScenario, Span::new(0, 0), message).help(help);
        loader.problems.add_at(Place::file(shown.as_str()), draft);
    };
    if !has("scenario.toml") {
        let help = match ["run.toml", "run.json"].into_iter().find(|name| has(name)) {
            Some(name) => format!("name its RunConfig, {shown}/{name}, or add `scenario.toml`"),
            None => "add `scenario.toml`: what the scenario is for".to_owned(),
        };
        missing(format!("{shown} has no `scenario.toml`"), &help);
    }
    match (has("run.toml"), has("run.json")) {
        (false, false) => {
            missing(
                format!("{shown} has no `run.toml`"),
                "add `run.toml` or `run.json`: the RunConfig",
            );
        }
        (true, true) => missing(
            format!("{shown} has both `run.toml` and `run.json`"),
            "keep one of the two: which is run must not be a guess",
        ),
        _ => {}
    }
    if has("scenario.toml") {
        let _ = loader.load::<ScenarioDocument>(&directory.join("scenario.toml"), None);
    }
    for name in ["run.toml", "run.json"] {
        if has(name) {
            let _ = loader.run(&directory.join(name));
        }
    }
    loader.finish(Some(()), directory)
}

fn document(loader: &mut Loader<'_>, path: &Path) -> Option<DocumentKind> {
    let document = loader.open(path, None)?;
    let root = document.root();
    let problems = &mut loader.problems;
    let kind = DocumentKind::of(&document);
    match kind {
        Some(DocumentKind::RunConfig) => {
            let content = RunConfig::decode(root, problems)?;
            let _ = loader.run_of(path, &Loaded { document, content });
        }
        Some(DocumentKind::Topology) => {
            let content = TopologyDocument::decode(root, problems)?;
            let _ = check::topology(&document, &content, problems);
        }
        Some(DocumentKind::Profile) => {
            let content = ProfileDocument::decode(root, problems)?;
            let _ = check::profile(&document, &content, problems);
        }
        Some(DocumentKind::Pfna) => {
            let content = PfnaDocument::decode(root, problems)?;
            let _ = check::inputs(&document, &content, check::Bounds::default(), problems);
        }
        Some(DocumentKind::Grammar) => {
            let content = GrammarDocument::decode(root, problems)?;
            let bounds = check::AeonBounds::default();
            let _ = check::grammar(&document, &content, bounds, problems);
        }
        Some(DocumentKind::InitialState) => {
            let list = List::<Int>::decode(root, problems)?;
            let _ = check::inline_state(&document, &list, None, problems);
        }
        Some(DocumentKind::Scenario) => {
            let _ = ScenarioDocument::decode(root, problems)?;
        }
        Some(DocumentKind::Sweep) => {
            let content = SweepDocument::decode(root, problems)?;
            let _ = sweep_of(loader, path, &Loaded { document, content });
        }
        None => {
            let message = "what this document is does not follow from its fields";
            let draft = Draft::on(root, Code::UnknownDocument, message)
                .expected("the fields of a RunConfig, a topology, a profile, a PFNA document or an AEON grammar");
            problems.add_on(root, draft);
        }
    }
    kind
}
