//! The test runner: one trial for each scenario and check, on libtest-mimic.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use crate::Subject;

/// Builds and runs the trials of a workspace.
///
/// A test target with `harness = false` is nothing but this:
///
/// ```no_run
/// # struct Mine;
/// # impl aether_harness::Subject for Mine {
/// #     fn name(&self) -> &str { "mine" }
/// #     fn version(&self) -> String { "1".to_owned() }
/// #     fn inputs(&self, _: &std::path::Path) -> Result<aether_harness::Artefact, aether_harness::Failure> { unimplemented!() }
/// #     fn schema(&self, _: &std::path::Path) -> Result<aether_harness::Schema, aether_harness::Failure> { unimplemented!() }
/// #     fn run(&self, _: &std::path::Path, _: &aether_harness::RunRequest) -> Result<Vec<aether_harness::Artefact>, aether_harness::Failure> { unimplemented!() }
/// # }
/// fn main() -> std::process::ExitCode {
///     aether_harness::Runner::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
///         .subject(Mine)
///         .main()
/// }
/// ```
pub struct Runner {
    root: PathBuf,
    subject: Option<Arc<dyn Subject>>,
}

impl Runner {
    /// A runner over `<root>/scenarios` and `<root>/fixtures/snapshots`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            subject: None,
        }
    }

    /// The subject of every scenario that has no `[command]` of its own.
    #[must_use]
    pub fn subject(mut self, subject: impl Subject + 'static) -> Self {
        self.subject = Some(Arc::new(subject));
        self
    }

    /// Reads the command line of a test binary and does what it says.
    pub fn main(self) -> ExitCode {
        let _ = (self.root, self.subject);
        eprintln!("error: the runner is not built yet");
        ExitCode::FAILURE
    }
}
