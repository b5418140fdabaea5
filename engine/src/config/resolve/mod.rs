//! Writes the documents of a run as canonical JSON, with every default filled in, and without
//! anything that has no effect on the run or its pictures.
//!
//! The result loads as an equal plan, so a stored run can be repeated from its own inputs. Large
//! lists are written directly as text.

mod aeon;
mod run_config;
mod topology;

use super::decode::{Choice, Text};
use super::defaults;
use super::documents::{PfnaDocument, ProfileDocument};
use super::inputs::{InputEntry, InputValues, Inputs, Repeat};
use super::plan::{ChainRule, FluxRule, PressDefaults, Profile, Scheme, StRule};
use crate::canonical::{self, Canonical, Object, Writer};

pub(super) use aeon::grammar;
pub(super) use run_config::{ConfiguredNames, Settings, run_config};
pub(super) use topology::{GivenTopology, topology};

/// Why a document that is written again has every part that it must have.
const CHECKED: &str = "the document was checked, and has no problems";

/// A value that a closure writes.
pub(super) struct WriteWith<F>(pub(super) F);

impl<F: Fn(&mut Writer)> Canonical for WriteWith<F> {
    fn write(&self, writer: &mut Writer) {
        (self.0)(writer);
    }
}

/// An object whose members a closure adds.
pub(super) fn object(members: impl Fn(&mut Object<'_>)) -> impl Canonical {
    WriteWith(move |writer: &mut Writer| {
        let mut object = Object::begin(writer);
        members(&mut object);
        object.end();
    })
}

/// A boolean.
pub(super) fn flag(flag: bool) -> impl Canonical {
    WriteWith(move |writer: &mut Writer| writer.raw(if flag { "true" } else { "false" }))
}

/// The word of a choice.
pub(super) fn word<T: Choice + PartialEq>(choice: T) -> &'static str {
    let known = T::WORDS.iter().find(|(_, known)| *known == choice);
    known.expect("every choice has a word").0
}

/// The profile, with its own envelope defaults or the engine's.
pub(super) fn profile(profile: &Profile, content: &ProfileDocument) -> String {
    canonical::text(&object(|members| {
        members.field("C0", &profile.chain_start);
        members.field("I_block_spacing_W", &profile.checkpoint_spacing);
        members.field("SC", &profile.scale);
        members.field("chain_rule", &chain_rule(profile.chain_rule));
        members.field("flux_rule", &flux_rule(profile.flux_rule));
        members.field("modulus_M", &profile.modulus);
        members.field("name", &profile.name);
        members.field("nap_defaults", &nap_defaults(content));
        members.field("press_defaults", &press(&profile.press));
        members.field("s_t_rule", &st_rule(profile.s_t_rule));
    }))
}

fn chain_rule(rule: ChainRule) -> impl Canonical {
    let ChainRule::Cmp0V1 { a, b } = rule;
    object(move |members| {
        let constants = object(move |members| {
            members.field("a", &a);
            members.field("b", &b);
        });
        members.field("constants", &constants);
        members.field("type", "CMP0_chain_v1");
    })
}

fn flux_rule(rule: FluxRule) -> impl Canonical {
    let FluxRule::Cmp0V1 = rule;
    object(|members| members.field("type", "CMP0_flux_v1"))
}

fn st_rule(rule: StRule) -> impl Canonical {
    object(move |members| match rule {
        StRule::PrimeWeighted => members.field("mode", "prime_weighted"),
        StRule::Constant(value) => {
            members.field("mode", "constant");
            members.field("value", &value);
        }
        StRule::SumAbsFlux {
            offset,
            scale,
            max_value,
        } => {
            members.optional("max_value", max_value.as_ref());
            members.field("mode", "sum_abs_flux");
            members.field("offset", &offset);
            members.field("scale", &scale);
        }
    })
}

/// The version and the mode of a profile's envelopes.
pub(super) fn nap_of(content: &ProfileDocument) -> (i64, String) {
    let nap = content.nap_defaults.as_ref();
    let v = nap.and_then(|nap| nap.v).map_or(defaults::NAP_V, |v| v.0);
    let mode = nap.and_then(|nap| nap.mode.clone()).map(|Text(mode)| mode);
    (v, mode.unwrap_or_else(|| defaults::NAP_MODE.to_owned()))
}

fn nap_defaults(content: &ProfileDocument) -> impl Canonical {
    let (v, mode) = nap_of(content);
    object(move |members| {
        members.field("layer", "DATA");
        members.field("mode", &mode);
        members.field("v", &v);
    })
}

fn press(press: &PressDefaults) -> impl Canonical {
    let PressDefaults {
        preference,
        check_factor,
        check_offset,
    } = *press;
    object(move |members| {
        let check = object(move |members| {
            members.field("b0", &check_offset);
            members.field("b1", &check_factor);
        });
        members.field("manifest_check", &check);
        members.field("preferred_schemes", &preference.map(word::<Scheme>)[..]);
    })
}

/// The external inputs as they are written, by tick and id; nodes are named by their ids.
pub(super) fn pfna(
    (nid, pfna_id): (&str, &str),
    gid: &str,
    run_id: &str,
    inputs: &Inputs,
) -> String {
    let entries = WriteWith(|writer: &mut Writer| writer.array(inputs.entries()));
    canonical::text(&object(|members| {
        members.field("entries", &entries);
        members.field("gid", gid);
        members.field("nid", nid);
        members.field("pfna_id", pfna_id);
        members.field("run_id", run_id);
        members.field("v", &defaults::PFNA_VERSION);
    }))
}

/// The id of a PFNA document, and the origin of its inputs.
pub(super) fn pfna_ids(content: &PfnaDocument) -> (&str, &str) {
    let nid = content.nid.as_ref();
    let nid = nid.map_or(defaults::NAP_NID, |nid| nid.0.as_str());
    (nid, content.pfna_id.get().map_or("", |id| id.0.as_str()))
}

impl Canonical for InputEntry {
    fn write(&self, writer: &mut Writer) {
        let mut members = Object::begin(writer);
        members.field("pfna_id", &self.pfna_id);
        if let Some(Repeat { every, until }) = self.repeat {
            let repeat = object(move |members| {
                members.field("every", &every);
                members.optional("until", until.as_ref());
            });
            members.field("repeat", &repeat);
        }
        members.field("tick", &self.tick);
        match &self.values {
            InputValues::Dense(values) => members.field("values", values),
            InputValues::Sparse { values, .. } => members.field("values", &by_id(values)),
        }
        members.end();
    }
}

/// An object of values by the ids of their nodes.
fn by_id(values: &[(u32, i64)]) -> impl Canonical {
    WriteWith(move |writer: &mut Writer| {
        let named = values.iter();
        let named = named.map(|(index, value)| ((u64::from(*index) + 1).to_string(), *value));
        let mut named: Vec<(String, i64)> = named.collect();
        named.sort();
        let mut members = Object::begin(writer);
        for (id, value) in &named {
            members.member(id, value);
        }
        members.end();
    })
}
