//! `aether sweep table`: the points of a file as CSV or JSON, one at a time.

use std::io::{self, BufWriter, Write};

use aether_json::Value;
use aether_sweep::{Column, Described, Header, Row, SweepFile};

use crate::CommandResult;
use crate::args::{SweepTableCommand, TableForm};
use crate::exit::{Failure, Status};
use crate::output::Output;

pub(crate) fn table(command: &SweepTableCommand, output: &Output) -> CommandResult {
    let file = SweepFile::open(&command.file)?;
    let mut stdout = BufWriter::new(io::stdout().lock());
    let written = write(&file, command.form, &mut stdout).and_then(|()| Ok(stdout.flush()?));
    match written {
        // A reader that has seen enough (`| head`) is not a failure.
        Err(Failure::Io(_, error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            return Ok(Status::Done);
        }
        written => written?,
    }
    let header = file.header();
    let there: u64 = file.counts()?.iter().sum();
    let all = header
        .share
        .map_or(header.points, |share| share.len(header.points));
    if there < all && !output.is_json() {
        output.note(&format!("{} of {all} points are missing", all - there));
    }
    Ok(Status::Done)
}

/// The columns: the point, its values, how it ended, its metrics. The build is one only if there
/// are several.
fn columns(header: &Header) -> Vec<&str> {
    let before = ["point", "id"].into_iter();
    let axes = header.axes.iter().map(String::as_str);
    let metrics = Column::ALL.iter().map(|column| column.name);
    let mut columns: Vec<&str> = before
        .chain(axes)
        .chain(["status", "error"])
        .chain(metrics)
        .chain(
            Described::COLUMNS
                .into_iter()
                .filter(|_| header.has_grammar),
        )
        .chain(["last_entry_hash"])
        .collect();
    if header.builds.len() > 1 {
        columns.push("build");
    }
    columns
}

/// The cells of a row, as JSON values.
fn cells(row: Row, header: &Header) -> Vec<Value> {
    let hex = |bytes: &[u8; 32]| -> Value {
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        digits.into()
    };
    let mut cells: Vec<Value> = vec![row.number.into(), hex(&row.id)];
    let json =
        |text: &String| aether_json::from_str(text).expect("a file is read only if it is JSON");
    cells.extend(row.values.iter().map(json));
    cells.push(row.status.name().into());
    cells.push(row.error.map_or(Value::Null, Value::from));
    for index in 0..Column::ALL.len() {
        cells.push(
            row.metrics
                .map_or(Value::Null, |metrics| metrics[index].into()),
        );
    }
    if header.has_grammar {
        let described = row.described.as_ref();
        let numbers = described.map_or_else(Default::default, |described| described.numbers);
        cells.extend(numbers.map(|number| number.map_or(Value::Null, Value::from)));
        cells.push(described.map_or(Value::Null, |described| json(&described.by_window)));
    }
    cells.push(row.last_entry_hash.as_ref().map_or(Value::Null, hex));
    if header.builds.len() > 1 {
        cells.push(header.builds[row.build].clone().into());
    }
    cells
}

fn write(file: &SweepFile, form: TableForm, sink: &mut dyn Write) -> Result<(), Failure> {
    let header = file.header();
    let columns = columns(header);
    match form {
        TableForm::Csv => {
            let mut writer = csv::Writer::from_writer(sink);
            let failed = |error: csv::Error| match error.into_kind() {
                csv::ErrorKind::Io(error) => Failure::from(error),
                other => Failure::from(io::Error::other(format!("{other:?}"))),
            };
            writer.write_record(&columns).map_err(failed)?;
            file.rows(|row| {
                let cells = cells(row, header).into_iter().map(|cell| match cell {
                    Value::Null => String::new(),
                    Value::String(text) => text,
                    other => other.to_string(),
                });
                writer.write_record(cells).map_err(failed)
            })?;
            Ok(writer.flush()?)
        }
        TableForm::Jsonl => file.rows(|row| {
            let mut separator = "{";
            for (column, cell) in columns.iter().zip(cells(row, header)) {
                write!(sink, "{separator}{}:{cell}", Value::from(*column))?;
                separator = ",";
            }
            Ok(sink.write_all(b"}\n")?)
        }),
    }
}
