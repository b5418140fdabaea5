//! Chooses a place beside a node for its label, where it covers neither nodes nor other labels if
//! that is possible.

use super::drawing::{Across, Down, Pixel};

/// The width of a letter and the height of a line, in pixels.
const LETTER: i32 = 7;
const LINE: i32 = 13;

/// A rectangle by its upper left and lower right corner.
type Box = (Pixel, Pixel);

/// The parts of an area that are taken.
pub(super) struct Labels {
    size: Pixel,
    taken: Vec<Box>,
}

impl Labels {
    /// An area of a size with discs, each by its middle and its radius.
    pub(super) fn new(size: Pixel, discs: impl Iterator<Item = (Pixel, i32)>) -> Self {
        let around =
            |((x, y), radius): (Pixel, i32)| ((x - radius, y - radius), (x + radius, y + radius));
        Self {
            size,
            taken: discs.map(around).collect(),
        }
    }

    /// The place of a label of some letters beside a disc, which is taken from then on.
    pub(super) fn place(
        &mut self,
        letters: i32,
        (x, y): Pixel,
        radius: i32,
    ) -> (Across, Down, Pixel) {
        let (wide, away) = (LETTER * letters, radius + 3);
        let (left, top) = (x - wide / 2, y - LINE / 2);
        let beside = [
            (Across::Middle, Down::Top, (x, y + away), (left, y + away)),
            (
                Across::Middle,
                Down::Bottom,
                (x, y - away),
                (left, y - away - LINE),
            ),
            (Across::Start, Down::Middle, (x + away, y), (x + away, top)),
            (
                Across::End,
                Down::Middle,
                (x - away, y),
                (x - away - wide, top),
            ),
        ];
        let boxed = |(left, top): Pixel| ((left, top), (left + wide, top + LINE));
        let inside = |((left, top), (right, bottom)): Box| {
            left >= 0 && top >= 0 && right <= self.size.0 && bottom <= self.size.1
        };
        let free = |one: Box| inside(one) && !self.taken.iter().any(|other| overlap(one, *other));
        let found = beside.iter().find(|(.., corner)| free(boxed(*corner)));
        let found = found.or_else(|| beside.iter().find(|(.., corner)| inside(boxed(*corner))));
        let (across, down, at, corner) = *found.unwrap_or(&beside[0]);
        self.taken.push(boxed(corner));
        (across, down, at)
    }
}

fn overlap(one: Box, other: Box) -> bool {
    let apart = |a: Box, b: Box| a.1.0 <= b.0.0 || a.1.1 <= b.0.1;
    !apart(one, other) && !apart(other, one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_avoid_nodes_and_each_other() {
        let discs = [((50, 50), 5), ((50, 68), 5)];
        let mut labels = Labels::new((200, 200), discs.into_iter());
        // Below is the other node, so the label goes above; the second goes below its node.
        let (_, down, _) = labels.place(4, (50, 50), 5);
        assert!(matches!(down, Down::Bottom));
        let (_, down, at) = labels.place(4, (50, 68), 5);
        assert!(matches!(down, Down::Top));
        assert_eq!(at, (50, 76));
        // Two labels never have one place while another is free.
        let (across, ..) = labels.place(4, (50, 68), 5);
        assert!(matches!(across, Across::Start));
    }

    #[test]
    fn a_label_stays_in_its_area() {
        let mut labels = Labels::new((100, 100), [((2, 95), 5)].into_iter());
        let (across, down, _) = labels.place(6, (2, 95), 5);
        assert!(matches!(
            (across, down),
            (Across::Start, Down::Middle) | (Across::Middle, Down::Top)
        ));
    }
}
