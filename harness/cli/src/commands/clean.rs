//! `clean`: empties the cache in which other revisions are built and run.

use aether_harness::Suite;

use super::{CommandError, Console, Status};
use crate::revision::cache;
use crate::revision::repository::Repository;

/// Empties the cache of the repository.
///
/// # Errors
/// It is in use, or cannot be removed.
pub fn clean(suite: &Suite, console: &mut Console<'_>) -> Result<Status, CommandError> {
    let repository = Repository::of(suite.paths())?;
    match cache::clean(&repository)? {
        Some(dir) => writeln!(console.out, "removed {}", dir.display())?,
        None => writeln!(console.out, "there is nothing to remove")?,
    }
    Ok(Status::Done)
}
