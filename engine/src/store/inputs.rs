//! The plan of a stored run, from the inputs in its file.

use super::StoreError;
use super::stored::StoredRun;
use crate::config::RunPlan;

impl StoredRun {
    /// The plan that the run was made from.
    ///
    /// # Errors
    /// The file cannot be read, or its inputs make no plan.
    pub fn plan(&self) -> Result<RunPlan, StoreError> {
        self.documents()?
            .plan()
            .map_err(|report| StoreError::Inputs {
                path: self.path().to_owned(),
                problems: report.to_string(),
            })
    }
}
