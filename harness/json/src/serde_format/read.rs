//! JSON text as serde's data model.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_core::de::value::BorrowedStrDeserializer;
use serde_core::de::{
    self, DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};
use serde_core::forward_to_deserialize_any;

use super::exact::{NAME, PlainNumber};
use super::{Error, What};
use crate::parse::duplicate_key;
use crate::{Fault, Json, Number, Parser, Token, TokenKind};

/// Reads one value after the other from a text.
pub(super) struct Deserializer<'de> {
    parser: Parser<'de>,
}

impl<'de> Deserializer<'de> {
    pub(super) fn new(text: &'de str) -> Self {
        let parser = Parser::new(text);
        Self { parser }
    }

    pub(super) fn end(&mut self) -> Result<(), Error> {
        let end = self.parser.end();
        self.checked(end)
    }

    fn text(&self) -> &'de str {
        self.parser.text()
    }

    fn checked<T>(&self, result: Result<T, Fault>) -> Result<T, Error> {
        result.map_err(|fault| Error::of_fault(fault, self.text().as_bytes()))
    }

    fn token(&mut self) -> Result<Token, Error> {
        let token = self.parser.token();
        self.checked(token)
    }

    fn peek(&mut self) -> Result<Token, Error> {
        let token = self.parser.peek();
        self.checked(token)
    }

    fn steps_over(&mut self, kind: TokenKind) -> Result<bool, Error> {
        let stepped = self.parser.steps_over(kind);
        self.checked(stepped)
    }

    fn spelling(&self, token: Token) -> &'de str {
        &self.text()[token.start..token.end]
    }

    /// Gives the value that begins with a token to a visitor.
    fn visit<V: Visitor<'de>>(&mut self, token: Token, visitor: V) -> Result<V::Value, Error> {
        match token.kind {
            TokenKind::ObjectStart => {
                let mut members = Members::new(self);
                let value = visitor.visit_map(&mut members)?;
                members.finish()?;
                Ok(value)
            }
            TokenKind::ArrayStart => {
                let mut elements = Elements {
                    of: self,
                    is_over: false,
                };
                let value = visitor.visit_seq(&mut elements)?;
                elements.finish()?;
                Ok(value)
            }
            TokenKind::String => match self.parser.content(token) {
                Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
                Cow::Owned(text) => visitor.visit_string(text),
            },
            TokenKind::Integer | TokenKind::Float => visit_number(self.spelling(token), visitor),
            TokenKind::Bool => visitor.visit_bool(self.spelling(token) == "true"),
            _ => visitor.visit_unit(),
        }
    }

    /// The error of a value from which no enum can be read.
    fn not_an_enum(&self, token: Token) -> Error {
        let unexpected = match token.kind {
            TokenKind::ArrayStart => Unexpected::Seq,
            TokenKind::Bool => Unexpected::Bool(self.spelling(token) == "true"),
            TokenKind::Null => Unexpected::Unit,
            _ => Unexpected::Other("number"),
        };
        de::Error::invalid_type(unexpected, &"a string or an object with one key")
    }
}

fn visit_number<'de, V: Visitor<'de>>(spelling: &str, visitor: V) -> Result<V::Value, Error> {
    match PlainNumber::of(spelling) {
        Some(PlainNumber::Unsigned(number)) => visitor.visit_u64(number),
        Some(PlainNumber::Signed(number)) => visitor.visit_i64(number),
        Some(PlainNumber::Float(number)) => visitor.visit_f64(number),
        None => Err(Error::new(What::OutOfRange)),
    }
}

macro_rules! wide_integer {
    ($($method:ident $visit:ident $integer:ty;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            let token = self.token()?;
            let number = match token.kind {
                TokenKind::Integer => self.spelling(token).parse::<$integer>().ok(),
                _ => None,
            };
            let value = match number {
                Some(number) => visitor.$visit(number),
                None => self.visit(token, visitor),
            };
            value.map_err(|error| error.at(token.start, self.text()))
        }
    )*};
}

impl<'de> de::Deserializer<'de> for &mut Deserializer<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let token = self.token()?;
        let value = self.visit(token, visitor);
        value.map_err(|error| error.at(token.start, self.text()))
    }

    wide_integer! {
        deserialize_i128 visit_i128 i128;
        deserialize_u128 visit_u128 u128;
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.steps_over(TokenKind::Null)? {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        if name != NAME {
            return visitor.visit_newtype_struct(self);
        }
        let tree = self.parser.value();
        let tree = self.checked(tree)?;
        visitor.visit_bytes(Json::from(&tree).as_str().as_bytes())
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let token = self.token()?;
        let value = match token.kind {
            TokenKind::String => {
                let name = self.parser.content(token);
                visitor.visit_enum(name.into_deserializer())
            }
            TokenKind::ObjectStart => visitor.visit_enum(Variant(self)),
            _ => Err(self.not_an_enum(token)),
        };
        value.map_err(|error| error.at(token.start, self.text()))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        // The tree is what finds a key that an object has twice.
        let tree = self.parser.value();
        self.checked(tree)?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct identifier
    }
}

/// The elements of the array that the deserializer is in.
struct Elements<'a, 'de> {
    of: &'a mut Deserializer<'de>,
    is_over: bool,
}

impl Elements<'_, '_> {
    fn finish(self) -> Result<(), Error> {
        if !self.is_over && !self.of.steps_over(TokenKind::ArrayEnd)? {
            let place = self.of.peek()?.start;
            let error: Error = de::Error::custom("the array has too many elements");
            return Err(error.at(place, self.of.text()));
        }
        Ok(())
    }
}

impl<'de> SeqAccess<'de> for &mut Elements<'_, 'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        if self.is_over {
            return Ok(None);
        }
        if self.of.steps_over(TokenKind::ArrayEnd)? {
            self.is_over = true;
            return Ok(None);
        }
        seed.deserialize(&mut *self.of).map(Some)
    }
}

/// The members of the object that the deserializer is in.
struct Members<'a, 'de> {
    of: &'a mut Deserializer<'de>,
    is_over: bool,
    keys: Keys<'de>,
}

impl<'a, 'de> Members<'a, 'de> {
    fn new(of: &'a mut Deserializer<'de>) -> Self {
        Self {
            of,
            is_over: false,
            keys: Keys::InOrder(Vec::new()),
        }
    }

    /// The next key; `None` after the last member.
    fn key(&mut self) -> Result<Option<Cow<'de, str>>, Error> {
        if self.is_over {
            return Ok(None);
        }
        let token = self.of.token()?;
        if token.kind == TokenKind::ObjectEnd {
            self.is_over = true;
            return Ok(None);
        }
        let key = self.of.parser.content(token);
        match self.keys.add(&key, token.start) {
            None => Ok(Some(key)),
            Some(first) => {
                let fault = duplicate_key(key.into_owned(), first, token.start, token.end);
                self.of.checked(Err(fault))
            }
        }
    }

    fn finish(mut self) -> Result<(), Error> {
        if self.key()?.is_some() {
            return Err(de::Error::custom("the object has too many keys"));
        }
        Ok(())
    }
}

impl<'de> MapAccess<'de> for &mut Members<'_, 'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let Some(key) = self.key()? else {
            return Ok(None);
        };
        seed.deserialize(Key(key)).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(&mut *self.of)
    }
}

/// The keys of an object so far, with their places.
enum Keys<'de> {
    /// Each is greater than the one before, as in a sorted document.
    InOrder(Vec<(Cow<'de, str>, usize)>),
    InAnyOrder(BTreeMap<Cow<'de, str>, usize>),
}

impl<'de> Keys<'de> {
    /// Adds a key, or returns the place at which it is already.
    #[expect(clippy::ptr_arg, reason = "a copy of a borrowed key borrows, too")]
    fn add(&mut self, key: &Cow<'de, str>, at: usize) -> Option<usize> {
        if let Self::InOrder(keys) = self {
            if keys.last().is_none_or(|(last, _)| last < key) {
                keys.push((key.clone(), at));
                return None;
            }
            *self = Self::InAnyOrder(std::mem::take(keys).into_iter().collect());
        }
        match self {
            Self::InAnyOrder(keys) => match keys.get(key) {
                Some(first) => Some(*first),
                None => keys.insert(key.clone(), at),
            },
            Self::InOrder(_) => None,
        }
    }
}

/// The content of a key. A number or boolean is read from inside the quotes.
struct Key<'de>(Cow<'de, str>);

impl<'de> Key<'de> {
    fn visit_text<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
            Cow::Owned(text) => visitor.visit_string(text),
        }
    }
}

macro_rules! number_keys {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match Number::parse(&self.0) {
                Some(number) => visit_number(number.as_str(), visitor),
                None => self.visit_text(visitor),
            }
        }
    )*};
}

impl<'de> de::Deserializer<'de> for Key<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.visit_text(visitor)
    }

    number_keys! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
        deserialize_f32 deserialize_f64
    }

    fn deserialize_i128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0.parse() {
            Ok(number) if Number::parse(&self.0).is_some() => visitor.visit_i128(number),
            _ => self.visit_text(visitor),
        }
    }

    fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0.parse() {
            Ok(number) if Number::parse(&self.0).is_some() => visitor.visit_u128(number),
            _ => self.visit_text(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0.as_ref() {
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            _ => self.visit_text(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Cow::Borrowed(text) => {
                BorrowedStrDeserializer::new(text).deserialize_enum(name, variants, visitor)
            }
            Cow::Owned(text) => visitor.visit_enum(text.into_deserializer()),
        }
    }

    forward_to_deserialize_any! {
        char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct
        identifier ignored_any
    }
}

/// The one key of an object that is an enum, and its value.
struct Variant<'a, 'de>(&'a mut Deserializer<'de>);

impl<'a, 'de> EnumAccess<'de> for Variant<'a, 'de> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Error> {
        let token = self.0.token()?;
        if token.kind == TokenKind::ObjectEnd {
            let error: Error = de::Error::custom("expected an object with one key");
            return Err(error.at(token.start, self.0.text()));
        }
        let key = self.0.parser.content(token);
        let variant = seed
            .deserialize(Key(key))
            .map_err(|error| error.at(token.start, self.0.text()))?;
        Ok((variant, self))
    }
}

impl<'de> Variant<'_, 'de> {
    /// Checks that the object has no other key.
    fn end(self) -> Result<(), Error> {
        let token = self.0.token()?;
        if token.kind == TokenKind::ObjectEnd {
            return Ok(());
        }
        let error: Error = de::Error::custom("expected an object with one key");
        Err(error.at(token.start, self.0.text()))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        <() as de::Deserialize>::deserialize(&mut *self.0)?;
        self.end()
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        let value = seed.deserialize(&mut *self.0)?;
        self.end()?;
        Ok(value)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        let value = de::Deserializer::deserialize_any(&mut *self.0, visitor)?;
        self.end()?;
        Ok(value)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let value = de::Deserializer::deserialize_any(&mut *self.0, visitor)?;
        self.end()?;
        Ok(value)
    }
}
