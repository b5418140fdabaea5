//! The plan of a stored run, from the inputs in its file.

use std::path::Path;

use aether_json::Value;

use super::StoreError;
use super::stored::StoredRun;
use crate::canonical;
use crate::config::{MemoryDocuments, ResolvedDocuments, RunPlan, load_run};

/// Members of a RunConfig that name a document, each with the name that the document has here: the
/// texts are JSON, whatever the files were.
const REFERENCES: [(&str, &str); 3] = [
    ("topology_path", "topology.json"),
    ("profile_path", "profile.json"),
    ("pfna_path", "pfna.json"),
];

impl StoredRun {
    /// The plan that the run was made from.
    ///
    /// # Errors
    /// The file cannot be read, or its inputs make no plan.
    pub fn plan(&self) -> Result<RunPlan, StoreError> {
        let documents = self.documents()?;
        let loaded = documents.plan().map_err(|problems| StoreError::Inputs {
            path: self.path().to_owned(),
            problems,
        })?;
        Ok(RunPlan {
            documents,
            ..loaded
        })
    }
}

impl ResolvedDocuments {
    /// The plan that these documents make.
    ///
    /// # Errors
    /// What the loader reports about them.
    pub fn plan(&self) -> Result<RunPlan, String> {
        let mut run_config: Value =
            aether_json::from_str(&self.run_config).map_err(|error| error.to_string())?;
        if let Some(members) = run_config.as_object_mut() {
            for (member, name) in REFERENCES {
                if let Some(path) = members.get_mut(member) {
                    *path = name.into();
                }
            }
        }
        let mut reader = MemoryDocuments::new()
            .with("run_config.json", canonical::text(&run_config))
            .with("topology.json", self.topology.as_str())
            .with("profile.json", self.profile.as_str());
        if let Some(pfna) = &self.pfna {
            reader.insert("pfna.json", pfna.as_str());
        }
        load_run(&reader, Path::new("run_config.json")).map_err(|report| report.to_string())
    }
}
