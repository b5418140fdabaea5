//! An elementary cellular automaton on a ring, as the harness sees it.

use std::path::Path;

use aether_harness::{
    Artefact, ArtefactSchema, Failure, KeyRule, Prepared, Progress, Scenario, Schema, SimpleRun,
    Subject, documents,
};
use serde::Deserialize;
use serde_json::json;

/// The automaton.
#[derive(Clone, Copy)]
pub(crate) struct Automaton {
    /// The regression of this example: the cells at the ends of the ring are not neighbours.
    forgets_the_ring: bool,
}

impl Automaton {
    /// The automaton, with its regression if `AUTOMATON_REGRESSION` is set.
    #[expect(
        clippy::disallowed_methods,
        reason = "stands for a change of the code, which an example cannot make to itself"
    )]
    pub(crate) fn new() -> Self {
        Self {
            forgets_the_ring: std::env::var_os("AUTOMATON_REGRESSION").is_some(),
        }
    }
}

/// `automaton.toml` in a scenario's directory.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    /// The Wolfram number of the rule.
    rule: u8,
    /// The first generation, a character a cell: `#` is alive.
    cells: String,
    generations: u64,
}

impl Document {
    fn read(scenario: &Path) -> Result<Self, Failure> {
        let path = scenario.join("automaton.toml");
        let invalid = |error: &dyn std::fmt::Display| {
            Failure::invalid(format!("{}: {error}", path.display()))
        };
        let text = std::fs::read_to_string(&path).map_err(|error| invalid(&error))?;
        toml::from_str(&text).map_err(|error| invalid(&error))
    }
}

impl Subject for Automaton {
    fn name(&self) -> &str {
        "automaton"
    }

    fn open(&self, scenario: &Scenario) -> Result<Box<dyn Prepared>, Failure> {
        let document = Document::read(scenario.dir())?;
        let automaton = *self;
        Ok(SimpleRun::with_schema(
            documents(scenario)?,
            schema(),
            move |request| automaton.grow(&document, &request.progress),
        ))
    }

    fn progress_unit(&self) -> &str {
        "generation"
    }
}

fn schema() -> Schema {
    let key = |path: &str, field: &str, label: &str| KeyRule {
        path: path.to_owned(),
        fields: vec![field.to_owned()],
        label: label.to_owned(),
    };
    Schema {
        stages: vec!["rule".to_owned(), "census".to_owned()],
        artefacts: vec![
            ArtefactSchema {
                name: "generations".to_owned(),
                stage: "rule".to_owned(),
                tick: Some("generation".to_owned()),
                keys: vec![
                    key("", "generation", "generation"),
                    key("born", "at", "cell"),
                ],
                field_order: vec!["cells".to_owned(), "born".to_owned()],
                ..ArtefactSchema::default()
            },
            ArtefactSchema {
                name: "census".to_owned(),
                stage: "census".to_owned(),
                ..ArtefactSchema::default()
            },
        ],
        ..Schema::default()
    }
}

impl Automaton {
    fn grow(&self, document: &Document, progress: &Progress) -> Result<Vec<Artefact>, Failure> {
        let mut cells: Vec<bool> = document.cells.chars().map(|cell| cell == '#').collect();
        let (mut generations, mut most) = (Vec::new(), 0);
        for generation in 1..=document.generations {
            if progress.is_stopped() {
                return Err(Failure::cancelled(""));
            }
            let next = self.step(document.rule, &cells);
            let born: Vec<_> = (0..cells.len())
                .filter(|&at| next[at] && !cells[at])
                .map(|at| json!({ "at": at, "parents": self.neighbours(&cells, at) }))
                .collect();
            cells = next;
            most = most.max(cells.iter().filter(|&&alive| alive).count());
            generations.push(json!({
                "born": born,
                "cells": drawn(&cells),
                "generation": generation,
            }));
            progress.reached(generation);
        }
        let census = json!({ "generations": document.generations, "most_alive": most });
        Ok(vec![
            artefact("generations", &json!(generations))?,
            artefact("census", &census)?,
        ])
    }

    fn step(&self, rule: u8, cells: &[bool]) -> Vec<bool> {
        (0..cells.len())
            .map(|at| rule >> self.neighbours(cells, at) & 1 == 1)
            .collect()
    }

    /// A cell and the two beside it as a number from 0 to 7.
    fn neighbours(&self, cells: &[bool], at: usize) -> u8 {
        let count = cells.len();
        let beside =
            |at: usize, is_beyond: bool| !(is_beyond && self.forgets_the_ring) && cells[at % count];
        let left = beside(at + count - 1, at == 0);
        let right = beside(at + 1, at + 1 == count);
        u8::from(left) * 4 + u8::from(cells[at]) * 2 + u8::from(right)
    }
}

fn drawn(cells: &[bool]) -> String {
    cells
        .iter()
        .map(|&alive| if alive { '#' } else { '.' })
        .collect()
}

fn artefact(name: &str, value: &serde_json::Value) -> Result<Artefact, Failure> {
    Artefact::from_json(name, value.to_string().as_bytes())
        .map_err(|error| Failure::program(error.to_string()))
}
