//! Expressions of GitHub Actions (`${{ … }}`), as far as the workflows of this repository use them.
//!
//! [`Expression`] is a parsed one, [`Context`] what it may refer to. Whatever is not known here, a function, a context
//! or a member of one, is an error: it would otherwise be empty, and a step would do something else than on GitHub.

use std::collections::BTreeMap;

use aether_json::{Number, Value};

/// The functions that are known.
const FUNCTIONS: [&str; 8] = [
    "always",
    "cancelled",
    "contains",
    "endsWith",
    "failure",
    "format",
    "startsWith",
    "success",
];

/// The functions that ask how the job is doing.
const STATUS: [&str; 4] = ["always", "cancelled", "failure", "success"];

/// The contexts that are known.
const CONTEXTS: [&str; 7] = [
    "env", "github", "inputs", "matrix", "needs", "runner", "steps",
];

/// Contexts in which a missing member is null, and not a mistake.
const OPEN: [&str; 1] = ["env"];

/// What expressions may refer to.
#[derive(Clone, Debug, Default)]
pub(super) struct Context {
    /// The contexts by name.
    pub(super) values: BTreeMap<&'static str, Value>,
    /// Whether a step of the job has failed.
    pub(super) has_failed: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Node {
    Literal(Value),
    /// A context.
    Name(String),
    Member(Box<Node>, Box<Node>),
    Call(String, Vec<Node>),
    Not(Box<Node>),
    Binary(&'static str, Box<Node>, Box<Node>),
}

/// A parsed expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Expression(Node);

impl Expression {
    /// Parses the text between `${{` and `}}`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let tokens = tokens(text).map_err(|problem| format!("`{}`: {problem}", text.trim()))?;
        let mut parser = Parser { tokens, at: 0 };
        let node = parser
            .binary(0)
            .and_then(|node| match parser.tokens.get(parser.at) {
                None => Ok(node),
                Some(token) => Err(format!("unexpected `{token}`")),
            });
        node.map(Self)
            .map_err(|problem| format!("`{}`: {problem}", text.trim()))
    }

    /// Its value.
    pub(super) fn value(&self, context: &Context) -> Result<Value, String> {
        context.value(&self.0)
    }

    /// The condition of a step or job: without a function that asks for the status, `success()` is meant too.
    pub(super) fn holds(&self, context: &Context) -> Result<bool, String> {
        let value = truth(&self.value(context)?);
        Ok(value && (self.0.asks_for_status() || !context.has_failed))
    }
}

/// The condition of `if:`, which may be written with or without `${{ }}`.
pub(super) fn condition(text: &str) -> Result<Expression, String> {
    let text = text.trim();
    let inner = text
        .strip_prefix("${{")
        .and_then(|text| text.strip_suffix("}}"));
    match inner {
        Some(inner) if !inner.contains("${{") => Expression::parse(inner),
        _ => Expression::parse(text),
    }
}

/// A text with the values of its expressions.
pub(super) fn filled(text: &str, context: &Context) -> Result<String, String> {
    let mut filled = String::new();
    for part in parts(text)? {
        match part {
            Part::Text(text) => filled.push_str(text),
            Part::Expression(expression) => filled.push_str(&shown(&expression.value(context)?)),
        }
    }
    Ok(filled)
}

/// Parses the expressions of a text.
pub(super) fn check(text: &str) -> Result<(), String> {
    parts(text).map(|_| ())
}

enum Part<'t> {
    Text(&'t str),
    Expression(Expression),
}

fn parts(mut text: &str) -> Result<Vec<Part<'_>>, String> {
    let mut parts = Vec::new();
    while let Some((before, rest)) = text.split_once("${{") {
        let (inner, after) = rest
            .split_once("}}")
            .ok_or_else(|| format!("`{rest}`: `}}}}` is missing"))?;
        parts.push(Part::Text(before));
        parts.push(Part::Expression(Expression::parse(inner)?));
        text = after;
    }
    parts.push(Part::Text(text));
    Ok(parts)
}

/// Splits an expression into words, texts in quotes and operators.
fn tokens(text: &str) -> Result<Vec<String>, String> {
    const OPERATORS: [&str; 15] = [
        "==", "!=", "<=", ">=", "&&", "||", "(", ")", "[", "]", ".", ",", "!", "<", ">",
    ];
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if first == '\'' {
            quoted(rest).ok_or("a quote is not closed")?
        } else if let Some(operator) = OPERATORS
            .iter()
            .find(|operator| rest.starts_with(**operator))
        {
            operator.len()
        } else {
            let is_number = first.is_ascii_digit() || first == '-';
            let of_word =
                |c: char| c.is_alphanumeric() || "_-".contains(c) || (is_number && c == '.');
            match rest.find(|c| !of_word(c)).unwrap_or(rest.len()) {
                0 => return Err(format!("unexpected `{first}`")),
                length => length,
            }
        };
        tokens.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

/// The length of a text in quotes, in which two quotes are one.
fn quoted(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 1;
    loop {
        at += text[at..].find('\'')?;
        if bytes.get(at + 1) != Some(&b'\'') {
            return Some(at + 1);
        }
        at += 2;
    }
}

struct Parser {
    tokens: Vec<String>,
    at: usize,
}

/// Binary operators, those that bind least first.
const BINARY: [&[&str]; 4] = [&["||"], &["&&"], &["==", "!="], &["<=", ">=", "<", ">"]];

impl Parser {
    fn next(&mut self) -> Result<String, String> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token.ok_or_else(|| "it ends too early".to_owned())
    }

    fn takes(&mut self, token: &str) -> bool {
        let is_next = self.tokens.get(self.at).is_some_and(|next| next == token);
        self.at += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        if self.takes(token) {
            Ok(())
        } else {
            Err(format!("expected `{token}`"))
        }
    }

    fn binary(&mut self, level: usize) -> Result<Node, String> {
        let Some(operators) = BINARY.get(level) else {
            return self.unary();
        };
        let mut left = self.binary(level + 1)?;
        while let Some(operator) = operators.iter().find(|operator| self.takes(operator)) {
            let right = self.binary(level + 1)?;
            left = Node::Binary(operator, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Node, String> {
        if self.takes("!") {
            return Ok(Node::Not(Box::new(self.unary()?)));
        }
        let mut node = self.primary()?;
        loop {
            if self.takes(".") {
                let name = Value::from(self.next()?.as_str());
                node = Node::Member(Box::new(node), Box::new(Node::Literal(name)));
            } else if self.takes("[") {
                let index = self.binary(0)?;
                self.expect("]")?;
                node = Node::Member(Box::new(node), Box::new(index));
            } else {
                return Ok(node);
            }
        }
    }

    fn primary(&mut self) -> Result<Node, String> {
        let token = self.next()?;
        if token == "(" {
            let node = self.binary(0)?;
            self.expect(")")?;
            return Ok(node);
        }
        let inner = token
            .strip_prefix('\'')
            .and_then(|text| text.strip_suffix('\''));
        if let Some(inner) = inner {
            return Ok(Node::Literal(Value::from(
                inner.replace("''", "'").as_str(),
            )));
        }
        if self.takes("(") {
            return self.call(token);
        }
        Ok(match token.as_str() {
            "true" => Node::Literal(Value::from(true)),
            "false" => Node::Literal(Value::from(false)),
            "null" => Node::Literal(Value::Null),
            word => match Number::parse(word) {
                Some(number) => Node::Literal(Value::Number(number)),
                None if CONTEXTS.contains(&word) => Node::Name(token),
                None => return Err(format!("`{word}` is not a context that is known here")),
            },
        })
    }

    fn call(&mut self, name: String) -> Result<Node, String> {
        if !FUNCTIONS.contains(&name.as_str()) {
            return Err(format!("`{name}` is not a function that is known here"));
        }
        let mut arguments = Vec::new();
        while !self.takes(")") {
            if !arguments.is_empty() {
                self.expect(",")?;
            }
            arguments.push(self.binary(0)?);
        }
        let expected = match name.as_str() {
            "contains" | "startsWith" | "endsWith" => arguments.len() == 2,
            "format" => !arguments.is_empty(),
            _ => arguments.is_empty(),
        };
        if expected {
            Ok(Node::Call(name, arguments))
        } else {
            Err(format!("`{name}` has {} arguments", arguments.len()))
        }
    }
}

impl Node {
    fn asks_for_status(&self) -> bool {
        match self {
            Self::Literal(_) | Self::Name(_) => false,
            Self::Call(name, arguments) => {
                STATUS.contains(&name.as_str()) || arguments.iter().any(Self::asks_for_status)
            }
            Self::Not(node) => node.asks_for_status(),
            Self::Member(a, b) | Self::Binary(_, a, b) => {
                a.asks_for_status() || b.asks_for_status()
            }
        }
    }

    /// The path of a member, and whether missing ones are null.
    fn path(&self) -> (String, bool) {
        match self {
            Self::Name(name) => (name.clone(), OPEN.contains(&name.as_str())),
            Self::Member(of, name) => {
                let (of, is_open) = of.path();
                let name = match &**name {
                    Self::Literal(name) => shown(name),
                    _ => "[…]".to_owned(),
                };
                // What triggered the workflow, and what a step wrote, has the members that it has.
                let opens = (of == "github" && name == "event") || name == "outputs";
                (format!("{of}.{name}"), is_open || opens)
            }
            _ => (String::new(), true),
        }
    }
}

impl Context {
    fn value(&self, node: &Node) -> Result<Value, String> {
        Ok(match node {
            Node::Literal(value) => value.clone(),
            Node::Name(name) => match self.values.get(name.as_str()) {
                Some(value) => value.clone(),
                None => return Err(format!("there is no context `{name}` here")),
            },
            Node::Member(of, name) => {
                let (path, is_open) = node.path();
                let name = shown(&self.value(name)?);
                let of = self.value(of)?;
                match of.get(&name) {
                    Some(value) => value.clone(),
                    None if is_open || path.is_empty() => Value::Null,
                    None => return Err(format!("there is no `{path}` here")),
                }
            }
            Node::Call(name, arguments) => {
                let arguments = arguments.iter().map(|argument| self.value(argument));
                self.call(name, &arguments.collect::<Result<Vec<_>, _>>()?)
            }
            Node::Not(node) => Value::from(!truth(&self.value(node)?)),
            Node::Binary("&&", a, b) => match self.value(a)? {
                a if truth(&a) => self.value(b)?,
                a => a,
            },
            Node::Binary("||", a, b) => match self.value(a)? {
                a if truth(&a) => a,
                _ => self.value(b)?,
            },
            Node::Binary(operator, a, b) => {
                Value::from(compared(operator, &self.value(a)?, &self.value(b)?))
            }
        })
    }

    fn call(&self, name: &str, arguments: &[Value]) -> Value {
        let text = |at: usize| shown(&arguments[at]).to_lowercase();
        match name {
            "always" => Value::from(true),
            "success" => Value::from(!self.has_failed),
            "failure" => Value::from(self.has_failed),
            // Nothing that is cancelled goes on here.
            "cancelled" => Value::from(false),
            "startsWith" => Value::from(text(0).starts_with(&text(1))),
            "endsWith" => Value::from(text(0).ends_with(&text(1))),
            "contains" => Value::from(match &arguments[0] {
                Value::Array(values) => values
                    .iter()
                    .any(|value| compared("==", value, &arguments[1])),
                _ => text(0).contains(&text(1)),
            }),
            "format" => {
                let mut text = shown(&arguments[0]);
                for (index, argument) in arguments[1..].iter().enumerate() {
                    text = text.replace(&format!("{{{index}}}"), &shown(argument));
                }
                Value::from(text.as_str())
            }
            _ => unreachable!("the parser knows the functions: {name}"),
        }
    }
}

/// Whether a value counts as true.
fn truth(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

/// Values of different types are compared as numbers, texts without regard to case.
fn compared(operator: &str, a: &Value, b: &Value) -> bool {
    let order = match (a, b) {
        (Value::String(a), Value::String(b)) => Some(a.to_lowercase().cmp(&b.to_lowercase())),
        (a, b) => number(a).partial_cmp(&number(b)),
    };
    match operator {
        "==" => order.is_some_and(std::cmp::Ordering::is_eq),
        "!=" => !order.is_some_and(std::cmp::Ordering::is_eq),
        "<" => order.is_some_and(std::cmp::Ordering::is_lt),
        "<=" => order.is_some_and(std::cmp::Ordering::is_le),
        ">" => order.is_some_and(std::cmp::Ordering::is_gt),
        ">=" => order.is_some_and(std::cmp::Ordering::is_ge),
        _ => unreachable!("the parser knows the operators: {operator}"),
    }
}

fn number(value: &Value) -> f64 {
    match value {
        Value::Null => 0.0,
        Value::Bool(value) => f64::from(u8::from(*value)),
        Value::Number(number) => number.as_f64().unwrap_or(f64::NAN),
        Value::String(text) if text.trim().is_empty() => 0.0,
        Value::String(text) => text.trim().parse().unwrap_or(f64::NAN),
        Value::Array(_) | Value::Object(_) => f64::NAN,
    }
}

/// A value as text.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aether_json::json;

    fn context() -> Context {
        let mut context = Context::default();
        for (name, value) in [
            ("github", json!({ "event_name": "push", "event": {} })),
            ("matrix", json!({ "shard": 2, "os": "ubuntu" })),
            ("steps", json!({ "run": { "outputs": { "status": "1" } } })),
            ("env", json!({ "A": "x" })),
        ] {
            context.values.insert(name, value);
        }
        context
    }

    #[test]
    fn expressions_have_the_values_that_github_gives_them() {
        for (text, expected) in [
            ("github.event_name", json!("push")),
            ("github.event_name == 'PUSH'", json!(true)),
            (
                "github.event_name == 'schedule' || github.event_name == 'push'",
                json!(true),
            ),
            ("github.event.pull_request.base.sha", json!(null)),
            ("matrix.shard", json!(2)),
            ("matrix['os']", json!("ubuntu")),
            ("matrix.shard == '2'", json!(true)),
            ("matrix.shard >= 2 && 'yes' || 'no'", json!("yes")),
            ("matrix.shard < 2 && 'yes' || 'no'", json!("no")),
            ("steps.run.outputs.status", json!("1")),
            ("steps.run.outputs.other", json!(null)),
            ("env.B", json!(null)),
            ("!(env.A == 'x')", json!(false)),
            ("'it''s'", json!("it's")),
            ("null == 0", json!(true)),
            ("'a' != true", json!(true)),
            ("format('{0}-{1}', matrix.os, 3)", json!("ubuntu-3")),
            (
                "contains('Hello', 'ell') && startsWith('ab', 'A') && endsWith('ab', 'b')",
                json!(true),
            ),
            ("-1.5", json!(-1.5)),
            ("success() && always()", json!(true)),
        ] {
            let found = Expression::parse(text).unwrap().value(&context());
            assert_eq!(found, Ok(expected), "{text}");
        }
        assert_eq!(
            filled("n ${{ matrix.shard }}/3 ${{ env.A }}", &context()).unwrap(),
            "n 2/3 x"
        );
        assert_eq!(filled("plain", &context()).unwrap(), "plain");
    }

    #[test]
    fn what_is_not_known_is_an_error() {
        for (text, expected) in [
            ("secrets.TOKEN", "`secrets` is not a context"),
            ("hashFiles('x')", "`hashFiles` is not a function"),
            ("github.", "ends too early"),
            ("(1", "expected `)`"),
            ("1 2", "unexpected `2`"),
            ("a'", "a quote is not closed"),
            ("1 + 1", "unexpected `+`"),
            ("contains('a')", "1 arguments"),
            ("", "ends too early"),
        ] {
            let found = Expression::parse(text).unwrap_err();
            assert!(found.contains(expected), "{text}: {found}");
        }
        for (text, expected) in [
            ("github.actr", "there is no `github.actr`"),
            ("steps.none.outputs.x", "there is no `steps.none`"),
            ("matrix.sharp", "there is no `matrix.sharp`"),
            ("needs.x.result", "there is no context `needs`"),
        ] {
            let found = Expression::parse(text).unwrap().value(&context());
            assert!(
                found.clone().unwrap_err().contains(expected),
                "{text}: {found:?}"
            );
        }
        assert!(filled("${{ matrix.os", &context()).is_err());
    }

    #[test]
    fn a_condition_is_about_success_unless_it_asks() {
        let mut failed = context();
        failed.has_failed = true;
        for (text, now, after_failure) in [
            ("true", true, false),
            ("always()", true, true),
            ("failure()", false, true),
            ("${{ failure() }}", false, true),
            ("!cancelled() && matrix.shard == 2", true, true),
            ("github.event_name == 'push'", true, false),
            ("matrix.shard == 1", false, false),
        ] {
            let condition = condition(text).unwrap();
            assert_eq!(condition.holds(&context()), Ok(now), "{text}");
            assert_eq!(condition.holds(&failed), Ok(after_failure), "{text}");
        }
    }
}
