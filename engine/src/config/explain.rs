//! Explains a profile, field by field, for `aether profile show`.

use std::path::Path;

use serde::Serialize;

use super::decode::Choice;
use super::documents::{ChainRuleType, FluxRuleType, StMode};
use super::plan::{ChainRule, FluxRule, Profile, Scheme, StRule};
use super::problem::Report;
use super::read::ReadDocument;
use super::{load::profile_of, resolve};

/// A valid profile, explained field by field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainedProfile {
    profile: Profile,
    document: String,
    v: i64,
    mode: String,
}

/// The explanation of one field of a profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Explained {
    /// The field, as `chain_rule`.
    pub field: &'static str,
    /// Its value, in one line.
    pub value: String,
    /// What the value means, in sentences.
    pub meaning: String,
}

/// Reads a profile in order to explain it.
///
/// ```
/// use aether_engine::config::{MemoryDocuments, explain_profile};
///
/// let files = MemoryDocuments::new().with("cmp-0.toml", aether_engine::config::CMP_0);
/// let profile = explain_profile(&files, "cmp-0.toml".as_ref()).unwrap();
/// let chain = profile.explained().into_iter().find(|rule| rule.field == "chain_rule").unwrap();
/// assert_eq!(chain.value, "CMP0_chain_v1, a = 17, b = 23");
/// ```
///
/// # Errors
///
/// Everything that is wrong with the document.
pub fn explain_profile(reader: &dyn ReadDocument, path: &Path) -> Result<ExplainedProfile, Report> {
    let (profile, content) = profile_of(reader, path)?;
    let document = resolve::profile(&profile, &content);
    let (v, mode) = resolve::nap_of(&content);
    Ok(ExplainedProfile {
        profile,
        document,
        v,
        mode,
    })
}

impl ExplainedProfile {
    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.profile.name
    }

    /// The profile as canonical JSON, every default filled in.
    #[must_use]
    pub fn document(&self) -> &str {
        &self.document
    }

    /// Every field, in the order of the documents.
    #[must_use]
    pub fn explained(&self) -> Vec<Explained> {
        let profile = &self.profile;
        let explained = |field, value: String, meaning: String| Explained {
            field,
            value,
            meaning,
        };
        let (modulus, start, scale) = (profile.modulus, profile.chain_start, profile.scale);
        let spacing = profile.checkpoint_spacing;
        let below = if start < modulus {
            ""
        } else {
            " It is used as it is, though it is not below M."
        };
        vec![
            explained(
                "name",
                profile.name.clone(),
                "Appears in manifests, checkpoints and library entries. No rule depends on it."
                    .to_owned(),
            ),
            explained(
                "modulus_M",
                modulus.to_string(),
                format!(
                    "Chain values and manifest checks are in 0..{}.",
                    modulus - 1
                ),
            ),
            explained(
                "C0",
                start.to_string(),
                format!("The chain value at tick 0, from which the first tick goes on.{below}"),
            ),
            explained(
                "SC",
                scale.to_string(),
                format!(
                    "The divisor of the flux rule: an edge carries k / {scale} of the difference of \
                     its ends. The topology says the same SC."
                ),
            ),
            explained(
                "I_block_spacing_W",
                spacing.to_string(),
                format!(
                    "A checkpoint at every tick divisible by {spacing}, from which replay starts. \
                     A RunConfig's `loom.W` overrides it."
                ),
            ),
            explained(
                "flux_rule",
                word(&FluxRuleType::WORDS[0]),
                flux_meaning(profile.flux_rule, scale),
            ),
            chain(profile.chain_rule, modulus),
            s_t(profile.s_t_rule),
            explained(
                "nap_defaults",
                format!("v = {}, layer = DATA, mode = {}", self.v, self.mode),
                "What envelopes say unless the RunConfig's `nap` does. A tick's envelope is in \
                 layer DATA."
                    .to_owned(),
            ),
            schemes(profile.press.preference),
            explained(
                "press_defaults.manifest_check",
                format!(
                    "b1 = {}, b0 = {}",
                    profile.press.check_factor, profile.press.check_offset
                ),
                format!(
                    "A manifest's check is (b1 · H + b0) mod {modulus}, H the first 8 bytes of the \
                     manifest's SHA-256, reduced mod {modulus}. CMP-0's constants were solved so \
                     that the two published windows of GF-01 give their printed checks, which \
                     proves nothing about the function behind the print."
                ),
            ),
        ]
    }
}

fn word<T>((word, _): &(&'static str, T)) -> String {
    (*word).to_owned()
}

fn flux_meaning(rule: FluxRule, scale: i64) -> String {
    let FluxRule::Cmp0V1 = rule;
    format!(
        "All edges read the state before the tick. For an edge (i, j): du = u[i] − u[j], \
         raw = floor(k · |du| / {scale}), f_e = sign(du) · min(raw, cap, |du|), and f_e leaves i \
         for j. Nothing moves on an edge while k · |du| < {scale}."
    )
}

fn chain(rule: ChainRule, modulus: i64) -> Explained {
    let ChainRule::Cmp0V1 { a, b } = rule;
    Explained {
        field: "chain_rule",
        value: format!("{}, a = {a}, b = {b}", word(&ChainRuleType::WORDS[0])),
        meaning: format!(
            "C_t = ({a} · C_(t−1) + {b} · s_t + t) mod {modulus}, never negative: every chain value \
             depends on all ticks before it."
        ),
    }
}

fn s_t(rule: StRule) -> Explained {
    let mode = resolve::word::<StMode>;
    let (value, meaning) = match rule {
        StRule::PrimeWeighted => (
            mode(StMode::PrimeWeighted).to_owned(),
            "s_t = 2 · u[1] + 3 · u[2] + 5 · u[3] + 7 · u[4] + …: the n-th prime times the state \
             of node n after the tick, summed. Two states that differ mostly give two values."
                .to_owned(),
        ),
        StRule::Constant(constant) => (
            format!("{}, value = {constant}", mode(StMode::Constant)),
            format!("s_t = {constant} at every tick: the chain does not depend on the state."),
        ),
        StRule::SumAbsFlux {
            offset,
            scale,
            max_value,
        } => {
            let mode = mode(StMode::SumAbsFlux);
            let most = max_value.map(|most| most.to_string());
            let value = format!(
                "{mode}, offset = {offset}, scale = {scale}, max_value = {}",
                most.as_deref().unwrap_or("none")
            );
            let sum = format!("{offset} + {scale} · Σ |f_e|");
            let sum = most.map_or_else(|| sum.clone(), |most| format!("min({sum}, {most})"));
            (value, format!("s_t = {sum}: how much moved in the tick."))
        }
    };
    Explained {
        field: "s_t_rule",
        value,
        meaning,
    }
}

fn schemes(preference: [Scheme; 3]) -> Explained {
    let words = preference.map(resolve::word::<Scheme>);
    Explained {
        field: "press_defaults.preferred_schemes",
        value: words.join(", "),
        meaning: format!(
            "A stream is described by the scheme of least bits: R (runs of zero deltas), GR \
             (Golomb–Rice) or ID (each value by itself). Where two need as many, {} wins over {}, \
             and {} over {}.",
            words[0], words[1], words[1], words[2]
        ),
    }
}
