//! The writer of canonical JSON: it takes values, and appends and hashes their bytes.

use aether_sha_lanes::Sha256;
use multiversion::multiversion;

use super::Hash;
use super::decimal::{self, Digits, GROUP, LARGE};

/// Number of bytes that are collected before they are hashed; small enough for the L1 cache.
const CHUNK: usize = 16 * 1024;
/// Initial size of a writer's buffer.
const ROOM_MIN: usize = 256;

/// A value that can be written as canonical JSON.
pub(crate) trait Canonical {
    /// Appends the value.
    fn write(&self, writer: &mut Writer);

    /// Appends each of some values to the writer of its place. Lanes may follow the writers meanwhile.
    fn write_side_by_side<const N: usize>(values: [&Self; N], writers: &mut [&mut Writer; N])
    where
        Self: Sized,
    {
        for (value, writer) in values.into_iter().zip(writers) {
            value.write(writer);
        }
    }

    /// Appends a list of values.
    #[inline]
    fn write_list(values: &[Self], writer: &mut Writer)
    where
        Self: Sized,
    {
        writer.array(values);
    }
}

/// A record as bytes and their SHA-256.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Encoded<'w> {
    /// The canonical text; `None` if it was dropped as it was hashed, since it is longer than is asked for.
    pub text: Option<&'w [u8]>,
    /// The length of the text, in bytes.
    pub length: u64,
    /// Its hash.
    pub hash: Hash,
}

/// Collects canonical bytes as a text, a hash, or both. One writer is used for many records.
pub(crate) struct Writer {
    /// Holds the bytes that are kept or not yet hashed. The written bytes are the first `len`; the
    /// rest of the vector is free space.
    buffer: Vec<u8>,
    len: usize,
    /// Number of bytes of the buffer that were hashed already.
    hashed: usize,
    /// Number of bytes that were hashed and dropped.
    dropped: u64,
    hasher: Sha256,
    /// Whether full chunks are hashed between the elements of arrays. If not, lanes hash them, or nobody.
    spills: bool,
    /// A longer text is dropped as it is hashed.
    text_max: usize,
}

/// Integers that are written at once: about 4 KB.
pub(crate) const INTEGERS: usize = 512;

/// The longest integer: 20 digits, or a sign and at most 19 digits.
pub(crate) const INTEGER_MAX: usize = decimal::LEN_MAX;

/// The longest integer behind a comma.
const ELEMENT_MAX: usize = 1 + INTEGER_MAX;

/// Writes an integer in plain decimal at the start of `place`, which has room for [`INTEGER_MAX`] bytes, and returns its
/// length. The bytes of the room that follow are then undefined.
#[inline]
pub(crate) fn push_integer(place: &mut [u8], number: i64) -> usize {
    push_signed(place, number < 0, number.unsigned_abs())
}

#[inline]
fn push_signed(place: &mut [u8], negative: bool, size: u64) -> usize {
    place[0] = b'-';
    let sign = usize::from(negative);
    sign + decimal::write(size, &mut place[sign..])
}

/// Writes integers at the start of `place`, each behind a bracket or a comma, and returns their length.
#[multiversion(targets(
    "x86_64+avx512bw+avx512cd+avx512dq+avx512vl+bmi1+bmi2+lzcnt",
    "x86_64+avx2+bmi1+bmi2+lzcnt"
))]
fn write_elements(place: &mut [u8], numbers: &[i64], separator: u8) -> usize {
    let mut at = 0;
    let (groups, rest) = numbers.as_chunks::<GROUP>();
    for group in groups {
        let sizes = group.map(i64::unsigned_abs);
        let is_large = sizes.iter().fold(false, |any, &size| any | (size >= LARGE));
        if is_large {
            group
                .iter()
                .for_each(|&number| at += write_element(&mut place[at..], number));
            continue;
        }
        for (number, digits) in group
            .iter()
            .zip(Digits::of_group(&sizes.map(|size| size as u32)))
        {
            at += small_element(&mut place[at..], *number < 0, digits);
        }
    }
    rest.iter()
        .for_each(|&number| at += write_element(&mut place[at..], number));
    if at > 0 {
        place[0] = separator;
    }
    at
}

/// An integer behind a comma.
#[inline(always)]
fn write_element(place: &mut [u8], number: i64) -> usize {
    let element = room_of_element(place);
    element[0] = b',';
    1 + push_integer(&mut element[1..], number)
}

/// The same, of eight digits.
#[inline(always)]
fn small_element(place: &mut [u8], negative: bool, digits: u64) -> usize {
    let element = room_of_element(place);
    element[..2].copy_from_slice(b",-");
    let start = 1 + usize::from(negative);
    let digits = Digits::without_zeros(digits);
    element[start..start + 8].copy_from_slice(&digits.bytes);
    start + usize::from(digits.length)
}

/// One check of bounds for all that is written of a number.
#[inline(always)]
fn room_of_element(place: &mut [u8]) -> &mut [u8; ELEMENT_MAX] {
    let element = place.first_chunk_mut();
    element.expect("there is room for every element")
}

impl Writer {
    /// A writer that makes texts.
    pub(crate) fn text() -> Self {
        Self::new(false, usize::MAX)
    }

    /// A writer that makes hashes and keeps no text.
    pub(crate) fn hasher() -> Self {
        Self::new(true, 0)
    }

    /// A writer that makes both, of texts up to a length; of a longer one, the hash.
    pub(crate) fn encoder(text_max: usize) -> Self {
        Self::new(false, text_max)
    }

    fn new(spills: bool, text_max: usize) -> Self {
        Self {
            buffer: vec![0; ROOM_MIN],
            len: 0,
            hashed: 0,
            dropped: 0,
            hasher: Sha256::new(),
            spills,
            text_max,
        }
    }

    /// The hash of all bytes so far; the writer then starts again.
    pub(crate) fn finish(&mut self) -> Hash {
        self.hasher.update(&self.buffer[self.hashed..self.len]);
        self.begin();
        Hash::from_bytes(self.hasher.finish())
    }

    /// One record as text and hash. The hash is made while the text is still in the cache.
    pub(crate) fn encode<R: Canonical + ?Sized>(&mut self, record: &R) -> Encoded<'_> {
        self.begin();
        self.spills = true;
        record.write(self);
        self.spills = false;
        self.hasher.update(&self.buffer[self.hashed..self.len]);
        let hash = Hash::from_bytes(self.hasher.finish());
        self.encoded(hash)
    }

    /// The last record, with its hash.
    pub(crate) fn encoded(&self, hash: Hash) -> Encoded<'_> {
        Encoded {
            text: (self.dropped == 0).then_some(&self.buffer[..self.len]),
            length: self.dropped + self.len as u64,
            hash,
        }
    }

    /// Begins another record, which may be hashed by [`lanes`](super::lanes).
    pub(crate) const fn begin(&mut self) {
        self.len = 0;
        self.hashed = 0;
        self.dropped = 0;
    }

    /// What was written and not yet hashed.
    pub(super) fn unhashed(&self) -> &[u8] {
        &self.buffer[self.hashed..self.len]
    }

    /// The hasher, and the next bytes for it.
    pub(super) fn next_piece(&mut self, length: usize) -> (&mut Sha256, &[u8]) {
        let piece = &self.buffer[self.hashed..self.hashed + length];
        self.hashed += length;
        (&mut self.hasher, piece)
    }

    /// Drops what was hashed of a text that is too long to be kept, once it is as much as the rest, which has to be moved.
    pub(super) fn drop_hashed(&mut self) {
        let is_dropped = self.dropped > 0 || self.len > self.text_max;
        if is_dropped && 2 * self.hashed >= self.len {
            self.buffer.copy_within(self.hashed..self.len, 0);
            self.len -= self.hashed;
            self.dropped += self.hashed as u64;
            self.hashed = 0;
        }
    }

    /// Free space for at least `size` bytes, of which [`Writer::took`] then says how many were written.
    #[inline]
    pub(crate) fn room(&mut self, size: usize) -> &mut [u8] {
        let end = self.len + size;
        if end > self.buffer.len() {
            self.grow(end);
        }
        &mut self.buffer[self.len..]
    }

    /// Takes what was written at the start of the [`Writer::room`].
    #[inline]
    pub(crate) const fn took(&mut self, size: usize) {
        self.len += size;
    }

    /// The text.
    pub(crate) fn into_text(mut self) -> String {
        self.buffer.truncate(self.len);
        // A document is kept as long as its run.
        if self.len > CHUNK {
            self.buffer.shrink_to_fit();
        }
        String::from_utf8(self.buffer).expect("keys and numbers are ASCII, and strings are `str`")
    }

    #[inline]
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        let end = self.len + bytes.len();
        if end > self.buffer.len() {
            self.grow(end);
        }
        self.buffer[self.len..end].copy_from_slice(bytes);
        self.len = end;
    }

    /// Grows the buffer to at least `len` bytes, and at least to twice its size.
    #[cold]
    fn grow(&mut self, len: usize) {
        self.buffer.resize(len.max(2 * self.buffer.len()), 0);
    }

    /// An integer in plain decimal.
    #[inline]
    pub(crate) fn decimal(&mut self, negative: bool, size: u64) {
        let length = push_signed(self.room(INTEGER_MAX), negative, size);
        self.took(length);
    }

    /// Integers as elements of a list, each behind a bracket or a comma.
    pub(crate) fn integers(&mut self, numbers: &[i64], separator: u8) {
        let length = write_elements(self.room(numbers.len() * ELEMENT_MAX), numbers, separator);
        self.took(length);
    }

    /// Appends text that is already canonical.
    #[inline]
    pub(crate) fn raw(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// Appends a long text that is already canonical. If it makes the record one that is dropped as it is hashed, it is not copied.
    pub(crate) fn long(&mut self, text: &str) {
        if !self.spills || self.len + text.len() <= self.text_max {
            return self.raw(text);
        }
        self.hasher.update(&self.buffer[self.hashed..self.len]);
        self.hasher.update(text.as_bytes());
        self.dropped += (self.len + text.len()) as u64;
        self.len = 0;
        self.hashed = 0;
    }

    /// Begins an array, whose elements are then added.
    #[inline]
    pub(crate) const fn list(&mut self) -> List<'_> {
        List {
            writer: self,
            separator: b'[',
        }
    }

    /// An array of values, written in order.
    #[inline]
    pub(crate) fn array<V: Canonical>(&mut self, values: impl IntoIterator<Item = V>) {
        let mut list = self.list();
        for value in values {
            list.element(&value);
        }
        list.end();
    }

    /// Hashes full chunks while they are in the cache. Called between the elements of arrays, since
    /// only arrays make records large.
    #[inline]
    fn spill(&mut self) {
        if self.spills && self.len - self.hashed >= CHUNK {
            self.spill_now();
        }
    }

    #[cold]
    fn spill_now(&mut self) {
        self.hasher.update(&self.buffer[self.hashed..self.len]);
        self.hashed = self.len;
        self.drop_hashed();
    }
}

/// An array being written, some elements at a time.
pub(crate) struct List<'w> {
    writer: &'w mut Writer,
    separator: u8,
}

impl List<'_> {
    #[inline]
    pub(crate) fn element<V: Canonical + ?Sized>(&mut self, value: &V) {
        self.writer.bytes(&[self.separator]);
        self.separator = b',';
        value.write(self.writer);
        self.writer.spill();
    }

    /// Adds some integers, as many as are written at once at most.
    #[inline]
    pub(crate) fn integers(&mut self, numbers: &[i64]) {
        if !numbers.is_empty() {
            self.writer.integers(numbers, self.separator);
            self.separator = b',';
            self.writer.spill();
        }
    }

    #[inline]
    pub(crate) fn end(self) {
        let empty = self.separator == b'[';
        self.writer.raw(if empty { "[]" } else { "]" });
    }
}

/// An object being written, key by key in sorted order.
pub(crate) struct Object<'w> {
    writer: &'w mut Writer,
    separator: &'static [u8],
    #[cfg(debug_assertions)]
    last_key: String,
}

impl<'w> Object<'w> {
    pub(crate) fn begin(writer: &'w mut Writer) -> Self {
        Self {
            writer,
            separator: b"{",
            #[cfg(debug_assertions)]
            last_key: String::new(),
        }
    }

    /// Continues an object of which some members were written.
    pub(crate) fn resume(writer: &'w mut Writer) -> Self {
        Self {
            separator: b",",
            ..Self::begin(writer)
        }
    }

    /// Writes a member whose key needs no escape; keys are written in ascending order.
    #[inline]
    pub(crate) fn field<V: Canonical + ?Sized>(&mut self, key: &'static str, value: &V) {
        self.check_order(key);
        self.writer.bytes(self.separator);
        self.writer.bytes(b"\"");
        self.writer.raw(key);
        self.writer.bytes(b"\":");
        self.separator = b",";
        value.write(self.writer);
    }

    /// Writes the member if there is a value; else nothing.
    pub(crate) fn optional<V: Canonical>(&mut self, key: &'static str, value: Option<&V>) {
        if let Some(value) = value {
            self.field(key, value);
        }
    }

    /// Writes a member with any key; keys are written in ascending order.
    pub(crate) fn member<V: Canonical + ?Sized>(&mut self, key: &str, value: &V) {
        self.check_order(key);
        self.writer.bytes(self.separator);
        key.write(self.writer);
        self.writer.bytes(b":");
        self.separator = b",";
        value.write(self.writer);
    }

    pub(crate) fn end(self) {
        if self.separator == b"{" {
            self.writer.bytes(b"{");
        }
        self.writer.bytes(b"}");
    }

    #[cfg(debug_assertions)]
    fn check_order(&mut self, key: &str) {
        let first = self.separator == b"{";
        debug_assert!(
            first || self.last_key.as_str() < key,
            "{key} after {}",
            self.last_key
        );
        key.clone_into(&mut self.last_key);
    }

    #[cfg(not(debug_assertions))]
    #[inline]
    fn check_order(&mut self, _key: &str) {}
}

impl<V: Canonical + ?Sized> Canonical for &V {
    fn write(&self, writer: &mut Writer) {
        (**self).write(writer);
    }
}

impl<V: Canonical> Canonical for Option<V> {
    fn write(&self, writer: &mut Writer) {
        match self {
            Some(value) => value.write(writer),
            None => writer.raw("null"),
        }
    }
}

impl<V: Canonical> Canonical for [V] {
    #[inline]
    fn write(&self, writer: &mut Writer) {
        V::write_list(self, writer);
    }
}

impl<V: Canonical, const N: usize> Canonical for [V; N] {
    fn write(&self, writer: &mut Writer) {
        self.as_slice().write(writer);
    }
}

impl<V: Canonical> Canonical for Vec<V> {
    #[inline]
    fn write(&self, writer: &mut Writer) {
        V::write_list(self, writer);
    }
}

impl<K: AsRef<str> + Ord, V: Canonical> Canonical for std::collections::BTreeMap<K, V> {
    fn write(&self, writer: &mut Writer) {
        let mut object = Object::begin(writer);
        for (key, value) in self {
            object.member(key.as_ref(), value);
        }
        object.end();
    }
}

macro_rules! canonical_integers {
    ($($integer:ty)*) => {$(
        impl Canonical for $integer {
            #[inline]
            fn write(&self, writer: &mut Writer) {
                writer.decimal(false, *self as u64);
            }
        }
    )*};
}

canonical_integers!(u32 u64 usize);

impl Canonical for i64 {
    #[inline]
    fn write(&self, writer: &mut Writer) {
        writer.decimal(*self < 0, self.unsigned_abs());
    }

    fn write_list(numbers: &[Self], writer: &mut Writer) {
        let mut list = writer.list();
        for piece in numbers.chunks(INTEGERS) {
            list.integers(piece);
        }
        list.end();
    }
}

/// Differences of states, the only numbers that may need more than 64 bits.
impl Canonical for i128 {
    fn write(&self, writer: &mut Writer) {
        writer.raw(&self.to_string());
    }
}

impl Canonical for String {
    fn write(&self, writer: &mut Writer) {
        self.as_str().write(writer);
    }
}

impl Canonical for str {
    fn write(&self, writer: &mut Writer) {
        writer.bytes(b"\"");
        let mut plain = 0;
        for (at, byte) in self.bytes().enumerate() {
            let escape: &[u8] = match byte {
                b'"' => b"\\\"",
                b'\\' => b"\\\\",
                8 => b"\\b",
                9 => b"\\t",
                10 => b"\\n",
                12 => b"\\f",
                13 => b"\\r",
                0..32 => b"",
                _ => continue,
            };
            writer.raw(&self[plain..at]);
            if escape.is_empty() {
                writer.raw(&format!("\\u{byte:04x}"));
            } else {
                writer.bytes(escape);
            }
            plain = at + 1;
        }
        writer.raw(&self[plain..]);
        writer.bytes(b"\"");
    }
}

/// The empty object, the value of an empty `meta`.
pub(crate) struct EmptyObject;

impl Canonical for EmptyObject {
    fn write(&self, writer: &mut Writer) {
        writer.raw("{}");
    }
}
