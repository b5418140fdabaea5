//! An elementary cellular automaton on a ring, as the harness sees it.

use std::path::Path;

use aether_harness::{
    Artefact, ArtefactSchema, Failure, Json, KeyRule, PathStep, Place, Prepared, Progress,
    Recomputed, RunRequest, Scenario, Schema, Subject, documents,
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
        Ok(Box::new(Ring {
            automaton: *self,
            document: Document::read(scenario.dir())?,
            inputs: documents(scenario)?,
        }))
    }

    fn progress_unit(&self) -> &str {
        "generation"
    }
}

/// A scenario of the automaton.
struct Ring {
    automaton: Automaton,
    document: Document,
    inputs: Artefact,
}

impl Prepared for Ring {
    fn inputs(&self) -> &Artefact {
        &self.inputs
    }

    fn schema(&self) -> Schema {
        schema()
    }

    fn run(&self, request: &RunRequest) -> Result<Vec<Artefact>, Failure> {
        self.automaton.grow(&self.document, &request.progress)
    }

    fn explains(&self) -> bool {
        true
    }

    fn depends(&self, place: &Place) -> Option<Vec<Place>> {
        let made = Made::at(place)?;
        Some(match made {
            Made::Cells(generation) => {
                vec![input("rule"), input("generations"), cells(generation - 1)]
            }
            Made::Born { generation, .. } => vec![cells(generation), cells(generation - 1)],
            Made::Generation | Made::Generations => vec![input("generations")],
            Made::MostAlive => vec![Place::of("generations").each().field("cells")],
        })
    }

    fn recompute(&self, place: &Place, read: &mut dyn FnMut(&Place) -> Option<Json>) -> Recomputed {
        Made::at(place).map_or(Recomputed::Unknown, |made| {
            self.automaton.recompute(&made, read)
        })
    }
}

/// A value of the artefacts.
enum Made {
    /// The cells of a generation, from 1.
    Cells(u64),
    /// A member of a cell that was born.
    Born {
        generation: u64,
        at: usize,
        member: String,
    },
    /// The number of a generation: that there is one.
    Generation,
    /// The number of all generations.
    Generations,
    /// The largest number of living cells.
    MostAlive,
}

impl Made {
    fn at(place: &Place) -> Option<Self> {
        use PathStep::{Element, Field};
        let steps: Vec<PathStep<'_>> = place.steps().collect();
        match steps[..] {
            [Field("census"), Field("generations")] => Some(Self::Generations),
            [Field("census"), Field("most_alive")] => Some(Self::MostAlive),
            [Field("generations"), Element(id), Field("cells")] => {
                id.number("generation").map(Self::Cells)
            }
            // A generation in which nothing is born has an empty array.
            [
                Field("generations"),
                Element(_),
                Field("generation" | "born"),
            ] => Some(Self::Generation),
            [
                Field("generations"),
                Element(id),
                Field("born"),
                Element(cell),
                Field(member),
            ] => Some(Self::Born {
                generation: id.number("generation")?,
                at: cell.number("at")?.try_into().ok()?,
                member: member.to_owned(),
            }),
            _ => None,
        }
    }
}

fn input(member: &str) -> Place {
    Place::of("inputs").field("automaton.toml").field(member)
}

/// The cells of a generation; 0 is the one that the scenario begins with.
fn cells(generation: u64) -> Place {
    match generation {
        0 => input("cells"),
        _ => Place::of("generations")
            .element([("generation", generation)])
            .field("cells"),
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

    /// Computes one value from others.
    fn recompute(&self, made: &Made, read: &mut dyn FnMut(&Place) -> Option<Json>) -> Recomputed {
        let mut living = |generation: u64| -> Option<Vec<bool>> {
            let drawn: String = serde_json::from_str(read(&cells(generation))?.as_str()).ok()?;
            Some(drawn.chars().map(|cell| cell == '#').collect())
        };
        match *made {
            Made::Cells(generation) => {
                let before = living(generation - 1);
                let number = |value: Option<Json>| value?.as_str().parse::<u64>().ok();
                let (rule, last) = (
                    number(read(&input("rule"))),
                    number(read(&input("generations"))),
                );
                let rule = rule.and_then(|rule| u8::try_from(rule).ok());
                let made = before.zip(rule).filter(|_| last >= Some(generation));
                let made = made.map(|(before, rule)| drawn(&self.step(rule, &before)));
                Recomputed::Value(made.map(|made| Json::string(&made)))
            }
            Made::Born {
                generation,
                at,
                ref member,
            } => {
                let (now, before) = (living(generation), living(generation - 1));
                let born = now.zip(before).filter(|(now, before)| {
                    now.get(at) == Some(&true) && before.get(at) == Some(&false)
                });
                let value = born.map(|(_, before)| match &**member {
                    "parents" => u64::from(self.neighbours(&before, at)),
                    _ => at as u64,
                });
                Recomputed::Value(value.map(Json::from))
            }
            Made::Generation | Made::Generations | Made::MostAlive => Recomputed::Unknown,
        }
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
