//! The one layout in which artefacts are written, so that equal documents are equal bytes and a
//! changed record is a changed line.

use crate::Tree;

/// Spaces by which each further level is indented.
const INDENT: usize = 2;

/// Writes a whole document in golden layout, ending in a line feed.
///
/// The lines of the outermost array or object are not indented.
///
/// ```
/// let tree = aether_json::Parser::document(r#"[{"b": [1, 2.0], "a": 1}]"#).expect("valid");
/// let mut out = Vec::new();
/// aether_json::layout::write_document(&tree, &mut out);
/// assert_eq!(out, b"[\n{\"a\":1,\"b\":[1,2.0]}\n]\n");
/// ```
pub fn write_document(tree: &Tree<'_>, out: &mut Vec<u8>) {
    match tree {
        Tree::Array(elements) => {
            open_records(out);
            for (index, element) in elements.iter().enumerate() {
                begin_record(index == 0, out);
                write_compact(element, out);
            }
            close_records(elements.is_empty(), out);
        }
        _ => {
            write_broken(tree, 0, out);
            out.push(b'\n');
        }
    }
}

/// Begins an array artefact.
pub fn open_records(out: &mut Vec<u8>) {
    out.push(b'[');
}

/// Begins the line of the next record.
pub fn begin_record(first: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(if first { b"\n" } else { b",\n" });
}

/// Ends an array artefact.
pub fn close_records(empty: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(if empty { b"]\n" } else { b"\n]\n" });
}

/// Writes a value without any white space.
pub fn write_compact(tree: &Tree<'_>, out: &mut Vec<u8>) {
    match tree {
        Tree::Atom(text) => out.extend_from_slice(text.as_bytes()),
        Tree::String(text) => write_string(text, out),
        Tree::Array(elements) => {
            out.push(b'[');
            for (index, element) in elements.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_compact(element, out);
            }
            out.push(b']');
        }
        Tree::Object(members) => {
            out.push(b'{');
            for (index, (key, value)) in members.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_string(key, out);
                out.push(b':');
                write_compact(value, out);
            }
            out.push(b'}');
        }
    }
}

/// Writes a string, escaped only where JSON requires it.
pub fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut run = 0;
    for (at, byte) in text.bytes().enumerate() {
        let short = match byte {
            b'"' => b'"',
            b'\\' => b'\\',
            0x08 => b'b',
            0x09 => b't',
            0x0A => b'n',
            0x0C => b'f',
            0x0D => b'r',
            0..0x20 => 0,
            _ => continue,
        };
        out.extend_from_slice(&text.as_bytes()[run..at]);
        run = at + 1;
        if short == 0 {
            out.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
        } else {
            out.extend_from_slice(&[b'\\', short]);
        }
    }
    out.extend_from_slice(&text.as_bytes()[run..]);
    out.push(b'"');
}

/// A string as JSON text.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len() + 2);
    write_string(text, &mut out);
    // Only ASCII was put between parts of a string.
    String::from_utf8_lossy(&out).into_owned()
}

/// Writes a value over several lines: one member or element per line.
fn write_broken(tree: &Tree<'_>, level: usize, out: &mut Vec<u8>) {
    match tree {
        Tree::Object(members) if !members.is_empty() => {
            out.push(b'{');
            for (index, (key, value)) in members.iter().enumerate() {
                begin_line(index == 0, level, out);
                write_string(key, out);
                out.push(b':');
                write_broken(value, level + 1, out);
            }
            end_lines(level, out);
            out.push(b'}');
        }
        Tree::Array(elements) if !elements.iter().all(Tree::is_scalar) => {
            out.push(b'[');
            for (index, element) in elements.iter().enumerate() {
                begin_line(index == 0, level, out);
                write_compact(element, out);
            }
            end_lines(level, out);
            out.push(b']');
        }
        _ => write_compact(tree, out),
    }
}

fn begin_line(first: bool, level: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(if first { b"\n" } else { b",\n" });
    out.resize(out.len() + level * INDENT, b' ');
}

fn end_lines(level: usize, out: &mut Vec<u8>) {
    out.push(b'\n');
    out.resize(out.len() + level.saturating_sub(1) * INDENT, b' ');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Parser;

    #[track_caller]
    fn check(json: &str, expected: &str) {
        let mut out = Vec::new();
        let tree = Parser::document(json).unwrap();
        write_document(&tree, &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn each_record_has_a_line() {
        check("[]", "[]\n");
        check("[1, 2]", "[\n1,\n2\n]\n");
        check("[ 1, [2, 3] ]", "[\n1,\n[2,3]\n]\n");
        check(
            r#"[{"b": 1, "a": {"c": []}}]"#,
            "[\n{\"a\":{\"c\":[]},\"b\":1}\n]\n",
        );
    }

    #[test]
    fn an_object_is_broken_into_its_members_and_records() {
        check("7", "7\n");
        check("{}", "{}\n");
        check(
            r#"{"a": {"b": {"c": 1}}}"#,
            "{\n\"a\":{\n  \"b\":{\n    \"c\":1\n  }\n}\n}\n",
        );
        check(
            r#"{"b": [1, 2], "a": {"d": [[3], 4], "c": {}}, "e": []}"#,
            "{\n\"a\":{\n  \"c\":{},\n  \"d\":[\n    [3],\n    4\n  ]\n},\n\"b\":[1,2],\n\"e\":[]\n}\n",
        );
    }

    #[test]
    fn strings_are_escaped_only_where_json_requires_it() {
        let text = "\"\\\u{8}\t\n\u{c}\r\u{0}\u{1f} /\u{7f}é😀";
        let expected = "\"\\\"\\\\\\b\\t\\n\\f\\r\\u0000\\u001f /\u{7f}é😀\"";
        assert_eq!(quoted(text), expected);
    }
}
