//! Imports edge lists, with one edge per line, as public graph collections publish them.
//!
//! `lines` reads columns separated by white space, and `table` reads CSV with a header. Both pass
//! the cells of each line to [`Import`]. `ends` and `numbering` map the names of nodes to 1..N, in the
//! order of their numbers if all are integers: the edges `10 30` and `30 20` become 1–3 and 3–2.
//! `nodes` reads the file of `--names`, `weight` converts decimals, and `foreign` recognizes files that
//! are not edge lists.

mod columns;
mod ends;
mod foreign;
mod lines;
mod nodes;
mod numbering;
mod table;
mod weight;

use std::path::{Path, PathBuf};

use self::columns::Columns;
use self::ends::{End, Ends};
use self::nodes::Nodes;
use self::numbering::Numbering;
use super::document::{ColumnAccount, Meta, NewTopology};
use super::settings::{Settings, degree_max};
use crate::config::limits::{EDGES_MAX, NODES_MAX};
use crate::config::{
    Code, Draft, Edge, Names, Problems, ReadDocument, Report, Source, Span, Topology, bad_name,
    defaults, read_table,
};

/// The format of an edge list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListFormat {
    /// Columns separated by white space, without a header; `#` and `%` start comments. The banner
    /// and the size line of a Matrix Market file are understood.
    Lines,
    /// CSV with a header; columns are separated by commas, else by semicolons or tabs.
    Csv,
}

/// Options for reading an edge list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportOptions {
    format: Option<ListFormat>,
    from: Option<String>,
    to: Option<String>,
    conductance: Option<String>,
    cap: Option<String>,
    label: Option<String>,
    k_scale: i64,
    names: Option<PathBuf>,
    drop_self_loops: bool,
    drop_duplicates: bool,
    settings: Settings,
}

impl Default for ImportOptions {
    fn default() -> Self {
        Self::new(Settings::default())
    }
}

impl ImportOptions {
    /// Options with these values for edges that have no column of their own.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            format: None,
            from: None,
            to: None,
            conductance: None,
            cap: None,
            label: None,
            k_scale: 1,
            names: None,
            drop_self_loops: false,
            drop_duplicates: false,
            settings,
        }
    }

    /// The column that becomes `edges[].label`.
    #[must_use]
    pub fn label(self, label: Option<String>) -> Self {
        Self { label, ..self }
    }

    /// A factor ≥ 1 of every weight in the column of k, which makes decimals integers.
    #[must_use]
    pub fn k_scale(self, k_scale: i64) -> Self {
        Self { k_scale, ..self }
    }

    /// A table of the nodes in order: the first column has their names, the further ones become
    /// `nodes[].attrs`.
    #[must_use]
    pub fn names(self, names: Option<PathBuf>) -> Self {
        Self { names, ..self }
    }

    /// The format; by default the text decides: a table for a `.csv` or `.tsv` file with a header, and
    /// for any text whose first line has commas or semicolons; else lines.
    #[must_use]
    pub fn format(self, format: ListFormat) -> Self {
        Self {
            format: Some(format),
            ..self
        }
    }

    /// The columns of the first and the second node, each a name from the header or a number from
    /// 1; by default they are found by their names, or are the first two.
    #[must_use]
    pub fn ends(self, from: Option<String>, to: Option<String>) -> Self {
        Self { from, to, ..self }
    }

    /// The columns of k and of cap; by default the CSV columns `k` and `cap`, else the values of
    /// the settings.
    #[must_use]
    pub fn values(self, conductance: Option<String>, cap: Option<String>) -> Self {
        Self {
            conductance,
            cap,
            ..self
        }
    }

    /// Whether edges from a node to itself are left out; they are problems otherwise.
    #[must_use]
    pub fn drop_self_loops(self, drop_self_loops: bool) -> Self {
        Self {
            drop_self_loops,
            ..self
        }
    }

    /// Whether only the first of several edges between two nodes is kept, in either direction;
    /// the others are problems otherwise.
    #[must_use]
    pub fn drop_duplicates(self, drop_duplicates: bool) -> Self {
        Self {
            drop_duplicates,
            ..self
        }
    }
}

/// Reads an edge list, with the names of nodes as they are in the file. If all names are integers, the
/// nodes 1..N are the numbers that occur, in ascending order, and `meta.node_ids` lists them if they are
/// not 1..N already. Otherwise names become `nodes[].label`, in the order of [`ImportOptions::names`],
/// else in that of their first appearance.
///
/// ```
/// use aether_engine::config::MemoryDocuments;
/// use aether_engine::topology::{ImportOptions, import};
///
/// let files = MemoryDocuments::new().with("karate.txt", "# a comment\n0 1\n1 7\n");
/// let made = import(&files, "karate.txt".as_ref(), &ImportOptions::default()).unwrap();
/// assert_eq!((made.node_count(), made.edge_count()), (3, 2));
/// ```
///
/// # Errors
///
/// Everything that is wrong with the file, at once.
pub fn import(
    reader: &dyn ReadDocument,
    path: &Path,
    options: &ImportOptions,
) -> Result<NewTopology, Report> {
    let source = read_table(reader, path)?;
    let names = options.names.as_deref();
    let names = names.map(|path| read_table(reader, path)).transpose()?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut import = Import::new(&source, options);
    if options.format.is_none()
        && let Some(draft) = foreign::problem(source.text(), &name)
    {
        import.report(draft);
    } else {
        match options.format.unwrap_or_else(|| import.format(path)) {
            ListFormat::Csv => table::read(&mut import),
            ListFormat::Lines => {
                lines::read(&mut import);
                import.drop_header();
            }
        }
    }
    let nodes = names.map(|source| nodes::read(&source, &mut import.ends, &mut import.problems));
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    import.finish(nodes, &stem, &name)
}

/// An edge as it is in its line.
struct Listed {
    from: End,
    to: End,
    conductance: Option<i64>,
    cap: Option<i64>,
    label: Option<Box<str>>,
    /// Where its second node is named.
    place: Span,
}

/// An edge list being read.
struct Import<'a> {
    source: &'a Source,
    options: &'a ImportOptions,
    problems: Problems,
    ends: Ends,
    edges: Vec<Listed>,
    self_loops: u64,
    /// N, if the file states it.
    node_count: Option<(i64, Span)>,
    /// A header whose two columns have unusual names, so that it may be an edge.
    guessed_header: Option<(Vec<Box<str>>, Span)>,
    columns: ColumnAccount,
    notes: Vec<String>,
}

impl<'a> Import<'a> {
    fn new(source: &'a Source, options: &'a ImportOptions) -> Self {
        let mut import = Self {
            source,
            options,
            problems: Problems::default(),
            ends: Ends::default(),
            edges: Vec::new(),
            self_loops: 0,
            node_count: None,
            guessed_header: None,
            columns: ColumnAccount::default(),
            notes: Vec::new(),
        };
        if let Some(wrong) = options.settings.gid.as_deref().and_then(bad_name) {
            import.report(Draft::new(
                Code::BadName,
                Span::new(0, 0),
                format!("the gid {wrong}"),
            ));
        }
        import
    }

    fn report(&mut self, draft: Draft) {
        self.problems.add(self.source, draft);
    }

    /// The format that the text has.
    fn format(&self, path: &Path) -> ListFormat {
        let text = self.source.text();
        let has = |ending: &str| {
            let extension = path.extension();
            extension.is_some_and(|extension| extension.eq_ignore_ascii_case(ending))
        };
        let is_named = |header: &[&str]| {
            let (from, to) = (&self.options.from, &self.options.to);
            let given = from
                .iter()
                .chain(to)
                .all(|name| table::named(header, name).is_some());
            table::known_ends(header).is_some() || (given && from.is_some())
        };
        let is_table = if has("tsv") {
            !table::starts_with_numbers(text)
        } else {
            has("csv") || table::is_table(text, is_named)
        };
        if is_table {
            ListFormat::Csv
        } else {
            ListFormat::Lines
        }
    }

    /// Takes the first line of a list of lines for a header if it alone has words for nodes.
    fn drop_header(&mut self) {
        let Some((first, place)) = self.ends.first_word() else {
            return;
        };
        let [edge, rest @ ..] = self.edges.as_slice() else {
            return;
        };
        let ends = [edge.from, edge.to];
        let is_header = place.start() <= edge.place.start()
            && ends.iter().all(|end| self.ends.is_word(*end))
            && !rest.is_empty()
            && !rest
                .iter()
                .any(|edge| self.ends.is_word(edge.from) || self.ends.is_word(edge.to));
        if is_header {
            self.notes.push(format!(
                "the first line, which begins with `{}`, is taken for a header: all other names are integers",
                crate::config::shortened(first)
            ));
            self.ends.no_words();
            self.edges.remove(0);
        }
    }

    /// Notes which columns are used for what.
    fn account(&mut self, columns: Columns, names: impl Iterator<Item = String>) {
        let used = columns.used();
        for (index, name) in names.enumerate() {
            let mut roles = used
                .iter()
                .filter(|(_, column)| *column == index)
                .peekable();
            if roles.peek().is_none() {
                self.columns.unused.push(name);
            } else {
                let roles = roles.map(|(role, _)| (*role, name.clone()));
                self.columns.used.extend(roles);
            }
        }
    }

    /// Adds an edge; returns whether more edges may follow.
    fn add(&mut self, edge: Listed) -> bool {
        if self.edges.len() as u64 >= EDGES_MAX {
            let message = format!("more than {EDGES_MAX} edges, which is over the limit");
            let draft = Draft::new(Code::OverLimit, edge.place, message)
                .expected(format!("at most {EDGES_MAX} edges"))
                .help(format!("this engine runs at most {EDGES_MAX} edges"));
            self.report(draft);
            return false;
        }
        self.edges.push(edge);
        true
    }

    fn finish(
        mut self,
        nodes: Option<Nodes>,
        stem: &str,
        name: &str,
    ) -> Result<NewTopology, Report> {
        self.check_header();
        self.read_numbers();
        self.self_loops();
        let duplicates = if self.options.drop_duplicates {
            self.drop_duplicates()
        } else {
            0
        };
        let has_nodes = nodes.is_some();
        let numbering = Numbering::of(&mut self, nodes);
        if self.edges.is_empty() && numbering.len() == 0 && self.problems.len() == 0 {
            let end = self.source.text().trim_end().len();
            let draft = Draft::new(Code::EdgeLine, Span::new(end, end), "the list has no edge")
                .expected("two node names on a line");
            self.report(draft);
        }
        if numbering.len() as u64 > NODES_MAX {
            let message = format!(
                "{} nodes, which is over the limit of {NODES_MAX}",
                numbering.len()
            );
            let draft = Draft::new(Code::OverLimit, Span::new(0, 0), message)
                .expected(format!("at most {NODES_MAX} nodes"))
                .help(format!("this engine runs at most {NODES_MAX} nodes"));
            self.report(draft);
        }
        if let Some(report) = std::mem::take(&mut self.problems).into_report() {
            return Err(report);
        }
        if !has_nodes && let Some((word, place)) = self.ends.first_word() {
            let line = self.source.position(place.start()).line;
            let integers = numbering.integers();
            if integers > 0 {
                self.notes.push(format!(
                    "not all names are integers (`{}` in line {line} is not), so nodes are numbered in the order in which they appear",
                    crate::config::shortened(word)
                ));
            }
        }
        Ok(self.made(numbering, duplicates, stem, name))
    }

    /// Reports a header that is an edge: its two columns have names that are names of nodes.
    fn check_header(&mut self) {
        let Some((cells, place)) = self.guessed_header.take() else {
            return;
        };
        let is_node = |edge: &Listed| {
            let names = [self.ends.name(edge.from), self.ends.name(edge.to)];
            names
                .iter()
                .any(|name| cells.iter().any(|cell| **cell == **name))
        };
        if self.edges.iter().any(is_node) {
            let draft = Draft::new(Code::EdgeColumn, place, "the first line is not a header")
                .expected("the names of the columns")
                .help("add a first line such as `from,to`");
            self.report(draft);
        }
    }

    /// If all names are integers, makes them numbers, and reports those that cannot be ids.
    fn read_numbers(&mut self) {
        if self.ends.first_word().is_some() {
            return;
        }
        let refused: Vec<Draft> = self.ends.refused().collect();
        for draft in refused {
            self.report(draft);
        }
        for edge in &mut self.edges {
            edge.from = self.ends.number(edge.from);
            edge.to = self.ends.number(edge.to);
        }
    }

    /// Leaves out or reports the edges from a node to itself.
    fn self_loops(&mut self) {
        if self.options.drop_self_loops {
            let before = self.edges.len();
            self.edges.retain(|edge| edge.from != edge.to);
            self.self_loops = (before - self.edges.len()) as u64;
            return;
        }
        for edge in &self.edges {
            if edge.from == edge.to {
                let name = self.ends.name(edge.from);
                let message = format!(
                    "an edge joins node {} to itself",
                    crate::config::shortened(&name)
                );
                let draft = Draft::new(Code::SelfLoop, edge.place, message)
                    .expected("another node")
                    .help("remove the line, or leave all such edges out with --drop-self-loops");
                self.problems.add(self.source, draft);
            }
        }
    }

    /// Keeps only the first edge between two nodes; returns the number of edges that were left out.
    fn drop_duplicates(&mut self) -> u64 {
        let pairs = self.edges.iter().enumerate();
        let mut pairs: Vec<(End, End, usize)> = pairs
            .map(|(index, Listed { from, to, .. })| (*from.min(to), *from.max(to), index))
            .collect();
        pairs.sort_unstable();
        let mut is_first = vec![true; self.edges.len()];
        for pair in pairs.windows(2) {
            if let [(a, b, _), (c, d, later)] = pair
                && (a, b) == (c, d)
            {
                is_first[*later] = false;
            }
        }
        let before = self.edges.len();
        let mut is_first = is_first.into_iter();
        self.edges
            .retain(|_| is_first.next().expect("one answer for each edge"));
        (before - self.edges.len()) as u64
    }

    fn made(
        mut self,
        numbering: Numbering,
        duplicates: u64,
        stem: &str,
        name: &str,
    ) -> NewTopology {
        let settings = &self.options.settings;
        let edge = |listed: &Listed| Edge {
            from: numbering.index(listed.from),
            to: numbering.index(listed.to),
            // An edge without its own k gets one below, from the greatest degree.
            conductance: listed.conductance.unwrap_or_default(),
            cap: listed.cap.unwrap_or(settings.cap),
            c: defaults::EDGE_C,
        };
        let mut edges: Vec<Edge> = self.edges.iter().map(edge).collect();
        let conductance = settings.conductance_for(degree_max(numbering.len(), &edges));
        for (edge, listed) in edges.iter_mut().zip(&self.edges) {
            edge.conductance = listed.conductance.unwrap_or(conductance);
        }
        let mut meta = Meta::default();
        meta.text("source", name);
        for (key, count) in [
            ("self_loops_dropped", self.self_loops),
            ("duplicates_dropped", duplicates),
        ] {
            if count > 0 {
                meta.number(key, count);
            }
        }
        if self.columns.used.iter().any(|(role, _)| *role == "k") && self.options.k_scale != 1 {
            meta.number("k_scale", self.options.k_scale.unsigned_abs());
        }
        let gid = settings.gid.clone().unwrap_or_else(|| gid_of(stem));
        let (scale, node_count) = (settings.scale, numbering.len());
        let (nodes, ids) = numbering.described(&self.ends);
        if let Some(ids) = ids {
            meta.numbers("node_ids", ids);
        }
        let labels = self
            .edges
            .iter_mut()
            .map(|edge| edge.label.take())
            .collect();
        let topology = Topology {
            gid,
            node_count,
            scale,
            edges: edges.into_iter().collect(),
            names: Names::default(),
        };
        NewTopology::new(topology, meta)
            .with_labels(nodes, labels)
            .with_account(self.columns, self.notes)
    }
}

/// A graph id from a file name: characters that an id may not have become `_`.
fn gid_of(stem: &str) -> String {
    let plain = |c: char| match c {
        ' '..='~' if !matches!(c, '"' | '\'' | '\\' | '/') => c,
        _ => '_',
    };
    let gid: String = stem.chars().map(plain).take(64).collect();
    if gid.is_empty() {
        "GRAPH".to_owned()
    } else {
        gid
    }
}
