//! [`NewTopology`]: a new topology, and its text as a document.

use std::fmt::Write as _;

use super::settings::MakeError;
use crate::canonical;
use crate::config::Topology;
use crate::config::limits::DOCUMENT_BYTES_MAX;

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
        Self { topology, meta }
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
            within(&text)?;
        }
        let close = match (edges.is_empty(), format) {
            (true, _) => "]",
            (false, Format::Json) => "\n  ]",
            (false, Format::Toml) => ",\n]",
        };
        let _ = write!(text, "{close}{end}{key}meta{is}");
        self.meta.write(&mut text, format);
        text.push_str(match format {
            Format::Json => "\n}\n",
            Format::Toml => "\n",
        });
        within(&text)?;
        Ok(text)
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
