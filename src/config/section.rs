//! One definition per section of a config file: the struct, its keys, defaults and documentation.
//!
//! `section!` makes from each field: the Rust field, reading (a field without default is required), writing (a
//! field with its default value is left out) and a description for the reference. The doc comments are what
//! people read in `mox.conf(5)` and `domains.conf(5)`. `choice!` does the same for words such as log levels.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::net::IpAddr;
use std::path::PathBuf;

use mox_address::{Address, Domain};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::tree::Value;

/// What may stand in a place of a config file.
pub enum Shape {
    /// A value on one line: what kind, in words.
    Scalar(&'static str),
    /// Known keys.
    Section(&'static [Field]),
    /// Any key, all of one shape.
    Map(Box<Shape>),
    /// Items of one shape.
    List(Box<Shape>),
}

/// One key of a section.
pub struct Field {
    /// The key as it stands in the file.
    pub key: &'static str,
    /// Lines of documentation.
    pub doc: &'static [&'static str],
    /// The value when the key is absent; none when it is required.
    pub default: Option<fn() -> Value>,
    /// What may stand there.
    pub shape: fn() -> Shape,
}

/// Something that has a place in a config file.
pub trait Describe {
    /// What may stand there.
    fn shape() -> Shape;
}

macro_rules! scalars {
    ($($type:ty = $words:literal,)*) => {$(
        impl Describe for $type {
            fn shape() -> Shape {
                Shape::Scalar($words)
            }
        }
    )*};
}

scalars! {
    bool = "true or false", u16 = "number", u32 = "number", u64 = "number", i64 = "number", f64 = "decimal number", String = "text",
    PathBuf = "path", IpAddr = "IP address", Domain = "domain", Address = "address",
}

impl<T: Describe> Describe for Option<T> {
    fn shape() -> Shape {
        T::shape()
    }
}

impl<T: Describe> Describe for Vec<T> {
    fn shape() -> Shape {
        Shape::List(Box::new(T::shape()))
    }
}

/// A map with the keys of one kind; two keys that mean the same are an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table<K, V>(BTreeMap<K, V>);

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Table(BTreeMap::new())
    }
}

impl<K, V> std::ops::Deref for Table<K, V> {
    type Target = BTreeMap<K, V>;
    fn deref(&self) -> &BTreeMap<K, V> {
        &self.0
    }
}

impl<K, V> std::ops::DerefMut for Table<K, V> {
    fn deref_mut(&mut self) -> &mut BTreeMap<K, V> {
        &mut self.0
    }
}

impl<'a, K, V> IntoIterator for &'a Table<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = std::collections::btree_map::Iter<'a, K, V>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for Table<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        Table(entries.into_iter().collect())
    }
}

impl<K, V: Describe> Describe for Table<K, V> {
    fn shape() -> Shape {
        Shape::Map(Box::new(V::shape()))
    }
}

impl<K: Serialize, V: Serialize> Serialize for Table<K, V> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_map(self)
    }
}

impl<'de, K: Deserialize<'de> + Ord + fmt::Display, V: Deserialize<'de>> Deserialize<'de> for Table<K, V> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Rows<K, V>(PhantomData<(K, V)>);
        impl<'de, K: Deserialize<'de> + Ord + fmt::Display, V: Deserialize<'de>> Visitor<'de> for Rows<K, V> {
            type Value = Table<K, V>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("keys on deeper lines")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Table<K, V>, A::Error> {
                let mut rows = BTreeMap::new();
                while let Some((key, value)) = map.next_entry::<K, V>()? {
                    if rows.contains_key(&key) {
                        return Err(serde::de::Error::custom(format!(
                            "{key} is there twice, spelled differently"
                        )));
                    }
                    rows.insert(key, value);
                }
                Ok(Table(rows))
            }
        }
        d.deserialize_map(Rows(PhantomData))
    }
}

/// Defines a section; `optional` in front gives it a `Default`, for which every field needs a default.
macro_rules! section {
    ($(#[doc = $about:literal])* optional $name:ident {
        $($(#[doc = $doc:literal])* $key:literal $field:ident: $type:ty = $default:expr,)*
    }) => {
        $crate::section::section! {
            $(#[doc = $about])* $name { $($(#[doc = $doc])* $key $field: $type = $default,)* }
        }
        impl Default for $name {
            fn default() -> $name {
                $name { $($field: $default,)* }
            }
        }
    };
    ($(#[doc = $about:literal])* $name:ident {
        $($(#[doc = $doc:literal])* $key:literal $field:ident: $type:ty $(= $default:expr)?,)*
    }) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name {
            $($(#[doc = $doc])* pub $field: $type,)*
        }

        impl $crate::section::Describe for $name {
            fn shape() -> $crate::section::Shape {
                const FIELDS: &[$crate::section::Field] = &[$($crate::section::Field {
                    key: $key,
                    doc: &[$($doc),*],
                    default: $crate::section::section!(@describe $type $(, $default)?),
                    shape: <$type as $crate::section::Describe>::shape,
                },)*];
                $crate::section::Shape::Section(FIELDS)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<$name, D::Error> {
                struct Fields;
                impl<'de> serde::de::Visitor<'de> for Fields {
                    type Value = $name;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str(concat!("the keys of ", stringify!($name)))
                    }
                    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<$name, A::Error> {
                        $(let mut $field: Option<$type> = None;)*
                        while let Some(key) = map.next_key::<String>()? {
                            match key.as_str() {
                                $($key => $field = Some(map.next_value()?),)*
                                _ => { map.next_value::<serde::de::IgnoredAny>()?; }
                            }
                        }
                        Ok($name { $($field: match $field {
                            Some(value) => value,
                            None => $crate::section::section!(@absent $key $(, $default)?),
                        },)* })
                    }
                }
                d.deserialize_struct(stringify!($name), &[$($key),*], Fields)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeMap;
                let mut map = s.serialize_map(None)?;
                $(if $crate::section::section!(@says self.$field, $type $(, $default)?) {
                    map.serialize_entry($key, &self.$field)?;
                })*
                map.end()
            }
        }
    };
    (@describe $type:ty) => { None };
    (@describe $type:ty, $default:expr) => {
        Some(|| { let value: $type = $default; $crate::ser::to_value(&value) })
    };
    (@absent $key:literal) => { return Err(serde::de::Error::missing_field($key)) };
    (@absent $key:literal, $default:expr) => { $default };
    (@says $value:expr, $type:ty) => { true };
    (@says $value:expr, $type:ty, $default:expr) => {{ let default: $type = $default; $value != default }};
}
pub(crate) use section;

/// Defines a closed set of words; `FromStr` and `Display` are inverse.
macro_rules! choice {
    ($(#[doc = $about:literal])* $name:ident {
        $($(#[doc = $doc:literal])* $word:literal $variant:ident,)*
    }) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[doc = $doc])* $variant,)*
        }

        impl $name {
            /// Every word, in order.
            pub const WORDS: &[&str] = &[$($word),*];

            /// The word as it stands in the file.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word,)* }
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<$name, String> {
                match text {
                    $($word => Ok($name::$variant),)*
                    _ => Err(format!("expected one of: {}", $name::WORDS.join(", "))),
                }
            }
        }

        impl $crate::section::Describe for $name {
            fn shape() -> $crate::section::Shape {
                const WORDS: &str = concat!("one of:" $(, " ", $word)*);
                $crate::section::Shape::Scalar(WORDS)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        $crate::section::serde_as_text!($name);
    };
}
pub(crate) use choice;

/// Serializes a type through `Display` and deserializes it through `FromStr`.
macro_rules! serde_as_text {
    ($name:ty) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(d)?;
                text.trim().parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use serde_as_text;
