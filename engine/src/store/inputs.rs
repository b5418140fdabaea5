//! Loads the plan of a stored run from the inputs in its file.

use super::StoreError;
use super::stored::StoredRun;
use crate::config::RunPlan;

impl StoredRun {
    /// The plan of the run.
    ///
    /// # Errors
    /// The file cannot be read, or its inputs do not load as a plan.
    pub fn plan(&self) -> Result<RunPlan, StoreError> {
        self.documents()?
            .plan()
            .map_err(|report| StoreError::Inputs {
                path: self.path().to_owned(),
                problems: report.to_string(),
            })
    }
}
