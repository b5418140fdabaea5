//! The windows of a run, and the fields of manifests.

use super::super::place::{Field, RunPlace};
use super::super::reader::Reader;
use super::super::scalar::Scalar;
use crate::canonical::Hash;
use crate::config::{Scheme, StreamPlan, StreamSource, generated_names, stream_source};
use crate::press::{CheckConstants, StreamTally, TickView, manifest_check};
use crate::record::{EdgeFlux, Manifest, StreamEntry, UmxLedger};

/// The bounds of a window.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    pub(super) start: u64,
    pub(super) end: u64,
}

impl Reader<'_> {
    /// Whether windows of equal length tile the run; else one window holds all of it.
    fn is_tiled(&self) -> bool {
        self.has(Field::WindowEvery.of_run())
    }

    /// The bounds of the window with a number, from 1, of a tiled run.
    fn tile(&self, number: u64) -> Option<Bounds> {
        let every = self.count(Field::WindowEvery.of_run())?;
        let last = number.saturating_mul(every);
        let start = last.checked_sub(every)? + 1;
        // The length of the run matters to the last window alone.
        let is_whole = self.test_count(Field::Ticks.of_run(), |ticks| last <= ticks);
        let end = match is_whole {
            true => last,
            false => self.count(Field::Ticks.of_run())?,
        };
        (start <= end).then_some(Bounds { start, end })
    }

    /// The primary window that holds a tick of the run: its number in the vocabulary, and its bounds.
    pub(super) fn window_of(&self, tick: u64) -> Option<(u64, Bounds)> {
        if self.is_tiled() {
            let every = self.count(Field::WindowEvery.of_run())?;
            let number = tick.div_ceil(every.max(1));
            let bounds = self.tile(number)?;
            let gid = self.text(Field::Gid.of_run())?;
            let (id, _) = generated_names(&gid, number, bounds.start, bounds.end);
            return Some((self.names.window_named(&id)?, bounds));
        }
        let id = self.text(Field::PrimaryWindow.of_run())?;
        let window = self.names.window_named(&id)?;
        Some((window, self.primary(window)?))
    }

    fn primary(&self, window: u64) -> Option<Bounds> {
        Some(Bounds {
            start: self.count(Field::WindowStart.of(window))?,
            end: self.count(Field::WindowEnd.of(window))?,
        })
    }

    /// The id of the primary window that holds a tick.
    pub(super) fn window_id_of(&self, tick: u64) -> Option<Scalar> {
        if self.is_tiled() {
            let (window, _) = self.window_of(tick)?;
            return Some(self.names.window(window).into());
        }
        self.get(Field::PrimaryWindow.of_run())
    }

    /// The last tick of the primary window that holds a tick.
    pub(super) fn end_of_window(&self, tick: u64) -> Option<u64> {
        if self.is_tiled() {
            let every = self.count(Field::WindowEvery.of_run())?;
            return Some(self.tile(tick.div_ceil(every.max(1)))?.end);
        }
        let (window, _) = self.primary_window()?;
        self.count(Field::WindowEnd.of(window))
    }

    fn primary_window(&self) -> Option<(u64, String)> {
        let id = self.text(Field::PrimaryWindow.of_run())?;
        Some((self.names.window_named(&id)?, id))
    }

    /// Whether a primary window ends with a tick.
    pub(super) fn primary_closes_at(&self, tick: u64) -> bool {
        if self.is_tiled() {
            return self.test_count(Field::WindowEvery.of_run(), |every| {
                tick.is_multiple_of(every.max(1))
            }) || self.test_count(Field::Ticks.of_run(), |ticks| tick == ticks);
        }
        self.primary_window().is_some_and(|(window, _)| {
            self.test_count(Field::WindowEnd.of(window), |end| end == tick)
        })
    }

    /// Whether an additional window ends with a tick.
    pub(super) fn additional_closes_at(&self, window: u64, tick: u64) -> bool {
        self.test_count(Field::WindowEnd.of(window), |end| end == tick)
            && !self.test(Field::PrimaryWindow.of_run(), |primary| {
                primary.and_then(Scalar::text) == Some(self.names.window(window))
            })
    }

    /// Whether the run has a manifest of a window, and whether the window is one that tiles the run.
    fn manifest(&self, window: u64) -> Option<Origin> {
        let origin = if self.has(Field::WindowName.of(window)) {
            Origin::Configured
        } else {
            let number = tile_number(self.names.window(window))?;
            let bounds = self.tile(number)?;
            let gid = self.text(Field::Gid.of_run())?;
            let (id, _) = generated_names(&gid, number, bounds.start, bounds.end);
            if id != self.names.window(window) {
                return None;
            }
            Origin::Tile(number)
        };
        // Only closed windows have one.
        let is_closed = match origin {
            Origin::Configured => {
                self.is_complete() || {
                    let end = self.count(Field::WindowEnd.of(window))?;
                    self.is_recorded(end)
                }
            }
            Origin::Tile(number) => self.is_complete() || self.is_recorded(self.tile(number)?.end),
        };
        is_closed.then_some(origin)
    }
}

/// Where a window comes from.
#[derive(Clone, Copy)]
enum Origin {
    /// It is listed in the RunConfig.
    Configured,
    /// It is one of those that tile the run: its number, from 1.
    Tile(u64),
}

/// The number of a window that tiles a run, from its id: `G_W3_ticks_9_12` is the third.
fn tile_number(id: &str) -> Option<u64> {
    let (rest, _) = id.rsplit_once("_ticks_")?;
    let (_, number) = rest.rsplit_once("_W")?;
    number.parse().ok()
}

pub(super) fn compute(place: RunPlace, reader: &Reader<'_>) -> Option<Scalar> {
    let window = place.at;
    let origin = reader.manifest(window)?;
    let given = |field: Field| reader.get(field.of(window));
    match (place.field, origin) {
        (Field::ManifestGid, _) => reader.get(Field::Gid.of_run()),
        (Field::ManifestProfile, _) => reader.get(Field::ProfileName.of_run()),
        (Field::ManifestCheck, _) => check(window, reader),
        (Field::ManifestWindow, Origin::Configured) => given(Field::WindowName),
        (Field::ManifestApxName, Origin::Configured) => given(Field::WindowApxName),
        (Field::ManifestStart, Origin::Configured) => given(Field::WindowStart),
        (Field::ManifestEnd, Origin::Configured) => given(Field::WindowEnd),
        (Field::ManifestWindow | Field::ManifestApxName, Origin::Tile(number)) => {
            let bounds = reader.tile(number)?;
            let gid = reader.text(Field::Gid.of_run())?;
            let (id, apx_name) = generated_names(&gid, number, bounds.start, bounds.end);
            let is_id = place.field == Field::ManifestWindow;
            Some(if is_id { id } else { apx_name }.into())
        }
        (Field::ManifestStart, Origin::Tile(number)) => Some(reader.tile(number)?.start.into()),
        (Field::ManifestEnd, Origin::Tile(number)) => Some(reader.tile(number)?.end.into()),
        _ => of_stream(place, origin, reader),
    }
}

/// The source of a stream.
fn source(place: RunPlace, origin: Origin, reader: &Reader<'_>) -> Option<StreamSource> {
    if let Origin::Configured = origin {
        let source = reader.text(Field::StreamSourceName.at(place.at, place.index))?;
        return stream_source(&source);
    }
    default_source(reader.names.stream(place.index))
}

/// The source of a stream of a window that lists none.
fn default_source(name: &str) -> Option<StreamSource> {
    let all = crate::config::default_streams();
    let found = all.into_iter().find(|stream| stream.name == name);
    found.map(|stream| stream.source)
}

fn of_stream(place: RunPlace, origin: Origin, reader: &Reader<'_>) -> Option<Scalar> {
    let name = Field::StreamName.at(place.at, place.index);
    let is_there = match origin {
        Origin::Configured => reader.has(name),
        Origin::Tile(_) => default_source(reader.names.stream(place.index)).is_some(),
    };
    if !is_there {
        return None;
    }
    let is_configured = matches!(origin, Origin::Configured);
    match place.field {
        Field::StreamId if is_configured => reader.get(name),
        Field::StreamId => Some(reader.names.stream(place.index).into()),
        Field::StreamText if is_configured => {
            reader.get(Field::StreamDescription.at(place.at, place.index))
        }
        Field::StreamText => Some("".into()),
        Field::ModelBits => Some(0_i64.into()),
        Field::TotalBits => {
            let bits = |field: Field| reader.integer(field.at(place.at, place.index));
            let total = bits(Field::ModelBits)?.checked_add(bits(Field::ResidualBits)?)?;
            Some(total.into())
        }
        Field::StreamScheme | Field::StreamParameter | Field::ResidualBits => {
            let entry = chosen(place, origin, reader)?;
            Some(match place.field {
                Field::StreamScheme => entry.scheme.symbol().into(),
                Field::StreamParameter => entry.params.into(),
                _ => entry.residual_bits.into(),
            })
        }
        _ => None,
    }
}

/// The entry of a stream, as its hint or the profile's preference chooses the scheme.
fn chosen(place: RunPlace, origin: Origin, reader: &Reader<'_>) -> Option<StreamEntry> {
    let hint = match origin {
        Origin::Configured => reader.text(Field::StreamHint.at(place.at, place.index)),
        Origin::Tile(_) => None,
    };
    let tallied = match hint {
        Some(symbol) => tallied(place, origin, Some(scheme(&symbol)?), &ANY, reader),
        None => tallied(place, origin, None, &preference(reader)?, reader),
    };
    Some(tallied?.0)
}

/// A preference that is not asked for.
const ANY: [Scheme; 3] = [Scheme::Identity, Scheme::RunLength, Scheme::GolombRice];

/// The tally of a stream over all ticks of its window, and the hash of its values.
fn tallied(
    place: RunPlace,
    origin: Origin,
    hint: Option<Scheme>,
    preference: &[Scheme; 3],
    reader: &Reader<'_>,
) -> Option<(StreamEntry, Hash)> {
    let plan = StreamPlan {
        name: String::new(),
        source: source(place, origin, reader)?,
        hint,
        description: String::new(),
    };
    let mut tally = StreamTally::new(&plan);
    let start = reader.count(Field::ManifestStart.of(place.at))?;
    let end = reader.count(Field::ManifestEnd.of(place.at))?;
    for tick in start..=end {
        let (ledger, c_prev) = vectors(plan.source, tick, reader)?;
        tally.add(&TickView::of_ledger(&ledger, c_prev));
    }
    tally.close(preference)
}

/// The part of a tick that a stream takes its values from.
pub(super) fn vectors(
    source: StreamSource,
    tick: u64,
    reader: &Reader<'_>,
) -> Option<(UmxLedger, i64)> {
    let of_nodes = |field: Field| reader.vector(field, tick, reader.names.nodes());
    let mut ledger = UmxLedger::default();
    let mut c_prev = 0;
    match source {
        StreamSource::PreU => ledger.pre_u = of_nodes(Field::PreU)?,
        StreamSource::PostU => ledger.post_u = of_nodes(Field::PostU)?,
        StreamSource::PostUDeltas => {
            ledger.pre_u = of_nodes(Field::PreU)?;
            ledger.post_u = of_nodes(Field::PostU)?;
        }
        StreamSource::PrevChain => c_prev = reader.chain_before(tick)?,
        StreamSource::Fluxes => {
            let fluxes = reader.vector(Field::FluxOfEdge, tick, reader.names.edges())?;
            let edges = fluxes.into_iter().map(|f_e| EdgeFlux {
                f_e,
                ..EdgeFlux::default()
            });
            ledger.edges = edges.collect();
        }
    }
    Some((ledger, c_prev))
}

pub(super) fn scheme(symbol: &str) -> Option<Scheme> {
    let all = [Scheme::Identity, Scheme::RunLength, Scheme::GolombRice];
    all.into_iter().find(|scheme| scheme.symbol() == symbol)
}

/// The schemes, the one that wins ties first.
fn preference(reader: &Reader<'_>) -> Option<[Scheme; 3]> {
    let mut preference = [Scheme::Identity; 3];
    for (place, slot) in (0..).zip(&mut preference) {
        *slot = scheme(&reader.text(Field::Preferred.at(0, place))?)?;
    }
    Some(preference)
}

fn check(window: u64, reader: &Reader<'_>) -> Option<Scalar> {
    let origin = reader.manifest(window)?;
    let mut hashes = Vec::new();
    for stream in reader.streams(window) {
        let place = Field::StreamId.at(window, stream);
        hashes.push(tallied(place, origin, Some(Scheme::Identity), &ANY, reader)?.1);
    }
    let constants = CheckConstants {
        factor: reader.of_run(Field::CheckFactor)?,
        offset: reader.of_run(Field::CheckOffset)?,
        modulus: reader.of_run(Field::Modulus)?,
    };
    let unchecked = record(window, reader, 0)?;
    Some(manifest_check(&unchecked, &hashes, constants).into())
}

/// The manifest of a window, from its fields.
pub(super) fn manifest(window: u64, reader: &Reader<'_>) -> Option<Manifest> {
    let check = reader.integer(Field::ManifestCheck.of(window))?;
    record(window, reader, check)
}

fn record(window: u64, reader: &Reader<'_>, manifest_check: i64) -> Option<Manifest> {
    let text = |field: Field| reader.text(field.of(window));
    let mut streams = Vec::new();
    for stream in reader.streams(window) {
        let place = |field: Field| field.at(window, stream);
        let integer = |field: Field| reader.integer(place(field));
        streams.push(StreamEntry {
            model_bits: integer(Field::ModelBits)?,
            residual_bits: integer(Field::ResidualBits)?,
            total_bits: integer(Field::TotalBits)?,
            description: reader.text(place(Field::StreamText))?,
            params: reader.count(place(Field::StreamParameter))?,
            scheme: scheme(&reader.text(place(Field::StreamScheme))?)?,
            stream_id: reader.text(place(Field::StreamId))?,
        });
    }
    Some(Manifest {
        apx_name: text(Field::ManifestApxName)?,
        end_tick: reader.count(Field::ManifestEnd.of(window))?,
        gid: text(Field::ManifestGid)?,
        manifest_check,
        profile: text(Field::ManifestProfile)?,
        start_tick: reader.count(Field::ManifestStart.of(window))?,
        streams,
        window_id: text(Field::ManifestWindow)?,
    })
}
