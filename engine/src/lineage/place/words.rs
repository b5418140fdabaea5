//! A path in text, step by step: written and read.

/// A number or a text in a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    Number(u64),
    Text(String),
}

impl Word {
    pub(super) fn push_to(&self, path: &mut String) {
        match self {
            Self::Number(number) => path.push_str(&number.to_string()),
            Self::Text(text) => path.push_str(&quoted(text)),
        }
    }
}

/// A step of a given path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PathStep {
    Member(String),
    Position(u64),
    Keyed(Vec<(String, Word)>),
}

/// A path as its steps; `None` if it is not a path.
pub(super) fn words_of(path: &str) -> Option<Vec<PathStep>> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[') {
            let (step, after) = bracket(inside)?;
            steps.push(step);
            rest = after;
        } else {
            let name = rest.strip_prefix('.').unwrap_or(rest);
            let end = name.find(['.', '[']).unwrap_or(name.len());
            let (name, after) = name.split_at(end);
            if name.is_empty() {
                return None;
            }
            steps.push(PathStep::Member(name.to_owned()));
            rest = after;
        }
    }
    Some(steps)
}

/// What is inside a bracket, and what follows it.
fn bracket(inside: &str) -> Option<(PathStep, &str)> {
    if inside.starts_with('"') {
        let (name, after) = string(inside)?;
        return Some((PathStep::Member(name), after.strip_prefix(']')?));
    }
    let mut keys = Vec::new();
    let mut rest = inside;
    loop {
        let end = rest.find(['=', ']'])?;
        let (key, after) = rest.split_at(end);
        if let Some(after) = after.strip_prefix(']') {
            let is_position = keys.is_empty();
            let position = key.parse().ok().filter(|_| is_position)?;
            return Some((PathStep::Position(position), after));
        }
        let value = &after[1..];
        let (word, after) = if value.starts_with('"') {
            let (text, after) = string(value)?;
            (Word::Text(text), after)
        } else {
            let end = value.find([',', ']'])?;
            let (number, after) = value.split_at(end);
            let word = number.parse().map(Word::Number);
            (word.unwrap_or(Word::Text(number.to_owned())), after)
        };
        keys.push((key.to_owned(), word));
        match after.strip_prefix(',') {
            Some(after) => rest = after,
            None => return Some((PathStep::Keyed(keys), after.strip_prefix(']')?)),
        }
    }
}

/// A quoted string at the start of a text, and what follows it.
fn string(text: &str) -> Option<(String, &str)> {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            '"' if !escaped => {
                let (quoted, after) = text.split_at(at + 1);
                return Some((aether_json::from_str(quoted).ok()?, after));
            }
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    None
}

fn quoted(text: &str) -> String {
    crate::canonical::text(text)
}

pub(super) fn push_member(path: &mut String, name: &str) {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(is_plain) {
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(name);
    } else {
        path.push('[');
        path.push_str(&quoted(name));
        path.push(']');
    }
}
