//! [`RunPlace`]: where one value of a run is, and its path in text.
//!
//! A place is a field with two numbers: `at` says which record or which element of a document (a
//! tick, a number, a name of the [`Vocabulary`]), `index` which element of a list in it (a node, an
//! edge, a position, a name). Every field is declared once, by the path of its values:
//!
//! ```text
//! FluxOfEdge "ledgers[tick=@].edges[e_id=#].f_e"     at: tick, index: edge
//! ledgers[tick=900].edges[e_id=77].f_e               RunPlace { FluxOfEdge, 900, 77 }
//! ```
//!
//! | placeholder | stands for |
//! | --- | --- |
//! | `@`, `#` | `at`, `index` as a number |
//! | `@w`, `#s` | `at` as a window, `index` as a stream |
//! | `@t`, `@i` | `at` as an input entry: its tick, its id |
//! | `@m`, `@p` | `at` as the number of a motif, of a proposal |
//! | `#l` | `index` as a layer of envelopes |
//! | `@a` | `at` as a window of a grammar |
//! | `#h`, `#e` | `index` as a span, and as one of its two ends |
//! | `@f`, `@g`, `@d`, `@q` | `at` as a window and a stream of descriptors, a position among descriptors, and one in a pattern |
//!
//! | module | what it is |
//! | --- | --- |
//! | `fields` | every field, by the path of its values |
//! | `kinds` | what a field's values are part of |
//! | `trial` | a descriptor as the `at` of a place |
//! | `steps` | the steps of a field's path, and what their placeholders stand for |
//! | `words` | a path in text, step by step |
//! | `paths` | the path of a place, and the place of a path |
//!
//! Nothing here reads or computes a value.

mod fields;
mod kinds;
mod paths;
mod steps;
mod trial;
mod words;

pub(crate) use fields::Field;
pub(crate) use kinds::PlaceKind;
pub(crate) use steps::Step;
pub(crate) use trial::Trial;
pub(crate) use words::Word;

use crate::record::Layer;

/// One value of a run: a number, a text, a hash. It may be absent from the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunPlace {
    pub(crate) field: Field,
    pub(crate) at: u64,
    pub(crate) index: u32,
}

/// The layers, by the index that places use.
pub(crate) const LAYERS: [Layer; 4] = [Layer::Ctrl, Layer::Ingress, Layer::Data, Layer::Egress];

/// The layer of an index.
pub(crate) fn layer_at(index: u32) -> Layer {
    LAYERS[index as usize % LAYERS.len()]
}

/// The index of a layer.
pub(crate) fn index_of(layer: Layer) -> u32 {
    match layer {
        Layer::Ctrl => 0,
        Layer::Ingress => 1,
        Layer::Data => 2,
        Layer::Egress => 3,
    }
}
