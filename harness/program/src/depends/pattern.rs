//! Paths with variables: `minutes[minute=t-1].waiting`, `inputs.day.arrivals[t]`, `orders[*].price`.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use aether_harness::{INPUTS, Json, PathStep, Place};
use aether_json::layout::quoted;
use aether_json::scan;

/// A path with variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    pub(super) steps: Vec<Step>,
}

/// One step of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Into the output or the member of this name.
    Field(String),
    /// `[t]`: to the element at this position, or into the member of this name.
    Term(Term),
    /// To the element with these values in these fields, written as in paths.
    Element(Vec<(String, Term)>),
    /// `[*]`: to every element or member.
    Each,
}

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Term {
    /// As JSON.
    Literal(String),
    /// What is bound to a variable, plus a number.
    Variable { name: String, offset: i64 },
}

/// The values of variables, as JSON.
pub(crate) type Bound = BTreeMap<String, String>;

/// A text that is not a path with variables.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PatternError {
    #[error("the path is empty")]
    Empty,
    #[error(
        "`{rest}` is not a step of a path: .name, [3], [t], [t-1], [*], [\"a name\"] or [field=t]"
    )]
    Step { rest: String },
    #[error("`{text}` is not a value: write JSON, or a variable such as t, t-1 or t+1")]
    Value { text: String },
    #[error("`*` is a whole element: [*]")]
    Star,
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let mut steps = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let broken = || PatternError::Step {
                rest: rest.to_owned(),
            };
            let (step, length) = if rest.starts_with('[') {
                bracketed(rest)?
            } else {
                let dot = usize::from(!steps.is_empty());
                let name = rest
                    .get(dot..)
                    .filter(|_| dot == 0 || rest.starts_with('.'));
                let name = name.ok_or_else(broken)?;
                let length = name.find(['.', '[']).unwrap_or(name.len());
                let name = &name[..length];
                if !is_plain(name) {
                    return Err(broken());
                }
                (Step::Field(name.to_owned()), dot + length)
            };
            if steps.is_empty() && !matches!(step, Step::Field(_)) {
                return Err(broken());
            }
            steps.push(step);
            rest = &rest[length..];
        }
        if steps.is_empty() {
            return Err(PatternError::Empty);
        }
        Ok(Self { steps })
    }
}

/// Whether a name needs no quotes in a path.
fn is_plain(name: &str) -> bool {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '$');
    !name.is_empty() && name.chars().all(is_plain)
}

/// One step in brackets at the start of `text`, and its length.
fn bracketed(text: &str) -> Result<(Step, usize), PatternError> {
    let broken = || PatternError::Step {
        rest: text.to_owned(),
    };
    let inner = &text[1..];
    if let Some(length) = scan::string_length(inner)
        && inner[length..].starts_with(']')
    {
        let name = aether_json::from_str(&inner[..length]).map_err(|_| broken())?;
        return Ok((Step::Field(name), length + 2));
    }
    if inner.starts_with("*]") {
        return Ok((Step::Each, 3));
    }
    let mut at = 0;
    let mut fields = Vec::new();
    loop {
        let name = field_name(&inner[at..]);
        let start = at + name.map_or(0, |name| name + 1);
        let length = scan::value_length(&inner[start..], b",]").ok_or_else(broken)?;
        let term = term(inner[start..start + length].trim())?;
        let end = inner[start + length..].chars().next();
        match (name, end) {
            (None, Some(']')) if fields.is_empty() => {
                return Ok((Step::Term(term), start + length + 2));
            }
            (Some(name), Some(',' | ']')) => {
                fields.push((inner[at..at + name].trim().to_owned(), term));
            }
            _ => return Err(broken()),
        }
        at = start + length + 1;
        if end == Some(']') {
            return Ok((Step::Element(fields), at + 1));
        }
    }
}

/// The length of a field name before `=`; its parts are plain or quoted.
fn field_name(text: &str) -> Option<usize> {
    let mut length = 0;
    loop {
        length += match scan::string_length(&text[length..]) {
            Some(quoted) => quoted,
            None => text[length..].find(['.', '=', ',', ']', '"'])?,
        };
        match text[length..].chars().next()? {
            '=' if length > 0 => return Some(length),
            '.' => length += 1,
            _ => return None,
        }
    }
}

fn term(text: &str) -> Result<Term, PatternError> {
    let broken = || PatternError::Value {
        text: text.to_owned(),
    };
    if text.contains('*') && !text.starts_with('"') {
        return Err(PatternError::Star);
    }
    if let Ok(literal) = Json::parse(text) {
        return Ok(Term::Literal(literal.as_str().to_owned()));
    }
    let name = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let (name, offset) = text.split_at(name.unwrap_or(text.len()));
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(broken());
    }
    let offset: String = offset.chars().filter(|c| *c != ' ').collect();
    let offset = match &*offset {
        "" => 0,
        signed if signed.starts_with(['+', '-']) => signed.parse().map_err(|_| broken())?,
        _ => return Err(broken()),
    };
    Ok(Term::Variable {
        name: name.to_owned(),
        offset,
    })
}

impl Pattern {
    /// The output that it begins with.
    pub(crate) fn artefact(&self) -> &str {
        match self.steps.first() {
            Some(Step::Field(name)) => name,
            _ => "",
        }
    }

    /// Calls an input what the inputs call it.
    pub(crate) fn name_input(&mut self, member: impl Fn(&str) -> Option<String>) {
        if self.artefact() == INPUTS
            && let Some(Step::Field(name)) = self.steps.get_mut(1)
            && let Some(member) = member(name)
        {
            *name = member;
        }
    }

    /// The names of its variables.
    pub(crate) fn variables(&self) -> BTreeSet<String> {
        let terms = self.steps.iter().flat_map(|step| match step {
            Step::Term(term) => vec![term],
            Step::Element(fields) => fields.iter().map(|(_, term)| term).collect(),
            Step::Field(_) | Step::Each => Vec::new(),
        });
        let name = |term: &Term| match term {
            Term::Variable { name, .. } => Some(name.clone()),
            Term::Literal(_) => None,
        };
        terms.filter_map(name).collect()
    }

    /// The pattern with its variables called by their order: equal for patterns of the same places.
    pub(crate) fn without_names(&self) -> String {
        let mut names: Vec<String> = Vec::new();
        let mut term = |term: &Term| match term {
            Term::Literal(literal) => literal.clone(),
            Term::Variable { name, offset } => {
                let known = names.iter().position(|known| known == name);
                let at = known.unwrap_or_else(|| {
                    names.push(name.clone());
                    names.len() - 1
                });
                format!("{at}%{offset}")
            }
        };
        let steps = self.steps.iter().map(|step| match step {
            Step::Field(name) => quoted(name),
            Step::Each => "[*]".to_owned(),
            Step::Term(own) => format!("[{}]", term(own)),
            Step::Element(fields) => {
                let fields = fields.iter();
                let fields = fields.map(|(name, value)| format!("{name}={}", term(value)));
                format!("[{}]", fields.collect::<Vec<_>>().join(","))
            }
        });
        steps.collect()
    }

    /// The values of the variables if a place is one of the pattern's, or in one of them.
    pub(crate) fn bind(&self, place: &[PathStep<'_>]) -> Option<Bound> {
        if place.len() < self.steps.len() {
            return None;
        }
        let mut bound = Bound::new();
        for (step, at) in self.steps.iter().zip(place) {
            let is_same = match (step, at) {
                (Step::Field(name), PathStep::Field(at)) => name == at,
                (Step::Each, PathStep::Index(_) | PathStep::Element(_) | PathStep::Field(_)) => {
                    true
                }
                (Step::Term(term), PathStep::Index(at)) => term.bind(&at.to_string(), &mut bound),
                (Step::Term(term), PathStep::Field(name)) => term.bind(&quoted(name), &mut bound),
                (Step::Element(fields), PathStep::Element(id)) => {
                    let own = id.fields();
                    own.len() == fields.len()
                        && fields.iter().zip(own).all(|((name, term), (own, value))| {
                            name == own && term.bind(value, &mut bound)
                        })
                }
                _ => false,
            };
            if !is_same {
                return None;
            }
        }
        Some(bound)
    }

    /// The place with these values; `None` if there is none, such as the element before the first.
    pub(crate) fn place(&self, bound: &Bound) -> Option<Place> {
        let mut place = Place::of(self.artefact());
        for step in self.steps.iter().skip(1) {
            place = match step {
                Step::Field(name) => place.field(name),
                Step::Each => place.each(),
                Step::Term(term) => {
                    let value = term.value(bound)?;
                    match aether_json::from_str::<String>(&value) {
                        Ok(name) => place.field(&name),
                        Err(_) => place.index(value.parse().ok()?),
                    }
                }
                Step::Element(fields) => {
                    let values: Option<Vec<(&str, Json)>> = fields
                        .iter()
                        .map(|(name, term)| Some((&**name, Json::parse(&term.value(bound)?).ok()?)))
                        .collect();
                    place.element_written(values?)
                }
            };
        }
        Some(place)
    }
}

impl Term {
    /// Whether it can have this value, given what is bound; binds its variable.
    fn bind(&self, value: &str, bound: &mut Bound) -> bool {
        let Self::Variable { name, offset } = self else {
            return matches!(self, Self::Literal(literal) if literal == value);
        };
        let Some(own) = moved(value, offset.checked_neg()) else {
            return false;
        };
        bound.entry(name.clone()).or_insert_with(|| own.clone()) == &own
    }

    fn value(&self, bound: &Bound) -> Option<String> {
        match self {
            Self::Literal(literal) => Some(literal.clone()),
            Self::Variable { name, offset } => moved(bound.get(name)?, Some(*offset)),
        }
    }
}

/// An integer plus another one; any value at all plus 0.
fn moved(value: &str, by: Option<i64>) -> Option<String> {
    match by? {
        0 => Some(value.to_owned()),
        by => Some(value.parse::<i64>().ok()?.checked_add(by)?.to_string()),
    }
}
