//! TOML as JSON, without loss.

use std::collections::BTreeMap;

use aether_json::{Number, Value, json};
use thiserror::Error;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A document that is not valid TOML.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{line}:{column}: {message}")]
#[non_exhaustive]
pub struct TomlError {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong there.
    pub message: String,
}

/// The document. Numbers keep their spelling if JSON has it; what JSON has no form for is
/// `{"toml": "…"}`.
///
/// # Errors
/// The document is not valid TOML.
pub fn toml_value(text: &str) -> Result<Value, TomlError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let table = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let before = text.get(..at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|&c| c != '\n').count() + 1;
        TomlError {
            line,
            column,
            message: error.message().to_owned(),
        }
    })?;
    Ok(of_table(table.get_ref()))
}

fn of_table(table: &DeTable<'_>) -> Value {
    let members: BTreeMap<String, Value> = table
        .iter()
        .map(|(name, value)| (name.get_ref().to_string(), of_value(value)))
        .collect();
    Value::Object(members)
}

fn of_value(value: &Spanned<DeValue<'_>>) -> Value {
    let other = |text: &str| json!({ "toml": text });
    match value.get_ref() {
        DeValue::String(text) => Value::from(&**text),
        DeValue::Boolean(value) => Value::from(*value),
        DeValue::Integer(number) => {
            let spelled = number.as_str();
            let decimal = (number.radix() == 10)
                .then(|| Number::parse(spelled))
                .flatten();
            // `0xff` is written without its prefix here.
            let exact = || i64::from_str_radix(spelled, number.radix()).ok();
            match decimal {
                Some(number) => Value::from(number),
                None => exact().map_or_else(|| other(spelled), Value::from),
            }
        }
        DeValue::Float(number) => {
            let spelled = number.as_str();
            let plain = spelled.strip_prefix('+').unwrap_or(spelled);
            Number::parse(plain).map_or_else(|| other(plain), Value::from)
        }
        DeValue::Datetime(time) => other(&time.to_string()),
        DeValue::Array(values) => values.iter().map(of_value).collect::<Vec<_>>().into(),
        DeValue::Table(table) => of_table(table),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_without_a_json_form_are_kept() {
        let text = "a = inf\nb = nan\nc = 1979-05-27\nd = 1_000\ne = 0xff\nf = 1.50\ng = -inf\n\
                    h = +7\n[t]\nx = [07:32:00, \"s\", true]\n";
        let value = toml_value(text).unwrap();
        assert_eq!(
            value.to_string(),
            r#"{"a":{"toml":"inf"},"b":{"toml":"nan"},"c":{"toml":"1979-05-27"},"d":1000,"e":255,"f":1.50,"g":{"toml":"-inf"},"h":7,"t":{"x":[{"toml":"07:32:00"},"s",true]}}"#
        );
    }

    #[test]
    fn problems_name_the_place() {
        assert!(
            toml_value("a = 1\na = 2\n")
                .unwrap_err()
                .to_string()
                .starts_with("2:1: duplicate key")
        );
        assert!(
            toml_value("a = \n")
                .unwrap_err()
                .to_string()
                .starts_with("1:5: ")
        );
    }
}
