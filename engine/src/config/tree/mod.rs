//! One tree for JSON and TOML, with the place of every key and value.
//!
//! A million-edge topology has eight million values, so a node is only 16 bytes, with offsets into
//! the text instead of copies. Nodes are in document order, a container before its children, and a
//! container stores the index after its subtree. `{"a": [1, 2], "b": 3}` has these nodes:
//!
//! ```text
//! index   0        1        2   3   4
//! node    object   list     1   2   3
//! end     5        4
//! ```

mod json;
mod toml;
mod toml_number;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::problem::Draft;
use super::source::{Source, Span};

/// The type of a value in the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Kind {
    Null = 0,
    Bool = 1,
    Integer = 2,
    Float = 3,
    String = 4,
    List = 5,
    Object = 6,
    /// A TOML date or time, which no document uses.
    Date = 7,
}

impl Kind {
    fn from_tag(tag: u32) -> Self {
        match tag & TAG_MASK {
            0 => Self::Null,
            1 => Self::Bool,
            2 => Self::Integer,
            3 => Self::Float,
            4 => Self::String,
            5 => Self::List,
            6 => Self::Object,
            _ => Self::Date,
        }
    }

    /// The kind with an article, as messages name it.
    pub(crate) fn with_article(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "a boolean",
            Self::Integer => "an integer",
            Self::Float => "a number with a fraction or an exponent",
            Self::String => "a string",
            Self::List => "a list",
            Self::Object => "an object",
            Self::Date => "a date or time",
        }
    }
}

const TAG_BITS: u32 = 3;
const TAG_MASK: u32 = (1 << TAG_BITS) - 1;
const NO_KEY: u32 = u32::MAX;

/// One value with its key, if it has one.
#[derive(Clone, Copy, Debug)]
struct Node {
    /// Where the value starts in the text.
    start: u32,
    /// A scalar: where it ends in the text. A container: the index after its last descendant.
    extent: u32,
    /// Where the key starts, quotes included; [`NO_KEY`] for list items and the root.
    key_start: u32,
    /// Length of the key in bytes, quotes included, above the [`Kind`]'s tag.
    key_len_and_kind: u32,
}

/// From a container to one of its children.
#[derive(Clone, Copy, Debug)]
struct Step {
    container: u32,
    child: u32,
    /// Of the child among the children.
    position: usize,
}

/// The index of a value in its [`Document`]; valid only for that document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NodeId(u32);

/// A document with its recoverable problems, or the problems that keep it from being read.
pub(crate) type Parse = Result<(Document, Vec<Draft>), (Source, Vec<Draft>)>;

/// A parsed document.
#[derive(Debug)]
pub(crate) struct Document {
    source: Source,
    nodes: Vec<Node>,
    /// Strings that differ from the text between their quotes (escapes), and numbers that differ
    /// from their spelling (`0xff`, `1_000`).
    texts: BTreeMap<u32, Box<str>>,
    /// The same for keys.
    keys: BTreeMap<u32, Box<str>>,
    /// Invalid values, whose problem was already reported; nothing more is reported about them.
    broken: BTreeSet<u32>,
    /// The steps of the last [`Value::path`] from the root, where the next one goes on: problems are reported in
    /// order, and a container may have a million children.
    trail: RefCell<Vec<Step>>,
}

impl Document {
    /// Reads JSON; the problems are only those of the text (syntax, duplicate keys).
    pub(crate) fn parse_json(source: Source) -> Parse {
        json::parse(source)
    }

    /// Reads TOML; see [`Document::parse_json`].
    pub(crate) fn parse_toml(source: Source) -> Parse {
        toml::parse(source)
    }

    fn new(source: Source) -> Self {
        let (texts, keys) = (BTreeMap::new(), BTreeMap::new());
        Self {
            source,
            nodes: Vec::new(),
            texts,
            keys,
            broken: BTreeSet::new(),
            trail: RefCell::default(),
        }
    }

    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    pub(crate) fn root(&self) -> Value<'_> {
        self.value(NodeId(0))
    }

    pub(crate) fn value(&self, id: NodeId) -> Value<'_> {
        Value {
            document: self,
            index: id.0,
        }
    }

    fn push(&mut self, kind: Kind, span: Span, key: Option<Span>) -> u32 {
        let index = self.len();
        self.nodes.push(Node {
            start: span.start,
            extent: span.end,
            key_start: key.map_or(NO_KEY, |key| key.start),
            key_len_and_kind: key.map_or(0, |key| (key.end - key.start) << TAG_BITS) | kind as u32,
        });
        index
    }

    /// Ends a container; everything pushed since its start is inside it.
    fn close(&mut self, index: u32) {
        let extent = self.len();
        self.nodes[index as usize].extent = extent;
    }

    fn len(&self) -> u32 {
        u32::try_from(self.nodes.len())
            .expect("each value takes a byte of the text, which is at most 512 MiB")
    }

    fn node(&self, index: u32) -> Node {
        self.nodes[index as usize]
    }

    /// The index after the node and all below it.
    fn next(&self, index: u32) -> u32 {
        match Kind::from_tag(self.node(index).key_len_and_kind) {
            Kind::List | Kind::Object => self.node(index).extent.max(index + 1),
            _ => index + 1,
        }
    }
}

/// A value of a [`Document`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value<'a> {
    document: &'a Document,
    index: u32,
}

impl<'a> Value<'a> {
    pub(crate) fn id(self) -> NodeId {
        NodeId(self.index)
    }

    pub(crate) fn document(self) -> &'a Document {
        self.document
    }

    pub(crate) fn kind(self) -> Kind {
        Kind::from_tag(self.document.node(self.index).key_len_and_kind)
    }

    /// Whether the value is invalid, which was reported when the document was read.
    pub(crate) fn is_broken(self) -> bool {
        !self.document.broken.is_empty() && self.document.broken.contains(&self.index)
    }

    /// The span of the value; for a container, only its opening.
    pub(crate) fn span(self) -> Span {
        let node = self.document.node(self.index);
        match self.kind() {
            Kind::List | Kind::Object => match (self.opening_len(node.start), self.key_span()) {
                // The table of a dotted key has no opening of its own in the text.
                (0, Some(key)) => key,
                (len, _) => Span {
                    start: node.start,
                    end: node.start + len,
                },
            },
            _ => Span {
                start: node.start,
                end: node.extent,
            },
        }
    }

    /// The part of a container that is underlined: its bracket, or the header of a TOML table.
    fn opening_len(self, start: u32) -> u32 {
        let rest = &self.document.source.text().as_bytes()[start as usize..];
        match rest {
            [b'{', ..] => 1,
            [b'[', ..] if self.kind() == Kind::List => 1,
            [b'[', ..] => {
                let mut lines = rest.split(|byte| *byte == b'\n');
                let line = lines.next().expect("a split has a first part");
                let closing = line
                    .iter()
                    .rposition(|byte| *byte == b']')
                    .map_or(0, |at| at + 1);
                u32::try_from(closing.min(256)).expect("at most 256")
            }
            _ => 0,
        }
    }

    /// The key of the value.
    pub(crate) fn key(self) -> Option<&'a str> {
        if !self.document.keys.is_empty()
            && let Some(key) = self.document.keys.get(&self.index)
        {
            return Some(key);
        }
        let span = self.key_span()?;
        Some(unquoted(self.document.source.slice(span)))
    }

    /// The span of the key, quotes included.
    pub(crate) fn key_span(self) -> Option<Span> {
        let node = self.document.node(self.index);
        let end = node
            .key_start
            .checked_add(node.key_len_and_kind >> TAG_BITS)?;
        (node.key_start != NO_KEY).then_some(Span {
            start: node.key_start,
            end,
        })
    }

    /// The text of a scalar: the content of a string, or a number in decimal digits.
    pub(crate) fn text(self) -> &'a str {
        if !self.document.texts.is_empty()
            && let Some(text) = self.document.texts.get(&self.index)
        {
            return text;
        }
        let raw = self.document.source.slice(self.span());
        if self.kind() == Kind::String {
            unquoted(raw)
        } else {
            raw
        }
    }

    /// The items of a list or the values of an object, in document order.
    pub(crate) fn children(self) -> Children<'a> {
        let end = match self.kind() {
            Kind::List | Kind::Object => self.document.next(self.index),
            _ => self.index,
        };
        Children {
            document: self.document,
            next: self.index + 1,
            end,
        }
    }

    /// The value of a field of an object.
    pub(crate) fn field(self, key: &str) -> Option<Value<'a>> {
        self.children().find(|child| child.key() == Some(key))
    }

    /// The path of the value, as `edges[2].i`; empty for the root.
    pub(crate) fn path(self) -> String {
        let mut path = String::new();
        let mut trail = self.document.trail.borrow_mut();
        let mut at = self.document.root();
        let mut depth = 0;
        while at.index < self.index {
            // What is below a step that leads elsewhere leads elsewhere, too.
            let last = trail.get(depth).copied();
            let Some(step) = at.step_towards(self.index, last) else {
                break;
            };
            if last.is_none_or(|last| last.child != step.child) {
                trail.truncate(depth);
                trail.push(step);
            }
            at.index = step.child;
            depth += 1;
            match at.key() {
                Some(key) if path.is_empty() => path.push_str(&shortened(key)),
                Some(key) => {
                    path.push('.');
                    path.push_str(&shortened(key));
                }
                None => path.push_str(&format!("[{}]", step.position)),
            }
        }
        path
    }

    /// The step to the child whose subtree contains the node. It is looked for from the last step on, if that left from
    /// here and does not lead too far.
    fn step_towards(self, index: u32, last: Option<Step>) -> Option<Step> {
        let end = self.document.next(self.index);
        let first = Step {
            container: self.index,
            child: self.index + 1,
            position: 0,
        };
        let mut step = last
            .filter(|last| last.container == self.index && last.child <= index)
            .unwrap_or(first);
        while step.child < end {
            let next = self.document.next(step.child);
            if index < next {
                return Some(step);
            }
            step.child = next;
            step.position += 1;
        }
        None
    }
}

/// The children of a [`Value`].
#[derive(Clone, Debug)]
pub(crate) struct Children<'a> {
    document: &'a Document,
    next: u32,
    end: u32,
}

impl<'a> Iterator for Children<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        if self.next >= self.end {
            return None;
        }
        let value = Value {
            document: self.document,
            index: self.next,
        };
        self.next = self.document.next(self.next);
        Some(value)
    }
}

/// The text between the quotes; the whole text if it is not quoted.
fn unquoted(raw: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(inner) = raw
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote))
        {
            return inner;
        }
    }
    raw
}

/// A string shortened for a message, with control characters escaped.
pub(crate) fn shortened(text: &str) -> String {
    const CHARS_MAX: usize = 60;
    let mut short = String::new();
    for character in text.chars().take(CHARS_MAX) {
        match character {
            '"' | '\'' | '\\' => short.push(character),
            other => short.extend(other.escape_debug()),
        }
    }
    if text.chars().nth(CHARS_MAX).is_some() {
        short.push('…');
    }
    short
}
