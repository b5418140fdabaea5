//! Runs the engine for the tests of its laws: takes documents, returns an export.

use std::collections::BTreeMap;

use aether_engine::config::{MemoryDocuments, ReadDocument, RunPlan, load_run};
use aether_engine::run::{RunOptions, run};

use crate::oracle::{Json, RUN_CONFIG};

/// The texts of documents, by path.
pub(crate) type Texts = BTreeMap<&'static str, String>;

/// The export object of a run on one thread, or the report on the documents.
pub(crate) fn export(texts: &Texts) -> Result<String, String> {
    export_on(texts, 1)
}

/// The same on a number of threads.
pub(crate) fn export_on(texts: &Texts, threads: usize) -> Result<String, String> {
    export_with(texts, RunOptions::default().threads(threads))
}

/// The same, but with the state read from each checkpoint as soon as it is made.
pub(crate) fn export_from_checkpoints(texts: &Texts) -> Result<String, String> {
    export_with(texts, RunOptions::default().from_checkpoints())
}

fn export_with(texts: &Texts, options: RunOptions<'_>) -> Result<String, String> {
    let plan = plan(texts)?;
    Ok(run(&plan, &options).export(&plan))
}

/// The plan of some documents.
pub(crate) fn plan(texts: &Texts) -> Result<RunPlan, String> {
    plan_of(&in_memory(texts), RUN_CONFIG)
}

/// The export object of a run whose RunConfig has a different path.
pub(crate) fn export_at(texts: &Texts, path: &str) -> Result<String, String> {
    export_from(&in_memory(texts), path)
}

fn in_memory(texts: &Texts) -> MemoryDocuments {
    let mut documents = MemoryDocuments::new();
    for (path, text) in texts {
        documents.insert(path, text.as_str());
    }
    documents
}

/// The export object of a run whose documents are in a different directory.
pub(crate) fn export_from(reader: &dyn ReadDocument, path: &str) -> Result<String, String> {
    let plan = plan_of(reader, path)?;
    Ok(run(&plan, &RunOptions::default()).export(&plan))
}

fn plan_of(reader: &dyn ReadDocument, path: &str) -> Result<RunPlan, String> {
    load_run(reader, path.as_ref()).map_err(|report| format!("the documents are refused: {report}"))
}

/// The documents in an export, as texts by their original paths.
pub(crate) fn inputs_of(export: &Json) -> Texts {
    let inputs = export.member("inputs");
    let mut texts = Texts::new();
    for (path, member) in [
        (RUN_CONFIG, "run_config"),
        ("topology.json", "topology"),
        ("profile.json", "profile"),
        ("pfna.json", "pfna"),
        ("aeon.json", "aeon"),
    ] {
        let document = inputs.optional(member);
        if let Some(document) = document.filter(|document| **document != Json::Null) {
            texts.insert(path, document.canonical());
        }
    }
    texts
}
