//! `aether press`: packs the streams of a window into a capsule file, and reads capsules.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::Path;

use aether_engine::config::limits::CAPSULE_NUMBERS_MAX;
use aether_engine::press::{Capsule, Packer};
use aether_engine::record::{PBlock, UmxLedger};
use aether_engine::store::StoredRun;
use aether_engine::view::ViewError;
use aether_json::{Value, json};
use comfy_table::{CellAlignment, Table, presets};

use super::window;
use crate::CommandResult;
use crate::args::{CapsuleCommand, PackCommand};
use crate::destination::{Destination, FileKind, Protected};
use crate::exit::{Failure, Status};
use crate::output::Output;
use crate::progress::Progress;
use crate::registry;

pub(crate) fn pack(command: &PackCommand, output: &Output) -> CommandResult {
    let run = registry::open_run(&command.stored.runs, &command.stored.run_id)?;
    let reads = Protected::of_run(&run)?;
    let out = Destination::new(&command.out, command.force, FileKind::Capsule, &reads)?;
    let progress = Progress::spinner("packing the window");
    let capsule = pack_window(&run, &command.window)?;
    let bytes = capsule.to_bytes();
    drop(progress);
    out.write(|sink| Ok(sink.write_all(&bytes)?))?;
    let (streams, size) = (capsule.manifest().streams.len(), bytes.len());
    output.result(
        || {
            format!(
                "{}: {streams} streams, {size} bytes\n",
                command.out.display()
            )
        },
        || {
            json!({
                "path": command.out.display().to_string(),
                "window_id": capsule.manifest().window_id,
                "streams": streams,
                "bytes": size,
            })
        },
    )?;
    Ok(Status::Done)
}

fn pack_window(run: &StoredRun, name: &str) -> Result<Capsule, Failure> {
    let plan = run.plan()?;
    let window = window::find(&plan, name)?;
    let not_closed = || {
        Failure::Input(format!(
            "window `{}` is not closed in this run",
            window.window_id()
        ))
    };
    let manifest = match run.view().apx_manifest(window.window_id()) {
        Ok(manifest) => manifest,
        Err(ViewError::Window { .. }) => return Err(not_closed()),
        Err(error) => return Err(error.into()),
    };
    let mut packer = Packer::new(&plan, manifest).ok_or_else(|| {
        Failure::Damaged(format!(
            "{} is damaged: the manifest of window `{}` does not fit the inputs",
            run.path().display(),
            window.window_id()
        ))
    })?;
    if let Some((stream, numbers)) = packer.too_long() {
        return Err(Failure::Input(format!(
            "stream `{stream}` of window `{}` has {numbers} numbers, and a capsule holds at most \
             {CAPSULE_NUMBERS_MAX} per stream; pack a shorter window",
            window.window_id()
        )));
    }
    let ticks = packer.ticks();
    let mut c_prev = plan.chain_start();
    if let Some(before) = ticks.start().checked_sub(1).filter(|tick| *tick > 0) {
        let mut block = run.values_of_ticks::<PBlock>(before..=before);
        c_prev = block.next().expect("one tick has one P-block")?.c_t;
    }
    let blocks = run.values_of_ticks::<PBlock>(ticks.clone());
    let ledgers = run.values_of_ticks::<UmxLedger>(ticks);
    for (ledger, block) in ledgers.zip(blocks) {
        packer.add(&ledger?, c_prev);
        c_prev = block?.c_t;
    }
    Ok(packer.finish())
}

pub(crate) fn unpack(command: &CapsuleCommand, output: &Output) -> CommandResult {
    let progress = Progress::spinner("unpacking the capsule");
    let capsule = read(&command.file)?;
    let names: BTreeSet<_> = capsule
        .streams()
        .map(|(entry, _)| &*entry.stream_id)
        .collect();
    let each = |visit: &mut dyn FnMut(Step<'_>) -> Result<(), Failure>| -> Result<(), Failure> {
        for &name in &names {
            visit(Step::Stream(name))?;
            let vectors = capsule.vectors(name);
            for vector in vectors.map_err(|error| damaged(&command.file, &error))? {
                visit(Step::Vector(
                    &vector.map_err(|error| damaged(&command.file, &error))?,
                ))?;
            }
        }
        Ok(())
    };
    // Nothing is printed of a capsule that is damaged.
    each(&mut |_| Ok(()))?;
    drop(progress);
    // Vectors are data, so they are printed as JSON in both output formats. They need not fit into
    // memory.
    let window_id = json!(capsule.manifest().window_id);
    let mut text = "{\"streams\":{".to_owned();
    let mut opened = "";
    let mut separator = "";
    each(&mut |step| {
        match step {
            Step::Stream(name) => {
                let _ = write!(text, "{opened}{}:[", json!(name));
                (opened, separator) = ("],", "");
            }
            Step::Vector(vector) => {
                let numbers: Vec<String> = vector.iter().map(i128::to_string).collect();
                let _ = write!(text, "{separator}[{}]", numbers.join(","));
                separator = ",";
            }
        }
        if text.len() >= PRINTED_AT_ONCE {
            output.print(text.as_bytes())?;
            text.clear();
        }
        Ok(())
    })?;
    let end = opened.trim_end_matches(',');
    let _ = writeln!(text, "{end}}},\"window_id\":{window_id}}}");
    output.print(text.as_bytes())?;
    Ok(Status::Done)
}

/// Bytes of a capsule's text that are printed together.
const PRINTED_AT_ONCE: usize = 1 << 16;

/// What a capsule contains, in the order in which it is printed.
enum Step<'v> {
    Stream(&'v str),
    Vector(&'v [i128]),
}

pub(crate) fn info(command: &CapsuleCommand, output: &Output) -> CommandResult {
    let progress = Progress::spinner("measuring the capsule");
    let capsule = read(&command.file)?;
    let mut rows = Vec::new();
    for (entry, payload) in capsule.streams() {
        let vectors = capsule
            .vectors(&entry.stream_id)
            .map_err(|error| damaged(&command.file, &error))?;
        let mut plain_bytes = 0;
        let mut packed = zstd::Encoder::new(Counter(0), 3)?;
        for vector in vectors {
            for value in vector.map_err(|error| damaged(&command.file, &error))? {
                // A number that needs more than 64 bits would need two of them.
                let (both, one) = (value.to_le_bytes(), i64::try_from(value).is_ok());
                let plain = if one { &both[..8] } else { &both[..] };
                plain_bytes += plain.len();
                packed.write_all(plain)?;
            }
        }
        let Counter(zstd) = packed.finish()?;
        rows.push(Row {
            stream_id: entry.stream_id.clone(),
            scheme: entry.scheme.symbol(),
            parameter: entry.params,
            tally_bits: entry.total_bits,
            bytes: payload.len(),
            plain_bytes,
            zstd_bytes: zstd,
        });
    }
    drop(progress);
    output.result(|| table(&capsule, &rows), || info_json(&capsule, &rows))?;
    Ok(Status::Done)
}

/// Counts the bytes that are written to it.
struct Counter(usize);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The sizes of a stream: the tally as the paper counts it, and the bytes of the payload.
struct Row {
    stream_id: String,
    scheme: &'static str,
    parameter: u64,
    tally_bits: i64,
    bytes: usize,
    plain_bytes: usize,
    zstd_bytes: usize,
}

impl Row {
    /// How many times larger `other` is than the payload.
    fn ratio(&self, other: usize) -> f64 {
        other as f64 / self.bytes.max(1) as f64
    }
}

fn table(capsule: &Capsule, rows: &[Row]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["stream", "scheme", "tally bits", "bytes", "i64 ÷", "zstd ÷"]);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    for row in rows {
        let scheme = match row.scheme {
            "GR" => format!("GR({})", row.parameter),
            other => other.to_owned(),
        };
        table.add_row([
            row.stream_id.clone(),
            scheme,
            row.tally_bits.to_string(),
            row.bytes.to_string(),
            format!("{:.1}", row.ratio(row.plain_bytes)),
            format!("{:.1}", row.ratio(row.zstd_bytes)),
        ]);
    }
    let manifest = capsule.manifest();
    format!(
        "{}, ticks {} to {}\n{}\n",
        manifest.window_id,
        manifest.start_tick,
        manifest.end_tick,
        table.trim_fmt()
    )
}

fn info_json(capsule: &Capsule, rows: &[Row]) -> Value {
    let streams: Vec<_> = rows
        .iter()
        .map(|row| {
            json!({
                "stream_id": row.stream_id,
                "scheme": row.scheme,
                "params": row.parameter,
                "tally_bits": row.tally_bits,
                "bytes": row.bytes,
                "i64_bytes": row.plain_bytes,
                "i64_zstd_bytes": row.zstd_bytes,
                "ratio_i64": row.ratio(row.plain_bytes),
                "ratio_i64_zstd": row.ratio(row.zstd_bytes),
            })
        })
        .collect();
    let manifest = capsule.manifest();
    json!({
        "window_id": manifest.window_id,
        "start_tick": manifest.start_tick,
        "end_tick": manifest.end_tick,
        "streams": streams,
    })
}

fn read(path: &Path) -> Result<Capsule, Failure> {
    let bytes = aether_disk::read(path).map_err(|error| Failure::unreadable(path, error))?;
    Capsule::from_bytes(&bytes).map_err(|error| damaged(path, &error))
}

fn damaged(path: &Path, error: &aether_engine::press::CapsuleError) -> Failure {
    Failure::Damaged(format!("{}: {error}", path.display()))
}
