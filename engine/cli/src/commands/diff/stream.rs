//! The records of one kind of two runs, side by side: equal ones are skipped by their hashes.

use std::cmp::Ordering;
use std::iter::Peekable;

use aether_engine::record::{Position, RecordKind};
use aether_engine::store::{StoreError, StoredRun, UnreadRecord};
use aether_harness::{RecordPart, RecordStream};
use aether_json::scan;

use crate::exit::Failure;

/// The records of one kind of two runs.
pub(super) struct Stream<'r> {
    kind: RecordKind,
    before: Side<'r>,
    after: Side<'r>,
    /// How many pairs came so far.
    pairs: usize,
}

type Unread<'r> = Result<UnreadRecord<'r>, StoreError>;
type Side<'r> = Peekable<Box<dyn Iterator<Item = Unread<'r>> + 'r>>;

impl<'r> Stream<'r> {
    pub(super) fn new(kind: RecordKind, before: &'r StoredRun, after: &'r StoredRun) -> Self {
        let side = |run: &'r StoredRun| -> Side<'r> {
            let records: Box<dyn Iterator<Item = Unread<'r>>> = Box::new(run.unread(kind));
            records.peekable()
        };
        Self {
            kind,
            before: side(before),
            after: side(after),
            pairs: 0,
        }
    }

    /// Whether the position of a record, a tick or the number of an event, is what identifies it.
    fn is_by_position(&self) -> bool {
        self.kind.info().position != Position::Number || self.kind == RecordKind::Log
    }

    /// Whether two records that differ are the same one. Those that their positions identify are.
    fn is_same(&self, before: &str, after: &str) -> bool {
        let keys = self.kind.info().keys.iter();
        let mut fields = keys
            .filter(|rule| rule.path.is_empty())
            .flat_map(|rule| rule.fields);
        self.is_by_position()
            || fields.all(|field| {
                let field = format!("\"{field}\"");
                let value = |record| scan::member(record, &field);
                value(before).is_some() && value(before) == value(after)
            })
    }

    /// Which side has the next record: both, if it is a pair.
    fn order(&mut self) -> Result<Option<Ordering>, Failure> {
        let position = |side: &mut Side<'r>| match side.peek() {
            Some(Ok(record)) => Ok(Some(record.position())),
            Some(Err(_)) => side.next().transpose().map(|_| None),
            None => Ok(None),
        };
        let (before, after) = (position(&mut self.before)?, position(&mut self.after)?);
        Ok(match (before, after) {
            (None, None) => None,
            (Some(_), None) => Some(Ordering::Less),
            (None, Some(_)) => Some(Ordering::Greater),
            (Some(_), Some(_)) if !self.is_by_position() => Some(Ordering::Equal),
            (Some(before), Some(after)) => Some(before.cmp(&after)),
        })
    }

    fn rest(&mut self, before: String, after: String) -> Result<RecordPart, Failure> {
        let mut part = RecordPart {
            offset: self.pairs,
            before: vec![before],
            after: vec![after],
        };
        for (side, records) in [
            (&mut self.before, &mut part.before),
            (&mut self.after, &mut part.after),
        ] {
            for record in side {
                records.push(text(record?)?);
            }
        }
        Ok(part)
    }
}

impl RecordStream for Stream<'_> {
    type Error = Failure;

    fn name(&self) -> &str {
        self.kind.name()
    }

    fn next_part(&mut self) -> Result<Option<RecordPart>, Failure> {
        while let Some(order) = self.order()? {
            let offset = self.pairs;
            let of_before = order != Ordering::Greater;
            let of_after = order != Ordering::Less;
            let before = self.before.next_if(|_| of_before).transpose()?;
            let after = self.after.next_if(|_| of_after).transpose()?;
            if let (Some(before), Some(after)) = (&before, &after)
                && before.stored_hash().is_some()
                && before.stored_hash() == after.stored_hash()
            {
                self.pairs += 1;
                continue;
            }
            let before = before.map(text).transpose()?;
            let after = after.map(text).transpose()?;
            if let (Some(before), Some(after)) = (&before, &after) {
                if !self.is_same(before, after) {
                    // From here on, records with one position are not pairs. These kinds are small.
                    return self.rest(before.clone(), after.clone()).map(Some);
                }
                self.pairs += 1;
            }
            return Ok(Some(RecordPart {
                offset,
                before: before.into_iter().collect(),
                after: after.into_iter().collect(),
            }));
        }
        Ok(None)
    }
}

fn text(record: UnreadRecord<'_>) -> Result<String, Failure> {
    let text = record.read()?.text;
    Ok(String::from_utf8(text).expect("canonical text is UTF-8"))
}
