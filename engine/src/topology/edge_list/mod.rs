//! Imports edge lists, with one edge per line, as public graph collections publish them.
//!
//! `lines` reads columns separated by white space, and `table` reads CSV with a header. Both pass
//! the numbers of each line to [`Import`], which maps node ids to 1..N and makes the topology: the
//! edges `10 30` and `30 20` become 1–3 and 3–2.

mod columns;
mod lines;
mod table;

use std::path::Path;

use super::document::{Meta, NewTopology};
use super::settings::{Settings, degree_max};
use crate::config::limits::{EDGES_MAX, NODES_MAX};
use crate::config::{
    Code, Draft, Edge, Names, Problems, ReadDocument, Report, Source, Span, Topology, bad_name,
    defaults, read_text,
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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportOptions {
    format: Option<ListFormat>,
    from: Option<String>,
    to: Option<String>,
    conductance: Option<String>,
    cap: Option<String>,
    drop_self_loops: bool,
    drop_duplicates: bool,
    settings: Settings,
}

impl ImportOptions {
    /// Options with these values for edges that have no column of their own.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            ..Self::default()
        }
    }

    /// The format; by default CSV for a `.csv` file, and lines for any other.
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

/// Reads an edge list. Node ids are integers from 0, in any order and with gaps. The nodes 1..N are
/// the ids that occur, in ascending order; `meta.node_ids` lists them if they are not 1..N already.
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
    let source = read_text(reader, path)?;
    let mut import = Import::new(&source, options);
    let is_csv = path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
    match options.format {
        Some(ListFormat::Csv) => table::read(&mut import),
        None if is_csv => table::read(&mut import),
        Some(ListFormat::Lines) | None => lines::read(&mut import),
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    import.finish(&stem, &name)
}

/// An edge as it is in its line.
struct Listed {
    from: i64,
    to: i64,
    conductance: Option<i64>,
    cap: Option<i64>,
}

/// An edge list being read.
struct Import<'a> {
    source: &'a Source,
    options: &'a ImportOptions,
    problems: Problems,
    edges: Vec<Listed>,
    self_loops: u64,
    /// N, if the file states it.
    node_count: Option<(i64, Span)>,
}

impl<'a> Import<'a> {
    fn new(source: &'a Source, options: &'a ImportOptions) -> Self {
        let mut import = Self {
            source,
            options,
            problems: Problems::default(),
            edges: Vec::new(),
            self_loops: 0,
            node_count: None,
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

    /// Adds an edge; `line` is the span of its line, `to` that of its second node. Returns whether
    /// more edges may follow.
    fn add(&mut self, edge: Listed, to: Span) -> bool {
        if edge.from == edge.to {
            if self.options.drop_self_loops {
                self.self_loops += 1;
                return true;
            }
            let message = format!("an edge joins node {} to itself", edge.from);
            let draft = Draft::new(Code::SelfLoop, to, message)
                .expected("another node")
                .help("remove the line, or leave all such edges out with --drop-self-loops");
            self.report(draft);
            return true;
        }
        if self.edges.len() as u64 >= EDGES_MAX {
            let message = format!("more than {EDGES_MAX} edges, which is over the limit");
            let draft = Draft::new(Code::OverLimit, to, message)
                .expected(format!("at most {EDGES_MAX} edges"))
                .help(format!("this engine runs at most {EDGES_MAX} edges"));
            self.report(draft);
            return false;
        }
        self.edges.push(edge);
        true
    }

    fn finish(mut self, stem: &str, name: &str) -> Result<NewTopology, Report> {
        let duplicates = if self.options.drop_duplicates {
            self.drop_duplicates()
        } else {
            0
        };
        let ids = self.ids();
        if ids.is_empty() && self.problems.len() == 0 {
            let end = self.source.text().trim_end().len();
            let draft = Draft::new(Code::EdgeLine, Span::new(end, end), "the list has no edge")
                .expected("two node ids on a line");
            self.report(draft);
        }
        if ids.len() as u64 > NODES_MAX {
            let message = format!(
                "{} nodes, which is over the limit of {NODES_MAX}",
                ids.len()
            );
            let draft = Draft::new(Code::OverLimit, Span::new(0, 0), message)
                .expected(format!("at most {NODES_MAX} nodes"))
                .help(format!("this engine runs at most {NODES_MAX} nodes"));
            self.report(draft);
        }
        if let Some(report) = std::mem::take(&mut self.problems).into_report() {
            return Err(report);
        }
        Ok(self.made(ids, duplicates, stem, name))
    }

    /// The node ids in order: those that occur, or 1..N if the file states N.
    fn ids(&mut self) -> Vec<i64> {
        if let Some((count, span)) = self.node_count {
            let beyond = self
                .edges
                .iter()
                .flat_map(|edge| [edge.from, edge.to])
                .find(|id| !(1..=count).contains(id));
            if let Some(id) = beyond {
                let message = format!("node {id} occurs and the size line says {count} nodes");
                let draft = Draft::new(Code::EdgeLine, span, message)
                    .help("correct the size line, which counts rows, columns and entries");
                self.report(draft);
            }
            // Over the limit there is a problem, for which the complete list is not needed.
            let most = NODES_MAX.cast_signed();
            return (1..=count.min(most.saturating_add(1))).collect();
        }
        let ends = self.edges.iter().flat_map(|edge| [edge.from, edge.to]);
        let mut ids: Vec<i64> = ends.collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Keeps only the first edge between two nodes; returns the number of edges that were left out.
    fn drop_duplicates(&mut self) -> u64 {
        let pairs = self.edges.iter().enumerate();
        let mut pairs: Vec<(i64, i64, usize)> = pairs
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

    fn made(self, ids: Vec<i64>, duplicates: u64, stem: &str, name: &str) -> NewTopology {
        let settings = &self.options.settings;
        let is_counted = ids.iter().zip(1_i64..).all(|(id, number)| *id == number);
        let index = |id: i64| {
            let at = if is_counted {
                usize::try_from(id - 1).expect("counted ids are 1 to the number of nodes")
            } else {
                ids.partition_point(|known| *known < id)
            };
            u32::try_from(at).expect("the number of nodes is within its limit")
        };
        let edge = |listed: &Listed| Edge {
            from: index(listed.from),
            to: index(listed.to),
            // An edge without its own k gets one below, from the greatest degree.
            conductance: listed.conductance.unwrap_or_default(),
            cap: listed.cap.unwrap_or(settings.cap),
            c: defaults::EDGE_C,
        };
        let mut edges: Vec<Edge> = self.edges.iter().map(edge).collect();
        let conductance = settings.conductance_for(degree_max(ids.len(), &edges));
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
        let gid = settings.gid.clone().unwrap_or_else(|| gid_of(stem));
        let (scale, node_count) = (settings.scale, ids.len());
        if !is_counted {
            meta.numbers("node_ids", ids);
        }
        let topology = Topology {
            gid,
            node_count,
            scale,
            edges,
            names: Names::default(),
        };
        NewTopology::new(topology, meta)
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
