//! Two documents of 100 MB, equal, with one leaf changed, with one record inserted in front, and with
//! a change in every record: the time of the keyed diff and its patch beside `json_patch::diff` on
//! the same pair. `diff_memory` has the memory of the same.
//!
//! `cargo bench -p aether-diff --bench diff`

mod pair;

use divan::Bencher;
use pair::{EDITS, Edit};

#[divan::bench(args = EDITS, sample_count = 5, sample_size = 1)]
fn keyed_diff(bencher: Bencher<'_, '_>, edit: Edit) {
    pair::pair(edit);
    bencher.bench_local(|| pair::keyed_diff(edit));
}

#[divan::bench(args = EDITS, sample_count = 5, sample_size = 1)]
fn keyed_patch(bencher: Bencher<'_, '_>, edit: Edit) {
    pair::pair(edit);
    bencher.bench_local(|| pair::keyed_patch(edit));
}

#[divan::bench(args = EDITS, sample_count = 5, sample_size = 1)]
fn json_patch_diff(bencher: Bencher<'_, '_>, edit: Edit) {
    pair::pair(edit);
    bencher.bench_local(|| pair::json_patch_diff(edit));
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn read_a_golden(bencher: Bencher<'_, '_>) {
    let text = pair::BEFORE.text();
    bencher.bench_local(|| aether_diff::Artefact::from_golden("ledgers", text));
}

fn main() {
    divan::main();
}
