//! Computes the metrics of a stored run from its records.

use super::stored::StoredRun;
use super::{Damage, StoreError};
use crate::record::{Layer, Metrics};

/// The metrics that follow from the records. They are the metrics of an interrupted run, and
/// `verify` compares the stored ones with them.
pub(super) fn of_records(run: &StoredRun) -> Result<Metrics, StoreError> {
    let count = |sql: &str| -> Result<u64, StoreError> {
        let count: i64 = run.query(sql)?;
        Ok(u64::try_from(count).expect("SQLite counts from 0"))
    };
    let layer = |layer: Layer| {
        count(&format!(
            "SELECT count(*) FROM envelopes WHERE layer = '{}'",
            layer.name()
        ))
    };
    let of_grammar = |table: &str| {
        let counted = run
            .has_grammar()
            .then(|| count(&format!("SELECT count(*) FROM {table}")));
        counted.transpose()
    };
    let manifests = count("SELECT count(*) FROM manifests")?;
    let last = run.header().last_entry_hash;
    let mut metrics = Metrics {
        gid: run.row().gid.clone(),
        run_id: run.row().run_id.clone(),
        total_ticks: count("SELECT count(*) FROM ledgers")?,
        window_count: manifests,
        nap_ctrl: layer(Layer::Ctrl)?,
        nap_ingress: layer(Layer::Ingress)?,
        nap_data: layer(Layer::Data)?,
        nap_egress: layer(Layer::Egress)?,
        apx_manifests: manifests,
        i_blocks: count("SELECT count(*) FROM i_blocks")?,
        uledger_entries: count("SELECT count(*) FROM u_ledger")?,
        uledger_last_hash: last,
        pfna_applied: count(
            "SELECT coalesce(sum(json_array_length(pfna_refs)), 0) FROM scenes
             WHERE pfna_refs IS NOT NULL",
        )?,
        codex_motifs: count(
            "SELECT count(*) FROM log
             WHERE event = 'codex_event' AND json ->> '$.payload.kind' = 'motif'",
        )?,
        codex_proposals: count("SELECT count(*) FROM codex_proposals")?,
        aeon_views: of_grammar("aeon_views")?,
        apxi_views: of_grammar("apxi_views")?,
        ..Metrics::default()
    };
    add_bits(run, &mut metrics)?;
    Ok(metrics)
}

fn add_bits(run: &StoredRun, metrics: &mut Metrics) -> Result<(), StoreError> {
    let sql = "SELECT m.window_id, s.value ->> '$.stream_id', s.value ->> '$.L_total'
               FROM manifests m, json_each(m.json, '$.streams') s ORDER BY m.seq, s.key";
    let mut select = run.prepare(sql)?;
    let rows = select.query_map([], |row| {
        Ok((
            row.get::<_, String>(0)?,
            row.get::<_, String>(1)?,
            row.get::<_, i64>(2)?,
        ))
    });
    for row in rows.map_err(|error| run.fail(error))? {
        let (window_id, stream_id, bits) = row.map_err(|error| run.fail(error))?;
        metrics.l_total = metrics.l_total.checked_add(bits).ok_or_else(|| {
            run.damaged(Damage::Value {
                table: "manifests",
                column: "json",
            })
        })?;
        let streams = metrics.l_total_by_window.entry(window_id).or_default();
        streams.insert(stream_id, bits);
    }
    Ok(())
}
