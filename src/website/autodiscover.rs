//! Settings in the form that Outlook asks for: XML there and back.
//!
//! The request is read with bounds: [`MAX_REQUEST`] bytes, [`MAX_DEPTH`] elements deep, no document type, and no entities
//! but the five predefined ones and characters by number. MS-OXDSCLI §2.2.3 (request), §2.2.4 (response).

use std::fmt::Write as _;

use mox_address::Address;
use quick_xml::Reader;
use quick_xml::escape::{escape, resolve_predefined_entity};
use quick_xml::events::{BytesRef, Event};

use crate::settings::{ClientSettings, Server, Tls};

/// Largest request in bytes.
pub const MAX_REQUEST: usize = 16 * 1024;
/// Elements within elements.
pub const MAX_DEPTH: usize = 10;
/// Longest text of an element that is read, in bytes.
const MAX_TEXT: usize = 1000;
/// The form of response that is written.
const SCHEMA: &str = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a";

/// Why a request was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Too many bytes.
    #[error("the request is too long")]
    TooLong,
    /// Too many elements within elements.
    #[error("the elements are too deep")]
    TooDeep,
    /// It is no XML, or not with the elements that have to be there.
    #[error("this is no autodiscover request")]
    Malformed,
    /// It has a document type, or an entity that such would make.
    #[error("document types and their entities are not read")]
    DocumentType,
    /// It has no address, or one that is none.
    #[error("EMailAddress is no address")]
    Address,
    /// It asks for another form of response.
    #[error("AcceptableResponseSchema is another than {SCHEMA}")]
    Schema,
}

/// The address that a request asks about.
pub fn read(request: &[u8]) -> Result<Address, Unreadable> {
    if request.len() > MAX_REQUEST {
        return Err(Unreadable::TooLong);
    }
    let request = std::str::from_utf8(request).map_err(|_| Unreadable::Malformed)?;
    let request = request.strip_prefix('\u{feff}').unwrap_or(request);
    let mut reader = Reader::from_str(request);
    reader.config_mut().expand_empty_elements = true;
    let mut path: Vec<String> = Vec::new();
    let (mut address, mut schema) = (String::new(), String::new());
    let (mut seen, mut closed) = (false, false);
    loop {
        match reader.read_event().map_err(|_| Unreadable::Malformed)? {
            Event::Start(_) if path.is_empty() && closed => return Err(Unreadable::Malformed),
            Event::Start(start) => {
                if path.len() >= MAX_DEPTH {
                    return Err(Unreadable::TooDeep);
                }
                path.push(start.local_name().as_ref().to_owned());
                seen = true;
            }
            Event::End(_) => {
                path.pop();
                closed = path.is_empty();
            }
            Event::DocType(_) => return Err(Unreadable::DocumentType),
            Event::Text(text) => {
                add(&path, &text, &mut address, &mut schema);
            }
            Event::CData(text) => {
                add(&path, &text, &mut address, &mut schema);
            }
            Event::GeneralRef(reference) => {
                add(&path, &resolved(&reference)?, &mut address, &mut schema);
            }
            Event::Eof => break,
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) | Event::Empty(_) => {}
        }
    }
    if !seen || !path.is_empty() {
        return Err(Unreadable::Malformed);
    }
    if schema.trim() != SCHEMA {
        return Err(Unreadable::Schema);
    }
    address.trim().parse().map_err(|_| Unreadable::Address)
}

/// Keeps a text that stands in an element that is asked for.
fn add(path: &[String], text: &str, address: &mut String, schema: &mut String) {
    let names: Vec<&str> = path.iter().map(String::as_str).collect();
    let into = match names.as_slice() {
        ["Autodiscover", "Request", "EMailAddress"] => address,
        ["Autodiscover", "Request", "AcceptableResponseSchema"] => schema,
        _ => return,
    };
    if into.len().saturating_add(text.len()) <= MAX_TEXT {
        into.push_str(text);
    } else {
        // Neither an address nor the schema is that long.
        into.push('\u{fffd}');
    }
}

fn resolved(reference: &BytesRef<'_>) -> Result<String, Unreadable> {
    if let Some(character) = reference.resolve_char_ref().map_err(|_| Unreadable::Malformed)? {
        return Ok(character.to_string());
    }
    resolve_predefined_entity(reference).map(str::to_owned).ok_or(Unreadable::DocumentType)
}

/// The response for an address.
pub fn response(settings: &ClientSettings, address: &Address) -> String {
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <Autodiscover xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006\">\n\
         <Response xmlns=\"{SCHEMA}\">\n<Account>\n<AccountType>email</AccountType>\n<Action>settings</Action>\n"
    );
    let user = address.to_string();
    for server in &settings.incoming {
        protocol(&mut xml, "IMAP", server, &user);
    }
    for server in &settings.outgoing {
        protocol(&mut xml, "SMTP", server, &user);
    }
    xml.push_str("</Account>\n</Response>\n</Autodiscover>\n");
    xml
}

fn protocol(xml: &mut String, kind: &str, server: &Server, user: &str) {
    let encryption = match server.tls {
        Tls::Immediate => "SSL",
        Tls::Starttls => "TLS",
    };
    // Writing to a String does not fail.
    let _ = writeln!(
        xml,
        "<Protocol>\n<Type>{kind}</Type>\n<Server>{}</Server>\n<Port>{}</Port>\n<LoginName>{}</LoginName>\n\
         <DomainRequired>off</DomainRequired>\n<SPA>off</SPA>\n<Encryption>{encryption}</Encryption>\n\
         <AuthRequired>on</AuthRequired>\n</Protocol>",
        escape(&server.host),
        server.port,
        escape(user)
    );
}
