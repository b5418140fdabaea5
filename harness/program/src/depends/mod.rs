//! `[[depends]]` of `scenario.toml`: what the values of a program's outputs are computed from.
//!
//! ```text
//! of  minutes[minute=t].waiting                 minutes[minute=7].waiting        t = 7
//! on  minutes[minute=t-1].waiting               minutes[minute=6].waiting
//!     inputs.day.arrivals[t]                    inputs["day.json"].arrivals[7]
//! ```
//!
//! | module | what it does |
//! | --- | --- |
//! | `pattern` | reads a path with variables, binds them, and puts values in their place |
//! | `reach` | finds whether a pattern matches anything in some documents |

mod pattern;
mod reach;

use std::collections::BTreeSet;
use std::path::Path;

use aether_harness::{Artefact, INPUTS, PathStep, Place, ScenarioProblem, Settings, nearest};
use aether_json::Value;
use serde::Deserialize;
use toml::Spanned;

use self::pattern::{Pattern, PatternError};
use crate::output;
use crate::settings::{CommandSettings, OutputTable};

/// One `[[depends]]`: the values at some places, and those that they are computed from.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct DependsTable {
    of: Spanned<String>,
    on: Vec<Spanned<String>>,
}

/// One of them, read.
#[derive(Clone, Debug)]
struct Rule {
    of: Pattern,
    on: Vec<Pattern>,
}

/// The rules of a scenario.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rules {
    rules: Vec<Rule>,
}

/// Every problem of `[[depends]]` that shows without a run.
pub(crate) fn check(
    document: &CommandSettings,
    settings: &Settings,
    problems: &mut Vec<ScenarioProblem>,
) {
    if document.command.is_none()
        && let Some(first) = document.depends.first()
    {
        let problem = "[[depends]] without a [command]";
        problems.push(settings.problem(first.of.span(), problem));
    }
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for table in &document.depends {
        let mut found = |written: &Spanned<String>, problem: String| {
            problems.push(settings.problem(written.span(), problem));
        };
        let of = match table.of.get_ref().parse::<Pattern>() {
            Err(error) => {
                found(&table.of, error.to_string());
                None
            }
            Ok(of) => {
                if let Some(problem) = of_problem(&of, &document.outputs) {
                    found(&table.of, problem);
                } else if !seen.insert(of.without_names()) {
                    let problem = "another [[depends]] is for the same values: write one, with both lists in `on`";
                    found(&table.of, problem.to_owned());
                }
                Some(of)
            }
        };
        let mut listed: BTreeSet<&str> = BTreeSet::new();
        for written in &table.on {
            match written.get_ref().parse::<Pattern>() {
                Err(error) => found(written, error.to_string()),
                Ok(on) => {
                    for problem in on_problems(&on, of.as_ref(), &document.outputs) {
                        found(written, problem);
                    }
                }
            }
            if !listed.insert(written.get_ref()) {
                found(written, "it is listed twice".to_owned());
            }
        }
    }
}

fn of_problem(of: &Pattern, outputs: &[OutputTable]) -> Option<String> {
    if of.artefact() == INPUTS {
        return Some("inputs are given, and not computed from anything".to_owned());
    }
    unknown_output(of, outputs)
}

fn on_problems(on: &Pattern, of: Option<&Pattern>, outputs: &[OutputTable]) -> Vec<String> {
    let mut problems = Vec::new();
    if on.artefact() != INPUTS {
        problems.extend(unknown_output(on, outputs));
    }
    let known = of.map(Pattern::variables).unwrap_or_default();
    let unknown = on.variables();
    for variable in unknown.difference(&known).filter(|_| of.is_some()) {
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let hint = match (nearest(variable, known.iter().copied()), known.is_empty()) {
            (Some(near), _) => format!("did you mean `{near}`?"),
            (None, true) => "it has no variables; [*] is every element".to_owned(),
            (None, false) => format!("it has {}; [*] is every element", known.join(", ")),
        };
        problems.push(format!(
            "`of` does not have the variable `{variable}`: {hint}"
        ));
    }
    problems
}

fn unknown_output(pattern: &Pattern, outputs: &[OutputTable]) -> Option<String> {
    let name = pattern.artefact();
    let names: Vec<String> = outputs.iter().map(output::pattern).collect();
    let is_one = |known: &String| match known.split_once('*') {
        Some((start, end)) => name.starts_with(start) && name.ends_with(end),
        None => known == name,
    };
    if names.iter().any(is_one) || name == "exit" {
        return None;
    }
    let hint = match nearest(name, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("they are {} and inputs", names.join(", ")),
    };
    Some(format!("no output is called `{name}`: {hint}"))
}

impl Rules {
    /// The rules of a scenario with these inputs; `check` has accepted them.
    pub(crate) fn of(tables: &[DependsTable], inputs: &Artefact) -> Self {
        let inputs = inputs.to_value().unwrap_or_default();
        let read = |written: &Spanned<String>| {
            let pattern: Result<Pattern, PatternError> = written.get_ref().parse();
            let mut pattern = pattern.expect("what `check` accepts is a pattern");
            pattern.name_input(|name| member(&inputs, name));
            pattern
        };
        let rule = |table: &DependsTable| Rule {
            of: read(&table.of),
            on: table.on.iter().map(read).collect(),
        };
        Self {
            rules: tables.iter().map(rule).collect(),
        }
    }

    /// The places that the value at a place is computed from; `None` if no rule is for it.
    pub(crate) fn depends(&self, place: &Place) -> Option<Vec<Place>> {
        let steps: Vec<PathStep<'_>> = place.steps().collect();
        let mut found: Option<Vec<Place>> = None;
        for rule in &self.rules {
            if let Some(bound) = rule.of.bind(&steps) {
                let places = rule.on.iter().filter_map(|on| on.place(&bound));
                found.get_or_insert_default().extend(places);
            }
        }
        found
    }

    /// Every pattern that matches nothing in the outputs of a run, its inputs and its goldens: where it is, and what is
    /// wrong.
    pub(crate) fn missing<'t>(
        &self,
        tables: &'t [DependsTable],
        outputs: &[Artefact],
        inputs: &Artefact,
        golden: impl Fn(&str) -> Option<Artefact>,
    ) -> Vec<(&'t Spanned<String>, String)> {
        let mut documents = reach::Documents::new(outputs, inputs, golden);
        let mut missing = Vec::new();
        for (rule, table) in self.rules.iter().zip(tables) {
            let written = [&table.of].into_iter().chain(&table.on);
            for (pattern, written) in [&rule.of].into_iter().chain(&rule.on).zip(written) {
                if let Some(hint) = documents.missing(pattern) {
                    let problem = format!("{:?} matches nothing{hint}", written.get_ref());
                    missing.push((written, problem));
                }
            }
        }
        missing
    }
}

/// The member of the inputs that a name stands for: `day` is `day.json`, if nothing else is called so.
fn member(inputs: &Value, name: &str) -> Option<String> {
    let members = inputs.as_object()?;
    if members.contains_key(name) {
        return None;
    }
    let stem = |member: &str| {
        Path::new(member)
            .file_stem()
            .is_some_and(|stem| stem == name)
    };
    let mut named = members.keys().filter(|member| stem(member));
    named.next().filter(|_| named.next().is_none()).cloned()
}

#[cfg(test)]
mod tests;
