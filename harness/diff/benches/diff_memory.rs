//! The memory of what `diff` times: `max alloc` is the peak beside the two texts themselves. The
//! times shown here include the counting of allocations.
//!
//! `cargo bench -p aether-diff --bench diff_memory`

mod pair;

use divan::{AllocProfiler, Bencher};
use pair::Edit;

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

const EDITS: [Edit; 4] = [Edit::None, Edit::Leaf, Edit::InsertInFront, Edit::EveryTick];

#[divan::bench(args = EDITS, sample_count = 1, sample_size = 1)]
fn keyed_diff(bencher: Bencher<'_, '_>, edit: Edit) {
    let pair = pair::pair(edit);
    bencher.bench_local(|| pair::keyed_diff(pair));
}

#[divan::bench(args = EDITS, sample_count = 1, sample_size = 1)]
fn keyed_patch(bencher: Bencher<'_, '_>, edit: Edit) {
    let pair = pair::pair(edit);
    bencher.bench_local(|| pair::keyed_patch(pair));
}

#[divan::bench(args = EDITS, sample_count = 1, sample_size = 1)]
fn json_patch_diff(bencher: Bencher<'_, '_>, edit: Edit) {
    let pair = pair::pair(edit);
    bencher.bench_local(|| pair::json_patch_diff(pair));
}

fn main() {
    divan::main();
}
