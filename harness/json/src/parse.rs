//! A whole value as a tree that borrows from its text.

use std::borrow::Cow;

use crate::DEPTH_MAX;
use crate::fault::{Expected, Fault, JsonProblem};
use crate::read::{Reader, Strict, Token, TokenKind};

/// A JSON value whose numbers are still the text that they were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tree<'t> {
    /// `null`, `true`, `false` or a number, as spelled.
    Atom(&'t str),
    /// A string, its escapes resolved.
    String(Cow<'t, str>),
    /// An array.
    Array(Vec<Tree<'t>>),
    /// An object; keys are unique and sorted by code point.
    Object(Vec<(Cow<'t, str>, Tree<'t>)>),
}

impl Tree<'_> {
    /// Whether the value is neither array nor object.
    #[must_use]
    pub fn is_scalar(&self) -> bool {
        matches!(self, Self::Atom(_) | Self::String(_))
    }
}

/// Reads values from a text, one after the other: strictly, at most [`DEPTH_MAX`] deep.
///
/// ```
/// use aether_json::{Parser, Tree};
/// let mut parser = Parser::new("[1, 2.0]");
/// assert_eq!(parser.enter_array(), Ok(true));
/// let mut elements = Vec::new();
/// while parser.next_element().expect("valid JSON") {
///     elements.push(parser.value().expect("valid JSON"));
/// }
/// assert_eq!(elements, [Tree::Atom("1"), Tree::Atom("2.0")]);
/// assert_eq!(parser.end(), Ok(()));
/// ```
#[derive(Debug)]
pub struct Parser<'t> {
    reader: Reader<'t, Strict>,
    /// The token that was looked at and not read.
    ahead: Option<Token>,
}

impl<'t> Parser<'t> {
    /// A parser at the start of a text.
    #[must_use]
    pub fn new(text: &'t str) -> Self {
        Self {
            reader: Reader::new(text, DEPTH_MAX, Strict),
            ahead: None,
        }
    }

    /// The one value of a text.
    ///
    /// # Errors
    /// The first problem of a text that is not exactly one valid value.
    pub fn document(text: &'t str) -> Result<Tree<'t>, Fault> {
        let mut parser = Self::new(text);
        let tree = parser.value()?;
        parser.end()?;
        Ok(tree)
    }

    /// The next value.
    ///
    /// # Errors
    /// The first problem in the value.
    pub fn value(&mut self) -> Result<Tree<'t>, Fault> {
        let token = self.token()?;
        self.tree(token)
    }

    /// Whether the next value is an array; if so, steps inside it.
    ///
    /// # Errors
    /// The text ends or goes on with something that is not a value.
    pub fn enter_array(&mut self) -> Result<bool, Fault> {
        self.steps_over(TokenKind::ArrayStart)
    }

    /// Whether the array that the parser is in has another element; if not, steps out of it.
    ///
    /// # Errors
    /// What follows the element before is neither a comma and an element nor the end of the array.
    pub fn next_element(&mut self) -> Result<bool, Fault> {
        Ok(!self.steps_over(TokenKind::ArrayEnd)?)
    }

    /// Checks that only white space is left.
    ///
    /// # Errors
    /// There is something else.
    pub fn end(&mut self) -> Result<(), Fault> {
        debug_assert!(self.ahead.is_none(), "a value was looked at and not read");
        self.reader.next_token().map(|_| ())
    }

    /// The next token; a text without one has ended too early.
    pub(crate) fn token(&mut self) -> Result<Token, Fault> {
        if let Some(token) = self.ahead.take() {
            return Ok(token);
        }
        let token = self.reader.next_token()?;
        token.ok_or_else(|| {
            let end = self.reader.text().len();
            let expected = Expected::Value;
            Fault::new(end, end, JsonProblem::Ends { expected })
        })
    }

    /// The next token, which stays the next.
    pub(crate) fn peek(&mut self) -> Result<Token, Fault> {
        let token = self.token()?;
        self.ahead = Some(token);
        Ok(token)
    }

    /// Steps over the next token if it is of a kind; whether it was.
    pub(crate) fn steps_over(&mut self, kind: TokenKind) -> Result<bool, Fault> {
        let is_kind = self.peek()?.kind == kind;
        if is_kind {
            self.ahead = None;
        }
        Ok(is_kind)
    }

    pub(crate) fn text(&self) -> &'t str {
        self.reader.text()
    }

    /// What the token that was read last spells.
    pub(crate) fn content(&mut self, token: Token) -> Cow<'t, str> {
        self.reader.content(token)
    }

    /// The value that begins with a token. Recursion is bounded by [`DEPTH_MAX`].
    pub(crate) fn tree(&mut self, token: Token) -> Result<Tree<'t>, Fault> {
        Ok(match token.kind {
            TokenKind::ArrayStart => {
                let mut elements = Vec::new();
                loop {
                    let token = self.token()?;
                    if token.kind == TokenKind::ArrayEnd {
                        break;
                    }
                    elements.push(self.tree(token)?);
                }
                Tree::Array(elements)
            }
            TokenKind::ObjectStart => self.object()?,
            TokenKind::String => Tree::String(self.reader.content(token)),
            _ => Tree::Atom(&self.reader.text()[token.start..token.end]),
        })
    }

    fn object(&mut self) -> Result<Tree<'t>, Fault> {
        let mut members: Vec<(Cow<'t, str>, Tree<'t>)> = Vec::new();
        let mut places = Vec::new();
        let mut is_sorted = true;
        loop {
            let token = self.token()?;
            if token.kind == TokenKind::ObjectEnd {
                break;
            }
            let key = self.reader.content(token);
            is_sorted &= members.last().is_none_or(|(last, _)| *last < key);
            places.push((token.start, token.end));
            members.push((key, self.value()?));
        }
        if !is_sorted {
            members = sort_members(members, &places)?;
        }
        Ok(Tree::Object(members))
    }
}

/// Sorts members by key, or names the second of two with the same key.
fn sort_members<'t>(
    members: Vec<(Cow<'t, str>, Tree<'t>)>,
    places: &[(usize, usize)],
) -> Result<Vec<(Cow<'t, str>, Tree<'t>)>, Fault> {
    let mut placed: Vec<_> = members.into_iter().zip(places).collect();
    placed.sort_by(|a, b| a.0.0.cmp(&b.0.0));
    for pair in placed.windows(2) {
        if pair[0].0.0 == pair[1].0.0 {
            let (first, (at, end)) = (pair[0].1.0, *pair[1].1);
            let key = pair[1].0.0.to_string();
            return Err(duplicate_key(key, first, at, end));
        }
    }
    Ok(placed.into_iter().map(|(member, _)| member).collect())
}

/// The fault of a key at `at..end` that its object has at `first` already.
pub(crate) fn duplicate_key(key: String, first: usize, at: usize, end: usize) -> Fault {
    Fault::new(at, end, JsonProblem::DuplicateKey { key, first })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn elements_are_read_one_by_one() {
        let mut parser = Parser::new("[1, [], [2]]");
        assert!(parser.enter_array().unwrap());
        assert!(parser.next_element().unwrap());
        assert!(!parser.enter_array().unwrap());
        assert!(parser.value().unwrap().is_scalar());
        assert!(parser.next_element().unwrap());
        assert!(parser.enter_array().unwrap());
        assert!(!parser.next_element().unwrap());
        assert!(parser.next_element().unwrap());
        assert!(!parser.value().unwrap().is_scalar());
        assert!(!parser.next_element().unwrap());
        parser.end().unwrap();
    }

    fn check(text: &str, expected: &str) {
        let found = match Parser::document(text) {
            Ok(tree) => {
                let mut out = Vec::new();
                crate::layout::write_compact(&tree, &mut out);
                String::from_utf8(out).unwrap()
            }
            Err(fault) => {
                let (line, column) = fault.position(text.as_bytes());
                format!("{line}:{column}: {}", fault.problem)
            }
        };
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn values_keep_their_spelling() {
        check("1", "1");
        check("-0", "-0");
        check("1e5", "1e5");
        check("1E+05", "1E+05");
        check("1.0", "1.0");
        check(
            "123456789012345678901234567890",
            "123456789012345678901234567890",
        );
        check(" [ 1 , 2 ] ", "[1,2]");
        check("{\"b\":1,\"a\":{}}", r#"{"a":{},"b":1}"#);
        check(r#""\u0041\/\u000a\u001F""#, "\"A/\\n\\u001f\"");
        check(r#""\ud83d\ude00\u00e9""#, "\"😀é\"");
        check(
            r#"{"$serde_json::private::Number":"1"}"#,
            r#"{"$serde_json::private::Number":"1"}"#,
        );
    }

    #[test]
    fn problems_of_broken_texts_have_a_place() {
        check("", "1:1: the text ends where a value is expected");
        check("[1,\n 2", "2:3: the text ends where `,` or `]` is expected");
        check("[1,]", "1:3: a comma after the last item");
        check("[,1]", "1:2: expected a value, found ','");
        check("é", "1:1: expected a value, found 'é'");
        check("\u{feff}1", "1:1: expected a value, found '\\u{feff}'");
        check(
            "{a:1}",
            "1:2: expected a key in double quotes, found a key without quotes",
        );
        check("{\"é\" 1}", "1:6: expected `:`, found '1'");
        check("1 2", "1:3: expected the end of the text, found '2'");
        check("01", "1:1: not a valid JSON number: it has leading zeros");
        check("-", "1:1: not a valid JSON number");
        check("1.", "1:1: not a valid JSON number");
        check("1e", "1:1: not a valid JSON number");
        check("nul", "1:1: expected a value, found 'n'");
        check(
            "\"a\nb\"",
            "1:3: control character '\\n' in a string must be escaped",
        );
        check(r#""\ud800""#, "1:2: not a valid escape in a JSON string");
        check(r#""\u+041""#, "1:2: not a valid escape in a JSON string");
        check(
            r#""\ud800\u0041""#,
            "1:2: not a valid escape in a JSON string",
        );
        check(r#""\x""#, "1:2: not a valid escape in a JSON string");
        check(r#"[{"b":{"a":1,"\u0061":2}}]"#, "1:14: duplicate key \"a\"");
        check(&"[".repeat(129), "1:129: nested more than 128 deep");
        check(
            &format!("{}1{}", "[".repeat(128), "]".repeat(128)),
            &format!("{}1{}", "[".repeat(128), "]".repeat(128)),
        );
    }

    /// Whether `serde_json` accepts a text; a number that is valid and too large for its floats
    /// counts as accepted.
    fn is_json_to_serde_json(text: &str) -> bool {
        match serde_json::from_str::<serde_json::Value>(text) {
            Ok(_) => true,
            Err(error) => error.to_string().starts_with("number out of range"),
        }
    }

    fn agrees_with_serde_json(text: &str) {
        let theirs = is_json_to_serde_json(text);
        match Parser::document(text).map_err(|fault| fault.problem) {
            Ok(_) => assert!(theirs, "{text:?}"),
            Err(JsonProblem::DuplicateKey { .. }) => {}
            Err(problem) => assert!(!theirs, "{text:?}: {problem}"),
        }
    }

    proptest! {
        #[test]
        fn any_text_is_json_as_serde_json_says(
            text in "[\\[\\]{},:\"\\\\ \ntrue\\-+.0-9eEufalsn]{0,12}",
        ) {
            // A number too large for a float hides from them what follows it.
            prop_assume!(!text.contains(['e', 'E']) || is_float_small(&text));
            agrees_with_serde_json(&text);
        }

        #[test]
        fn broken_documents_are_json_as_serde_json_says(
            keys in proptest::collection::vec("[a-c\\\\\"]{0,3}", 0..5),
            cut in 0..80_usize,
            put in "[\\[\\]{},:\" 0-2nx\u{1}é]{0,2}",
        ) {
            let members: Vec<String> = keys
                .iter()
                .map(|key| format!("{}: [1.5e3, true, {{\"x\": null}}]", serde_json::json!(key)))
                .collect();
            let mut text = format!("{{{}}}", members.join(",\n"));
            agrees_with_serde_json(&text);
            let cut = text.floor_char_boundary(cut.min(text.len()));
            text.insert_str(cut, &put);
            agrees_with_serde_json(&text);
            text.truncate(cut);
            agrees_with_serde_json(&text);
        }
    }

    fn is_float_small(text: &str) -> bool {
        let exponents = text.split(['e', 'E']).skip(1);
        let digits = |rest: &str| {
            let rest = rest.trim_start_matches(['+', '-', '0']);
            rest.bytes().take_while(u8::is_ascii_digit).count()
        };
        exponents.map(digits).all(|digits| digits < 3)
    }

    #[test]
    fn every_escape_and_surrogate_is_json_as_serde_json_says() {
        for text in [
            r#""\u00e9\n\/\b\f\r\t\"\\""#,
            r#""\ud83d\ude00""#,
            r#""\ud83d""#,
            r#""\ude00""#,
            r#""\ud83d\u0041""#,
            r#""\ud83d\ud83d""#,
            r#""\u12""#,
            r#""\u12g4""#,
            r#""\U0041""#,
            "\"\\é\"",
            "\"\\",
            "\"\u{7f}\"",
            "\"\u{1f}\"",
            "-",
            "-a",
            "1e+",
            "0e0",
            "-0.0",
            "\u{feff}1",
            "\u{a0}1",
        ] {
            agrees_with_serde_json(text);
        }
    }
}
