//! [`Path`]: the place of a value in the documents of a run, such as `topology.edges[e_id=5].k`.

use super::super::decode::nearest;
use super::super::problem::{Code, Draft};
use super::super::source::Span;

/// A document of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    RunConfig,
    Topology,
    Profile,
    Pfna,
    Aeon,
}

impl Part {
    pub(crate) const COUNT: usize = 5;

    pub(crate) const ALL: [Self; Self::COUNT] = [
        Self::RunConfig,
        Self::Topology,
        Self::Profile,
        Self::Pfna,
        Self::Aeon,
    ];

    /// The name as files and exports have it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::RunConfig => "run_config",
            Self::Topology => "topology",
            Self::Profile => "profile",
            Self::Pfna => "pfna",
            Self::Aeon => "aeon",
        }
    }

    /// What the document is, with an article.
    pub(crate) const fn noun(self) -> &'static str {
        match self {
            Self::RunConfig => "the RunConfig",
            Self::Topology => "the topology",
            Self::Profile => "the profile",
            Self::Pfna => "the PFNA document",
            Self::Aeon => "the AEON grammar",
        }
    }
}

/// The place of a value.
#[derive(Clone, Debug)]
pub(crate) struct Path {
    /// As it was written.
    pub(crate) text: String,
    pub(crate) part: Part,
    /// At least one.
    pub(crate) steps: Vec<Step>,
}

/// One step into a document, with its place in the text that the path was read from.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) to: To,
    pub(crate) span: Span,
}

/// Where a step leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum To {
    /// A member of an object.
    Member(String),
    /// An item of a list, by position from 0.
    Position(u64),
    /// The item of a list with this member.
    Where(String, String),
    /// The item of a list with this label.
    Label(String),
}

impl To {
    /// The step as messages show it.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Member(key) => key.clone(),
            Self::Position(position) => format!("[{position}]"),
            Self::Where(key, value) => format!("[{key}={value}]"),
            Self::Label(label) => format!("[{label}]"),
        }
    }
}

impl Path {
    /// Reads a path that starts at byte `at` of the text that problems show.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub(crate) fn parse(text: &str, at: usize) -> Result<Self, Box<Draft>> {
        let mut reader = Reader { text, next: 0, at };
        let mut steps = vec![reader.member()?];
        while let Some(next) = reader.peek() {
            steps.push(match next {
                '.' => {
                    reader.next += 1;
                    reader.member()?
                }
                '[' => reader.item()?,
                _ => return Err(reader.wrong(reader.next, "`.` or `[`").into()),
            });
        }
        let part = Part::ALL.into_iter().skip(1);
        let part = part
            .into_iter()
            .find(|part| matches!(&steps[0].to, To::Member(key) if key == part.name()));
        let part = match part {
            Some(part) => {
                steps.remove(0);
                part
            }
            None => Part::RunConfig,
        };
        if steps.is_empty() {
            let span = Span::new(at, at + text.len());
            let message = format!("`{text}` is a whole document, not a value in it");
            return Err(Draft::new(Code::SettingPath, span, message)
                .help(format!("name a member, as in `{text}.{}`", example(part)))
                .into());
        }
        Ok(Self {
            text: text.to_owned(),
            part,
            steps,
        })
    }
}

const fn example(part: Part) -> &'static str {
    match part {
        Part::RunConfig => "ticks",
        Part::Topology => "edges[e_id=1].k",
        Part::Profile => "C0",
        Part::Pfna => "entries[0].tick",
        Part::Aeon => "base_windows.day1.tick_end",
    }
}

/// Help that names a document whose name was probably meant.
pub(crate) fn near_part(key: &str) -> Option<&'static str> {
    let names = Part::ALL.into_iter().skip(1).map(Part::name);
    nearest(key, names)
}

/// The byte at which the path of `PATH=VALUE` ends: the first `=` outside brackets and quotes.
pub(crate) fn end(text: &str) -> Option<usize> {
    let (mut depth, mut quote) = (0_usize, None);
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), _) if open == byte => quote = None,
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'[') => depth += 1,
            (None, b']') => depth = depth.saturating_sub(1),
            (None, b'=') if depth == 0 => return Some(at),
            _ => {}
        }
    }
    None
}

struct Reader<'t> {
    text: &'t str,
    next: usize,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.next..].chars().next()
    }

    fn span(&self, start: usize) -> Span {
        Span::new(self.at + start, self.at + self.next)
    }

    fn wrong(&self, at: usize, expected: &str) -> Draft {
        let found = self.text[at..].chars().next();
        let len = found.map_or(0, char::len_utf8);
        let message = match found {
            Some(found) => format!("expected {expected}, found `{}`", found.escape_debug()),
            None => format!("expected {expected}, found the end of the path"),
        };
        Draft::new(
            Code::SettingSyntax,
            Span::new(self.at + at, self.at + at + len),
            message,
        )
        .expected(expected)
        .help("write a path such as `ticks`, `topology.edges[e_id=5].k` or `initial_state[0]`")
    }

    /// A key: in quotes, or up to a character that has a meaning in paths.
    fn member(&mut self) -> Result<Step, Box<Draft>> {
        let start = self.next;
        let key = self.word(
            |c| matches!(c, '.' | '[' | ']' | '='),
            "the name of a member",
        )?;
        Ok(Step {
            to: To::Member(key),
            span: self.span(start),
        })
    }

    fn item(&mut self) -> Result<Step, Box<Draft>> {
        let start = self.next;
        self.next += 1;
        let quoted = matches!(self.peek(), Some('"' | '\''));
        let first = self.word(
            |c| matches!(c, ']' | '='),
            "a position, `name=value` or a label",
        )?;
        let to = match self.peek() {
            Some('=') => {
                self.next += 1;
                To::Where(first, self.word(|c| c == ']', "a value")?)
            }
            _ if quoted => To::Label(first),
            _ => match (first.parse(), first.strip_prefix("name:")) {
                (Ok(position), _) => To::Position(position),
                (_, Some(label)) => To::Label(label.to_owned()),
                (_, None) => To::Label(first),
            },
        };
        if self.peek() != Some(']') {
            return Err(self.wrong(self.next, "`]`").into());
        }
        self.next += 1;
        Ok(Step {
            to,
            span: self.span(start),
        })
    }

    fn word(&mut self, ends: impl Fn(char) -> bool, expected: &str) -> Result<String, Box<Draft>> {
        let start = self.next;
        let rest = &self.text[start..];
        if let Some(quote) = self.peek().filter(|c| matches!(c, '"' | '\'')) {
            let Some(len) = rest[1..].find(quote) else {
                return Err(self
                    .wrong(self.text.len(), &format!("a closing {quote}"))
                    .into());
            };
            self.next += len + 2;
            return Ok(rest[1..=len].to_owned());
        }
        let len = rest.find(ends).unwrap_or(rest.len());
        let word = rest[..len].trim();
        if word.is_empty() {
            return Err(self.wrong(start, expected).into());
        }
        self.next += len;
        Ok(word.to_owned())
    }
}
