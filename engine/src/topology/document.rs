//! [`NewTopology`]: a new topology, and its text as a document.

use std::fmt::Write as _;

use super::settings::MakeError;
use crate::canonical;
use crate::config::limits::DOCUMENT_BYTES_MAX;
use crate::config::{NotAName, Topology};

/// SC of CMP-0.
pub(super) const CMP_0_SCALE: i64 = 32;

/// The format of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// JSON, one edge per line.
    Json,
    /// TOML, one edge per line.
    Toml,
}

/// A valid topology that was not read from a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTopology {
    topology: Topology,
    meta: Meta,
    /// Empty if no node has a name or attributes.
    nodes: Vec<DescribedNode>,
    /// One for each edge, or none at all.
    labels: Vec<Option<Box<str>>>,
    columns: ColumnAccount,
    notes: Vec<String>,
}

/// What is known of a node beside its edges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct DescribedNode {
    pub(super) label: Option<String>,
    pub(super) attrs: Attrs,
}

/// The attributes of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Attrs(pub(super) Vec<(String, Attr)>);

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Attr {
    /// A number in plain decimal, spelled as in both JSON and TOML.
    Number(String),
    Text(String),
}

impl Attr {
    /// The value of a cell: a number if every reader takes it for the same number.
    pub(super) fn of(cell: &str) -> Self {
        let digits =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let unsigned = cell.strip_prefix('-').unwrap_or(cell);
        let (whole, fraction) = match unsigned.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (unsigned, None),
        };
        let is_plain = digits(whole) && (whole == "0" || !whole.starts_with('0'));
        let is_number = is_plain
            && match fraction {
                Some(fraction) => digits(fraction),
                None => cell.parse::<i64>().is_ok() && cell != "-0",
            };
        if is_number {
            Self::Number(cell.to_owned())
        } else {
            Self::Text(cell.to_owned())
        }
    }
}

/// Which columns of an edge list were used, and which were not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ColumnAccount {
    /// What each used column became (`from`, `to`, `k`, `cap`, `label`), and its name or number.
    pub used: Vec<(&'static str, String)>,
    /// The names or numbers of the other columns.
    pub unused: Vec<String>,
    /// The columns of the nodes' file that became attributes.
    pub attrs: Vec<String>,
}

/// The content of `meta`: how the topology was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Meta(Vec<(&'static str, MetaValue)>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum MetaValue {
    Text(String),
    Number(u64),
    Numbers(Vec<i64>),
}

impl Meta {
    pub(super) fn text(&mut self, key: &'static str, text: impl Into<String>) {
        self.0.push((key, MetaValue::Text(text.into())));
    }

    pub(super) fn number(&mut self, key: &'static str, number: u64) {
        self.0.push((key, MetaValue::Number(number)));
    }

    pub(super) fn numbers(&mut self, key: &'static str, numbers: Vec<i64>) {
        self.0.push((key, MetaValue::Numbers(numbers)));
    }
}

impl NewTopology {
    pub(super) const fn new(topology: Topology, meta: Meta) -> Self {
        Self {
            topology,
            meta,
            nodes: Vec::new(),
            labels: Vec::new(),
            columns: ColumnAccount {
                used: Vec::new(),
                unused: Vec::new(),
                attrs: Vec::new(),
            },
            notes: Vec::new(),
        }
    }

    /// Adds what nodes and edges are called.
    pub(super) fn with_labels(
        mut self,
        nodes: Vec<DescribedNode>,
        labels: Vec<Option<Box<str>>>,
    ) -> Self {
        if labels.iter().any(Option::is_some) {
            self.labels = labels;
        }
        self.nodes = nodes;
        let mut refused = [Refused::new("node"), Refused::new("edge")];
        let nodes = self.nodes.iter().zip(1..);
        let nodes = nodes.filter_map(|(node, id)| Some((id, node.label.as_deref()?)));
        let names = &mut self.topology.names;
        names.set_nodes(self.topology.node_count as u64, nodes, |id, reason| {
            refused[0].add(id, &reason);
        });
        let edges = self.labels.iter().zip(1..);
        let edges = edges.filter_map(|(label, id)| Some((id, label.as_deref()?)));
        names.set_edges(self.topology.edges.len() as u64, edges, |id, reason| {
            refused[1].add(id, &reason);
        });
        self.notes
            .extend(refused.into_iter().filter_map(Refused::note));
        self
    }

    /// Adds what the user should know of how the topology was made.
    pub(super) fn with_account(mut self, columns: ColumnAccount, notes: Vec<String>) -> Self {
        self.columns = columns;
        self.notes.splice(0..0, notes);
        self
    }

    /// Which columns of the edge list were used; empty for a topology that was not imported.
    #[must_use]
    pub const fn columns(&self) -> &ColumnAccount {
        &self.columns
    }

    /// What the user should know: guesses that were made, and labels that are not names.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The graph id.
    #[must_use]
    pub fn gid(&self) -> &str {
        &self.topology.gid
    }

    /// N.
    #[must_use]
    pub const fn node_count(&self) -> usize {
        self.topology.node_count
    }

    /// E.
    #[must_use]
    pub const fn edge_count(&self) -> usize {
        self.topology.edges.len()
    }

    /// SC.
    #[must_use]
    pub const fn scale(&self) -> i64 {
        self.topology.scale
    }

    /// k of every edge, in id order.
    pub fn conductances(&self) -> impl Iterator<Item = i64> {
        self.topology.edges.iter().map(|edge| edge.conductance)
    }

    /// The document.
    ///
    /// # Errors
    ///
    /// The document would be larger than the limit for documents.
    pub fn text(&self, format: Format) -> Result<String, MakeError> {
        let Topology {
            gid,
            node_count,
            scale,
            edges,
            ..
        } = &self.topology;
        let (is, end) = match format {
            Format::Json => ("\": ", ",\n"),
            Format::Toml => (" = ", "\n"),
        };
        let key = match format {
            Format::Json => "  \"",
            Format::Toml => "",
        };
        let mut text = match format {
            Format::Json => "{\n".to_owned(),
            Format::Toml => String::new(),
        };
        let gid = quoted(gid, format);
        let _ = write!(text, "{key}gid{is}{gid}{end}");
        // Only a note, which would mislead if that profile could not run the graph.
        if *scale == CMP_0_SCALE {
            let _ = write!(text, "{key}profile{is}\"CMP-0\"{end}");
        }
        let _ = write!(
            text,
            "{key}N{is}{node_count}{end}{key}SC{is}{scale}{end}{key}edges{is}["
        );
        for (index, edge) in edges.iter().enumerate() {
            let before = if index == 0 { "\n" } else { ",\n" };
            let (id, i, j) = (index + 1, edge.from + 1, edge.to + 1);
            let (k, cap) = (edge.conductance, edge.cap);
            let _ = match format {
                Format::Json => write!(
                    text,
                    "{before}    {{\"e_id\": {id}, \"i\": {i}, \"j\": {j}, \"k\": {k}, \"cap\": {cap}}}"
                ),
                Format::Toml => write!(
                    text,
                    "{before}  {{e_id = {id}, i = {i}, j = {j}, k = {k}, cap = {cap}}}"
                ),
            };
            if let Some(Some(label)) = self.labels.get(index) {
                text.pop();
                let label = quoted(label, format);
                let _ = match format {
                    Format::Json => write!(text, ", \"label\": {label}}}"),
                    Format::Toml => write!(text, ", label = {label}}}"),
                };
            }
            within(&text)?;
        }
        let close = match (edges.len() == 0, format) {
            (true, _) => "]",
            (false, Format::Json) => "\n  ]",
            (false, Format::Toml) => ",\n]",
        };
        let _ = write!(text, "{close}{end}");
        if !self.nodes.is_empty() {
            let _ = write!(text, "{key}nodes{is}[");
            for (index, node) in self.nodes.iter().enumerate() {
                text.push_str(if index == 0 { "\n" } else { ",\n" });
                node.write(&mut text, index + 1, format);
                within(&text)?;
            }
            text.push_str(match format {
                Format::Json => "\n  ]",
                Format::Toml => ",\n]",
            });
            text.push_str(end);
        }
        let _ = write!(text, "{key}meta{is}");
        self.meta.write(&mut text, format);
        text.push_str(match format {
            Format::Json => "\n}\n",
            Format::Toml => "\n",
        });
        within(&text)?;
        Ok(text)
    }
}

impl DescribedNode {
    /// An object on a line of its own.
    fn write(&self, text: &mut String, id: usize, format: Format) {
        let is = match format {
            Format::Json => ": ",
            Format::Toml => " = ",
        };
        let key = |name: &str| match format {
            Format::Json => canonical::text(name),
            Format::Toml if is_bare(name) => name.to_owned(),
            Format::Toml => quoted(name, format),
        };
        let indent = match format {
            Format::Json => "    ",
            Format::Toml => "  ",
        };
        let _ = write!(text, "{indent}{{{}{is}{id}", key("node_id"));
        if let Some(label) = &self.label {
            let _ = write!(text, ", {}{is}{}", key("label"), quoted(label, format));
        }
        if !self.attrs.0.is_empty() {
            let _ = write!(text, ", {}{is}{{", key("attrs"));
            for (index, (name, value)) in self.attrs.0.iter().enumerate() {
                let before = if index == 0 { "" } else { ", " };
                let value = match value {
                    Attr::Number(number) => number.clone(),
                    Attr::Text(text) => quoted(text, format),
                };
                let _ = write!(text, "{before}{}{is}{value}", key(name));
            }
            text.push('}');
        }
        text.push('}');
    }
}

/// Whether TOML needs no quotes around a key.
fn is_bare(key: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    !key.is_empty() && key.bytes().all(is_plain)
}

/// Labels that are not names, for one note about all of them.
struct Refused {
    noun: &'static str,
    count: usize,
    first: Vec<String>,
}

impl Refused {
    const fn new(noun: &'static str) -> Self {
        let first = Vec::new();
        Self {
            noun,
            count: 0,
            first,
        }
    }

    fn add(&mut self, id: u64, reason: &NotAName) {
        const SHOWN: usize = 3;
        self.count += 1;
        if self.first.len() < SHOWN {
            self.first.push(format!("{} {id}: {reason}", self.noun));
        }
    }

    fn note(self) -> Option<String> {
        let Self { noun, count, first } = self;
        let more = if count > first.len() { "; …" } else { "" };
        let [label, names] = if count == 1 {
            ["label is", "a name"]
        } else {
            ["labels are", "names"]
        };
        (count > 0).then(|| {
            format!(
                "{count} {noun} {label} not usable as {names} ({}{more})",
                first.join("; ")
            )
        })
    }
}

impl Meta {
    /// An object on one line.
    fn write(&self, text: &mut String, format: Format) {
        text.push('{');
        for (index, (key, value)) in self.0.iter().enumerate() {
            text.push_str(if index == 0 { "" } else { ", " });
            let _ = match format {
                Format::Json => write!(text, "\"{key}\": "),
                Format::Toml => write!(text, "{key} = "),
            };
            let _ = match value {
                MetaValue::Text(value) => write!(text, "{}", quoted(value, format)),
                MetaValue::Number(value) => write!(text, "{value}"),
                MetaValue::Numbers(values) => {
                    text.push('[');
                    for (index, value) in values.iter().enumerate() {
                        let before = if index == 0 { "" } else { ", " };
                        let _ = write!(text, "{before}{value}");
                    }
                    write!(text, "]")
                }
            };
        }
        text.push('}');
    }
}

fn quoted(text: &str, format: Format) -> String {
    match format {
        Format::Json => canonical::text(text),
        Format::Toml => toml::Value::from(text).to_string(),
    }
}

fn within(text: &str) -> Result<(), MakeError> {
    if text.len() as u64 > DOCUMENT_BYTES_MAX {
        return Err(MakeError::Document);
    }
    Ok(())
}
