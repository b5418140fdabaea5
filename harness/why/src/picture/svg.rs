//! The picture as SVG, with a light and a dark look.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{self, Write};

use aether_diff::{counted, shortened_pair, visible};

use super::chosen::Chosen;
use super::layout::Layout;
use crate::found::{CauseKind, Why, WhyNode};

/// The size of a box, and the distance from one to the next.
const BOX: (usize, usize) = (312, 42);
const PITCH: (usize, usize) = (336, 78);

/// What is around the boxes; the text above them needs most.
const MARGIN: usize = 16;
const TOP: usize = 84;

/// Characters that a box has room for.
const PATH_CHARS: usize = 40;
const VALUE_CHARS: usize = 18;

/// Lines that a step may cross before it is drawn faintly: many such steps would hide what is between them.
const NEAR_LINES: usize = 3;

const STYLE: &str = "
svg{--ink:#1c1e21;--soft:#5c6370;--page:#ffffff;--box:#f4f5f7;--line:#aab1bb;--way:#0b62c4;--end:#fff3c4;--rim:#b98a00}
@media(prefers-color-scheme:dark){svg{--ink:#e6e8eb;--soft:#9aa3af;--page:#16181c;--box:#23272e;--line:#596270;\
--way:#6db1ff;--end:#4a3c08;--rim:#e0b93a}}
.page{fill:var(--page)}text{fill:var(--ink);font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.soft{fill:var(--soft)}.box{fill:var(--box);stroke:var(--line)}.way{stroke:var(--way);stroke-width:2.5}
.end{fill:var(--end);stroke:var(--rim)}.end.way{stroke:var(--way)}.step{fill:none;stroke:var(--line);stroke-width:1.3}
.step.far{opacity:.35}.step.way{stroke:var(--way);stroke-width:2.5;opacity:1}.may{stroke-dasharray:5 4}.head{font-weight:bold}
";

impl Why {
    /// Writes the graph as a picture: the value asked for at the top, causes at the bottom, the shortest path as a
    /// straight line. Steps that are not needed are dashed. Of a large graph it shows the shortest path and what is next to it,
    /// with the numbers of the others.
    ///
    /// # Errors
    /// What `out` reports.
    pub fn write_svg(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(svg(self).as_bytes())?;
        writeln!(out)
    }
}

/// The picture.
pub(crate) fn svg(why: &Why) -> String {
    let chosen = Chosen::of(why);
    let picture = Picture {
        layout: Layout::of(why, &chosen),
        may: why.may.iter().copied().collect(),
        from: why.computed_from(),
        why,
        chosen,
    };
    picture.svg()
}

struct Picture<'w> {
    why: &'w Why,
    may: BTreeSet<[usize; 2]>,
    /// For each value, those that it was computed from.
    from: BTreeMap<usize, Vec<usize>>,
    chosen: Chosen,
    layout: Layout,
}

impl Picture<'_> {
    fn svg(&self) -> String {
        let width = (self.layout.columns.max(3) - 1) * PITCH.0 + BOX.0 + 2 * MARGIN;
        let height = TOP + (self.layout.lines - 1) * PITCH.1 + BOX.1 + 24 + MARGIN;
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\" role=\"img\"><style>{STYLE}</style><title>{}</title>\
             <rect class=\"page\" width=\"{width}\" height=\"{height}\"/>",
            escaped(&self.title())
        );
        self.heading(&mut out);
        for edge in &self.layout.edges {
            self.step(&mut out, *edge);
        }
        self.gap(&mut out);
        for &id in &self.chosen.nodes {
            self.node(&mut out, &self.why.nodes[id]);
        }
        out.push_str("</svg>");
        out
    }

    fn title(&self) -> String {
        self.why
            .nodes
            .first()
            .map_or_else(String::new, WhyNode::lead)
    }

    /// What is drawn, and what the lines and colours mean.
    fn heading(&self, out: &mut String) {
        let all = self.why.nodes.len() as u64 + self.why.left_out.unwrap_or_default();
        let drawn = self.chosen.nodes.len() as u64;
        let causes = counted(self.why.causes.len() as u64, "cause");
        let mut line = format!("{}, {causes}", counted(all, "value"));
        if drawn < all {
            line.push_str(&format!("; {} not drawn", all - drawn));
        }
        put_text(out, (MARGIN, 26), "head", &cut(&self.title(), 100));
        put_text(out, (MARGIN, 46), "soft", &line);
        let x = MARGIN;
        let y = 64;
        let legend = [
            ("step way", "shortest path"),
            ("step", "needed"),
            ("step may", "may"),
        ];
        let mut x = x;
        for (class, name) in legend {
            let _ = write!(out, "<path class=\"{class}\" d=\"M{x} {}h28\"/>", y - 4);
            put_text(out, (x + 34, y), "soft", name);
            x += 34 + name.len() * 8 + 16;
        }
        let _ = write!(
            out,
            "<rect class=\"box end\" x=\"{x}\" y=\"{}\" width=\"18\" height=\"12\" rx=\"3\"/>",
            y - 10
        );
        put_text(out, (x + 24, y), "soft", "cause");
    }

    /// The upper left corner of a box.
    fn corner(&self, id: usize) -> (usize, usize) {
        let (line, column) = self.layout.cells[&id];
        (MARGIN + column * PITCH.0, TOP + line * PITCH.1)
    }

    fn step(&self, out: &mut String, [upper, lower]: [usize; 2]) {
        let mut steps = self.chosen.path.windows(2);
        let is_way = steps.any(|step| step == [upper, lower]);
        let mut class = "step".to_owned();
        if is_way {
            class.push_str(" way");
        }
        if self.may.contains(&[upper, lower]) {
            class.push_str(" may");
        }
        let [above, below] = [upper, lower].map(|id| self.layout.cells[&id].0);
        if above.abs_diff(below) > NEAR_LINES {
            class.push_str(" far");
        }
        let (from, to) = (self.corner(upper), self.corner(lower));
        let (x1, y1) = (from.0 + BOX.0 / 2, from.1 + BOX.1);
        let (x2, y2) = (to.0 + BOX.0 / 2, to.1);
        let bend = PITCH.1 - BOX.1;
        let line = if is_way {
            format!("M{x1} {y1}L{x2} {y2}")
        } else {
            format!(
                "M{x1} {y1}C{x1} {} {x2} {} {x2} {y2}",
                y1 + bend,
                y2.saturating_sub(bend)
            )
        };
        let _ = write!(out, "<path class=\"{class}\" d=\"{line}\"/>");
    }

    /// The steps of the path that are not drawn.
    fn gap(&self, out: &mut String) {
        let Some((last, hidden)) = self.chosen.gap else {
            return;
        };
        let (x, y) = self.corner(last);
        let x = x + BOX.0 / 2;
        let (top, bottom) = (y + BOX.1, y + 2 * PITCH.1);
        let _ = write!(
            out,
            "<path class=\"step way\" d=\"M{x} {top}L{x} {bottom}\" stroke-dasharray=\"2 6\"/>"
        );
        let words = format!("… {} …", counted(hidden as u64, "step"));
        put_text(out, (x + 12, y + PITCH.1 + BOX.1 / 2 + 4), "soft", &words);
    }

    fn node(&self, out: &mut String, node: &WhyNode) {
        let (x, y) = self.corner(node.id);
        let mut class = "box".to_owned();
        if self.is_cause(node) {
            class.push_str(" end");
        }
        if self.chosen.path.contains(&node.id) {
            class.push_str(" way");
        }
        let (width, height) = BOX;
        let _ = write!(
            out,
            "<g><title>{}</title><rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" \
             rx=\"6\"/>",
            escaped(&node.lead())
        );
        let path = node.path.to_string();
        put_text(
            out,
            (x + 8, y + 17),
            "",
            &end_of(&visible(&path), PATH_CHARS),
        );
        put_text(out, (x + 8, y + 33), "soft", &values(node));
        out.push_str("</g>");
        let from = self
            .from
            .get(&node.id)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let hidden = from
            .iter()
            .filter(|id| !self.chosen.nodes.contains(id))
            .count();
        let is_before_gap = self.chosen.gap.is_some_and(|(last, _)| last == node.id);
        let hidden = hidden - usize::from(is_before_gap && hidden > 0);
        if hidden > 0 {
            put_text(
                out,
                (x + 8, y + height + 14),
                "soft",
                &format!("+{hidden} more"),
            );
        }
    }

    fn is_cause(&self, node: &WhyNode) -> bool {
        self.why.causes.iter().any(|cause| match cause.kind {
            CauseKind::Input => cause.path == node.path,
            CauseKind::Rule | CauseKind::Unknown => cause.at.as_ref() == Some(&node.path),
        })
    }
}

/// The values of a node as a box has room for them: cut to where they begin to differ.
fn values(node: &WhyNode) -> String {
    let (old, new) = shortened_pair(node.before.as_ref(), node.after.as_ref());
    match (&node.before, &node.after) {
        (None, Some(_)) => format!("added: {}", cut(&new, VALUE_CHARS)),
        (Some(_), None) => format!("removed: {}", cut(&old, VALUE_CHARS)),
        _ => {
            let same = old.chars().zip(new.chars()).take_while(|(a, b)| a == b);
            let same = same.count();
            let is_long = [&old, &new]
                .iter()
                .any(|text| text.chars().count() > VALUE_CHARS);
            let skipped = if is_long { same.saturating_sub(3) } else { 0 };
            let [old, new] = [old, new].map(|text| {
                let rest: String = text.chars().skip(skipped).collect();
                let start = if skipped > 0 { "…" } else { "" };
                cut(&format!("{start}{rest}"), VALUE_CHARS)
            });
            format!("{old} → {new}")
        }
    }
}

fn put_text(out: &mut String, (x, y): (usize, usize), class: &str, text: &str) {
    let _ = write!(
        out,
        "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>",
        escaped(text)
    );
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let start: String = text.chars().take(most - 1).collect();
    start + "…"
}

/// The end of a path, which says most.
fn end_of(text: &str, most: usize) -> String {
    let count = text.chars().count();
    if count <= most {
        return text.to_owned();
    }
    let end: String = text.chars().skip(count - most + 1).collect();
    format!("…{end}")
}

/// Text inside an element. Characters that XML does not allow are shown by their numbers before.
fn escaped(text: &str) -> String {
    let text = visible(text);
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('"', "&quot;")
}
