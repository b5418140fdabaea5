//! What a walk knows of the places of one layer: how far each is, and through which value.
//!
//! ```text
//! slot   0       2       4       6    …    places with numbers: 0, 1, 2, 3 …, in pages of an array
//!            1       3       5        …    other places, as they are named
//! ```

use std::hash::Hash;
use std::num::NonZeroU32;
use std::rc::Rc;

/// What is known of places.
#[expect(
    clippy::disallowed_types,
    reason = "a walk looks places up millions of times, and never goes through the map"
)]
pub(crate) type Places<P, V> = std::collections::HashMap<P, V>;

/// A place of a walk: its layer, and its slot there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) layer: u64,
    pub(crate) slot: u32,
}

/// The slot of a place with a number.
#[inline]
pub(crate) fn slot_of(number: u32) -> u32 {
    assert!(number < 1 << 31, "the numbers of places are below 2^31");
    number << 1
}

/// The number of the place in a slot; `None` if it has none.
#[inline]
pub(crate) const fn number_of(slot: u32) -> Option<u32> {
    if slot & 1 == 0 { Some(slot >> 1) } else { None }
}

/// How a place is reached: how far it is from the start of the walk, and through which value.
///
/// There are many of these: they take 24 bytes, also if they may be absent.
#[derive(Clone, Debug)]
pub(crate) struct Known<P> {
    /// The distance, and one more.
    turn: NonZeroU32,
    slot: u32,
    layer: u64,
    /// The value, if it has no number.
    place: Option<Rc<P>>,
}

impl<P> Known<P> {
    /// The start of the walk, which is reached through no value.
    pub(crate) const fn start() -> Self {
        Self {
            turn: NonZeroU32::MIN,
            slot: 0,
            layer: 0,
            place: None,
        }
    }

    /// What a value was computed from that is reached like this; with the place of the value, if it has no number.
    pub(crate) fn below(&self, value: Key, place: Option<Rc<P>>) -> Self {
        Self {
            turn: self
                .turn
                .checked_add(1)
                .expect("a walk has fewer than 2^32 steps"),
            slot: value.slot,
            layer: value.layer,
            place,
        }
    }

    pub(crate) const fn distance(&self) -> u32 {
        self.turn.get() - 1
    }

    /// The value through which the place is reached, and its place if it has no number; `None` at the start of the walk.
    pub(crate) const fn parent(&self) -> Option<(Key, Option<&Rc<P>>)> {
        let key = Key {
            layer: self.layer,
            slot: self.slot,
        };
        match self.distance() {
            0 => None,
            _ => Some((key, self.place.as_ref())),
        }
    }
}

/// Places in a page.
const PAGE: usize = 256;

type Page<P> = Box<[Option<Known<P>>; PAGE]>;

/// A place without a number.
struct Other<P> {
    place: Rc<P>,
    known: Known<P>,
    /// Its position among what the value was computed from through which it is reached.
    position: usize,
}

/// The places of a layer that were named.
pub(crate) struct Layer<P> {
    /// The first layer in which one of them was named, which is the highest.
    pub(crate) named_in: u64,
    numbered: Vec<Option<Page<P>>>,
    others: Vec<Other<P>>,
    slots: Places<Rc<P>, u32>,
    /// All slots, as they were named.
    named: Vec<u32>,
}

impl<P: Clone + Eq + Hash> Layer<P> {
    pub(crate) fn new(named_in: u64) -> Self {
        Self {
            named_in,
            numbered: Vec::new(),
            others: Vec::new(),
            slots: Places::default(),
            named: Vec::new(),
        }
    }

    /// The slots of all places, as they were named.
    pub(crate) fn named(&self) -> &[u32] {
        &self.named
    }

    /// What is known of a place that was named.
    pub(crate) fn known(&self, slot: u32) -> &Known<P> {
        const NAMED: &str = "a slot is that of a place that was named";
        let at = (slot >> 1) as usize;
        match number_of(slot) {
            None => &self.others[at].known,
            Some(_) => {
                let page = self.numbered[at / PAGE].as_ref().expect(NAMED);
                page[at % PAGE].as_ref().expect(NAMED)
            }
        }
    }

    /// The place in a slot, if it has no number.
    pub(crate) fn other(&self, slot: u32) -> Option<&Rc<P>> {
        match number_of(slot) {
            None => Some(&self.others[(slot >> 1) as usize].place),
            Some(_) => None,
        }
    }

    /// The position of a place among what the value was computed from through which it is reached; 0 if it has a number.
    pub(crate) fn position(&self, slot: u32) -> usize {
        match number_of(slot) {
            Some(_) => 0,
            None => self.others[(slot >> 1) as usize].position,
        }
    }

    /// Names a place, which has a number or only a position among what the value was computed from through which it is
    /// reached: its slot, and whether it is nearer than it was known to be. At the same distance, the parent for which
    /// `comes_first` holds counts.
    #[inline]
    pub(crate) fn name(
        &mut self,
        place: &P,
        number: Option<u32>,
        position: usize,
        reached: &Known<P>,
        comes_first: impl FnOnce(&Known<P>, &Known<P>) -> bool,
    ) -> (u32, bool) {
        let Some(number) = number else {
            return self.name_other(place, position, reached, comes_first);
        };
        let slot = slot_of(number);
        let cell = self.cell(number as usize);
        match cell {
            None => {
                *cell = Some(reached.clone());
                self.named.push(slot);
                (slot, true)
            }
            Some(known) => {
                let is_nearer = reached.turn < known.turn;
                if is_nearer || (reached.turn == known.turn && comes_first(reached, known)) {
                    *known = reached.clone();
                }
                (slot, is_nearer)
            }
        }
    }

    fn name_other(
        &mut self,
        place: &P,
        position: usize,
        reached: &Known<P>,
        comes_first: impl FnOnce(&Known<P>, &Known<P>) -> bool,
    ) -> (u32, bool) {
        let Some(&slot) = self.slots.get(place) else {
            return (self.add_other(place, position, reached), true);
        };
        let other = &mut self.others[(slot >> 1) as usize];
        let is_nearer = reached.turn < other.known.turn;
        if is_nearer || (reached.turn == other.known.turn && comes_first(reached, &other.known)) {
            other.known = reached.clone();
            other.position = position;
        }
        (slot, is_nearer)
    }

    #[inline]
    fn cell(&mut self, number: usize) -> &mut Option<Known<P>> {
        let page = number / PAGE;
        if page >= self.numbered.len() {
            self.numbered.resize_with(page + 1, || None);
        }
        let page = self.numbered[page].get_or_insert_with(|| Box::new([const { None }; PAGE]));
        &mut page[number % PAGE]
    }

    fn add_other(&mut self, place: &P, position: usize, reached: &Known<P>) -> u32 {
        let number = u32::try_from(self.others.len()).ok();
        let number = number.filter(|number| *number < 1 << 31);
        let slot = number.expect("a layer has fewer than 2^31 places") << 1 | 1;
        let place = Rc::new(place.clone());
        self.others.push(Other {
            place: Rc::clone(&place),
            known: reached.clone(),
            position,
        });
        self.slots.insert(place, slot);
        self.named.push(slot);
        slot
    }
}
