//! `aether sql`: answers a query over a stored run, whose states and fluxes are tables.
//!
//! | what | module |
//! | --- | --- |
//! | the tables `state` and `flux`, decoded tick by tick | `tables` |
//! | the connection: what a query may do | `connection` |
//! | the rows as text, CSV or JSON | `rows` |
//! | errors, with their place in the query | `error` |

mod connection;
mod error;
mod rows;
mod tables;

use std::io::{self, Read as _};

use rusqlite::Connection;

use crate::CommandResult;
use crate::args::{SqlCommand, SqlForm};
use crate::exit::{Failure, Status};
use crate::output::Output;
use crate::registry;
use error::Query;
use tables::Source;

pub(crate) fn sql(command: &SqlCommand, output: &Output) -> CommandResult {
    let form = match (command.form, output.is_json()) {
        (Some(SqlForm::Csv), true) => {
            let why = "`--as csv` and `--format json` exclude each other: leave out one of them";
            return Err(Failure::Input(why.to_owned()));
        }
        (Some(form), _) => Some(form),
        (None, true) => Some(SqlForm::Json),
        (None, false) => None,
    };
    let sql = text(&command.sql)?;
    let run = registry::open_run(&command.runs, &command.run_id)?;
    run.require_counts()?;
    let name = registry::id_of(&run).to_owned();
    let path = run.path().to_owned();
    let source = Source::shared(run)?;
    let query = Query {
        sql: &sql,
        path: &path,
        source: &source,
    };
    let connection = connection::open(&path, &name, &source)?;
    match form {
        // An error after some rows must leave one JSON document: that of the error.
        Some(SqlForm::Json) => {
            let mut spool = tempfile::spooled_tempfile(1 << 20);
            answer(&connection, &query, |result| rows::json(result, &mut spool))?;
            output.stream(|sink| rows::copy(&mut spool, sink))?;
        }
        Some(SqlForm::Csv) => {
            output.stream(|sink| answer(&connection, &query, |result| rows::csv(result, sink)))?;
        }
        None => {
            output.stream(|sink| answer(&connection, &query, |result| rows::text(result, sink)))?;
        }
    }
    Ok(Status::Done)
}

/// The query: the argument, or standard input.
fn text(argument: &str) -> Result<String, Failure> {
    if argument != "-" {
        return Ok(argument.to_owned());
    }
    let mut sql = String::new();
    match io::stdin().lock().read_to_string(&mut sql) {
        Ok(_) => Ok(sql),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(Failure::Input(
            "the query on standard input is not UTF-8".to_owned(),
        )),
        Err(error) => Err(Failure::Io(
            "standard input cannot be read".to_owned(),
            error,
        )),
    }
}

/// Prepares the query, and calls a function with what it gives.
fn answer(
    connection: &Connection,
    query: &Query<'_>,
    write: impl FnOnce(&mut rows::Found<'_>) -> Result<(), rows::Stopped>,
) -> Result<(), Failure> {
    let mut statement = connection
        .prepare(query.sql)
        .map_err(|error| query.failure(error))?;
    if statement.column_count() == 0 || !statement.readonly() {
        return Err(query.not_a_query());
    }
    let names = statement.column_names();
    let columns = names.into_iter().map(str::to_owned).collect();
    let result = statement.query([]).map_err(|error| query.failure(error))?;
    let written = write(&mut rows::Found::new(columns, result));
    written.map_err(|stopped| match stopped {
        rows::Stopped::Query(error) => query.failure(error),
        rows::Stopped::Write(error) => error.into(),
    })
}
