//! Steps that make any document smaller: they remove elements and members, and halve numbers and texts.
//!
//! | step | of |
//! | --- | --- |
//! | remove a run of elements, of all lengths n, n/2, n/4, … 1 | arrays, and members in the order of their names |
//! | remove a member from every element | arrays of objects, such as the rows of a table |
//! | 0, half, 3/4, 7/8, … and one less | numbers |
//! | nothing, the first half, the second half | texts |
//!
//! What removes most comes first. The member `files`, which says where the others come from, is left alone, and so is
//! what comes from `scenario.toml`.

use std::collections::BTreeMap;
use std::rc::Rc;

use aether_harness::scenario::SCENARIO_FILE;
use aether_json::{Number, Value};

/// The member of inputs that names files; nothing runs from it.
const FILES: &str = "files";

/// Bytes that inputs may gain in any case.
const GROWTH: usize = 4096;

/// How large a document is: a step must make it smaller, by this order. It has no infinite descents: each member
/// is a natural number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Measure {
    /// Values: those that hold others count too.
    nodes: usize,
    /// Bytes of its text.
    bytes: usize,
    /// The sum of the distances of all integers from 0.
    magnitude: u128,
}

impl Measure {
    pub(crate) fn of(value: &Value) -> Self {
        let mut measure = Self {
            nodes: 0,
            bytes: value.to_string().len(),
            magnitude: 0,
        };
        measure.add(value);
        measure
    }

    /// Whether a subject's own step may lead from `before` to this: to no more values, and to a text that is not
    /// much longer than what the search began with. Numbers may become larger.
    pub(crate) fn is_allowed_after(self, before: Self, bytes_max: usize) -> bool {
        self.nodes <= before.nodes && self.bytes <= bytes_max
    }

    /// The greatest length of a text that a subject's own steps may lead to.
    pub(crate) fn bytes_max(self) -> usize {
        2 * self.bytes + GROWTH
    }

    fn add(&mut self, value: &Value) {
        self.nodes += 1;
        match value {
            Value::Number(number) => {
                let integer = number.as_str().parse::<i128>().ok();
                let size = integer.map_or(0, i128::unsigned_abs);
                self.magnitude = self.magnitude.saturating_add(size);
            }
            Value::Array(elements) => elements.iter().for_each(|element| self.add(element)),
            Value::Object(members) => members.values().for_each(|member| self.add(member)),
            Value::Null | Value::Bool(_) | Value::String(_) => {}
        }
    }
}

/// The members of inputs that are documents: not the names of their files, and not what comes from `scenario.toml`.
fn is_document(inputs: &Value, name: &str) -> bool {
    let file = inputs
        .get(FILES)
        .and_then(|files| files.get(name)?.as_str());
    let is_settings = file.is_some_and(|file| {
        let last = file.rsplit('/').next();
        last == Some(SCENARIO_FILE)
    });
    name != FILES && !is_settings
}

/// The numbers, texts, switches and nulls of the documents of inputs.
pub(crate) fn leaves(inputs: &Value) -> usize {
    match inputs {
        Value::Object(members) => {
            let counted = members.iter().filter(|(name, _)| is_document(inputs, name));
            counted.map(|(_, member)| leaves_of(member)).sum()
        }
        other => leaves_of(other),
    }
}

fn leaves_of(value: &Value) -> usize {
    match value {
        Value::Array(elements) => elements.iter().map(leaves_of).sum(),
        Value::Object(members) => members.values().map(leaves_of).sum(),
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Number(_) => 1,
    }
}

#[derive(Clone, Debug)]
enum Key {
    Member(String),
    Element(usize),
}

/// One step.
#[derive(Clone, Debug)]
pub(crate) struct Edit {
    /// The value that it changes.
    at: Rc<[Key]>,
    what: What,
    /// Values that it removes.
    removes: usize,
}

#[derive(Clone, Debug)]
enum What {
    /// Remove elements or members, by place.
    Remove { from: usize, to: usize },
    /// Remove a member of each element.
    Column(String),
    /// Put another value in its place.
    Replace(Value),
}

impl Edit {
    /// The document after the step.
    pub(crate) fn apply(&self, document: &Value) -> Value {
        let mut changed = document.clone();
        let mut at = &mut changed;
        for key in self.at.iter() {
            let inner = match key {
                Key::Member(name) => at.get_mut(name),
                Key::Element(index) => at.element_mut(*index),
            };
            at = inner.expect("a step is taken in the document that it was made of");
        }
        match (&self.what, at) {
            (What::Replace(value), at) => *at = value.clone(),
            (What::Remove { from, to }, Value::Array(elements)) => {
                elements.drain(*from..*to);
            }
            (What::Remove { from, to }, Value::Object(members)) => {
                let names = members.keys().skip(*from).take(to - from);
                let names: Vec<String> = names.cloned().collect();
                names.iter().for_each(|name| {
                    members.remove(name);
                });
            }
            (What::Column(name), Value::Array(elements)) => {
                for element in elements {
                    if let Value::Object(members) = element {
                        members.remove(name);
                    }
                }
            }
            (What::Remove { .. } | What::Column(_), _) => {
                unreachable!("only arrays and objects have something to remove")
            }
        }
        changed
    }
}

/// The steps of a document, the boldest first.
pub(crate) fn edits(document: &Value) -> Vec<Edit> {
    let mut found = Found::default();
    match document {
        Value::Object(members) => {
            // Each member is a document of its own.
            for (index, (name, member)) in members.iter().enumerate() {
                if is_document(document, name) {
                    let (from, to) = (index, index + 1);
                    let removes = nodes(member);
                    found.remove(&[], What::Remove { from, to }, removes);
                    found.look(member, &mut vec![Key::Member(name.clone())]);
                }
            }
        }
        other => found.look(other, &mut Vec::new()),
    }
    found
        .removals
        .sort_by_key(|edit| std::cmp::Reverse(edit.removes));
    found.removals.extend(found.replacements);
    found.removals
}

#[derive(Default)]
struct Found {
    removals: Vec<Edit>,
    replacements: Vec<Edit>,
}

impl Found {
    fn remove(&mut self, at: &[Key], what: What, removes: usize) {
        let at = at.into();
        self.removals.push(Edit { at, what, removes });
    }

    fn look(&mut self, value: &Value, path: &mut Vec<Key>) {
        match value {
            Value::Array(elements) => {
                self.runs(path, &elements.iter().collect::<Vec<_>>());
                self.columns(path, elements);
                for (index, element) in elements.iter().enumerate() {
                    path.push(Key::Element(index));
                    self.look(element, path);
                    path.pop();
                }
            }
            Value::Object(members) => {
                self.runs(path, &members.values().collect::<Vec<_>>());
                for (name, member) in members {
                    path.push(Key::Member(name.clone()));
                    self.look(member, path);
                    path.pop();
                }
            }
            Value::Number(number) => {
                self.replace(path, nearer_zero(number).into_iter().map(Value::Number));
            }
            Value::String(text) => {
                self.replace(path, shorter(text).into_iter().map(Value::String));
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// Runs of values, of which half as many are removed each time.
    fn runs(&mut self, path: &[Key], values: &[&Value]) {
        let at: Rc<[Key]> = path.into();
        let sizes: Vec<usize> = values.iter().map(|value| nodes(value)).collect();
        let mut length = values.len();
        while length > 0 {
            for from in (0..values.len()).step_by(length) {
                let to = (from + length).min(values.len());
                self.removals.push(Edit {
                    at: Rc::clone(&at),
                    what: What::Remove { from, to },
                    removes: sizes[from..to].iter().sum(),
                });
            }
            length /= 2;
        }
    }

    fn columns(&mut self, path: &[Key], elements: &[Value]) {
        if elements.len() < 2 {
            return;
        }
        let objects = elements.iter().filter_map(Value::as_object);
        let mut columns: BTreeMap<&String, usize> = BTreeMap::new();
        for (name, member) in objects.flatten() {
            *columns.entry(name).or_default() += nodes(member);
        }
        for (name, removes) in columns {
            self.remove(path, What::Column(name.clone()), removes);
        }
    }

    fn replace(&mut self, path: &[Key], values: impl Iterator<Item = Value>) {
        let at: Rc<[Key]> = path.into();
        self.replacements.extend(values.map(|value| Edit {
            at: Rc::clone(&at),
            what: What::Replace(value),
            removes: 0,
        }));
    }
}

fn nodes(value: &Value) -> usize {
    1 + match value {
        Value::Array(elements) => elements.iter().map(nodes).sum(),
        Value::Object(members) => members.values().map(nodes).sum(),
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Number(_) => 0,
    }
}

/// Numbers between this one and 0, those nearest to 0 first.
fn nearer_zero(number: &Number) -> Vec<Number> {
    let text = number.as_str();
    if text == "0" {
        return Vec::new();
    }
    let mut nearer = vec![Number::from(0)];
    if let Ok(whole) = text.parse::<i128>() {
        // What is taken away: a half, a quarter, … one.
        let first = whole - whole / 2;
        let less = std::iter::successors(Some(first), |less| Some(less / 2));
        let left = less.take_while(|less| *less != 0).map(|less| whole - less);
        nearer.extend(left.filter(|left| *left != 0).map(Number::from));
    } else if let Some((whole, fraction)) = text.split_once('.')
        && !fraction.contains(['e', 'E'])
    {
        let integer = whole.parse::<i128>().ok();
        let integers = integer.map(|whole| [whole / 2, whole]);
        for integer in integers.into_iter().flatten().map(Number::from) {
            if !nearer.contains(&integer) {
                nearer.push(integer);
            }
        }
        let kept = &fraction[..fraction.len() / 2];
        if !kept.is_empty() {
            nearer.extend(Number::parse(&format!("{whole}.{kept}")));
        }
    }
    nearer
}

/// Parts of a text, the shortest first.
fn shorter(text: &str) -> Vec<String> {
    let characters = text.chars().count();
    if characters == 0 {
        return Vec::new();
    }
    let middle = text.char_indices().nth(characters / 2);
    let middle = middle.map_or(text.len(), |(at, _)| at);
    let (first, second) = text.split_at(middle);
    let mut parts = vec![String::new()];
    for part in [first, second] {
        if !part.is_empty() && part != text {
            parts.push(part.to_owned());
        }
    }
    parts.dedup();
    parts
}
