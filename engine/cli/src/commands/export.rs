//! `aether export`: writes the records of a stored run for other programs.

use std::io::{self, BufWriter, Write};

use aether_engine::run::RecordKind;
use aether_engine::store::StoredRun;

use super::table;
use crate::CommandResult;
use crate::args::{ExportCommand, ExportForm};
use crate::choice::unknown;
use crate::exit::{Failure, Status};
use crate::output::Output;
use crate::registry;

/// What is exported.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Everything,
    Records(RecordKind),
    Metrics,
    Inputs,
    /// The edges of the ledgers, which have a table of their own.
    Edges,
}

pub(crate) fn export(command: &ExportCommand, output: &Output) -> CommandResult {
    let what = what(command)?;
    let run = registry::open_run(&command.runs, &command.run_id)?;
    match &command.out {
        Some(path) => {
            registry::write_file(path, |sink| write(&run, what, command.form, sink))?;
            output.note(&format!("wrote {}", path.display()));
        }
        None => {
            let mut stdout = BufWriter::new(io::stdout().lock());
            match write(&run, what, command.form, &mut stdout).and_then(|()| Ok(stdout.flush()?)) {
                // A reader that has seen enough (`| head`) is not a failure.
                Err(Failure::Io(_, error)) if error.kind() == io::ErrorKind::BrokenPipe => {}
                written => written?,
            }
        }
    }
    Ok(Status::Done)
}

fn what(command: &ExportCommand) -> Result<What, Failure> {
    let csv = command.form == ExportForm::Csv;
    let what = match command.kind.as_deref() {
        None if csv => {
            let why = "a table holds one kind of record: add --kind, such as `--kind p_blocks`";
            return Err(Failure::Input(why.to_owned()));
        }
        None => What::Everything,
        Some("metrics") => What::Metrics,
        Some("inputs") => What::Inputs,
        Some("edges") if csv => What::Edges,
        Some(name) => What::Records(RecordKind::from_name(name).ok_or_else(|| {
            let mut known = RecordKind::ALL.map(RecordKind::name).to_vec();
            known.extend(["metrics", "inputs"]);
            // The edges are a table only.
            known.extend(csv.then_some("edges"));
            unknown("kind", name, &known)
        })?),
    };
    if csv && matches!(what, What::Metrics | What::Inputs) {
        let why = "metrics and inputs are not tables: leave out `--as csv`";
        return Err(Failure::Input(why.to_owned()));
    }
    Ok(what)
}

fn write(
    run: &StoredRun,
    what: What,
    form: ExportForm,
    sink: &mut dyn Write,
) -> Result<(), Failure> {
    match (form, what) {
        (ExportForm::Csv, What::Records(kind)) => return table::write_records(run, kind, sink),
        (ExportForm::Csv, What::Edges) => return table::write_edges(run, sink),
        (ExportForm::Jsonl, What::Records(kind)) => {
            for record in run.records(kind) {
                sink.write_all(record?.text.as_ref())?;
                sink.write_all(b"\n")?;
            }
        }
        (ExportForm::Jsonl, What::Everything) => {
            for kind in RecordKind::ALL {
                for record in run.records(kind) {
                    write!(sink, "{{\"kind\":\"{}\",\"record\":", kind.name())?;
                    sink.write_all(record?.text.as_ref())?;
                    sink.write_all(b"}\n")?;
                }
            }
            writeln!(
                sink,
                "{{\"kind\":\"metrics\",\"record\":{}}}",
                run.metrics_text()?
            )?;
        }
        (_, What::Everything) => {
            run.write_export(sink)?;
            sink.write_all(b"\n")?;
        }
        (_, What::Records(kind)) => {
            write!(sink, "{{\"{}\":", kind.name())?;
            let mut separator: &[u8] = b"[";
            for record in run.records(kind) {
                sink.write_all(separator)?;
                sink.write_all(record?.text.as_ref())?;
                separator = b",";
            }
            let end: &[u8] = if separator == b"[" { b"[]}\n" } else { b"]}\n" };
            sink.write_all(end)?;
        }
        (_, What::Metrics) => writeln!(sink, "{{\"metrics\":{}}}", run.metrics_text()?)?,
        (_, What::Inputs | What::Edges) => {
            writeln!(sink, "{{\"inputs\":{}}}", run.documents()?.to_json())?;
        }
    }
    Ok(())
}
