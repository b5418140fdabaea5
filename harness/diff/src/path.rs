//! The path of a difference, as reports print it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Serialize, Serializer};

use aether_json::layout::quoted;
use aether_json::scan;

/// A place in an artefact, such as `ledgers[tick=3].edges[e_id=5].raw`.
///
/// It starts with the name of the artefact. A member of an object follows a dot; a name that is
/// not made of letters, digits, `_` and `-` is written as a JSON string in brackets: `meta["a b"]`. An
/// element with an identity is written with its identity fields in the order of their
/// [`KeyRule`](crate::KeyRule), the values as JSON (`envelopes[layer="DATA",seq=3]`); where several
/// elements of an array share an identity, the second and later ones are numbered:
/// `ledgers[tick=3#2]`. An element of a vector whose elements have a label is written by its number, from 1:
/// `pre_u[node=4]`. Any other element is written by its position, from 0: `pre_u[3]`. The
/// position is that in the new document, or in the old one for what was removed. `[*]` stands for every element
/// or member; no difference is reported at such a path.
///
/// A path is text to serde, and [`Path::parse`] reads it back, but for what people call elements.
/// Two paths are equal if they lead to the same place, whatever people call the elements on the way. They are
/// sorted step by step, numbers by size.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path {
    pub(crate) steps: Vec<Step>,
}

/// One step of a path.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Into the artefact or the member of this name.
    Field(Box<str>),
    /// To the element with this identity, as written between the brackets. The label is what
    /// people call it, empty if it is not needed (a ledger is identified by its tick).
    Element { identity: Box<str>, label: Box<str> },
    /// To the element at this position.
    Index(usize),
    /// To every element or member.
    Each,
}

/// What the identity of a span of ticks begins with, in artefacts that are kept as digests.
pub(crate) const TICKS: &str = "ticks=";

impl Path {
    /// Whether it leads to a span of ticks and not to one of them.
    pub(crate) fn is_span(&self) -> bool {
        let mut elements = self.steps.iter().filter_map(|step| match step {
            Step::Element { identity, .. } => Some(identity),
            Step::Field(_) | Step::Index(_) | Step::Each => None,
        });
        elements.any(|identity| identity.split(',').any(|part| part.starts_with(TICKS)))
    }

    pub(crate) fn new(steps: Vec<Step>) -> Self {
        Self { steps }
    }

    /// Reads a path as [`Display`](fmt::Display) writes it; `None` if the text is not a path.
    ///
    /// ```
    /// use aether_diff::Path;
    /// let path = Path::parse("ledgers[tick=3].edges[e_id=5].raw").expect("a path");
    /// assert_eq!(path.to_string(), "ledgers[tick=3].edges[e_id=5].raw");
    /// assert_eq!(path.pattern(), "ledgers/*/edges/*/raw");
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let mut steps = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (step, length) = if rest.starts_with('[') {
                bracketed(rest, &steps)?
            } else {
                let dot = usize::from(!steps.is_empty());
                let name = if dot == 1 {
                    rest.strip_prefix('.')?
                } else {
                    rest
                };
                let length = name.find(['.', '[']).unwrap_or(name.len());
                if !is_plain(&name[..length]) {
                    return None;
                }
                (Step::Field(name[..length].into()), dot + length)
            };
            steps.push(step);
            rest = &rest[length..];
        }
        (!steps.is_empty()).then_some(Self { steps })
    }

    /// The path with every element replaced by `*`: what similar changes of several ticks and
    /// scenarios have in common (`ledgers/*/edges/*/f_e`).
    ///
    /// Names are escaped as in a JSON Pointer: `~` is `~0`, `/` is `~1`.
    pub fn pattern(&self) -> String {
        let mut pattern = String::new();
        for (index, step) in self.steps.iter().enumerate() {
            if index > 0 {
                pattern.push('/');
            }
            match step {
                Step::Field(name) => pattern.push_str(&pattern_name(name)),
                Step::Element { .. } | Step::Index(_) | Step::Each => pattern.push('*'),
            }
        }
        pattern
    }

    /// The place as people call it, without the artefact: `edge 5 · raw`. Empty for a whole
    /// artefact, and for a record that is identified by its tick.
    pub fn place(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        // The fields since the last element; the artefact's own name is left out.
        let mut fields: Vec<Step> = Vec::new();
        for step in self.steps.iter().skip(1) {
            match step {
                Step::Element { identity, label } => {
                    // `edge 5` says that it is one of the `edges`; `node 5` does not say which list of
                    // numbers, one per node, it is in.
                    let is_counted = is_counted(identity, label)
                        && fields.last().is_some_and(|array| !array.is_called(label));
                    if !is_counted {
                        fields.pop();
                    }
                    if !fields.is_empty() {
                        parts.push(Self::new(std::mem::take(&mut fields)).to_string());
                    }
                    if !label.is_empty() {
                        parts.push(label.to_string());
                    }
                }
                Step::Field(_) | Step::Index(_) | Step::Each => fields.push(step.clone()),
            }
        }
        if !fields.is_empty() {
            parts.push(Self::new(fields).to_string());
        }
        parts.join(" · ")
    }

    /// What elements are called, where it is not what [`Path::parse`] calls them: the noun of each, by
    /// the pattern of the path up to it, after `prefix`.
    pub(crate) fn nouns(&self, prefix: &str) -> Vec<(String, String)> {
        let mut nouns = Vec::new();
        for (index, step) in self.steps.iter().enumerate() {
            let Step::Element { identity, label } = step else {
                continue;
            };
            let Some(parsed) = self.parsed_label(index, identity) else {
                continue;
            };
            if **label != *parsed.whole() {
                let noun = label.strip_suffix(&*parsed.values).unwrap_or(label);
                nouns.push((self.pattern_up_to(index, prefix), noun.to_owned()));
            }
        }
        nouns
    }

    /// Calls elements by the nouns that [`Path::nouns`] found.
    pub(crate) fn call_elements(&mut self, nouns: &BTreeMap<String, String>, prefix: &str) {
        if nouns.is_empty() {
            return;
        }
        for index in 0..self.steps.len() {
            let Step::Element { identity, .. } = &self.steps[index] else {
                continue;
            };
            let Some(noun) = nouns.get(&self.pattern_up_to(index, prefix)) else {
                continue;
            };
            let Some(parsed) = self.parsed_label(index, identity) else {
                continue;
            };
            let called = match &**noun {
                "" => "".into(),
                noun => (noun.to_owned() + &parsed.values).into(),
            };
            if let Step::Element { label, .. } = &mut self.steps[index] {
                *label = called;
            }
        }
    }

    /// Adds the names of counted elements to what people call them: `edge 5 (P005)`.
    pub(crate) fn name_elements(&mut self, name: &dyn Fn(&str, u64) -> Option<String>) {
        for step in &mut self.steps {
            let Step::Element { label, .. } = step else {
                continue;
            };
            let counted = label.rsplit_once(' ');
            let counted = counted.and_then(|(noun, number)| Some((noun, number.parse().ok()?)));
            if let Some(name) = counted.and_then(|(noun, number)| name(noun, number)) {
                *label = format!("{label} ({name})").into();
            }
        }
    }

    /// The label that the text of this path gives the element at `index`.
    fn parsed_label(&self, index: usize, identity: &str) -> Option<ParsedLabel> {
        let before = &self.steps[..index];
        let (step, _) = bracketed(&format!("[{identity}]"), before)?;
        let Step::Element { label, .. } = step else {
            return None;
        };
        let noun = array_name(before);
        let values = label.strip_prefix(noun)?.to_owned();
        Some(ParsedLabel {
            noun: noun.to_owned(),
            values,
        })
    }

    fn pattern_up_to(&self, index: usize, prefix: &str) -> String {
        prefix.to_owned() + &Self::new(self.steps[..=index].to_vec()).pattern()
    }

    /// The last step as it is written, without a dot.
    pub(crate) fn last_name(&self) -> String {
        let last = self.steps.last().cloned();
        Self::new(last.into_iter().collect()).to_string()
    }

    /// The name that the path starts with.
    pub(crate) fn first_field(&self) -> Option<&str> {
        match self.steps.first() {
            Some(Step::Field(name)) => Some(name),
            _ => None,
        }
    }

    /// The position of the element to which the first step leads, if it has no identity.
    pub(crate) fn first_index(&self) -> Option<usize> {
        match self.steps.first() {
            Some(Step::Index(at)) => Some(*at),
            _ => None,
        }
    }

    /// The path without its first step, as a cause names it inside its file.
    pub(crate) fn without_first(&self) -> Self {
        Self::new(self.steps.get(1..).unwrap_or_default().to_vec())
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.steps.iter().enumerate() {
            match step {
                Step::Field(name) if !is_plain(name) => write!(f, "[{}]", quoted(name))?,
                Step::Field(name) if index == 0 => f.write_str(name)?,
                Step::Field(name) => write!(f, ".{name}")?,
                Step::Element { identity, .. } => write!(f, "[{identity}]")?,
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Each => f.write_str("[*]")?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for Path {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Path {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        // The causes of a difference in a whole document have an empty path.
        if text.is_empty() {
            return Ok(Self::new(Vec::new()));
        }
        Self::parse(&text).ok_or_else(|| D::Error::custom(format!("not a path: {text}")))
    }
}

/// A name as a pattern has it: escaped as in a JSON Pointer.
pub(crate) fn pattern_name(name: &str) -> Cow<'_, str> {
    if name.contains(['~', '/']) {
        Cow::Owned(name.replace('~', "~0").replace('/', "~1"))
    } else {
        Cow::Borrowed(name)
    }
}

/// A label without the name that [`Path::name_elements`] added.
fn unnamed(label: &str) -> &str {
    label.split_once(" (").map_or(label, |(label, _)| label)
}

/// Whether an element is named by its number alone: `node=5`, which people call `node 5`.
fn is_counted(identity: &str, label: &str) -> bool {
    let parts = identity
        .split_once('=')
        .zip(unnamed(label).rsplit_once(' '));
    parts.is_some_and(|((field, number), (noun, called))| {
        number == called
            && number.bytes().all(|b| b.is_ascii_digit())
            && field == identity_field(noun)
    })
}

impl Step {
    /// Whether it is the member by whose name an element is called.
    fn is_called(&self, label: &str) -> bool {
        let label = unnamed(label);
        let noun = label.rsplit_once(' ').map_or(label, |(noun, _)| noun);
        matches!(self, Self::Field(name) if **name == *noun)
    }
}

/// Whether a name needs no quotes in a path.
fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$'))
}

/// A field name as it is written inside an identity.
pub(crate) fn identity_field(name: &str) -> String {
    if is_plain(name) {
        name.to_owned()
    } else {
        quoted(name)
    }
}

/// One step in brackets at the start of `text`, and its length.
fn bracketed(text: &str, before: &[Step]) -> Option<(Step, usize)> {
    let inner = &text[1..];
    if let Some(length) = scan::string_length(inner)
        && inner[length..].starts_with(']')
    {
        let name: String = aether_json::from_str(&inner[..length]).ok()?;
        return Some((Step::Field(name.into()), length + 2));
    }
    if inner.starts_with("*]") {
        return Some((Step::Each, 3));
    }
    let digits = inner.bytes().take_while(u8::is_ascii_digit).count();
    if digits > 0 && inner[digits..].starts_with(']') {
        return Some((Step::Index(inner[..digits].parse().ok()?), digits + 2));
    }
    let mut length = 0;
    let mut values = Vec::new();
    loop {
        // A field, its names quoted or plain, then `=` and a JSON value.
        loop {
            length += scan::string_length(&inner[length..]).unwrap_or(0);
            length += inner[length..].find(['.', '='])? + 1;
            if inner[..length].ends_with('=') {
                break;
            }
        }
        let value = scan::value_length(&inner[length..], b",]#")?;
        values.push(&inner[length..length + value]);
        length += value;
        if !inner[length..].starts_with(',') {
            break;
        }
        length += 1;
    }
    if inner[length..].starts_with('#') {
        length += 1;
        length += inner[length..]
            .bytes()
            .take_while(u8::is_ascii_digit)
            .count();
    }
    if !inner[length..].starts_with(']') {
        return None;
    }
    let step = Step::Element {
        identity: inner[..length].into(),
        label: element_label(array_name(before), &values).into(),
    };
    Some((step, length + 2))
}

/// The name of the array that an element after these steps belongs to.
pub(crate) fn array_name(before: &[Step]) -> &str {
    let name = before.iter().rev().find_map(|step| match step {
        Step::Field(name) => Some(name.as_ref()),
        _ => None,
    });
    name.unwrap_or_default()
}

/// A label in two parts: `edges` and ` 5`.
struct ParsedLabel {
    noun: String,
    values: String,
}

impl ParsedLabel {
    fn whole(&self) -> String {
        format!("{}{}", self.noun, self.values)
    }
}

/// What people call an element: `edge 5`, `envelope DATA 3`.
pub(crate) fn element_label(noun: &str, values: &[&str]) -> String {
    let mut label = noun.to_owned();
    for value in values {
        let plain = value.strip_prefix('"').and_then(|v| v.strip_suffix('"'));
        label.push(' ');
        let plain = plain.filter(|v| is_plain(v) || is_span(v));
        label.push_str(plain.unwrap_or(value));
    }
    label
}

/// Whether a value is the bounds of a span of ticks: `64..127`.
fn is_span(value: &str) -> bool {
    let bounds = value.split_once("..");
    bounds.is_some_and(|(first, last)| [first, last].iter().all(|it| it.parse::<i128>().is_ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, pattern: &str, place: &str) {
        let path = Path::parse(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(path.to_string(), text);
        assert_eq!(path.pattern(), pattern);
        assert_eq!(path.place(), place);
    }

    #[test]
    fn paths_read_back() {
        check("metrics", "metrics", "");
        check("a[*].b", "a/*/b", "[*].b");
        check("metrics.l_total.W-1", "metrics/l_total/W-1", "l_total.W-1");
        check(
            "ledgers[tick=3].edges[e_id=5].raw",
            "ledgers/*/edges/*/raw",
            "ledgers 3 · edges 5 · raw",
        );
        check(
            r#"envelopes[layer="DATA",seq=3].payload_ref"#,
            "envelopes/*/payload_ref",
            "envelopes DATA 3 · payload_ref",
        );
        check(
            "ledgers[tick=3#2].pre_u[12]",
            "ledgers/*/pre_u/*",
            "ledgers 3 · pre_u[12]",
        );
        check(
            r#"meta["a b"]["/~\n]"][["x y"=[1,"]"]].c"#.replace("[[", "[").as_str(),
            "meta/a b/~1~0\n]/*/c",
            r#"["a b"] · /~ [1,"]"] · c"#.replace("/~ ", "/~\n] ").as_str(),
        );
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in [
            "", ".a", "a..b", "a b", "a[", "a[1", "a[x]", "a[x=1", "a[x=1#2", "a]",
        ] {
            assert_eq!(Path::parse(text), None, "{text}");
        }
    }

    fn element(identity: &str, label: &str) -> Step {
        Step::Element {
            identity: identity.into(),
            label: label.into(),
        }
    }

    /// The place of an element of `array`.
    fn place_in(array: &str, identity: &str, label: &str) -> String {
        let field = |name: &str| Step::Field(name.into());
        Path::new(vec![field("a"), field(array), element(identity, label)]).place()
    }

    #[test]
    fn an_element_is_told_with_its_array_if_its_number_alone_names_it() {
        for (array, identity, label, place) in [
            ("pre_u", "node=5", "node 5", "pre_u · node 5"),
            ("pre_u", "node=5", "node 5 (P005)", "pre_u · node 5 (P005)"),
            ("node", "node=5", "node 5", "node 5"),
            ("node", "node=5", "node 5 (P005)", "node 5 (P005)"),
            ("edges", "e_id=5", "edge 5", "edge 5"),
            ("edges", "edge=5", "edge 6", "edge 6"),
            ("edges", "edge=x", "edge x", "edge x"),
            ("edges", "tick=5", "", ""),
            ("pre_u", r#""a b"=5"#, "a b 5", "pre_u · a b 5"),
        ] {
            assert_eq!(
                place_in(array, identity, label),
                place,
                "{array} {identity}"
            );
        }
    }

    #[test]
    fn counted_elements_get_their_names() {
        let name = |noun: &str, number: u64| {
            (noun == "node" && number > 4).then(|| format!("P{number:03}"))
        };
        for (label, named) in [
            ("node 5", "node 5 (P005)"),
            ("node 4", "node 4"),
            ("edge 5", "edge 5"),
            ("node x", "node x"),
            ("node", "node"),
        ] {
            let mut path = Path::new(vec![Step::Field("a".into()), element("node=5", label)]);
            path.name_elements(&name);
            assert_eq!(path.place(), named);
            assert_eq!(format!("{path:?}"), "a[node=5]");
        }
    }

    #[test]
    fn nouns_are_those_that_the_text_of_a_path_does_not_give() {
        let path = Path::parse("ledgers[tick=3].edges[e_id=5]").unwrap();
        assert_eq!(path.nouns("x:"), []);
        let mut called = path.clone();
        called.steps[3] = element("e_id=5", "edge 5");
        let nouns = called.nouns("x:");
        assert_eq!(
            nouns,
            [("x:ledgers/*/edges/*".to_owned(), "edge".to_owned())]
        );
        let mut read = path;
        read.call_elements(&nouns.into_iter().collect(), "x:");
        assert_eq!(read.place(), called.place());
    }

    #[test]
    fn only_plain_texts_and_spans_lose_their_quotes() {
        for (value, label) in [
            (r#""DATA""#, "edge DATA"),
            (r#""64..127""#, "edge 64..127"),
            (r#""-8..-1""#, "edge -8..-1"),
            (r#""a b""#, r#"edge "a b""#),
            (r#""1..x""#, r#"edge "1..x""#),
            ("5", "edge 5"),
        ] {
            assert_eq!(element_label("edge", &[value]), label);
        }
    }
}
