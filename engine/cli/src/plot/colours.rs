//! The colours of pictures: what each is for, and its value in light and in dark mode.
//!
//! A drawing uses only roles. Each role is a class of the picture's style sheet, which has both of
//! its colours, so that one file looks right on any background.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use colorous::Color;

/// Number of levels of a colour scale; the middle level is the 0 of a diverging scale.
pub(super) const LEVELS: u8 = 33;
/// Number of colours for series; all further series share the last one.
pub(super) const SERIES: u8 = 8;
/// Number of levels of the colours of edges.
pub(super) const FLOWS: u8 = 9;

/// The purpose of a drawn element, which determines its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    /// The background.
    Surface,
    /// Titles and labels.
    Ink,
    /// Notes and subtitles.
    Muted,
    /// Axes and lines of the grid.
    Grid,
    /// One of several series.
    Series(u8),
    /// A level of the picture's colour scale.
    Level(u8),
    /// Text on that level.
    OnLevel(u8),
    /// How much an edge moves.
    Flow(u8),
}

impl Role {
    fn colours(self, ramp: Ramp) -> [Color; 2] {
        const fn pair(light: [u8; 3], dark: [u8; 3]) -> [Color; 2] {
            [of_bytes(light), of_bytes(dark)]
        }
        match self {
            Self::Surface => pair([255, 255, 255], [13, 17, 23]),
            Self::Ink => pair([31, 35, 40], [230, 237, 243]),
            Self::Muted => pair([89, 99, 110], [145, 152, 161]),
            Self::Grid => pair([209, 217, 224], [61, 68, 77]),
            Self::Series(number) => {
                let [light, dark] = SERIES_COLOURS[usize::from(number.min(SERIES - 1))];
                pair(light, dark)
            }
            Self::Level(level) => ramp.colours(level),
            Self::OnLevel(level) => ramp.colours(level).map(readable_on),
            Self::Flow(level) => [
                between(
                    &[[196, 205, 214], [60, 130, 200], [8, 48, 107]],
                    level,
                    FLOWS,
                ),
                between(
                    &[[61, 68, 77], [56, 119, 189], [190, 222, 255]],
                    level,
                    FLOWS,
                ),
            ],
        }
    }
}

/// The colours of Okabe and Ito, which colour-blind readers can distinguish too; the last is for
/// all further series.
const SERIES_COLOURS: [[[u8; 3]; 2]; SERIES as usize] = [
    [[0, 114, 178], [77, 163, 217]],
    [[230, 159, 0], [240, 180, 60]],
    [[0, 158, 115], [40, 190, 150]],
    [[204, 121, 167], [224, 150, 192]],
    [[213, 94, 0], [240, 130, 60]],
    [[86, 180, 233], [140, 205, 245]],
    [[130, 110, 10], [215, 200, 90]],
    [[140, 149, 159], [110, 118, 129]],
];

/// A colour scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ramp {
    /// From little to much: viridis, even to the eye.
    Sequential,
    /// From negative through 0, which is near the surface, to positive.
    Diverging,
}

impl Ramp {
    fn colours(self, level: u8) -> [Color; 2] {
        let (place, count) = (usize::from(level.min(LEVELS - 1)), usize::from(LEVELS));
        match self {
            Self::Sequential => [colorous::VIRIDIS.eval_rational(place, count); 2],
            Self::Diverging => [
                colorous::RED_BLUE.eval_rational(count - 1 - place, count),
                between(
                    &[
                        [176, 216, 255],
                        [47, 127, 193],
                        [33, 38, 45],
                        [196, 86, 47],
                        [255, 206, 176],
                    ],
                    level,
                    LEVELS,
                ),
            ],
        }
    }
}

/// Which property of an element a class sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Paint {
    Fill,
    Stroke,
}

/// The name of a class.
pub(super) fn class(paint: Paint, role: Role) -> String {
    let paint = match paint {
        Paint::Fill => 'f',
        Paint::Stroke => 's',
    };
    let (kind, number) = match role {
        Role::Surface => ("surface", None),
        Role::Ink => ("ink", None),
        Role::Muted => ("muted", None),
        Role::Grid => ("grid", None),
        Role::Series(number) => ("series", Some(number)),
        Role::Level(level) => ("level", Some(level)),
        Role::OnLevel(level) => ("on", Some(level)),
        Role::Flow(level) => ("flow", Some(level)),
    };
    number.map_or_else(
        || format!("{paint}-{kind}"),
        |number| format!("{paint}-{kind}{number}"),
    )
}

/// The CSS rules of the classes that a picture uses. Without CSS variables: a viewer that knows
/// neither variables nor dark mode shows the light colours.
/// The rules apply within the element `id`.
pub(super) fn style_sheet(id: &str, used: &BTreeSet<(Paint, Role)>, ramp: Ramp) -> String {
    let rules = |theme: usize| {
        let mut rules = String::new();
        for &(paint, role) in used {
            let property = match paint {
                Paint::Fill => "fill",
                Paint::Stroke => "stroke",
            };
            let colour = role.colours(ramp)[theme];
            let _ = writeln!(
                rules,
                "#{id} .{}{{{property}:#{colour:x}}}",
                class(paint, role)
            );
        }
        rules
    };
    format!(
        "#{id} text{{font-family:system-ui,-apple-system,\"Segoe UI\",\"DejaVu Sans\",sans-serif}}\n\
         {}@media (prefers-color-scheme:dark){{\n{}}}\n",
        rules(0),
        rules(1)
    )
}

const fn of_bytes([r, g, b]: [u8; 3]) -> Color {
    Color { r, g, b }
}

/// The colour of a level, interpolated between evenly spaced stops.
fn between(anchors: &[[u8; 3]], level: u8, levels: u8) -> Color {
    let steps = usize::from(levels - 1);
    let place = usize::from(level.min(levels - 1)) * (anchors.len() - 1);
    let (index, rest) = (place / steps, place % steps);
    let (from, to) = (anchors[index], anchors[(index + 1).min(anchors.len() - 1)]);
    let mut mixed = from;
    for ((mixed, from), to) in mixed.iter_mut().zip(from).zip(to) {
        let sum = usize::from(from) * (steps - rest) + usize::from(to) * rest;
        *mixed = u8::try_from((sum + steps / 2) / steps).expect("a mean of bytes is a byte");
    }
    of_bytes(mixed)
}

/// Black or white, whichever is easier to read on a colour.
fn readable_on(colour: Color) -> Color {
    let weighted =
        299 * u32::from(colour.r) + 587 * u32::from(colour.g) + 114 * u32::from(colour.b);
    if weighted > 128_000 {
        of_bytes([20, 23, 27])
    } else {
        of_bytes([255, 255, 255])
    }
}
