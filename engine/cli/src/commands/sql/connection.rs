//! The connection of a query: the run file, opened for reading, with the tables of a run.
//!
//! A query can read and nothing else. The file is opened read-only; an authorizer refuses whatever is
//! not a query (writing, attaching files, loading extensions, settings) when it is prepared; and
//! `mod.rs` runs only a statement that has columns, which `VACUUM INTO` has not.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::{Connection, OpenFlags};

use super::error;
use super::tables::{Flux, Shared, State};
use crate::exit::Failure;

/// How long a query waits for a writer of the same run.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The settings of SQLite that only show something.
const PRAGMAS: [&str; 11] = [
    "application_id",
    "collation_list",
    "compile_options",
    "function_list",
    "index_info",
    "index_list",
    "index_xinfo",
    "table_info",
    "table_list",
    "table_xinfo",
    "user_version",
];

/// Those of them whose argument would change them.
const WITHOUT_ARGUMENT: [&str; 2] = ["application_id", "user_version"];

pub(super) fn open(path: &Path, name: &str, source: &Arc<Shared>) -> Result<Connection, Failure> {
    let fail = |error: rusqlite::Error| error::of_file(path, &error);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(fail)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(fail)?;
    aether_vtab::attach(&connection, "state", State::new(source)).map_err(fail)?;
    aether_vtab::attach(&connection, "flux", Flux::new(source)).map_err(fail)?;
    // Records have the `run_id` of the RunConfig; the name is that of the file.
    let name = name.replace('\'', "''");
    let view = format!("BEGIN; CREATE TEMP VIEW run AS SELECT '{name}' AS name, * FROM main.run;");
    connection.execute_batch(&view).map_err(fail)?;
    connection.authorizer(Some(authorize)).map_err(fail)?;
    Ok(connection)
}

fn authorize(context: AuthContext<'_>) -> Authorization {
    let allowed = match context.action {
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => true,
        AuthAction::Function { function_name } => {
            !function_name.eq_ignore_ascii_case("load_extension")
        }
        AuthAction::Pragma {
            pragma_name,
            pragma_value,
        } => {
            let is = |name: &&str| name.eq_ignore_ascii_case(pragma_name);
            let changes = pragma_value.is_some() && WITHOUT_ARGUMENT.iter().any(is);
            PRAGMAS.iter().any(is) && !changes
        }
        _ => false,
    };
    if allowed {
        Authorization::Allow
    } else {
        Authorization::Deny
    }
}
