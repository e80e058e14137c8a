//! Writes Rust values as config file text with serde: for fresh files, and for what edits insert.
//!
//! Sections leave out what has its default. A text that starts with a line break or holds one cannot be written
//! in this format; [`to_text`] refuses it, as it does keys that would read back as something else. An option that
//! holds a section with nothing but defaults reads back as absent.

use std::fmt;

use serde::ser::{self, Serialize};

use crate::tree::{EditError, Entry, Node, Value, write_block};

/// A value as it stands in a file.
pub fn to_value<T: Serialize + ?Sized>(value: &T) -> Value {
    value.serialize(Writer).unwrap_or(Value::Empty)
}

/// A fresh file. `comment` gives lines to write above top-level keys, without `# `.
pub fn to_text<T: Serialize + ?Sized>(
    value: &T,
    comment: &dyn Fn(&str) -> Option<String>,
) -> Result<String, EditError> {
    let Value::Map(entries) = to_value(value) else { return Ok(String::new()) };
    let mut text = String::new();
    for entry in entries {
        let lines = comment(&entry.key);
        for line in lines.iter().flat_map(|l| l.lines()) {
            text.push_str(format!("# {line}").trim_end());
            text.push('\n');
        }
        write_block(&Value::Map(vec![entry]), 0, "\n", &mut text)?;
    }
    Ok(text)
}

struct Writer;

/// A type that no section has; never seen outside this file.
#[derive(Debug)]
struct Unsupported;

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a config file cannot hold this type")
    }
}

impl std::error::Error for Unsupported {}

impl ser::Error for Unsupported {
    fn custom<T: fmt::Display>(_: T) -> Unsupported {
        Unsupported
    }
}

macro_rules! texts {
    ($($method:ident $type:ty,)*) => {$(
        fn $method(self, v: $type) -> Result<Value, Unsupported> {
            Ok(Value::Scalar(v.to_string()))
        }
    )*};
}

type Never = ser::Impossible<Value, Unsupported>;

impl ser::Serializer for Writer {
    type Ok = Value;
    type Error = Unsupported;
    type SerializeSeq = List;
    type SerializeTuple = List;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Map;
    type SerializeStruct = Map;
    type SerializeStructVariant = Never;

    texts! {
        serialize_bool bool, serialize_i8 i8, serialize_i16 i16, serialize_i32 i32, serialize_i64 i64,
        serialize_u8 u8, serialize_u16 u16, serialize_u32 u32, serialize_u64 u64, serialize_f32 f32,
        serialize_f64 f64, serialize_char char, serialize_str &str,
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<Value, Unsupported> {
        Err(Unsupported)
    }

    fn serialize_none(self) -> Result<Value, Unsupported> {
        Ok(Value::Empty)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value, Unsupported> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Value, Unsupported> {
        Ok(Value::Empty)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Value, Unsupported> {
        Ok(Value::Empty)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
    ) -> Result<Value, Unsupported> {
        Ok(Value::Scalar(name.to_owned()))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Value, Unsupported> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<Value, Unsupported> {
        Err(Unsupported)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List, Unsupported> {
        Ok(List(Vec::new()))
    }

    fn serialize_tuple(self, _: usize) -> Result<List, Unsupported> {
        Ok(List(Vec::new()))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Never, Unsupported> {
        Err(Unsupported)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Never, Unsupported> {
        Err(Unsupported)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Map, Unsupported> {
        Ok(Map { entries: Vec::new(), key: String::new() })
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Map, Unsupported> {
        self.serialize_map(None)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Never, Unsupported> {
        Err(Unsupported)
    }
}

struct List(Vec<Node>);

impl ser::SerializeSeq for List {
    type Ok = Value;
    type Error = Unsupported;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unsupported> {
        self.0.push(Node::bare(value.serialize(Writer)?));
        Ok(())
    }

    fn end(self) -> Result<Value, Unsupported> {
        Ok(if self.0.is_empty() { Value::Empty } else { Value::List(self.0) })
    }
}

impl ser::SerializeTuple for List {
    type Ok = Value;
    type Error = Unsupported;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unsupported> {
        ser::SerializeSeq::serialize_element(self, value)
    }

    fn end(self) -> Result<Value, Unsupported> {
        ser::SerializeSeq::end(self)
    }
}

struct Map {
    entries: Vec<Entry>,
    key: String,
}

impl ser::SerializeMap for Map {
    type Ok = Value;
    type Error = Unsupported;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Unsupported> {
        let Value::Scalar(key) = key.serialize(Writer)? else { return Err(Unsupported) };
        self.key = key;
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unsupported> {
        let node = Node::bare(value.serialize(Writer)?);
        self.entries.push(Entry { key: std::mem::take(&mut self.key), node });
        Ok(())
    }

    fn end(self) -> Result<Value, Unsupported> {
        Ok(if self.entries.is_empty() { Value::Empty } else { Value::Map(self.entries) })
    }
}

impl ser::SerializeStruct for Map {
    type Ok = Value;
    type Error = Unsupported;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Unsupported> {
        ser::SerializeMap::serialize_entry(self, key, value)
    }

    fn end(self) -> Result<Value, Unsupported> {
        ser::SerializeMap::end(self)
    }
}
