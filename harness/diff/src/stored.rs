//! The serde form of a [`Diff`]: everything that it has, so that what is read back equals what was
//! written.
//!
//! Paths are text, which names elements by identity and not by what people call them. The member
//! `nouns` keeps that: for each pattern of an element, the noun that its label starts with, if it is not
//! the name of the array. With `"ledgers/*/edges/*": "edge"`, the path `ledgers[tick=3].edges[e_id=5]`
//! is read back with the label `edge 5` in place of `edges 5`.

use std::collections::BTreeMap;

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

use crate::{
    BytesDifference, Cause, Change, Chart, Diff, Followed, LeftOut, Path, Sizes, Tolerated,
};

/// Noun by the pattern of an element. The pattern of a cause has its file before it.
type Nouns = BTreeMap<String, String>;

#[derive(serde::Serialize)]
struct Written<'d> {
    first_divergence: &'d Option<Change>,
    alike: u64,
    causes: &'d [Cause],
    followed: &'d [Followed],
    changes: &'d [Change],
    left_out: &'d [LeftOut],
    charts: &'d [Chart],
    #[serde(skip_serializing_if = "Option::is_none")]
    sizes: &'d Option<Sizes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tolerated: &'d Option<Tolerated>,
    #[serde(skip_serializing_if = "is_empty")]
    bytes: &'d [BytesDifference],
    nouns: Nouns,
}

fn is_empty<T>(list: &&[T]) -> bool {
    list.is_empty()
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    first_divergence: Option<Change>,
    alike: u64,
    causes: Vec<Cause>,
    followed: Vec<Followed>,
    changes: Vec<Change>,
    left_out: Vec<LeftOut>,
    charts: Vec<Chart>,
    #[serde(default)]
    sizes: Option<Sizes>,
    #[serde(default)]
    tolerated: Option<Tolerated>,
    #[serde(default)]
    bytes: Vec<BytesDifference>,
    nouns: Nouns,
}

impl Serialize for Diff {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut nouns = Nouns::new();
        let changes = self.first_divergence.iter().chain(&self.changes);
        let paths = changes.flat_map(|change| [Some(&change.path), change.path_before.as_ref()]);
        let paths = paths.flatten();
        let left_out = self.left_out.iter().map(|left_out| &left_out.path);
        let tolerated = self.tolerated.iter().map(|tolerated| &tolerated.at);
        for path in paths.chain(left_out).chain(tolerated) {
            nouns.extend(path.nouns(""));
        }
        for cause in &self.causes {
            for path in [Some(&cause.path), cause.path_before.as_ref()]
                .into_iter()
                .flatten()
            {
                nouns.extend(path.nouns(&cause.file));
            }
        }
        Written {
            first_divergence: &self.first_divergence,
            alike: self.alike,
            causes: &self.causes,
            followed: &self.followed,
            changes: &self.changes,
            left_out: &self.left_out,
            charts: &self.charts,
            sizes: &self.sizes,
            tolerated: &self.tolerated,
            bytes: &self.bytes,
            nouns,
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Diff {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Read {
            mut first_divergence,
            alike,
            mut causes,
            followed,
            mut changes,
            mut left_out,
            charts,
            sizes,
            mut tolerated,
            bytes,
            nouns,
        } = Read::deserialize(deserializer)?;
        let paths: Vec<&mut Path> = first_divergence
            .iter_mut()
            .chain(&mut changes)
            .flat_map(|change| [Some(&mut change.path), change.path_before.as_mut()])
            .flatten()
            .chain(left_out.iter_mut().map(|left_out| &mut left_out.path))
            .chain(tolerated.iter_mut().map(|tolerated| &mut tolerated.at))
            .collect();
        for path in paths {
            path.call_elements(&nouns, "");
        }
        for cause in &mut causes {
            cause.path.call_elements(&nouns, &cause.file);
            if let Some(path) = &mut cause.path_before {
                path.call_elements(&nouns, &cause.file);
            }
        }
        Ok(Self {
            first_divergence,
            causes,
            followed,
            changes,
            left_out,
            charts,
            sizes,
            tolerated,
            bytes,
            alike,
        })
    }
}
