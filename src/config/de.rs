//! Reads Rust values out of a [`Tree`] with serde, and finds more than the first error.
//!
//! A value that does not fit is reported and left out, then reading starts again without it, until all is read
//! or nothing new is found: so one run reports every bad value, unknown key and missing key. `nil` and nothing
//! stand for an empty map, list or section, and for an absent option.
//! Limit: [`MAX_PROBLEMS`] errors, thus as many runs.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeOwned, DeserializeSeed, Visitor};

use crate::error::{Fault, MAX_PROBLEMS, nearest};
use crate::tree::{Entry, Node, Position, Tree, Value, join};

/// A finding without its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) at: Position,
    pub(crate) path: String,
    pub(crate) fault: Fault,
}

/// What reading gave.
pub(crate) struct Outcome<T> {
    /// The value, unless something it needs is bad or missing.
    pub(crate) value: Option<T>,
    /// By position.
    pub(crate) errors: Vec<Found>,
}

/// Reads a whole file.
pub(crate) fn from_tree<T: DeserializeOwned>(tree: &Tree) -> Outcome<T> {
    let sink = Sink { path: RefCell::default(), skip: RefCell::default(), errors: RefCell::default() };
    let mut value = None;
    for _ in 0..=MAX_PROBLEMS {
        let before = sink.skip.borrow().len();
        sink.path.borrow_mut().clear();
        match T::deserialize(Reader { node: tree.root(), sink: &sink }) {
            Ok(read) => {
                value = Some(read);
                break;
            }
            Err(Error::Pending(message)) => {
                sink.report(tree.root().at, Fault::BadValue(message));
                break;
            }
            Err(_) if sink.skip.borrow().len() == before => break,
            Err(_) => {}
        }
    }
    let mut errors = sink.errors.into_inner();
    errors.sort_by_key(|f| f.at);
    Outcome { value, errors }
}

/// Where findings go, shared by all readers of one file.
struct Sink {
    /// Steps to the value being read.
    path: RefCell<Vec<String>>,
    /// Keys and items that are done with and left out, by the end of their line; 0 is the top level.
    skip: RefCell<HashSet<usize>>,
    errors: RefCell<Vec<Found>>,
}

impl Sink {
    fn report(&self, at: Position, fault: Fault) {
        let mut errors = self.errors.borrow_mut();
        if errors.len() < MAX_PROBLEMS {
            errors.push(Found { at, path: join(&self.path.borrow()), fault });
        }
    }

    fn skips(&self, node: &Node) -> bool {
        self.skip.borrow().contains(&node.tail.end)
    }

    fn leave_out(&self, node: &Node) {
        self.skip.borrow_mut().insert(node.tail.end);
    }

    /// Reads something under one more step of the path; a failure is reported here and the node left out.
    fn below<T>(
        &self,
        step: String,
        node: &Node,
        read: impl FnOnce() -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.path.borrow_mut().push(step);
        let result = read();
        if let Err(Error::Pending(message)) = &result {
            self.report(node.value_at, Fault::BadValue(message.clone()));
            self.leave_out(node);
        }
        if matches!(&result, Err(Error::Unbuildable)) {
            self.leave_out(node);
        }
        self.path.borrow_mut().pop();
        result.map_err(|_| Error::Reported)
    }

    /// Reports a key that a section does not know.
    fn unknown(&self, entry: &Entry, fields: &[&'static str]) {
        self.leave_out(&entry.node);
        let nearest = nearest(&entry.key, fields.iter().copied()).map(str::to_owned);
        self.report(entry.node.at, Fault::UnknownKey { key: entry.key.clone(), nearest });
    }
}

/// Why reading a value stopped.
#[derive(Debug)]
enum Error {
    /// To be reported by the next reader above, which knows the position.
    Pending(String),
    /// A section lacks this key.
    Missing(&'static str),
    /// A section lacks a key and that is reported.
    Unbuildable,
    /// Reported, and what caused it left out.
    Reported,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Pending(message) => f.write_str(message),
            _ => f.write_str("not readable"),
        }
    }
}

impl std::error::Error for Error {}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Error {
        Error::Pending(message.to_string())
    }

    fn missing_field(field: &'static str) -> Error {
        Error::Missing(field)
    }
}

/// Reads one node.
struct Reader<'a> {
    node: &'a Node,
    sink: &'a Sink,
}

impl<'a> Reader<'a> {
    /// The text of a scalar; nothing is an empty text.
    fn scalar(&self) -> Result<&'a str, Error> {
        match &self.node.value {
            Value::Scalar(text) => Ok(text),
            Value::Empty => Ok(""),
            _ => Err(Error::Pending("expected a value on the same line, found deeper lines".into())),
        }
    }

    fn entries(&self) -> Result<&'a [Entry], Error> {
        match &self.node.value {
            Value::Map(entries) => Ok(entries),
            _ if self.is_nil() => Ok(&[]),
            Value::List(_) => Err(Error::Pending("expected keys on deeper lines, found a list".into())),
            _ => Err(Error::Pending("expected keys on deeper lines, found a value".into())),
        }
    }

    fn items(&self) -> Result<&'a [Node], Error> {
        match &self.node.value {
            Value::List(items) => Ok(items),
            _ if self.is_nil() => Ok(&[]),
            _ => Err(Error::Pending("expected a list: deeper lines that start with \"- \"".into())),
        }
    }

    fn is_nil(&self) -> bool {
        match &self.node.value {
            Value::Empty => true,
            Value::Scalar(text) => text == "nil",
            _ => false,
        }
    }

    fn number<T: std::str::FromStr + fmt::Display>(&self, min: T, max: T) -> Result<T, Error> {
        let message = |_| Error::Pending(format!("expected a whole number from {min} to {max}"));
        self.scalar()?.trim().parse::<T>().map_err(message)
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident $type:ident,)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            visitor.$visit(self.number($type::MIN, $type::MAX)?)
        }
    )*};
}

impl<'de> de::Deserializer<'de> for Reader<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.node.value {
            Value::Empty => visitor.visit_unit(),
            Value::Scalar(text) => visitor.visit_borrowed_str(text),
            Value::Map(_) => self.deserialize_map(visitor),
            Value::List(_) => self.deserialize_seq(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.scalar()?.trim() {
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            _ => Err(Error::Pending("expected true or false".into())),
        }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let number = self.scalar()?.trim().parse::<f64>().ok().filter(|number| number.is_finite());
        visitor.visit_f64(number.ok_or_else(|| Error::Pending("expected a number such as 0.95".into()))?)
    }

    numbers! {
        deserialize_i8 visit_i8 i8, deserialize_i16 visit_i16 i16, deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64, deserialize_u8 visit_u8 u8, deserialize_u16 visit_u16 u16,
        deserialize_u32 visit_u32 u32, deserialize_u64 visit_u64 u64,
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_str(self.scalar()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.is_nil() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, v: V) -> Result<V::Value, Error> {
        v.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(Items { items: self.items()?.iter().enumerate(), sink: self.sink })
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(Entries { entries: self.entries()?.iter(), current: None, sink: self.sink })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let entries = self.entries()?;
        for entry in entries {
            if !fields.contains(&entry.key.as_str()) && !self.sink.skips(&entry.node) {
                self.sink.unknown(entry, fields);
            }
        }
        let access = Entries { entries: entries.iter(), current: None, sink: self.sink };
        visitor.visit_map(access).map_err(|e| {
            let Error::Missing(field) = e else { return e };
            if !self.sink.skips(self.node) && !entries.iter().any(|entry| entry.key == field) {
                self.sink.report(self.node.at, Fault::Missing(field));
            }
            self.sink.leave_out(self.node);
            Error::Unbuildable
        })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(StrDeserializer::new(self.scalar()?))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        f32 char bytes byte_buf unit unit_struct tuple tuple_struct identifier
    }
}

/// The keys of a map or section, without those left out.
struct Entries<'a> {
    entries: std::slice::Iter<'a, Entry>,
    current: Option<&'a Entry>,
    sink: &'a Sink,
}

impl<'de> de::MapAccess<'de> for Entries<'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let sink = self.sink;
        self.current = self.entries.find(|e| !sink.skips(&e.node));
        let Some(entry) = self.current else { return Ok(None) };
        let key = seed.deserialize(StrDeserializer::<Error>::new(&entry.key)).map_err(|e| {
            let Error::Pending(message) = e else { return e };
            sink.report(entry.node.at, Fault::BadValue(format!("{:?}: {message}", entry.key)));
            sink.leave_out(&entry.node);
            Error::Reported
        })?;
        Ok(Some(key))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        let Some(entry) = self.current else { return Err(Error::Reported) };
        let (node, sink) = (&entry.node, self.sink);
        sink.below(entry.key.clone(), node, || seed.deserialize(Reader { node, sink }))
    }
}

/// The items of a list, without those left out.
struct Items<'a> {
    items: std::iter::Enumerate<std::slice::Iter<'a, Node>>,
    sink: &'a Sink,
}

impl<'de> de::SeqAccess<'de> for Items<'de> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        let sink = self.sink;
        let Some((n, node)) = self.items.find(|(_, node)| !sink.skips(node)) else { return Ok(None) };
        sink.below(format!("[{n}]"), node, || seed.deserialize(Reader { node, sink })).map(Some)
    }
}
