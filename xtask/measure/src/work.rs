//! What is done with the work that is measured: it is timed, counted, or watched for its memory.

use std::fs;
use std::hint::black_box;

/// The seconds on the clock that `work` takes. Its result is not optimised away.
pub fn seconds<T>(work: impl FnOnce() -> T) -> f64 {
    #[expect(clippy::disallowed_methods, reason = "a benchmark is about the clock")]
    let start = std::time::Instant::now();
    work();
    black_box(());
    start.elapsed().as_secs_f64()
}

/// Measures something and its reference in turns, after one turn that is not counted: each round is
/// the two figures that the functions return, in the order of the arguments. A machine that slows
/// down slows both.
pub fn rounds(
    count: usize,
    mut figure: impl FnMut() -> f64,
    mut reference: impl FnMut() -> f64,
) -> Vec<[f64; 2]> {
    figure();
    reference();
    (0..count).map(|_| [figure(), reference()]).collect()
}

/// Runs the part of a counted line whose instructions are counted; what comes before and after it,
/// such as making its inputs, is not. callgrind finds this function by its name.
pub fn counted<T>(work: impl FnOnce() -> T) {
    let mut work = Some(work);
    counted_by_callgrind(&mut || {
        if let Some(work) = work.take() {
            black_box(work());
        }
    });
}

/// Not generic and not inlined, so that there is one function of this name. The call is not its last step: callgrind
/// takes a function that ends in a jump to another as left.
#[inline(never)]
fn counted_by_callgrind(work: &mut dyn FnMut()) {
    work();
    black_box(());
}

/// The peak resident memory of this process in bytes, since its start or [`reset_peak`]; `None` if
/// the system does not report it (only Linux does).
pub fn peak_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = peak.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024)
}

/// Makes the resident memory of now the peak so far. Returns whether the system can do so.
pub fn reset_peak() -> bool {
    fs::write("/proc/self/clear_refs", "5").is_ok()
}
