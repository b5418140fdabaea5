//! A run's metrics as OpenMetrics text.
//!
//! Families have a fixed order and fixed labels, so that equal runs give equal bytes.

use std::fmt;

use aether_engine::record::{Layer, Metrics};
use aether_engine::store::RunHeader;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};

/// The metrics in the OpenMetrics text format, which ends with `# EOF`.
///
/// # Errors
/// The encoder's own; writing to a string does not fail.
pub(super) fn exposition(
    name: &str,
    header: &RunHeader,
    metrics: Metrics,
    l_total: u64,
) -> Result<String, fmt::Error> {
    let mut registry = Registry::with_prefix("aether");
    registry.register_collector(Box::new(RunMetrics {
        name: name.to_owned(),
        profile: header.profile.clone(),
        status: header.status.name(),
        engine_version: header.engine_version.clone(),
        metrics,
        l_total,
    }));
    let mut exposition = String::new();
    text::encode(&mut exposition, &registry)?;
    Ok(exposition)
}

#[derive(Debug)]
struct RunMetrics {
    /// The name under which the run is stored.
    name: String,
    profile: String,
    status: &'static str,
    engine_version: String,
    metrics: Metrics,
    /// `metrics.l_total`, which is not negative.
    l_total: u64,
}

impl Collector for RunMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let metrics = &self.metrics;
        let last_entry = metrics.uledger_last_hash.map(|hash| hash.to_string());
        let help = "What was run, and the hash that identifies it.";
        encoder
            .encode_descriptor("run", help, None, MetricType::Info)?
            .encode_info(&[
                ("gid", metrics.gid.as_str()),
                ("run", &self.name),
                ("run_id", &metrics.run_id),
                ("profile", &self.profile),
                ("status", self.status),
                ("engine_version", &self.engine_version),
                ("last_entry_hash", last_entry.as_deref().unwrap_or("")),
            ])?;
        let counters = [
            ("ticks", "Ticks recorded.", metrics.total_ticks),
            ("windows", "Windows closed.", metrics.window_count),
            ("apx_manifests", "Manifests made.", metrics.apx_manifests),
            (
                "checkpoints",
                "Checkpoints (I-blocks) made.",
                metrics.i_blocks,
            ),
            (
                "uledger_entries",
                "U-ledger entries made.",
                metrics.uledger_entries,
            ),
            (
                "pfna_inputs",
                "External inputs applied.",
                metrics.pfna_applied,
            ),
            (
                "codex_motifs",
                "Motifs in the library.",
                metrics.codex_motifs,
            ),
            (
                "codex_proposals",
                "Proposals made.",
                metrics.codex_proposals,
            ),
        ];
        let of_grammar = [
            (
                "aeon_views",
                "Views of AEON windows made.",
                metrics.aeon_views,
            ),
            (
                "apxi_views",
                "Views of descriptors made.",
                metrics.apxi_views,
            ),
        ];
        let of_grammar = of_grammar.into_iter();
        let of_grammar = of_grammar.filter_map(|(name, help, count)| Some((name, help, count?)));
        for (name, help, value) in counters.into_iter().chain(of_grammar) {
            encoder
                .encode_descriptor(name, help, None, MetricType::Counter)?
                .encode_family(&self.labels())?
                .encode_counter::<NoExemplar, _, u64>(&value, None)?;
        }
        self.encode_envelopes(&mut encoder)?;
        self.encode_bits(&mut encoder)
    }
}

/// The labels that all samples of a run share.
type Labels<'m> = [(&'static str, &'m str); 3];
type NoExemplar = [(&'static str, &'static str); 0];

impl RunMetrics {
    fn labels(&self) -> Labels<'_> {
        [
            ("gid", &self.metrics.gid),
            ("run", &self.name),
            ("run_id", &self.metrics.run_id),
        ]
    }

    fn encode_envelopes(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let metrics = &self.metrics;
        let help = "Envelopes emitted.";
        let mut family =
            encoder.encode_descriptor("nap_envelopes", help, None, MetricType::Counter)?;
        for layer in Layer::ALL {
            let value = match layer {
                Layer::Ctrl => metrics.nap_ctrl,
                Layer::Ingress => metrics.nap_ingress,
                Layer::Data => metrics.nap_data,
                Layer::Egress => metrics.nap_egress,
            };
            let [gid, run, run_id] = self.labels();
            family
                .encode_family(&[gid, run, run_id, ("layer", layer.name())])?
                .encode_counter::<NoExemplar, _, u64>(&value, None)?;
        }
        Ok(())
    }

    fn encode_bits(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let metrics = &self.metrics;
        let bits = Unit::Other("bits".to_owned());
        let help = "Description length (L_total) of all manifests.";
        encoder
            .encode_descriptor("description_length", help, Some(&bits), MetricType::Counter)?
            .encode_family(&self.labels())?
            .encode_counter::<NoExemplar, _, u64>(&self.l_total, None)?;
        let help = "Description length (L_total) of a stream over a window.";
        let mut family =
            encoder.encode_descriptor("stream_length", help, Some(&bits), MetricType::Gauge)?;
        for (window, streams) in &metrics.l_total_by_window {
            for (stream, bits) in streams {
                let [gid, run, run_id] = self.labels();
                family
                    .encode_family(&[gid, run, run_id, ("window", window), ("stream", stream)])?
                    .encode_gauge(bits)?;
            }
        }
        Ok(())
    }
}
