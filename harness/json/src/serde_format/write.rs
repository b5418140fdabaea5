//! Serde's data model as JSON text.

use std::fmt::Display;

use serde_core::ser::{self, Impossible, Serialize, Serializer};

use super::exact::{NAME, Text};
use super::float::{spelled_f32, spelled_f64};
use super::{Error, What};
use crate::layout::write_string;
use crate::{Parser, Tree};

/// Appends JSON to a text.
pub(super) struct Writer<'o> {
    out: &'o mut Vec<u8>,
    is_pretty: bool,
    /// How many arrays and objects are open.
    level: usize,
}

impl<'o> Writer<'o> {
    pub(super) fn compact(out: &'o mut Vec<u8>) -> Self {
        let (is_pretty, level) = (false, 0);
        Self {
            out,
            is_pretty,
            level,
        }
    }

    pub(super) fn pretty(out: &'o mut Vec<u8>) -> Self {
        let (is_pretty, level) = (true, 0);
        Self {
            out,
            is_pretty,
            level,
        }
    }

    fn push(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn display(&mut self, value: impl Display) {
        self.push(&value.to_string());
    }

    fn open(&mut self, bracket: u8) {
        self.out.push(bracket);
        self.level += 1;
    }

    fn close(&mut self, bracket: u8, is_empty: bool) {
        self.level -= 1;
        if !is_empty {
            self.line();
        }
        self.out.push(bracket);
    }

    /// Begins an item of the innermost array or object.
    fn item(&mut self, is_first: bool) {
        if !is_first {
            self.out.push(b',');
        }
        self.line();
    }

    fn line(&mut self) {
        if self.is_pretty {
            self.out.push(b'\n');
            self.out.resize(self.out.len() + 2 * self.level, b' ');
        }
    }

    fn colon(&mut self) {
        self.push(if self.is_pretty { ": " } else { ":" });
    }

    /// A value that JSON text spells already.
    fn exact(&mut self, text: &str) {
        if !self.is_pretty {
            return self.push(text);
        }
        let tree = Parser::document(text).expect("an exact value is valid JSON");
        self.tree(&tree);
    }

    fn tree(&mut self, tree: &Tree<'_>) {
        match tree {
            Tree::Atom(text) => self.push(text),
            Tree::String(text) => write_string(text, self.out),
            Tree::Array(elements) => {
                self.open(b'[');
                for (index, element) in elements.iter().enumerate() {
                    self.item(index == 0);
                    self.tree(element);
                }
                self.close(b']', elements.is_empty());
            }
            Tree::Object(members) => {
                self.open(b'{');
                for (index, (key, value)) in members.iter().enumerate() {
                    self.item(index == 0);
                    write_string(key, self.out);
                    self.colon();
                    self.tree(value);
                }
                self.close(b'}', members.is_empty());
            }
        }
    }

    /// Begins `{"variant": value}`.
    fn open_variant(&mut self, variant: &str) {
        self.open(b'{');
        self.item(true);
        write_string(variant, self.out);
        self.colon();
    }
}

macro_rules! displayed {
    ($($method:ident($number:ty);)*) => {$(
        fn $method(self, number: $number) -> Result<(), Error> {
            self.display(number);
            Ok(())
        }
    )*};
}

impl<'w, 'o> Serializer for &'w mut Writer<'o> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Items<'w, 'o>;
    type SerializeTuple = Items<'w, 'o>;
    type SerializeTupleStruct = Items<'w, 'o>;
    type SerializeTupleVariant = Items<'w, 'o>;
    type SerializeMap = Items<'w, 'o>;
    type SerializeStruct = Items<'w, 'o>;
    type SerializeStructVariant = Items<'w, 'o>;

    displayed! {
        serialize_bool(bool);
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_i128(i128);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_u128(u128);
    }

    fn serialize_f32(self, number: f32) -> Result<(), Error> {
        match number.is_finite() {
            true => self.push(&spelled_f32(number)),
            false => self.push("null"),
        }
        Ok(())
    }

    fn serialize_f64(self, number: f64) -> Result<(), Error> {
        match number.is_finite() {
            true => self.push(&spelled_f64(number)),
            false => self.push("null"),
        }
        Ok(())
    }

    fn serialize_char(self, character: char) -> Result<(), Error> {
        self.serialize_str(character.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, text: &str) -> Result<(), Error> {
        write_string(text, self.out);
        Ok(())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Error> {
        self.collect_seq(bytes)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.push("null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        if name != NAME {
            return value.serialize(self);
        }
        let text = value.serialize(Text).map_err(ser::Error::custom)?;
        self.exact(&text);
        Ok(())
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.open_variant(variant);
        value.serialize(&mut *self)?;
        self.close(b'}', false);
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Items<'w, 'o>, Error> {
        Ok(Items::new(self, b'[', b']', false))
    }

    fn serialize_tuple(self, _: usize) -> Result<Items<'w, 'o>, Error> {
        self.serialize_seq(None)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Items<'w, 'o>, Error> {
        self.serialize_seq(None)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Items<'w, 'o>, Error> {
        self.open_variant(variant);
        Ok(Items::new(self, b'[', b']', true))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Items<'w, 'o>, Error> {
        Ok(Items::new(self, b'{', b'}', false))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Items<'w, 'o>, Error> {
        self.serialize_map(None)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Items<'w, 'o>, Error> {
        self.open_variant(variant);
        Ok(Items::new(self, b'{', b'}', true))
    }
}

/// The items of an array or object that is being written.
pub(super) struct Items<'w, 'o> {
    writer: &'w mut Writer<'o>,
    close: u8,
    is_empty: bool,
    is_variant: bool,
}

impl<'w, 'o> Items<'w, 'o> {
    fn new(writer: &'w mut Writer<'o>, open: u8, close: u8, is_variant: bool) -> Self {
        writer.open(open);
        Self {
            writer,
            close,
            is_empty: true,
            is_variant,
        }
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.writer.item(self.is_empty);
        self.is_empty = false;
        value.serialize(&mut *self.writer)
    }

    fn key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.writer.item(self.is_empty);
        self.is_empty = false;
        key.serialize(Key(self.writer))?;
        self.writer.colon();
        Ok(())
    }

    fn member<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Result<(), Error> {
        self.key(key)?;
        value.serialize(&mut *self.writer)
    }

    fn finish(self) {
        self.writer.close(self.close, self.is_empty);
        if self.is_variant {
            self.writer.close(b'}', false);
        }
    }
}

macro_rules! elements {
    ($($of:ident $method:ident;)*) => {$(
        impl ser::$of for Items<'_, '_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.element(value)
            }

            fn end(self) -> Result<(), Error> {
                self.finish();
                Ok(())
            }
        }
    )*};
}

elements! {
    SerializeSeq serialize_element;
    SerializeTuple serialize_element;
    SerializeTupleStruct serialize_field;
    SerializeTupleVariant serialize_field;
}

macro_rules! members {
    ($($of:ident;)*) => {$(
        impl ser::$of for Items<'_, '_> {
            type Ok = ();
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), Error> {
                self.member(key, value)
            }

            fn end(self) -> Result<(), Error> {
                self.finish();
                Ok(())
            }
        }
    )*};
}

members! {
    SerializeStruct;
    SerializeStructVariant;
}

impl ser::SerializeMap for Items<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(&mut *self.writer)
    }

    fn end(self) -> Result<(), Error> {
        self.finish();
        Ok(())
    }
}

/// Writes a key: numbers and booleans in quotes.
struct Key<'w, 'o>(&'w mut Writer<'o>);

fn not_a_key<T>() -> Result<T, Error> {
    Err(Error::new(What::KeyNotString))
}

macro_rules! quoted {
    ($($method:ident($value:ty);)*) => {$(
        fn $method(self, value: $value) -> Result<(), Error> {
            self.0.out.push(b'"');
            self.0.$method(value)?;
            self.0.out.push(b'"');
            Ok(())
        }
    )*};
}

macro_rules! not_keys {
    ($($method:ident($($argument:ty),*) -> $ok:ty;)*) => {$(
        fn $method(self, $(_: $argument),*) -> Result<$ok, Error> {
            not_a_key()
        }
    )*};
}

impl Serializer for Key<'_, '_> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Impossible<(), Error>;
    type SerializeTuple = Impossible<(), Error>;
    type SerializeTupleStruct = Impossible<(), Error>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeMap = Impossible<(), Error>;
    type SerializeStruct = Impossible<(), Error>;
    type SerializeStructVariant = Impossible<(), Error>;

    quoted! {
        serialize_bool(bool);
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_i128(i128);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_u128(u128);
    }

    fn serialize_f32(self, number: f32) -> Result<(), Error> {
        match number.is_finite() {
            true => self.serialize_str(&spelled_f32(number)),
            false => Err(ser::Error::custom("float key must be finite")),
        }
    }

    fn serialize_f64(self, number: f64) -> Result<(), Error> {
        match number.is_finite() {
            true => self.serialize_str(&spelled_f64(number)),
            false => Err(ser::Error::custom("float key must be finite")),
        }
    }

    fn serialize_char(self, character: char) -> Result<(), Error> {
        self.0.serialize_char(character)
    }

    fn serialize_str(self, text: &str) -> Result<(), Error> {
        self.0.serialize_str(text)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Error> {
        self.0.serialize_str(variant)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Error> {
        not_a_key()
    }

    not_keys! {
        serialize_bytes(&[u8]) -> ();
        serialize_none() -> ();
        serialize_unit() -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_seq(Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
        serialize_map(Option<usize>) -> Self::SerializeMap;
        serialize_struct(&'static str, usize) -> Self::SerializeStruct;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
    }
}
