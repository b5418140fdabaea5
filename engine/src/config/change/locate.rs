//! Finds the place that a path names in a resolved document.

use std::ops::Range;

use super::super::decode::nearest;
use super::super::documents::{
    GrammarDocument, PfnaDocument, ProfileDocument, RunConfig, TopologyDocument,
};
use super::super::names::Names;
use super::super::problem::{Code, Draft};
use super::super::tree::{Document, Kind, Value, shortened};
use super::path::{Part, Path, Step, To, near_part};
use crate::canonical;

/// A place in the text of a document, and what is written around a value there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) part: Part,
    /// The bytes that are replaced; empty for a member that is added.
    pub(super) range: Range<usize>,
    /// Written before the value: the keys of members that are added.
    pub(super) before: String,
    /// Written after the value.
    pub(super) after: String,
    /// Whether the member is added to an object without members.
    pub(super) first: bool,
}

/// The documents of a run as trees.
pub(super) struct Trees<'n> {
    pub(super) documents: [Option<Document>; Part::COUNT],
    pub(super) names: &'n Names,
}

impl Trees<'_> {
    pub(super) fn get(&self, part: Part) -> Option<&Document> {
        self.documents[part as usize].as_ref()
    }

    /// The place of a path.
    ///
    /// # Errors
    /// It names nothing, or more than one item. The problem's place is that of the step.
    pub(super) fn find(&self, path: &Path) -> Result<Slot, Box<Draft>> {
        let Some(document) = self.get(path.part) else {
            let (message, help) = match path.part {
                Part::Aeon => (
                    "the run has no AEON grammar",
                    "name an AEON grammar with `aeon_path`",
                ),
                _ => (
                    "the run has no external inputs",
                    "name a PFNA document with `pfna_path` and `enable_pfna`",
                ),
            };
            let draft = Draft::new(Code::SettingPath, path.steps[0].span, message);
            return Err(draft.help(help).into());
        };
        let mut at = document.root();
        let mut path = path.clone();
        for index in 0..path.steps.len() {
            if let Some(step) = self.step_by_id(path.part, at, &path.steps[index])? {
                path.steps[index] = step;
            }
            match self.step(path.part, at, &path.steps[index])? {
                Some(next) => at = next,
                None => return added(&path, at, index),
            }
        }
        Ok(Slot {
            part: path.part,
            range: extent(at),
            before: String::new(),
            after: String::new(),
            first: false,
        })
    }

    /// The step to a node of a sparse input, by its id. `None` for any other step.
    fn step_by_id(
        &self,
        part: Part,
        at: Value<'_>,
        step: &Step,
    ) -> Result<Option<Step>, Box<Draft>> {
        let is_sparse =
            part == Part::Pfna && at.kind() == Kind::Object && at.key() == Some("values");
        let name = match &step.to {
            To::Member(name) if is_sparse => name,
            To::Where(key, name) if is_sparse && key == "node" => name,
            _ => return Ok(None),
        };
        let id = self.names.find_node(name).map_err(|error| {
            Box::new(Draft::new(Code::SettingPath, step.span, error.to_string()))
        })?;
        Ok(Some(Step {
            to: To::Member(id.to_string()),
            ..step.clone()
        }))
    }

    /// The value that a step leads to; `None` for a member that an object does not have.
    fn step<'d>(
        &self,
        part: Part,
        at: Value<'d>,
        step: &Step,
    ) -> Result<Option<Value<'d>>, Box<Draft>> {
        let wrong = |message: String| Draft::new(Code::SettingPath, step.span, message);
        let shown = shown(at, part);
        match (&step.to, at.kind()) {
            (To::Member(key), Kind::Object) => Ok(at.field(key)),
            (To::Member(key), Kind::List) => Err(wrong(format!(
                "{shown} is a list, and has no member `{key}`"
            ))
            .help("name an item in brackets: `[0]` is the first")
            .into()),
            (_, Kind::List) => self.item(at, step, &shown).map(Some),
            (to, kind) => {
                let message = format!(
                    "{shown} is {}, and has no `{}`",
                    kind.with_article(),
                    to.shown()
                );
                Err(wrong(message).help("end the path before it").into())
            }
        }
    }

    fn item<'d>(&self, list: Value<'d>, step: &Step, shown: &str) -> Result<Value<'d>, Box<Draft>> {
        let wrong = |code, message: String| Draft::new(code, step.span, message);
        let nth = |position: u64| {
            let position = usize::try_from(position).ok();
            position.and_then(|position| list.children().nth(position))
        };
        match &step.to {
            To::Position(position) => nth(*position).ok_or_else(|| {
                let count = list.children().count();
                let message = format!("{shown} has no item {position}");
                let help = match count {
                    0 => "it is empty".to_owned(),
                    _ => format!("its items are 0 to {}", count - 1),
                };
                wrong(Code::SettingPath, message).help(help).into()
            }),
            To::Where(key, name) if key == "node" => {
                let id = self.names.find_node(name);
                let id =
                    id.map_err(|error| Box::new(wrong(Code::SettingPath, error.to_string())))?;
                nth(id - 1).ok_or_else(|| {
                    let message = format!("{shown} has no value for node {id}");
                    wrong(Code::SettingPath, message)
                        .help("name a list with one value per node, such as `initial_state`")
                        .into()
                })
            }
            To::Where(key, value) => one(list, step, key, value, shown),
            To::Label(label) => one(list, step, "label", label, shown),
            To::Member(_) => unreachable!("a member is not an item"),
        }
    }
}

/// The one item of a list whose member has this value.
fn one<'d>(
    list: Value<'d>,
    step: &Step,
    key: &str,
    value: &str,
    shown: &str,
) -> Result<Value<'d>, Box<Draft>> {
    let of = |item: &Value<'d>| {
        (item.kind() == Kind::Object)
            .then(|| item.field(key))
            .flatten()
    };
    let mut found = list
        .children()
        .enumerate()
        .filter(|(_, item)| of(item).is_some_and(|member| member.text() == value));
    let (first, second) = (found.next(), found.next());
    let wanted = format!("`{key}` {}", shortened(value));
    match (first, second) {
        (Some((_, item)), None) => Ok(item),
        (Some((first, _)), Some((second, _))) => {
            let message = format!("several items of {shown} have {wanted}");
            let help = format!("give one by its position: [{first}] or [{second}]");
            Err(Draft::new(Code::SettingAmbiguous, step.span, message)
                .help(help)
                .into())
        }
        _ => {
            let message = format!("no item of {shown} has {wanted}");
            let known: Vec<&str> = list
                .children()
                .filter_map(|item| of(&item))
                .map(Value::text)
                .collect();
            let help = match (nearest(value, known.iter().copied()), &*known) {
                (Some(near), _) => format!("did you mean `{near}`?"),
                (None, []) => {
                    format!("its items have no `{key}`: give a position, `[0]` for the first")
                }
                (None, [only]) => format!("the only one is `{}`", shortened(only)),
                (None, [first, .., last]) => {
                    format!(
                        "the first has `{}`, the last `{}`",
                        shortened(first),
                        shortened(last)
                    )
                }
            };
            Err(Draft::new(Code::SettingPath, step.span, message)
                .help(help)
                .into())
        }
    }
}

/// The slot of a member that `object` does not have, and that leads to the rest of the path.
fn added(path: &Path, object: Value<'_>, index: usize) -> Result<Slot, Box<Draft>> {
    // At the root, the names are known, and a misspelt one is reported at once.
    if let (0, To::Member(key)) = (index, &path.steps[0].to)
        && !fields(path.part).contains(&key.as_str())
    {
        let span = path.steps[0].span;
        let noun = path.part.noun();
        let draft = Draft::new(
            Code::SettingPath,
            span,
            format!("{noun} has no `{}`", shortened(key)),
        );
        let near = nearest(key, fields(path.part).iter().copied());
        let help = match (near, near_part(key)) {
            (Some(near), _) => format!("did you mean `{near}`?"),
            (None, Some(near)) if path.part == Part::RunConfig => format!("did you mean `{near}`?"),
            _ => match owner(key) {
                Some(part) if path.part == Part::RunConfig => {
                    format!("did you mean `{}.{key}`?", part.name())
                }
                _ => format!("its members are {}", fields(path.part).join(", ")),
            },
        };
        return Err(draft.help(help).into());
    }
    let mut keys = Vec::new();
    for step in &path.steps[index..] {
        match &step.to {
            To::Member(key) => keys.push(key.as_str()),
            to => {
                let message = format!("{} has no `{}`", shown(object, path.part), keys[0]);
                let draft = Draft::new(Code::SettingPath, path.steps[index].span, message);
                let known = object.children().filter_map(Value::key);
                let help = nearest(keys[0], known).map(|near| format!("did you mean `{near}`?"));
                let help = help.unwrap_or_else(|| {
                    format!("`{}` can only be set in a list that is there", to.shown())
                });
                return Err(draft.help(help).into());
            }
        }
    }
    let (key, inner) = keys.split_first().expect("the missing step is a member");
    let key_text = |key: &str| canonical::text(key);
    let mut before = format!("{}:", key_text(key));
    for key in inner {
        before.push_str(&format!("{{{}:", key_text(key)));
    }
    let mut after = "}".repeat(inner.len());
    let previous = object
        .children()
        .take_while(|child| child.key().is_some_and(|have| have < *key))
        .last();
    let is_empty = object.children().next().is_none();
    let at = match previous {
        Some(child) => {
            before.insert(0, ',');
            extent(child).end
        }
        None => {
            if !is_empty {
                after.push(',');
            }
            extent(object).start + 1
        }
    };
    Ok(Slot {
        part: path.part,
        range: at..at,
        before,
        after,
        first: is_empty,
    })
}

/// The members of a document.
const fn fields(part: Part) -> &'static [&'static str] {
    match part {
        Part::RunConfig => RunConfig::FIELDS,
        Part::Topology => TopologyDocument::FIELDS,
        Part::Profile => ProfileDocument::FIELDS,
        Part::Pfna => PfnaDocument::FIELDS,
        Part::Aeon => GrammarDocument::FIELDS,
    }
}

/// The document that has a member of this name, if it is not the RunConfig.
fn owner(key: &str) -> Option<Part> {
    let others = [Part::Topology, Part::Profile, Part::Pfna, Part::Aeon];
    others.into_iter().find(|part| fields(*part).contains(&key))
}

/// A value in a message: its path, or its document.
fn shown(value: Value<'_>, part: Part) -> String {
    let path = value.path();
    match (path.is_empty(), part) {
        (true, _) => part.noun().to_owned(),
        (false, Part::RunConfig) => format!("`{path}`"),
        (false, part) => format!("`{}.{path}`", part.name()),
    }
}

/// The bytes of a value in canonical JSON.
pub(super) fn extent(value: Value<'_>) -> Range<usize> {
    let span = value.span();
    if !matches!(value.kind(), Kind::List | Kind::Object) {
        return span.start()..span.end();
    }
    let text = value.document().source().text().as_bytes();
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.iter().enumerate().skip(span.start()) {
        match (in_string, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_string = !in_string,
            (false, b'[' | b'{') => depth += 1,
            (false, b']' | b'}') => {
                depth -= 1;
                if depth == 0 {
                    return span.start()..at + 1;
                }
            }
            _ => {}
        }
    }
    unreachable!("a resolved document closes every bracket")
}
