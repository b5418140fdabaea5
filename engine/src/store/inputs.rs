//! Loads the plan and the names of a stored run from the inputs in its file.

use aether_json::{DEPTH_MAX, Fault, Reader, Strict, Token, TokenKind};

use super::stored::StoredRun;
use super::writer::hash_column;
use super::{Damage, StoreError};
use crate::canonical;
use crate::config::{CHANGED, Names, RunPlan};

impl StoredRun {
    /// The plan of the run.
    ///
    /// # Errors
    /// The file cannot be read, or its inputs do not load as a plan.
    pub fn plan(&self) -> Result<RunPlan, StoreError> {
        self.documents()?
            .plan()
            .map_err(|report| StoreError::Inputs {
                path: self.path().to_owned(),
                problems: report.to_string(),
            })
    }

    /// Whether the run has external inputs.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn has_pfna(&self) -> Result<bool, StoreError> {
        self.query("SELECT EXISTS (SELECT 1 FROM inputs WHERE name = 'pfna')")
    }

    /// The settings, one per line, by which the inputs differ from their files; `None` if they do
    /// not.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn changes(&self) -> Result<Option<String>, StoreError> {
        let mut select = self.prepare("SELECT file FROM input_files WHERE name = ?1")?;
        let mut rows = select.query([CHANGED]).map_err(|error| self.fail(error))?;
        let row = rows.next().map_err(|error| self.fail(error))?;
        row.map(|row| row.get(0))
            .transpose()
            .map_err(|error| self.fail(error))
    }

    /// The names of the nodes and edges. Only the labels of the stored topology are kept.
    ///
    /// # Errors
    /// The file cannot be read, or its topology does not have its stored hash.
    pub fn names(&self) -> Result<Names, StoreError> {
        let damaged = || {
            self.damaged(Damage::Hash {
                kind: "inputs",
                position: 0,
            })
        };
        let mut select = self.prepare("SELECT json, sha256 FROM inputs WHERE name = 'topology'")?;
        let mut rows = select.query([]).map_err(|error| self.fail(error))?;
        let row = rows.next().map_err(|error| self.fail(error))?;
        let row = row.ok_or_else(damaged)?;
        let (text, hash) = (row.get_ref(0), row.get_ref(1));
        let text = text.map_err(|error| self.fail(error))?;
        let hash = hash.map_err(|error| self.fail(error))?;
        let (Ok(text), Ok(hash)) = (text.as_str(), hash.as_blob()) else {
            return Err(damaged());
        };
        if hash_column(hash) != Some(canonical::hash_of_text(text.as_bytes())) {
            return Err(damaged());
        }
        let labels = Labels::read(text).map_err(|_| damaged())?;
        let mut names = Names::default();
        let node_count = self.shape().node_count as u64;
        let edge_count = self.shape().edges.len() as u64;
        names.set_nodes(node_count, by_ref(&labels.nodes), |_, _| {});
        names.set_edges(edge_count, by_ref(&labels.edges), |_, _| {});
        Ok(names)
    }
}

fn by_ref(labels: &[(u64, String)]) -> impl Iterator<Item = (u64, &str)> {
    labels.iter().map(|(id, label)| (*id, label.as_str()))
}

/// The labels of a resolved topology, with their ids.
#[derive(Default)]
struct Labels {
    nodes: Vec<(u64, String)>,
    edges: Vec<(u64, String)>,
}

impl Labels {
    /// Reads `nodes[].label` and `edges[].label`. Both lists are in order of id.
    fn read(topology: &str) -> Result<Self, Fault> {
        let mut labels = Self::default();
        if !topology.contains("\"label\":") {
            return Ok(labels);
        }
        let mut reader = Reader::new(topology, DEPTH_MAX, Strict);
        let mut list = String::new();
        // The id of the object that is being read, and whether its label is next.
        let (mut id, mut depth, mut is_label) = (0, 0_usize, false);
        while let Some(token) = reader.next_token()? {
            match token.kind {
                TokenKind::ObjectStart | TokenKind::ArrayStart => {
                    depth += 1;
                    id += u64::from(depth == 3);
                }
                TokenKind::ObjectEnd | TokenKind::ArrayEnd => depth -= 1,
                TokenKind::Key if depth == 1 => {
                    (list, id) = (content(&mut reader, token), 0);
                }
                TokenKind::Key if depth == 3 => is_label = content(&mut reader, token) == "label",
                TokenKind::String if depth == 3 && is_label => {
                    let label = content(&mut reader, token);
                    match list.as_str() {
                        "nodes" => labels.nodes.push((id, label)),
                        "edges" => labels.edges.push((id, label)),
                        _ => {}
                    }
                    is_label = false;
                }
                _ => {}
            }
        }
        Ok(labels)
    }
}

fn content(reader: &mut Reader<'_, Strict>, token: Token) -> String {
    reader.content(token).into_owned()
}
