//! YAML as JSON, by the core schema of YAML 1.2.

use std::collections::BTreeMap;

use aether_json::{DEPTH_MAX, Number, Value, json};
use saphyr_parser::{Event, Parser, ScalarStyle, Span};

/// Values that anchors and aliases may copy in all: a few lines can stand for millions.
const COPIED_MAX: usize = 1_000_000;

/// The document; several are an array. Numbers keep their spelling if JSON has it; `.inf` and its like
/// are `{"yaml": "…"}`.
///
/// # Errors
/// What is wrong, with line and column.
pub(crate) fn read(text: &str) -> Result<Value, String> {
    let mut reader = Reader {
        events: Parser::new_from_str(text),
        anchors: BTreeMap::new(),
        copied: 0,
    };
    let mut documents = Vec::new();
    loop {
        let (event, span) = reader.next()?;
        match event {
            Event::StreamEnd => break,
            Event::DocumentStart(_) => {
                reader.anchors.clear();
                let (event, span) = reader.next()?;
                documents.push(reader.value(event, span, 0)?);
            }
            Event::StreamStart | Event::DocumentEnd | Event::Nothing => {}
            _ => return Err(at(span, "a value outside of a document")),
        }
    }
    Ok(if documents.len() == 1 {
        documents.remove(0)
    } else {
        Value::Array(documents)
    })
}

struct Reader<'t> {
    events: Parser<'t, saphyr_parser::StrInput<'t>>,
    anchors: BTreeMap<usize, Value>,
    copied: usize,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<(Event<'t>, Span), String> {
        match self.events.next() {
            Some(Ok(next)) => Ok(next),
            Some(Err(error)) => {
                let marker = error.marker();
                let (line, column) = (marker.line(), marker.col() + 1);
                Err(format!("{line}:{column}: {}", error.info()))
            }
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn value(&mut self, event: Event<'t>, span: Span, depth: usize) -> Result<Value, String> {
        if depth > DEPTH_MAX {
            return Err(too_deep(span));
        }
        let refuse_tag = |has_tag: bool| {
            if has_tag {
                return Err(at(span, "a tag, which JSON has no form for"));
            }
            Ok(())
        };
        let (anchor, value) = match event {
            Event::Alias(anchor) => {
                let value = self.anchors.get(&anchor).cloned();
                let value = value.ok_or_else(|| at(span, "an alias of what it is part of"))?;
                if depth + height(&value) > DEPTH_MAX {
                    return Err(too_deep(span));
                }
                self.copy(&value, span)?;
                (0, value)
            }
            Event::Scalar(text, style, anchor, tag) => {
                refuse_tag(tag.is_some())?;
                let value = match style {
                    ScalarStyle::Plain => plain(&text),
                    _ => Value::from(&*text),
                };
                (anchor, value)
            }
            Event::SequenceStart(anchor, tag) => {
                refuse_tag(tag.is_some())?;
                let mut values = Vec::new();
                loop {
                    let (event, span) = self.next()?;
                    if event == Event::SequenceEnd {
                        break;
                    }
                    values.push(self.value(event, span, depth + 1)?);
                }
                (anchor, Value::Array(values))
            }
            Event::MappingStart(anchor, tag) => {
                refuse_tag(tag.is_some())?;
                (anchor, self.mapping(depth)?)
            }
            _ => return Err(at(span, "expected a value")),
        };
        if anchor > 0 {
            self.copy(&value, span)?;
            self.anchors.insert(anchor, value.clone());
        }
        Ok(value)
    }

    /// Counts a value that is about to be copied.
    fn copy(&mut self, value: &Value, span: Span) -> Result<(), String> {
        self.copied += count(value);
        if self.copied > COPIED_MAX {
            let problem = "anchors and aliases repeat more than a million values";
            return Err(at(span, problem));
        }
        Ok(())
    }

    fn mapping(&mut self, depth: usize) -> Result<Value, String> {
        let mut members = BTreeMap::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                return Ok(Value::Object(members));
            }
            let Value::String(name) = self.value(event, span, depth + 1)? else {
                return Err(at(span, "a key that is not a string: put it in quotes"));
            };
            let (event, value_span) = self.next()?;
            let value = self.value(event, value_span, depth + 1)?;
            if members.contains_key(&name) {
                return Err(at(span, &format!("duplicate key {name:?}")));
            }
            members.insert(name, value);
        }
    }
}

/// How deep the values in a value are below it.
fn height(value: &Value) -> usize {
    let inner = |height: Option<usize>| height.map_or(0, |height| height + 1);
    match value {
        Value::Array(values) => inner(values.iter().map(height).max()),
        Value::Object(members) => inner(members.values().map(height).max()),
        _ => 0,
    }
}

fn count(value: &Value) -> usize {
    match value {
        Value::Array(values) => 1 + values.iter().map(count).sum::<usize>(),
        Value::Object(members) => 1 + members.values().map(count).sum::<usize>(),
        _ => 1,
    }
}

fn too_deep(span: Span) -> String {
    at(span, &format!("nested more than {DEPTH_MAX} deep"))
}

fn at(span: Span, problem: &str) -> String {
    let (line, column) = (span.start.line(), span.start.col() + 1);
    format!("{line}:{column}: {problem}")
}

/// A plain scalar by the core schema.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::from(true),
        "false" | "False" | "FALSE" => return Value::from(false),
        _ => {}
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return json!({ "yaml": text });
    }
    if let Some(number) = Number::parse(text) {
        return Value::from(number);
    }
    let radix = |prefix: &str, radix: u32| {
        let digits = text.strip_prefix(prefix)?;
        let is_plain = digits.chars().all(|c| c.is_digit(radix));
        (is_plain && !digits.is_empty()).then(|| i64::from_str_radix(digits, radix).ok())
    };
    match radix("0o", 8).or_else(|| radix("0x", 16)) {
        Some(Some(number)) => return Value::from(number),
        Some(None) => return json!({ "yaml": text }),
        None => {}
    }
    // Spellings of numbers that JSON does not have: `+1`, `.5`, `1.`, `007`.
    let is_number = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && unsigned
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-'))
        && unsigned.parse::<f64>().is_ok();
    if is_number {
        return json!({ "yaml": text });
    }
    Value::from(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_follow_the_core_schema() {
        for (text, expected) in [
            ("1.50", "1.50"),
            ("yes", "\"yes\""),
            ("'1'", "\"1\""),
            ("~", "null"),
            ("True", "true"),
            ("0x10", "16"),
            ("0o17", "15"),
            ("-.inf", "{\"yaml\":\"-.inf\"}"),
            ("+1", "{\"yaml\":\"+1\"}"),
            ("1979-05-27", "\"1979-05-27\""),
            ("1.2.3", "\"1.2.3\""),
        ] {
            assert_eq!(read(text).unwrap().to_string(), expected, "{text}");
        }
    }

    #[test]
    fn documents_aliases_and_block_scalars_are_read() {
        let value = read("a: &x [1, 2]\nb: *x\nc: |\n  one\n  two\n").unwrap();
        assert_eq!(
            value.to_string(),
            r#"{"a":[1,2],"b":[1,2],"c":"one\ntwo\n"}"#
        );
        assert_eq!(read("--- 1\n--- 2\n").unwrap().to_string(), "[1,2]");
        assert_eq!(read("").unwrap().to_string(), "[]");
    }

    #[test]
    fn what_json_cannot_hold_is_refused_with_its_place() {
        let check = |text: &str, expected: &str| {
            let error = read(text).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        };
        check("a: 1\na: 2\n", "2:1: duplicate key \"a\"");
        check("1: x\n", "1:1: a key that is not a string");
        check("a: !x 1\n", "1:");
        check("a: [1\n", "");
        let mut bomb = "a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n".to_owned();
        for n in 1..9 {
            let last = n - 1;
            let row = vec![format!("*a{last}"); 10].join(",");
            bomb.push_str(&format!("a{n}: &a{n} [{row}]\n"));
        }
        check(&bomb, "6:");
        assert!(read(&bomb).unwrap_err().contains("aliases repeat"));
    }

    /// Each alias is shallow where it is used, and what it stands for is not.
    #[test]
    fn aliases_do_not_nest_without_end() {
        let aliases = |nested: usize| {
            let (open, close) = ("[".repeat(nested), "]".repeat(nested));
            format!("- &a {open}1{close}\n- &b {open}*a{close}\n")
        };
        assert!(read(&aliases(DEPTH_MAX / 2 - 1)).is_ok());
        let error = read(&aliases(DEPTH_MAX / 2)).unwrap_err();
        assert!(error.ends_with("nested more than 128 deep"), "{error}");
    }

    /// Each anchor holds a copy of all that is in it.
    #[test]
    fn anchors_in_anchors_do_not_grow_without_end() {
        let anchors: String = (0..100).map(|n| format!("&a{n} [")).collect();
        let text = format!("{anchors}{}{}", "1,".repeat(20_000), "]".repeat(100));
        assert!(
            read(&text)
                .unwrap_err()
                .contains("anchors and aliases repeat")
        );
    }
}
