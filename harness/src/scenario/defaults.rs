//! `scenarios/defaults.toml`: settings of every scenario beside it, which a scenario's own take precedence
//! over.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The file that holds the defaults, in the directory of all scenarios.
pub const DEFAULTS_FILE: &str = "defaults.toml";

/// Tables whose keys are merged one by one. All else is merged as a whole.
const MERGED_TABLES: [&str; 1] = ["command"];

/// Arrays of tables that are merged by the `name` of their elements, and these key by key.
const MERGED_BY_NAME: [&str; 1] = ["outputs"];

/// The keys of a scenario with the defaults that it does not have itself. Places in the defaults are
/// `offset` further on than in their file.
pub(super) fn merged<'t>(own: DeTable<'t>, defaults: DeTable<'t>, offset: usize) -> DeTable<'t> {
    let mut defaults = shifted_table(defaults, offset);
    defaults.remove("build");
    let mut merged = defaults;
    for (key, value) in own {
        let name = key.get_ref().to_string();
        let default = merged.remove(name.as_str());
        let value = match default {
            Some(default) if MERGED_TABLES.contains(&name.as_str()) => over(default, value),
            Some(default) if MERGED_BY_NAME.contains(&name.as_str()) => by_name(default, value),
            _ => value,
        };
        merged.insert(key, value);
    }
    merged
}

/// A table over its default, key by key.
fn over<'t>(default: Spanned<DeValue<'t>>, own: Spanned<DeValue<'t>>) -> Spanned<DeValue<'t>> {
    let span = own.span();
    match (default.into_inner(), own.into_inner()) {
        (DeValue::Table(mut table), DeValue::Table(own)) => {
            for (key, value) in own {
                // The key's own place, not that of the default.
                table.remove(key.get_ref().as_ref());
                table.insert(key, value);
            }
            Spanned::new(span, DeValue::Table(table))
        }
        (_, own) => Spanned::new(span, own),
    }
}

/// Tables by name: the defaults in their order, then those that only the scenario has.
fn by_name<'t>(default: Spanned<DeValue<'t>>, own: Spanned<DeValue<'t>>) -> Spanned<DeValue<'t>> {
    let span = own.span();
    let (DeValue::Array(default), DeValue::Array(own)) = (default.into_inner(), own.get_ref())
    else {
        return own;
    };
    let mut own: Vec<Spanned<DeValue<'t>>> = own.iter().cloned().collect();
    let mut merged = Vec::new();
    for default in default {
        let same = name_of(&default).and_then(|name| {
            let name = name.to_owned();
            own.iter()
                .position(|own| name_of(own) == Some(name.as_str()))
        });
        merged.push(match same {
            Some(at) => over(default, own.remove(at)),
            None => default,
        });
    }
    merged.extend(own);
    Spanned::new(span, DeValue::Array(merged.into_iter().collect()))
}

fn name_of<'v>(value: &'v Spanned<DeValue<'_>>) -> Option<&'v str> {
    value.get_ref().as_table()?.get("name")?.get_ref().as_str()
}

fn shifted_table(table: DeTable<'_>, offset: usize) -> DeTable<'_> {
    table
        .into_iter()
        .map(|(key, value)| {
            let span = shifted(key.span(), offset);
            (
                Spanned::new(span, key.into_inner()),
                shifted_value(value, offset),
            )
        })
        .collect()
}

fn shifted_value(value: Spanned<DeValue<'_>>, offset: usize) -> Spanned<DeValue<'_>> {
    let span = shifted(value.span(), offset);
    let value = match value.into_inner() {
        DeValue::Table(table) => DeValue::Table(shifted_table(table, offset)),
        DeValue::Array(values) => DeValue::Array(
            values
                .into_iter()
                .map(|value| shifted_value(value, offset))
                .collect(),
        ),
        value => value,
    };
    Spanned::new(span, value)
}

fn shifted(span: Range<usize>, offset: usize) -> Range<usize> {
    span.start + offset..span.end + offset
}
