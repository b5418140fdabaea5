//! Workflows and actions, as their files have them.
//!
//! Keys that this runner does not know are errors: ignoring one would run something else than GitHub does.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use aether_json::{Value, json};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::expression::{Context, condition, filled, shown};

/// A workflow.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Workflow {
    #[serde(rename = "name")]
    _name: String,
    /// What starts it.
    on: BTreeMap<String, Value>,
    #[serde(rename = "permissions")]
    _permissions: Option<Value>,
    #[serde(rename = "concurrency")]
    _concurrency: Option<Value>,
    #[serde(default)]
    pub(super) env: BTreeMap<String, Value>,
    pub(super) jobs: BTreeMap<String, Job>,
}

/// A job of a workflow.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Job {
    name: Option<String>,
    #[serde(default)]
    needs: Needs,
    #[serde(rename = "if")]
    pub(super) condition: Option<Value>,
    pub(super) runs_on: String,
    #[serde(rename = "timeout-minutes")]
    _timeout_minutes: Option<u64>,
    pub(super) container: Option<Value>,
    strategy: Option<Strategy>,
    #[serde(rename = "permissions")]
    _permissions: Option<Value>,
    #[serde(default)]
    pub(super) env: BTreeMap<String, Value>,
    pub(super) steps: Vec<Step>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(untagged)]
enum Needs {
    #[default]
    Nothing,
    One(String),
    Many(Vec<String>),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Strategy {
    #[serde(rename = "fail-fast")]
    _fail_fast: Option<bool>,
    matrix: BTreeMap<String, Vec<Value>>,
}

/// A step of a job or action.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Step {
    pub(super) id: Option<String>,
    name: Option<String>,
    #[serde(rename = "if")]
    pub(super) condition: Option<Value>,
    pub(super) uses: Option<String>,
    #[serde(default)]
    pub(super) with: BTreeMap<String, Value>,
    pub(super) run: Option<String>,
    pub(super) shell: Option<String>,
    pub(super) working_directory: Option<String>,
    #[serde(default)]
    pub(super) env: BTreeMap<String, Value>,
}

/// A composite action.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Action {
    #[serde(rename = "name")]
    _name: String,
    #[serde(rename = "description")]
    _description: String,
    #[serde(default)]
    pub(super) inputs: BTreeMap<String, Input>,
    pub(super) runs: Runs,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    #[serde(rename = "description")]
    _description: String,
    pub(super) default: Option<Value>,
    #[serde(default)]
    pub(super) required: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Runs {
    using: String,
    pub(super) steps: Vec<Step>,
}

/// Reads a file of YAML into a type.
fn read<T: DeserializeOwned>(path: &Path) -> Result<T, String> {
    let said = |problem: String| format!("{}: {problem}", path.display());
    let text = fs::read_to_string(path).map_err(|error| said(error.to_string()))?;
    let value = aether_program::yaml(&text).map_err(said)?;
    aether_json::from_value(&value).map_err(|error| said(error.to_string()))
}

impl Workflow {
    /// Reads a workflow.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        read(path)
    }

    /// Whether an event starts it.
    pub(super) fn starts_on(&self, event: &str) -> bool {
        self.on.contains_key(event)
    }
}

impl Action {
    /// Reads the action of a directory.
    pub(super) fn read(dir: &Path) -> Result<Self, String> {
        let path = dir.join("action.yml");
        let action: Self = read(&path)?;
        if action.runs.using != "composite" {
            let using = &action.runs.using;
            return Err(format!(
                "{}: `using: {using}` is not composite",
                path.display()
            ));
        }
        Ok(action)
    }
}

impl Job {
    /// The jobs that must have ended before.
    pub(super) fn needs(&self) -> &[String] {
        match &self.needs {
            Needs::Nothing => &[],
            Needs::One(job) => std::slice::from_ref(job),
            Needs::Many(jobs) => jobs,
        }
    }

    /// Each entry of its matrix; one without members if it has none.
    pub(super) fn entries(&self) -> Result<Vec<Value>, String> {
        let mut entries = vec![BTreeMap::new()];
        for (name, values) in self.strategy.iter().flat_map(|strategy| &strategy.matrix) {
            if ["include", "exclude"].contains(&name.as_str()) {
                return Err(format!("`matrix.{name}` is not known here"));
            }
            let with = |entry: &BTreeMap<String, Value>, value: &Value| {
                let mut entry = entry.clone();
                entry.insert(name.clone(), value.clone());
                entry
            };
            entries = entries
                .iter()
                .flat_map(|entry| values.iter().map(move |value| with(entry, value)))
                .collect();
        }
        Ok(entries.into_iter().map(Value::Object).collect())
    }

    /// Its name as GitHub shows it for an entry of its matrix, which is the name of its check.
    pub(super) fn shown(&self, id: &str, entry: &Value) -> Result<String, String> {
        let mut context = Context::default();
        context.values.insert("matrix", entry.clone());
        match &self.name {
            Some(name) => filled(name, &context),
            None => {
                let values = entry.as_object().into_iter().flatten();
                let values: Vec<String> = values.map(|(_, value)| shown(value)).collect();
                Ok(if values.is_empty() {
                    id.to_owned()
                } else {
                    format!("{id} ({})", values.join(", "))
                })
            }
        }
    }

    /// Whether an event runs it, if the jobs that it needs succeed.
    pub(super) fn runs_on_event(&self, event: &str) -> Result<bool, String> {
        let Some(text) = &self.condition else {
            return Ok(true);
        };
        let mut context = Context::default();
        let needs = self.needs().iter();
        let needs = needs.map(|job| (job.clone(), json!({ "result": "success", "outputs": {} })));
        context
            .values
            .insert("needs", Value::Object(needs.collect()));
        let github = json!({ "event_name": event, "event": {} });
        context.values.insert("github", github);
        condition(&shown(text))?.holds(&context)
    }
}

impl Step {
    /// What it is called: its name, else what it uses, else the first line that it runs.
    pub(super) fn shown(&self) -> String {
        if let Some(name) = self.name.as_ref().or(self.uses.as_ref()) {
            return name.clone();
        }
        let script = self.run.as_deref().unwrap_or_default();
        let first = script.lines().next().unwrap_or_default();
        if script.lines().count() > 1 {
            format!("{first} …")
        } else {
            first.to_owned()
        }
    }
}
