//! Loads a run: reads a RunConfig and the documents that it names, and checks them together.

use std::collections::BTreeMap;
use std::path::Path;

use super::aeon::Aeon;
use super::change::{ChangedParts, Part};
use super::check::{self, CheckedTopology, Known};
use super::decode::{Int, PathText, bad_name, nearest};
use super::defaults;
use super::documents::{
    GrammarDocument, PfnaDocument, ProfileDocument, RunConfig, TopologyDocument,
};
use super::inputs::Inputs;
use super::limits::DOCUMENT_BYTES_MAX;
use super::plan::{Profile, ResolvedDocuments, RunPlan, Topology, Window};
use super::problem::{Code, Draft, Place, Problems, Report};
use super::read::{ReadDocument, error_words, shown_path};
use super::resolve::{self, ConfiguredNames};
use super::source::{Source, Span};
use super::tree::{Document, NodeId, Value};
use super::validate::{DocumentKind, DocumentRoot};

/// Reads a RunConfig and the documents it names, and checks them all.
///
/// A relative `path` starts at the reader's base. The reader is the only source of data, so the
/// same documents give the same plan or the same report.
///
/// ```
/// use aether_engine::config::{MemoryDocuments, load_run};
///
/// let documents = MemoryDocuments::new()
///     .with("run.toml", r#"
///         v = 1
///         gid = "PAIR"
///         run_id = "pair"
///         topology_path = "pair.json"
///         profile_path = "cmp-0.json"
///         tciks = 4
///     "#);
/// let report = load_run(&documents, "run.toml".as_ref()).unwrap_err();
/// assert!(report.to_string().contains("AE0201: a RunConfig has no field `tciks`"));
/// ```
///
/// # Errors
///
/// Every problem of every document, in one [`Report`].
pub fn load_run(reader: &dyn ReadDocument, path: &Path) -> Result<RunPlan, Report> {
    load_run_with_warnings(reader, path).map(|checked| checked.value)
}

/// As [`load_run`], with what is legal in the documents and probably not meant.
///
/// # Errors
///
/// Every problem of every document, in one [`Report`].
pub fn load_run_with_warnings(
    reader: &dyn ReadDocument,
    path: &Path,
) -> Result<Checked<RunPlan>, Report> {
    let mut loader = Loader::new(reader);
    let plan = loader.run(path);
    loader.finish(plan, path)
}

/// What documents say that have no problems.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Checked<T> {
    /// What they say.
    pub value: T,
    /// What is legal and probably not meant; `None` if there is nothing of the kind.
    pub warnings: Option<Report>,
}

impl ResolvedDocuments {
    /// The plan of resolved documents, which become part of the plan unchanged.
    ///
    /// # Errors
    /// Every problem of every document.
    pub fn plan(&self) -> Result<RunPlan, Report> {
        plan_of_changed(self, ChangedParts::default())
    }
}

/// The plan of resolved documents of which some were changed; those are resolved again.
pub(super) fn plan_of_changed(
    documents: &ResolvedDocuments,
    changed: ChangedParts,
) -> Result<RunPlan, Report> {
    let mut loader = Loader {
        resolved: Some(documents),
        changed,
        ..Loader::new(documents)
    };
    let path = Path::new("run_config.json");
    let plan = loader.run(path);
    loader.finish(plan, path).map(|checked| checked.value)
}

/// Resolved documents by their names in reports. No path in them is followed.
impl ReadDocument for ResolvedDocuments {
    fn read(&self, path: &Path, _limit: u64) -> std::io::Result<Vec<u8>> {
        let text = match path.to_str() {
            Some("run_config.json") => Some(&self.run_config),
            Some("topology.json") => Some(&self.topology),
            Some("profile.json") => Some(&self.profile),
            Some("pfna.json") => self.pfna.as_ref(),
            Some("aeon.json") => self.aeon.as_ref(),
            _ => None,
        };
        match text {
            Some(text) => Ok(text.clone().into_bytes()),
            None => Err(std::io::ErrorKind::NotFound.into()),
        }
    }
}

/// The text of a table or edge list, read under the limits of documents.
#[cfg(feature = "topology")]
pub(crate) fn read_table(reader: &dyn ReadDocument, path: &Path) -> Result<Source, Report> {
    let mut loader = Loader::new(reader);
    let source = loader.read_table(path, None);
    loader.finish(source, path).map(|checked| checked.value)
}

/// A profile by itself, with its document.
pub(super) fn profile_of(
    reader: &dyn ReadDocument,
    path: &Path,
) -> Result<(Profile, ProfileDocument), Report> {
    let mut loader = Loader::new(reader);
    let loaded = loader.load::<ProfileDocument>(path, None);
    let profile = loaded.and_then(|Loaded { document, content }| {
        let profile = check::profile(&document, &content, &mut loader.problems)?;
        Some((profile, content))
    });
    loader.finish(profile, path).map(|checked| checked.value)
}

/// A document with its decoded content.
pub(super) struct Loaded<T> {
    pub(super) document: Document,
    pub(super) content: T,
}

pub(super) struct Loader<'r> {
    reader: &'r dyn ReadDocument,
    /// The documents themselves, if they are resolved already: paths in them name nothing.
    resolved: Option<&'r ResolvedDocuments>,
    /// Which of the resolved documents were changed, and are to be resolved again.
    changed: ChangedParts,
    pub(super) problems: Problems,
    files: BTreeMap<String, String>,
}

/// The documents that a RunConfig names.
struct Named {
    topology: Option<Loaded<TopologyDocument>>,
    profile: Option<Loaded<ProfileDocument>>,
    pfna: Option<Pfna>,
    aeon: Option<Loaded<GrammarDocument>>,
}

/// External inputs as they are read.
enum Pfna {
    Document(Box<Loaded<PfnaDocument>>),
    /// A table, with the id of all its entries.
    Table(Source, String),
}

impl<'r> Loader<'r> {
    pub(super) fn new(reader: &'r dyn ReadDocument) -> Self {
        Self {
            reader,
            resolved: None,
            changed: ChangedParts::default(),
            problems: Problems::default(),
            files: BTreeMap::new(),
        }
    }

    /// The value that was made if there are no problems, else the problems.
    pub(super) fn finish<T>(self, value: Option<T>, path: &Path) -> Result<Checked<T>, Report> {
        let shown = shown_path(path, self.reader.base());
        let is_valid = self.problems.len() == 0;
        match (self.problems.into_report(), value) {
            (warnings, Some(value)) if is_valid => Ok(Checked { value, warnings }),
            (Some(report), _) if !is_valid => Err(report),
            _ => Err(Report::unexplained(&shown)),
        }
    }

    /// The plan; `None` if there are problems.
    pub(super) fn run(&mut self, path: &Path) -> Option<RunPlan> {
        self.run_named(path, None)
    }

    /// The plan of a RunConfig that a value of a different document may name.
    pub(super) fn run_named(
        &mut self,
        path: &Path,
        named_by: Option<Value<'_>>,
    ) -> Option<RunPlan> {
        let run = self.load::<RunConfig>(path, named_by)?;
        self.run_of(path, &run)
    }

    /// The plan of a RunConfig that has been read.
    pub(super) fn run_of(&mut self, path: &Path, run: &Loaded<RunConfig>) -> Option<RunPlan> {
        self.name_file("run_config", path);
        let directory = path.parent().unwrap_or(Path::new("")).to_owned();
        let Loaded { document, content } = run;
        let settings = check::run_settings(document, content, &mut self.problems);
        let pfna_on = check::flag(content.enable_pfna, defaults::PFNA);
        let pfna_path = content.pfna_path.as_ref().filter(|_| pfna_on);
        let named = Named {
            topology: self.named(
                run,
                &directory,
                "topology",
                content.topology_path.get(),
                content.places.topology_path,
            ),
            profile: self.named(
                run,
                &directory,
                "profile",
                content.profile_path.get(),
                content.places.profile_path,
            ),
            pfna: pfna_path.and_then(|path| self.pfna(run, &directory, path)),
            aeon: self.named(
                run,
                &directory,
                "aeon",
                content.aeon_path.as_ref(),
                content.places.aeon_path,
            ),
        };
        self.same_ids(run, &named);

        let node_count = named.topology.as_ref().and_then(node_count);
        let length = check::value_at(document, content.places.ticks);
        let ticks = settings
            .ticks
            .zip(length)
            .map(|(number, value)| Known { number, value });
        let topology = named
            .topology
            .as_ref()
            .and_then(|Loaded { document, content }| {
                check::topology(document, content, &mut self.problems)
            });
        let profile = named
            .profile
            .as_ref()
            .and_then(|Loaded { document, content }| {
                check::profile(document, content, &mut self.problems)
            });
        let state = self.initial_state(run, &directory, node_count);
        let windows = check::windows(document, content, settings.ticks, &mut self.problems);
        let defaults = named.profile.as_ref().map(|profile| &profile.content);
        let nap = check::nap(document, content.nap.as_ref(), defaults, &mut self.problems);
        let bounds = check::Bounds {
            node_count,
            ticks,
            names: topology.as_ref().map(|checked| &checked.topology.names),
        };
        let inputs = match &named.pfna {
            None => None,
            Some(Pfna::Document(pfna)) => {
                let Loaded { document, content } = &**pfna;
                check::inputs(document, content, bounds, &mut self.problems)
            }
            Some(Pfna::Table(source, pfna_id)) => {
                check::input_table(source, pfna_id, bounds, &mut self.problems)
            }
        };
        let aeon = self.aeon(
            run,
            named.aeon.as_ref(),
            windows.as_deref(),
            ticks,
            topology.as_ref().map(|checked| &checked.topology),
        );
        if self.problems.len() > 0 {
            self.unchecked(run, &named, node_count.is_some(), settings.ticks.is_some());
            return None;
        }
        let CheckedTopology {
            topology,
            described,
        } = topology?;
        let (profile, windows) = (profile?, windows?);
        let (gid, run_id) = (
            content.gid.get()?.0.clone(),
            content.run_id.get()?.0.clone(),
        );
        let (ticks, initial_state) = (settings.ticks?, state?);
        let inputs = if pfna_on { inputs? } else { Inputs::default() };
        let spacing = content.loom.as_ref().and_then(|loom| loom.spacing);
        let checkpoint_spacing = spacing.map_or(profile.checkpoint_spacing, |Int(spacing)| {
            check::count(spacing)
        });
        let codex = check::flag(content.enable_codex, defaults::CODEX);
        let metrics = content.metrics.as_ref().and_then(|metrics| metrics.enabled);
        let metrics = check::flag(metrics, defaults::METRICS);
        let kept = |part: Part| {
            let documents = self.resolved.filter(|_| !self.changed.has(part))?;
            documents.text(part).map(str::to_owned)
        };
        let given = named.topology.as_ref()?;
        let profile_content = &named.profile.as_ref()?.content;
        let documents = ResolvedDocuments {
            run_config: kept(Part::RunConfig).unwrap_or_else(|| {
                let names = ConfiguredNames::of(content);
                let settings = resolve::Settings {
                    gid: &gid,
                    run_id: &run_id,
                    ticks,
                    initial_state: &initial_state,
                    windows: &windows,
                    nap: &nap,
                    checkpoint_spacing,
                    codex,
                    diagnostics: &settings.diagnostics,
                    logging: &settings.logging,
                    metrics,
                    apxi: aeon.as_ref().and_then(|aeon| aeon.apxi.as_ref()),
                };
                resolve::run_config(&settings, &names)
            }),
            topology: kept(Part::Topology).unwrap_or_else(|| {
                let given = resolve::GivenTopology {
                    document: &given.document,
                    content: &given.content,
                    described: &described,
                };
                resolve::topology(&given, &topology, &profile.name)
            }),
            profile: kept(Part::Profile)
                .unwrap_or_else(|| resolve::profile(&profile, profile_content)),
            pfna: named.pfna.as_ref().map(|pfna| {
                let ids = match pfna {
                    Pfna::Document(pfna) => resolve::pfna_ids(&pfna.content),
                    Pfna::Table(_, pfna_id) => (nap.nid.as_str(), pfna_id.as_str()),
                };
                kept(Part::Pfna).unwrap_or_else(|| resolve::pfna(ids, &gid, &run_id, &inputs))
            }),
            aeon: aeon
                .as_ref()
                .map(|aeon| kept(Part::Aeon).unwrap_or_else(|| resolve::grammar(&aeon.grammar))),
            files: match self.resolved {
                Some(documents) => documents.files.clone(),
                None => std::mem::take(&mut self.files),
            },
        };
        Some(RunPlan {
            gid,
            run_id,
            ticks,
            topology,
            profile,
            initial_state,
            windows,
            nap,
            checkpoint_spacing,
            codex,
            inputs,
            diagnostics: settings.diagnostics,
            logging: settings.logging,
            metrics,
            aeon,
            documents,
        })
    }

    /// The grammar with what is tried on its windows; `None` without a grammar, and if there are
    /// problems.
    fn aeon(
        &mut self,
        run: &Loaded<RunConfig>,
        grammar: Option<&Loaded<GrammarDocument>>,
        windows: Option<&[Window]>,
        ticks: Option<Known<'_>>,
        topology: Option<&Topology>,
    ) -> Option<Aeon> {
        let Loaded { document, content } = run;
        check::apxi_needs_grammar(document, content, &mut self.problems);
        let checked = grammar.and_then(|Loaded { document, content }| {
            let bounds = check::AeonBounds { ticks, windows };
            check::grammar(document, content, bounds, &mut self.problems)
        });
        if let Some(checked) = &checked {
            let windows = content.windows.as_ref();
            check::aeon_window_ids(document, windows, checked, &mut self.problems);
        }
        let apxi = content.apxi.as_ref().map(|content| {
            let bounds = check::ApxiBounds {
                grammar: checked.as_ref(),
                windows,
                node_count: topology.map(|topology| topology.node_count as u64),
                edge_count: topology.map(|topology| topology.edges.len() as u64),
            };
            check::apxi(document, content, bounds, &mut self.problems)
        });
        let apxi = match apxi {
            Some(apxi) => Some(apxi?),
            None => None,
        };
        Some(Aeon {
            grammar: checked?.grammar?,
            apxi,
        })
    }

    /// Reports what was not checked, because the values to check it against are not known.
    fn unchecked(
        &mut self,
        run: &Loaded<RunConfig>,
        named: &Named,
        nodes_known: bool,
        ticks_known: bool,
    ) {
        let content = &run.content;
        let pfna = named.pfna.is_some();
        let all = |parts: &[(bool, &'static str)]| {
            let parts: Vec<_> = parts.iter().filter(|part| part.0).collect();
            let parts: Vec<_> = parts.iter().map(|part| part.1).collect();
            (!parts.is_empty()).then(|| parts.join(", "))
        };
        let length = [
            (content.places.windows.is_some(), "the ticks of windows"),
            (pfna, "the ticks of inputs"),
            (named.aeon.is_some(), "the ticks of AEON windows"),
        ];
        if let (false, Some(what)) = (ticks_known, all(&length)) {
            self.problems.unchecked(&what, "`ticks` is not known");
        }
        let places = &content.places;
        let state = places.initial_state.is_some() || places.initial_state_path.is_some();
        let nodes = [
            (named.topology.is_some(), "the ends of edges"),
            (state, "the length of the initial state"),
            (pfna, "the lengths of inputs"),
        ];
        if let (false, Some(what)) = (nodes_known, all(&nodes)) {
            self.problems.unchecked(&what, "`N` is not known");
        }
        let pfna_on = check::flag(content.enable_pfna, defaults::PFNA);
        for (missing, what) in [
            (named.topology.is_none(), "the topology"),
            (named.profile.is_none(), "the profile"),
            (pfna_on && !pfna, "the PFNA document"),
            (
                content.places.aeon_path.is_some() && named.aeon.is_none(),
                "the AEON grammar",
            ),
        ] {
            if missing {
                self.problems.unchecked(what, "it was not read");
            }
        }
    }

    /// Reads and decodes a document, which a field of a different document may name.
    pub(super) fn load<T: DocumentRoot>(
        &mut self,
        path: &Path,
        named_by: Option<Value<'_>>,
    ) -> Option<Loaded<T>> {
        let document = self.open(path, named_by)?;
        if let Some(found) = DocumentKind::other(&document, T::KIND) {
            self.other_kind(&document, (found, T::KIND), named_by);
            return None;
        }
        let content = T::decode(document.root(), &mut self.problems)?;
        Some(Loaded { document, content })
    }

    /// Reports a document of another kind than is needed.
    fn other_kind(
        &mut self,
        document: &Document,
        (found, needed): (DocumentKind, DocumentKind),
        named_by: Option<Value<'_>>,
    ) {
        let (found, needed) = (found.with_article(), needed.with_article());
        let root = document.root();
        let message = format!("this is {found}, not {needed}");
        let draft = Draft::on(root, Code::OtherDocument, message).expected(needed);
        let draft = match named_by {
            Some(value) => draft
                .related(value, format!("named here as {needed}"))
                .help(format!("name {needed} here")),
            None => draft.help(format!(
                "name {needed}; `aether validate` checks {found} by itself"
            )),
        };
        self.problems.add_on(root, draft);
    }

    /// Reads the document that a field of the RunConfig names.
    fn named<T: DocumentRoot>(
        &mut self,
        run: &Loaded<RunConfig>,
        directory: &Path,
        what: &str,
        path: Option<&PathText>,
        place: Option<NodeId>,
    ) -> Option<Loaded<T>> {
        let given = &path?.0;
        let path = match self.resolved {
            Some(_) => format!("{what}.json").into(),
            None => directory.join(given),
        };
        self.name_file(what, &path);
        self.load(&path, check::value_at(&run.document, place))
    }

    /// Reads the external inputs: a document, or a table whose entries have the file's stem as their
    /// id.
    fn pfna(&mut self, run: &Loaded<RunConfig>, directory: &Path, path: &PathText) -> Option<Pfna> {
        let place = run.content.places.pfna_path;
        let file = directory.join(&path.0);
        let is_table = matches!(extension(&file).as_deref(), Some("csv" | "tsv"));
        if self.resolved.is_some() || !is_table {
            let document = self.named(run, directory, "pfna", Some(path), place);
            return document.map(|document| Pfna::Document(Box::new(document)));
        }
        self.name_file("pfna", &file);
        let named_by = check::value_at(&run.document, place);
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        if let Some(wrong) = bad_name(&stem) {
            let shown = shown_path(&file, self.reader.base());
            self.file_problem(&shown, named_by, |span| {
                let message = format!("the name of the table without its ending {wrong}");
                Draft::new(Code::BadName, span, message)
                    .help("rename the file: its name is the id of its entries")
            });
            return None;
        }
        let source = self.read_table(&file, named_by)?;
        Some(Pfna::Table(source, stem.into_owned()))
    }

    fn name_file(&mut self, what: &str, path: &Path) {
        self.files
            .insert(what.to_owned(), shown_path(path, self.reader.base()));
    }

    /// The state at tick 0, from the RunConfig or from a file of its own.
    fn initial_state(
        &mut self,
        run: &Loaded<RunConfig>,
        directory: &Path,
        node_count: Option<Known<'_>>,
    ) -> Option<Vec<i64>> {
        let Loaded { document, content } = run;
        if let Some(list) = &content.initial_state {
            return check::inline_state(document, list, node_count, &mut self.problems);
        }
        let path = directory.join(&content.initial_state_path.as_ref()?.0);
        let named_by = check::value_at(document, content.places.initial_state_path);
        self.name_file("initial_state", &path);
        match extension(&path).as_deref() {
            Some("csv") => {
                let source = self.read_table(&path, named_by)?;
                check::state_csv(&source, node_count, &mut self.problems)
            }
            Some("json") => {
                let document = self.open(&path, named_by)?;
                check::json_state(&document, node_count, &mut self.problems)
            }
            _ => {
                self.unknown_format(&path, named_by, "`.json` or `.csv`");
                None
            }
        }
    }

    /// Checks that gid, run_id and SC are equal in all documents, as far as they are known.
    fn same_ids(&mut self, run: &Loaded<RunConfig>, named: &Named) {
        let gid = run.content.gid.get().map(|gid| gid.0.as_str());
        let run_id = run.content.run_id.get().map(|id| id.0.as_str());
        let places = &run.content.places;
        let our_gid = (gid, check::value_at(&run.document, places.gid));
        let our_run_id = (run_id, check::value_at(&run.document, places.run_id));
        if let Some(Loaded { document, content }) = &named.topology {
            let theirs = content.gid.get().map(|gid| gid.0.as_str());
            let found = (theirs, check::value_at(document, content.places.gid));
            self.same(Code::GidMismatch, "gid", found, our_gid, "the topology");
        }
        if let Some(Pfna::Document(pfna)) = &named.pfna {
            let Loaded { document, content } = &**pfna;
            let theirs = content.gid.get().map(|gid| gid.0.as_str());
            let found = (theirs, check::value_at(document, content.places.gid));
            self.same(
                Code::GidMismatch,
                "gid",
                found,
                our_gid,
                "the PFNA document",
            );
            let theirs = content.run_id.as_ref().map(|id| id.0.as_str());
            let found = (theirs, check::value_at(document, content.places.run_id));
            self.same(
                Code::RunIdMismatch,
                "run_id",
                found,
                our_run_id,
                "the PFNA document",
            );
        }
        let (Some(topology), Some(profile)) = (&named.topology, &named.profile) else {
            return;
        };
        let (theirs, wanted) = (topology.content.scale.get(), profile.content.scale.get());
        let values = (
            check::value_at(&topology.document, topology.content.places.scale),
            check::value_at(&profile.document, profile.content.places.scale),
        );
        if let (Some(theirs), Some(wanted), (Some(at), Some(other))) = (theirs, wanted, values)
            && theirs != wanted
        {
            let message = format!(
                "the topology's SC is {} and the profile's {}",
                theirs.0, wanted.0
            );
            let draft = Draft::on(at, Code::ScaleMismatch, message)
                .expected(wanted.0.to_string())
                .related(other, "the profile's SC");
            self.problems.add_on(at, draft);
        }
    }

    /// Checks two strings that must be equal.
    fn same(
        &mut self,
        code: Code,
        key: &str,
        (found, at): (Option<&str>, Option<Value<'_>>),
        (expected, other): (Option<&str>, Option<Value<'_>>),
        noun: &str,
    ) {
        let (Some(found), Some(at)) = (found, at) else {
            return;
        };
        let (Some(expected), Some(other)) = (expected, other) else {
            return;
        };
        if found != expected {
            let message = format!("{noun}'s `{key}` is `{found}` and the RunConfig's `{expected}`");
            let draft = Draft::on(at, code, message)
                .expected(format!("\"{expected}\""))
                .related(other, format!("the RunConfig's `{key}`"));
            self.problems.add_on(at, draft);
        }
    }

    /// Reads and parses a document in the format of its extension.
    pub(super) fn open(&mut self, path: &Path, named_by: Option<Value<'_>>) -> Option<Document> {
        let parse = match extension(path).as_deref() {
            Some("json") => Document::parse_json,
            Some("toml") => Document::parse_toml,
            _ => {
                self.unknown_format(path, named_by, "`.json` or `.toml`");
                return None;
            }
        };
        let source = self.read(path, named_by)?;
        match parse(source) {
            Ok((document, drafts)) => {
                for draft in drafts {
                    self.problems.add(document.source(), draft);
                }
                Some(document)
            }
            Err((source, drafts)) => {
                for draft in drafts {
                    self.problems.add(&source, draft);
                }
                let what = format!("the fields of {}", source.path());
                self.problems
                    .unchecked(&what, "its syntax must be right first");
                None
            }
        }
    }

    fn unknown_format(&mut self, path: &Path, named_by: Option<Value<'_>>, formats: &str) {
        let shown = shown_path(path, self.reader.base());
        let message = format!("the format of {shown} is not known by its extension");
        let code = Code::UnknownFormat;
        self.file_problem(&shown, named_by, |span| {
            Draft::new(code, span, message).expected(format!("a path that ends in {formats}"))
        });
    }

    /// Reads the text of a document.
    fn read(&mut self, path: &Path, named_by: Option<Value<'_>>) -> Option<Source> {
        let (shown, bytes) = self.bytes(path, named_by)?;
        self.text(shown, bytes)
    }

    /// Reads the text of a table, which may start with the byte order mark that spreadsheets write.
    fn read_table(&mut self, path: &Path, named_by: Option<Value<'_>>) -> Option<Source> {
        const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
        let (shown, mut bytes) = self.bytes(path, named_by)?;
        if bytes.starts_with(BYTE_ORDER_MARK) {
            bytes.drain(..BYTE_ORDER_MARK.len());
        }
        self.text(shown, bytes)
    }

    /// Reads a file, whose path is returned as reports show it.
    fn bytes(&mut self, path: &Path, named_by: Option<Value<'_>>) -> Option<(String, Vec<u8>)> {
        let shown = shown_path(path, self.reader.base());
        let bytes = match self.reader.read(path, DOCUMENT_BYTES_MAX) {
            Ok(bytes) if bytes.len() as u64 > DOCUMENT_BYTES_MAX => {
                let message = format!("{shown} is larger than 512 MiB");
                self.file_problem(&shown, named_by, |span| {
                    Draft::new(Code::FileTooLarge, span, message)
                });
                return None;
            }
            Ok(bytes) => bytes,
            Err(error) => {
                let code = Code::of_read(&error);
                let message = format!("{shown} cannot be read: {}", error_words(&error));
                let is_missing = code == Code::FileNotFound;
                let help = is_missing.then(|| self.near_file(path)).flatten();
                self.file_problem(&shown, named_by, |span| {
                    Draft::new(code, span, message).help_if(help)
                });
                return None;
            }
        };
        Some((shown, bytes))
    }

    /// Help that names the file that was probably meant, if there is one.
    fn near_file(&self, path: &Path) -> Option<String> {
        let name = path.file_name()?.to_str()?;
        // If the directory cannot be read, the problem is reported without advice.
        let siblings = self.reader.siblings(path).ok()?;
        // A link that leads nowhere has the name itself.
        let others = siblings
            .iter()
            .map(String::as_str)
            .filter(|other| *other != name);
        let near = nearest(name, others)?;
        Some(format!(
            "did you mean `{near}`, which is in the same directory?"
        ))
    }

    /// Bytes as text; they must be UTF-8 without a byte order mark, and not empty.
    fn text(&mut self, shown: String, bytes: Vec<u8>) -> Option<Source> {
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                self.not_utf8(shown, &error);
                return None;
            }
        };
        let source = Source::new(shown, text);
        let (code, message, len) = if source.text().starts_with('\u{feff}') {
            (
                Code::ByteOrderMark,
                "the document starts with a byte order mark",
                3,
            )
        } else if source.text().trim().is_empty() {
            (Code::EmptyDocument, "the document is empty", 0)
        } else {
            return Some(source);
        };
        self.problems
            .add(&source, Draft::new(code, Span::new(0, len), message));
        None
    }

    fn not_utf8(&mut self, shown: String, error: &std::string::FromUtf8Error) {
        let bytes = error.as_bytes();
        let at = error.utf8_error().valid_up_to();
        let help = match bytes {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
                Some("this looks like UTF-16: save it as UTF-8".to_owned())
            }
            _ => None,
        };
        let byte = bytes[at];
        // Up to the end of the line; bytes that are not UTF-8 appear as replacement characters.
        let (before, rest) = bytes.split_at(at);
        let mut lines = rest.split(|byte| *byte == b'\n');
        let line = lines.next().expect("a split has a first part");
        let line = &line[..line.len().min(64)];
        let mut text = String::from_utf8_lossy(before).into_owned();
        text.push_str(&String::from_utf8_lossy(line));
        let source = Source::new(shown, text);
        let message = format!("the byte 0x{byte:02x} is not UTF-8");
        let draft = Draft::new(Code::NotUtf8, Span::new(at, at + 1), message).help_if(help);
        self.problems.add(&source, draft);
    }

    /// A problem with a file, at the value that names it, or else at the file itself.
    fn file_problem(
        &mut self,
        shown: &str,
        named_by: Option<Value<'_>>,
        draft: impl FnOnce(Span) -> Draft,
    ) {
        match named_by {
            Some(value) => {
                let draft = draft(value.span()).at(value.path());
                self.problems.add_on(value, draft);
            }
            None => self
                .problems
                .add_at(Place::file(shown), draft(Span::new(0, 0))),
        }
    }
}

/// N; `None` if it is not known.
fn node_count(topology: &Loaded<TopologyDocument>) -> Option<Known<'_>> {
    let count = topology.content.node_count.get()?;
    let value = check::value_at(&topology.document, topology.content.places.node_count)?;
    Some(Known {
        number: check::count(count.0),
        value,
    })
}

fn extension(path: &Path) -> Option<String> {
    Some(path.extension()?.to_str()?.to_ascii_lowercase())
}
