//! Dotted paths of a schema: `edges.du`, `m.id`, and `"a.b".id` for a member whose name has a dot.

use crate::tolerance::Step;
use aether_json::layout::quoted;
use aether_json::scan;

/// The names of a dotted path, empty ones left out. A name in quotes is a JSON string.
pub(crate) fn names(path: &str) -> Vec<String> {
    spelled(path).into_iter().map(|(name, _)| name).collect()
}

/// The steps of a dotted path in which `*` is any member, unless it is in quotes.
pub(crate) fn wild(path: &str) -> Vec<Step> {
    let step = |(name, is_quoted): (String, bool)| match &*name {
        "*" if !is_quoted => Step::Any,
        name => Step::Member(quoted(name)),
    };
    spelled(path).into_iter().map(step).collect()
}

/// The names of a dotted path, each with whether it is in quotes.
fn spelled(path: &str) -> Vec<(String, bool)> {
    let mut names = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        let string = scan::string_length(rest).filter(|&length| {
            let end = &rest[length..];
            end.is_empty() || end.starts_with('.')
        });
        let name = string.and_then(|length| {
            let name: String = aether_json::from_str(&rest[..length]).ok()?;
            Some((name, length))
        });
        let is_quoted = name.is_some();
        let (name, length) = name.unwrap_or_else(|| {
            let length = rest.find('.').unwrap_or(rest.len());
            (rest[..length].to_owned(), length)
        });
        if !name.is_empty() {
            names.push((name, is_quoted));
        }
        rest = rest[length..].strip_prefix('.').unwrap_or_default();
    }
    names
}

/// The names of a dotted path in quotes, as text spells them.
pub(crate) fn quoted_steps(path: &str) -> Vec<String> {
    names(path).iter().map(|name| quoted(name)).collect()
}

/// The member at the end of a way through nested objects.
pub(crate) fn find<'t>(text: &'t str, steps: &[String]) -> Option<&'t str> {
    steps
        .iter()
        .try_fold(text, |text, step| scan::member(text, step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_be_nested_and_quoted() {
        for (path, expected) in [
            ("", &[][..]),
            ("id", &["id"]),
            ("m.id", &["m", "id"]),
            (r#""a.b".id"#, &["a.b", "id"]),
            (r#"m."x \"y\".z""#, &["m", r#"x "y".z"#]),
            (r#""open.id"#, &["\"open", "id"]),
            ("a..b.", &["a", "b"]),
        ] {
            assert_eq!(names(path), expected, "{path}");
        }
        let member = |name: &str| Step::Member(quoted(name));
        assert_eq!(wild(r#"a.*."*""#), [member("a"), Step::Any, member("*")]);
        let record = r#"{"a.b":{"id":7},"m":1}"#;
        assert_eq!(find(record, &quoted_steps(r#""a.b".id"#)), Some("7"));
        assert_eq!(find(record, &quoted_steps("m.id")), None);
    }
}
