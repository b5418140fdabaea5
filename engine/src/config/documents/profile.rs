//! `Profile_CMP0_v1` and its successors: numbers, and rules chosen by name.

use super::super::decode::{Anything, Choice, Int, List, ProfileName, Text};
use super::super::plan::Scheme;
use super::super::problem::Code;
use super::run_config::DataLayer;

document! {
    /// The numbers and rules of a family of runs.
    ProfileDocument, "a profile", Refused {
        /// Name in records; starts with `CMP-`. No rule depends on it.
        given "name" => name: ProfileName,
        /// Modulus M of the chain and of the manifest check.
        given "modulus_M" => modulus: Int<1>,
        /// Chain value at tick 0.
        given "C0" unit "chain value" => chain_start: Int<1>,
        /// Divisor of the flux rule; equals the topology's.
        given "SC" => scale: Int<1>,
        /// Ticks between two checkpoints.
        given "I_block_spacing_W" unit "ticks" => spacing: Int<1>,
        /// How fluxes follow from the state.
        given "flux_rule" => flux_rule: FluxRuleDocument,
        /// How the chain continues.
        given "chain_rule" => chain_rule: ChainRuleDocument,
        /// How s_t is computed from a tick.
        given "s_t_rule" => s_t_rule: StRuleDocument,
        /// Values of envelopes, unless the run sets them.
        optional "nap_defaults" => nap_defaults: NapDefaults,
        /// How schemes are chosen and checks are computed. Default: CMP-0's.
        optional "press_defaults" => press_defaults: PressDocument,
    }
}

document! {
    /// How fluxes follow from the state; further fields describe.
    FluxRuleDocument, "`flux_rule`", Descriptive {
        /// The rule.
        required "type" => rule: FluxRuleType,
    }
}

document! {
    /// How the chain goes on; further fields describe.
    ChainRuleDocument, "`chain_rule`", Descriptive {
        /// The rule.
        required "type" => rule: ChainRuleType,
        /// Its constants. Default: those of CMP-0.
        optional "constants" => constants: ChainConstants,
    }
}

document! {
    /// Constants of the chain rule.
    ChainConstants, "`constants`", Refused {
        /// Factor of the previous chain value. Default: 17.
        optional "a" => a: Int,
        /// Factor of s_t. Default: 23.
        optional "b" => b: Int,
    }
}

document! {
    /// How s_t is read off a tick; further fields describe.
    StRuleDocument, "`s_t_rule`", Descriptive {
        /// The rule. Without it, `gf01_constant` is the value of a constant rule.
        optional "mode" => mode: StMode,
        /// The value of `constant`.
        optional "value" => value: Int,
        /// Added to the sum of `sum_abs_flux`. Default: 0.
        optional "offset" => offset: Int,
        /// Factor of the sum of `sum_abs_flux`. Default: 1.
        optional "scale" => scale: Int,
        /// Upper bound of `sum_abs_flux`. Default: none.
        optional "max_value" => max_value: Int,
        /// The constant in older documents, which have no `mode`.
        optional "gf01_constant" => gf01_constant: Int,
    }
}

document! {
    /// Values of envelopes, unless the run sets them.
    NapDefaults, "`nap_defaults`", Refused {
        /// Version in envelopes. Default: 1.
        optional "v" => v: Int,
        /// Layer of a tick's envelope, which can only be DATA.
        optional "layer" => layer: DataLayer,
        /// Mode in envelopes. Default: "P".
        optional "mode" => mode: Text,
    }
}

document! {
    /// How schemes are chosen and checks are computed.
    PressDocument, "`press_defaults`", Refused {
        /// Which scheme wins a tie, best first; those not listed come last.
        optional "preferred_schemes" => preferred_schemes: List<Scheme>,
        /// Constants of the manifest check. Default: CMP-0's.
        optional "manifest_check" => manifest_check: CheckConstants,
        /// Accepted from older documents; without effect.
        optional "gf01_streams" => gf01_streams: Anything,
    }
}

document! {
    /// Constants of the manifest check (b1 · H + b0) mod M.
    CheckConstants, "`manifest_check`", Refused {
        /// Factor of the digest. Default: CMP-0's.
        optional "b1" => b1: Int,
        /// Added to it. Default: CMP-0's.
        optional "b0" => b0: Int,
    }
}

/// The known flux rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FluxRuleType {
    Cmp0V1,
}

impl Choice for FluxRuleType {
    const WORDS: &'static [(&'static str, Self)] = &[("CMP0_flux_v1", Self::Cmp0V1)];
    const CODE: Code = Code::UnknownRule;
    const NOUN: &'static str = "flux rule";
}

/// The known chain rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChainRuleType {
    Cmp0V1,
}

impl Choice for ChainRuleType {
    const WORDS: &'static [(&'static str, Self)] = &[("CMP0_chain_v1", Self::Cmp0V1)];
    const CODE: Code = Code::UnknownRule;
    const NOUN: &'static str = "chain rule";
}

/// The known s_t rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StMode {
    PrimeWeighted,
    Constant,
    SumAbsFlux,
}

impl Choice for StMode {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("prime_weighted", Self::PrimeWeighted),
        ("constant", Self::Constant),
        ("sum_abs_flux", Self::SumAbsFlux),
    ];
    const CODE: Code = Code::UnknownRule;
    const NOUN: &'static str = "s_t rule";
}

super::choice_schema!(FluxRuleType, ChainRuleType, StMode);
