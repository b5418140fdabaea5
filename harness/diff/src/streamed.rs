//! Comparing runs that are too large to hold: the records of an artefact are read a few at a time,
//! and only those that may differ.
//!
//! ```text
//! before   tick 1 (hash a)   tick 2 (hash b)   tick 3 (hash c)
//! after    tick 1 (hash a)   tick 2 (hash x)
//! parts                      tick 2 | tick 2   tick 3 | nothing
//! ```

use crate::compare::{Pair, compare_artefacts, in_causal_order, pair_by_name, put_together};
use crate::reading::Reading;
use crate::tally::Tally;
use crate::walk::Walk;
use crate::{Artefact, Diff, DiffOptions, INPUTS, Schema, causes};

/// An artefact of two runs, an array of records each, read part by part.
pub trait RecordStream {
    /// Why records cannot be read.
    type Error;

    /// The artefact's name.
    fn name(&self) -> &str;

    /// The next records that may differ; `None` after the last.
    ///
    /// # Errors
    /// The records cannot be read; this ends the comparison.
    fn next_part(&mut self) -> Result<Option<RecordPart>, Self::Error>;
}

/// Records of both runs that follow one another, as compact JSON with sorted keys.
///
/// All records between two parts are equal. A record has its counterpart, the one with the same
/// [identity](crate::ArtefactSchema::keys), in the same part or nowhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordPart {
    /// How many records come before these, if as many do on either side; reports number the
    /// positions of moved records by it.
    pub offset: usize,
    /// Those of the old run.
    pub before: Vec<String>,
    /// Those of the new run.
    pub after: Vec<String>,
}

/// What the listed changes hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// Every value, as [`diff`](crate::diff()) does.
    Values,
    /// No value of more than 4 KiB. The first divergence and the causes have theirs.
    ShortValues,
}

/// Compares two runs like [`diff`](crate::diff()), of which some artefacts are streams of records.
///
/// The result is that of [`diff`](crate::diff()) for the artefacts as a whole, without charts. The
/// time that a stream takes does not count as that of the comparison. The memory that it takes is
/// that of the documents, of the longest part, and of what is listed.
///
/// # Errors
/// A stream's records cannot be read.
///
/// # Panics
/// The schema has tolerances, or arrays whose order does not matter: these need both artefacts as a
/// whole.
pub fn diff_streams<E>(
    before: &[Artefact],
    after: &[Artefact],
    streams: Vec<Box<dyn RecordStream<Error = E> + '_>>,
    schema: &Schema,
    options: &DiffOptions,
    listed: Listed,
) -> Result<Diff, E> {
    let needs_all = schema.has_tolerances()
        || (schema.artefacts.iter()).any(|artefact| !artefact.unordered.is_empty());
    assert!(!needs_all, "records are compared a few at a time");
    let mut causes = Tally::new(options);
    let mut effects = Tally::new(options);
    if listed == Listed::ShortValues {
        effects.list_short_values();
    }
    let documents = pair_by_name(before, after, schema).into_iter();
    let documents = documents.map(|pair| (pair, None));
    let names: Vec<String> = streams
        .iter()
        .map(|stream| stream.name().to_owned())
        .collect();
    let streams = names.iter().zip(streams);
    let streams = streams.map(|(name, stream)| (Pair::new(name, schema), Some(stream)));
    let mut all: Vec<_> = documents.chain(streams).collect();
    all.sort_by(|(a, _), (b, _)| a.name.cmp(b.name));
    all.sort_by_key(|(pair, _)| in_causal_order(pair, schema));
    for (pair, stream) in all {
        match stream {
            Some(stream) => compare_streams(&pair, stream, schema, &mut effects)?,
            None if pair.name == INPUTS => {
                // However long the records took, there is time for what caused their differences.
                causes = Tally::new(options);
                compare_artefacts(&pair, schema, &mut causes);
            }
            None => compare_artefacts(&pair, schema, &mut effects),
        }
    }
    let files = causes::Files::of(before, after, schema);
    Ok(put_together(causes, effects, files))
}

fn compare_streams<E>(
    pair: &Pair<'_>,
    mut stream: Box<dyn RecordStream<Error = E> + '_>,
    schema: &Schema,
    tally: &mut Tally,
) -> Result<(), E> {
    let listed = pair.schema.cloned().unwrap_or_default();
    let reading = Reading::of(&listed, pair.name);
    while let Some(part) = tally.outside_budget(|| stream.next_part())? {
        let [before, after] = [&part.before, &part.after]
            .map(|records| records.iter().map(String::as_str).collect::<Vec<_>>());
        let mut walk = Walk::new(pair.name, pair.stage, &listed, schema, tally);
        walk.records(&before, &after, part.offset, &reading);
    }
    Ok(())
}
