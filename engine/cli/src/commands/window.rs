//! Finds a window of a stored run by its id or its number.

use aether_engine::config::{RunPlan, Window};
use aether_json::nearest;

use crate::exit::Failure;

/// The window that `name` refers to: an id, or a number from 1 (primaries first, then as
/// configured).
pub(super) fn find<'p>(plan: &'p RunPlan, name: &str) -> Result<&'p Window, Failure> {
    let windows = plan.windows();
    let by_id = windows.iter().find(|window| window.window_id() == name);
    let by_number = || windows.get(name.parse::<usize>().ok()?.checked_sub(1)?);
    by_id.or_else(by_number).ok_or_else(|| {
        let count = windows.len();
        let hint = match nearest(name, windows.iter().map(Window::window_id)) {
            Some(near) => format!("did you mean `{near}`? Windows are numbered 1 to {count}"),
            None => {
                let first = windows.first().map_or("", Window::window_id);
                format!("windows are numbered 1 to {count}, and the first is `{first}`")
            }
        };
        Failure::Input(format!("unknown window `{name}`; {hint}"))
    })
}
