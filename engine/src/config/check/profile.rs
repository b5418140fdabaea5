//! Checks the rules of a profile and their constants.

use super::super::decode::{Given, Int};
use super::super::defaults;
use super::super::documents::{
    ChainRuleDocument, ChainRuleType, FluxRuleDocument, FluxRuleType, PressDocument,
    ProfileDocument, StMode, StRuleDocument,
};
use super::super::plan::{ChainRule, FluxRule, PressDefaults, Profile, Scheme, StRule};
use super::super::problem::{Code, Draft, Problems};
use super::super::tree::{Document, NodeId, Value};
use super::{count, value_at};

pub(crate) fn profile(
    document: &Document,
    content: &ProfileDocument,
    problems: &mut Problems,
) -> Option<Profile> {
    let before = problems.len();
    let integer = |number: &Given<Int<1>>| number.get().map(|Int(number)| *number);
    let st_rule = content
        .s_t_rule
        .get()
        .and_then(|rule| st_rule(document, rule, problems));
    let press = press(document, content.press_defaults.as_ref(), problems);
    let profile = Profile {
        name: content.name.get()?.0.clone(),
        modulus: integer(&content.modulus)?,
        chain_start: integer(&content.chain_start)?,
        scale: integer(&content.scale)?,
        checkpoint_spacing: count(integer(&content.spacing)?),
        flux_rule: flux_rule(content.flux_rule.get()?),
        chain_rule: chain_rule(content.chain_rule.get()?),
        s_t_rule: st_rule?,
        press,
    };
    (problems.len() == before).then_some(profile)
}

fn flux_rule(rule: &FluxRuleDocument) -> FluxRule {
    match rule.rule {
        FluxRuleType::Cmp0V1 => FluxRule::Cmp0V1,
    }
}

fn chain_rule(rule: &ChainRuleDocument) -> ChainRule {
    let constants = rule.constants.as_ref();
    let a = constants
        .and_then(|constants| constants.a)
        .map_or(defaults::CHAIN_A, |Int(a)| a);
    let b = constants
        .and_then(|constants| constants.b)
        .map_or(defaults::CHAIN_B, |Int(b)| b);
    match rule.rule {
        ChainRuleType::Cmp0V1 => ChainRule::Cmp0V1 { a, b },
    }
}

/// The rule that a mode chooses, with the fields that belong to it and no others.
fn st_rule(document: &Document, rule: &StRuleDocument, problems: &mut Problems) -> Option<StRule> {
    let value = document.value(rule.at);
    let places = &rule.places;
    let value_of = ("value", "constant", places.value);
    let offset = ("offset", "sum_abs_flux", places.offset);
    let scale = ("scale", "sum_abs_flux", places.scale);
    let max_value = ("max_value", "sum_abs_flux", places.max_value);
    let mode = match (rule.mode, rule.gf01_constant) {
        (Some(mode), _) => mode,
        (None, Some(Int(constant))) => {
            let others = [value_of, offset, scale, max_value];
            foreign(document, "a rule without `mode`", &others, problems);
            return Some(StRule::Constant(constant));
        }
        (None, None) => {
            // A wrong `mode` or constant was already reported.
            if rule.places.mode.is_none() && rule.places.gf01_constant.is_none() {
                no_mode(value, problems);
            }
            return None;
        }
    };
    match mode {
        StMode::PrimeWeighted => {
            let others = [value_of, offset, scale, max_value];
            foreign(document, "`prime_weighted`", &others, problems);
            Some(StRule::PrimeWeighted)
        }
        StMode::Constant => {
            foreign(
                document,
                "`constant`",
                &[offset, scale, max_value],
                problems,
            );
            if rule.places.value.is_none() {
                let message = "the mode `constant` has no `value`";
                let draft = Draft::on(value, Code::MissingField, message)
                    .expected("`value`, an integer")
                    .help("add `value`: the s_t of every tick");
                problems.add_on(value, draft);
            }
            rule.value.map(|Int(constant)| StRule::Constant(constant))
        }
        StMode::SumAbsFlux => {
            foreign(document, "`sum_abs_flux`", &[value_of], problems);
            Some(StRule::SumAbsFlux {
                offset: rule
                    .offset
                    .map_or(defaults::SUM_OFFSET, |Int(offset)| offset),
                scale: rule.scale.map_or(defaults::SUM_SCALE, |Int(scale)| scale),
                max_value: rule.max_value.map(|Int(max)| max),
            })
        }
    }
}

fn no_mode(value: Value<'_>, problems: &mut Problems) {
    let modes = "`prime_weighted`, `constant` or `sum_abs_flux`";
    let draft = Draft::on(value, Code::MissingField, "`s_t_rule` has no `mode`")
        .expected(format!("`mode`, {modes}"))
        .help(format!("add `mode`: {modes}"));
    problems.add_on(value, draft);
}

/// A field of a rule: its key, the mode that it belongs to, its place.
type ModeField = (&'static str, &'static str, Option<NodeId>);

/// Reports fields that belong to a different mode.
fn foreign(document: &Document, mode: &str, fields: &[ModeField], problems: &mut Problems) {
    for &(key, owner, place) in fields {
        let Some(field) = value_at(document, place) else {
            continue;
        };
        let message = format!("`{key}` has no effect under {mode}");
        let draft = Draft::on_key(field, Code::ForeignField, message).help(format!(
            "remove it, or write `mode`: \"{owner}\", which it belongs to"
        ));
        problems.add_on(field, draft);
    }
}

fn press(
    document: &Document,
    content: Option<&PressDocument>,
    problems: &mut Problems,
) -> PressDefaults {
    let mut press = defaults::PRESS;
    let Some(content) = content else { return press };
    if let Some(check) = &content.manifest_check {
        press.check_factor = check.b1.map_or(press.check_factor, |Int(b1)| b1);
        press.check_offset = check.b0.map_or(press.check_offset, |Int(b0)| b0);
    }
    let Some(list) = &content.preferred_schemes else {
        return press;
    };
    let mut listed: Vec<(Scheme, Value<'_>)> = Vec::new();
    list.each(document, problems, |value, scheme, problems| {
        let Some(scheme) = scheme else { return };
        if let Some((_, first)) = listed.iter().find(|(other, _)| *other == scheme) {
            let message = format!("the scheme `{}` is listed twice", value.text());
            let draft = Draft::on(value, Code::RepeatedItem, message);
            problems.add_on(value, draft.related(*first, "first listed here"));
        } else {
            listed.push((scheme, value));
        }
    });
    let order = listed.iter().map(|(scheme, _)| *scheme);
    let rest = defaults::PRESS.preference.into_iter();
    let mut all: Vec<Scheme> = Vec::new();
    for scheme in order.chain(rest) {
        if !all.contains(&scheme) {
            all.push(scheme);
        }
    }
    if let Ok(preference) = all.try_into() {
        press.preference = preference;
    }
    press
}
