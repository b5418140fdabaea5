//! Encodes records, counts them for the metrics, and passes them to the sink.

use std::io;

use super::sink::RecordSink;
use crate::canonical::{Canonical, Encoded, Hash, Writer};
use crate::config::RunPlan;
use crate::record::{
    AeonView, ApxiView, Component, Layer, LedgerEntry, LogEvent, LogPayload, Manifest, Metrics,
    NapEnvelope, Record,
};

/// Takes the records of all stages and passes them to the sink.
pub(super) struct Recorder<'p, 's> {
    plan: &'p RunPlan,
    sink: &'s mut dyn RecordSink,
    writer: Writer,
    /// The metrics of what is committed, and of what the next commit adds.
    committed: Metrics,
    pending: Metrics,
    log_seq: u64,
    committed_log_seq: u64,
    log_observer: LogObserver<'s>,
    /// Events that the observer will receive with the next commit.
    unshown: Vec<LogEvent>,
}

/// The observer of the log, if there is one.
type LogObserver<'s> = Option<&'s dyn Fn(&LogEvent)>;

impl<'p, 's> Recorder<'p, 's> {
    pub(super) fn new(
        plan: &'p RunPlan,
        sink: &'s mut dyn RecordSink,
        log_observer: LogObserver<'s>,
    ) -> Self {
        let metrics = Metrics {
            gid: plan.gid.clone(),
            run_id: plan.run_id.clone(),
            aeon_views: plan.aeon.as_ref().map(|_| 0),
            apxi_views: plan.aeon.as_ref().map(|_| 0),
            ..Metrics::default()
        };
        Self {
            plan,
            sink,
            writer: Writer::encoder(usize::MAX),
            committed: metrics.clone(),
            pending: metrics,
            log_seq: 0,
            committed_log_seq: 0,
            log_observer,
            unshown: Vec::new(),
        }
    }

    /// The metrics of what the next commit adds.
    pub(super) const fn metrics(&mut self) -> &mut Metrics {
        &mut self.pending
    }

    /// The metrics of what is committed.
    pub(super) fn into_metrics(self) -> Metrics {
        self.committed
    }

    /// Number of motifs in the committed metrics.
    pub(super) const fn motifs_committed(&self) -> u64 {
        self.committed.codex_motifs
    }

    /// The sink, for data that is not a record.
    pub(super) fn sink(&mut self) -> &mut dyn RecordSink {
        self.sink
    }

    /// Passes on a record that is already encoded.
    pub(super) fn put_encoded(&mut self, record: &Record<'_>, text: Encoded<'_>) -> io::Result<()> {
        self.sink.put(record, text)
    }

    /// Encodes a record, passes it on, and returns its hash.
    pub(super) fn put<'r, R: Canonical>(
        &mut self,
        kind: fn(&'r R) -> Record<'r>,
        record: &'r R,
    ) -> io::Result<Hash> {
        let encoded = self.writer.encode(record);
        self.sink.put(&kind(record), encoded)?;
        Ok(encoded.hash)
    }

    /// Records an entry of the hash chain, which must continue the last one.
    pub(super) fn entry(&mut self, entry: &LedgerEntry) -> io::Result<Hash> {
        let last = self.pending.uledger_last_hash;
        let last = last.or(self.committed.uledger_last_hash);
        let ticks = self.committed.uledger_entries + self.pending.uledger_entries;
        assert_eq!(
            (entry.tick, entry.prev_entry_hash),
            (ticks + 1, last),
            "an entry follows the one before it"
        );
        let hash = self.put(Record::LedgerEntry, entry)?;
        self.pending.uledger_entries += 1;
        self.pending.uledger_last_hash = Some(hash);
        Ok(hash)
    }

    /// Records an envelope if its layer is emitted.
    pub(super) fn envelope(&mut self, envelope: &NapEnvelope, text: Encoded<'_>) -> io::Result<()> {
        if !self.plan.nap.layers.emits(envelope.layer) {
            return Ok(());
        }
        let count = match envelope.layer {
            Layer::Ctrl => &mut self.pending.nap_ctrl,
            Layer::Ingress => &mut self.pending.nap_ingress,
            Layer::Data => &mut self.pending.nap_data,
            Layer::Egress => &mut self.pending.nap_egress,
        };
        *count += 1;
        self.put_encoded(&Record::Envelope(envelope), text)
    }

    /// Records a manifest; `None` if the bits of all manifests together do not fit 64 bits.
    pub(super) fn manifest(&mut self, manifest: &Manifest) -> io::Result<Option<Hash>> {
        let mut bits = BitsByStream::new();
        for stream in &manifest.streams {
            let total = self.committed.l_total.checked_add(self.pending.l_total);
            if total
                .and_then(|total| total.checked_add(stream.total_bits))
                .is_none()
            {
                return Ok(None);
            }
            self.pending.l_total += stream.total_bits;
            bits.insert(stream.stream_id.clone(), stream.total_bits);
        }
        self.pending
            .l_total_by_window
            .insert(manifest.window_id.clone(), bits);
        self.pending.window_count += 1;
        self.pending.apx_manifests += 1;
        self.put(Record::Manifest, manifest).map(Some)
    }

    /// Records the view of an AEON window.
    pub(super) fn aeon_view(&mut self, view: &AeonView) -> io::Result<()> {
        add_count(&mut self.pending.aeon_views, Some(1));
        self.put(Record::AeonView, view).map(|_| ())
    }

    /// Records the descriptors of a window.
    pub(super) fn apxi_view(&mut self, view: &ApxiView) -> io::Result<()> {
        add_count(&mut self.pending.apxi_views, Some(1));
        self.put(Record::ApxiView, view).map(|_| ())
    }

    /// Records a line of the log.
    pub(super) fn log(
        &mut self,
        component: Component,
        tick: impl Into<Option<u64>>,
        window_id: Option<&str>,
        payload: LogPayload,
    ) -> io::Result<()> {
        self.log_seq += 1;
        let event = LogEvent {
            seq: self.log_seq,
            component,
            gid: self.plan.gid.clone(),
            run_id: self.plan.run_id.clone(),
            tick: tick.into(),
            window_id: window_id.map(str::to_owned),
            payload,
        };
        self.put(Record::Log, &event)?;
        if self.log_observer.is_some() {
            self.unshown.push(event);
        }
        Ok(())
    }

    pub(super) fn commit(&mut self) -> io::Result<()> {
        self.committed_log_seq = self.log_seq;
        let pending = self.take_pending();
        self.committed.add(pending);
        self.sink.commit()?;
        if let Some(show) = self.log_observer {
            self.unshown.drain(..).for_each(|event| show(&event));
        }
        Ok(())
    }

    pub(super) fn roll_back(&mut self) -> io::Result<()> {
        self.log_seq = self.committed_log_seq;
        self.take_pending();
        self.unshown.clear();
        self.sink.roll_back()
    }

    fn take_pending(&mut self) -> Metrics {
        let empty = Metrics {
            gid: self.plan.gid.clone(),
            run_id: self.plan.run_id.clone(),
            ..Metrics::default()
        };
        std::mem::replace(&mut self.pending, empty)
    }
}

type BitsByStream = std::collections::BTreeMap<String, i64>;

impl Metrics {
    /// Adds the metrics of a commit.
    fn add(&mut self, other: Self) {
        self.total_ticks += other.total_ticks;
        self.window_count += other.window_count;
        self.nap_ctrl += other.nap_ctrl;
        self.nap_ingress += other.nap_ingress;
        self.nap_data += other.nap_data;
        self.nap_egress += other.nap_egress;
        self.apx_manifests += other.apx_manifests;
        self.l_total_by_window.extend(other.l_total_by_window);
        self.l_total += other.l_total;
        self.i_blocks += other.i_blocks;
        self.uledger_entries += other.uledger_entries;
        self.uledger_last_hash = other.uledger_last_hash.or(self.uledger_last_hash);
        self.pfna_applied += other.pfna_applied;
        self.codex_motifs += other.codex_motifs;
        self.codex_proposals += other.codex_proposals;
        add_count(&mut self.aeon_views, other.aeon_views);
        add_count(&mut self.apxi_views, other.apxi_views);
    }
}

/// Adds to a count that only some runs have.
fn add_count(count: &mut Option<u64>, more: Option<u64>) {
    if let Some(more) = more {
        *count.get_or_insert(0) += more;
    }
}
