//! `aether inspect --aeon ID`: a window of the grammar, and the descriptors of the windows that name it.

use std::fmt::Write as _;

use aether_engine::record::{AeonView, ApxiView, RecordKind};
use aether_engine::store::StoredRun;
use aether_engine::view::ViewError;
use aether_json::nearest;

use super::{ROWS_MAX, Shown, array_of, finish, plain};
use crate::aeon::{made, ticks};
use crate::exit::Failure;
use crate::registry;

pub(super) fn show(run: &StoredRun, id: &str, shown: &mut Shown) -> Result<(), Failure> {
    if !run.has(RecordKind::AeonViews) {
        let run = registry::id_of(run);
        let why = format!("run `{run}` has no grammar of AEON windows");
        return Err(Failure::Input(why));
    }
    let view = match run.view().aeon_view(id) {
        Ok(view) => view,
        Err(ViewError::AeonWindow { windows, .. }) => return Err(missing(run, id, &windows)),
        Err(error) => return Err(error.into()),
    };
    let mut apxi = run.view().apxi_views()?;
    apxi.retain(|apxi| apxi.aeon_window_id == id);
    if !shown.json {
        window(&view, &mut shown.text);
        apxi.iter()
            .for_each(|apxi| descriptors(apxi, &mut shown.text));
    }
    let members = [
        ("aeon_views", array_of(&[view])),
        ("apxi_views", array_of(&apxi)),
    ];
    let members = members.map(|(name, records)| (name.to_owned(), records));
    shown.members.extend(members);
    Ok(())
}

fn missing(run: &StoredRun, id: &str, windows: &[String]) -> Failure {
    let known = windows.iter().map(String::as_str);
    Failure::Input(match (nearest(id, known), windows.first()) {
        (_, None) => format!(
            "run `{}` has no views of AEON windows: they are made at its end",
            registry::id_of(run)
        ),
        (Some(near), _) => format!("unknown AEON window `{id}`; did you mean `{near}`?"),
        (None, Some(first)) => format!("unknown AEON window `{id}`; the first is `{first}`"),
    })
}

fn window(view: &AeonView, text: &mut String) {
    let _ = writeln!(text, "{}, {}", view.window_id, made(view));
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "{name:<9} {value}");
    };
    line("ticks", &ticks(view));
    if !view.labels.is_empty() {
        line("labels", &view.labels.join(", "));
    }
    if let Some(parent) = &view.parent_id {
        line("parent", parent);
    }
    if let (Some(press), Some(hash)) = (&view.press_window_id, view.manifest_hash) {
        line("window", press);
        line("manifest", &hash.to_string());
    }
    let bits = view.total_bits.iter().flatten();
    let bits: Vec<String> = bits
        .map(|(stream, bits)| format!("{stream} {bits} bits"))
        .collect();
    if !bits.is_empty() {
        line("L_total", &bits.join(", "));
    }
}

fn descriptors(view: &ApxiView, text: &mut String) {
    let scheme = view.residual_scheme.symbol();
    let _ = writeln!(
        text,
        "\nwindow {}, residuals under {scheme}",
        view.window_id
    );
    let mut table = plain([
        "stream",
        "descriptor",
        "type",
        "p",
        "L_model",
        "L_residual",
        "L_total",
    ]);
    let mut count = 0;
    for (stream, entries) in &view.descriptors_by_stream {
        for entry in entries {
            count += 1;
            if count > ROWS_MAX {
                continue;
            }
            table.add_row([
                stream.clone(),
                entry.descriptor.descriptor_id.clone(),
                entry.descriptor.descriptor_type.name().to_owned(),
                entry.params.to_string(),
                entry.model_bits.to_string(),
                entry.residual_bits.to_string(),
                entry.total_bits.to_string(),
            ]);
        }
    }
    let _ = match count {
        0 => writeln!(text, "no descriptors"),
        _ => writeln!(text, "{}", finish(&table, count, "descriptors")),
    };
}
