//! Settings in the form that Thunderbird and many others read: `config-v1.1.xml`.
//!
//! The form has no place for accounts without an incoming server: programs take such a file for a broken one.
//! <https://wiki.mozilla.org/Thunderbird:Autoconfiguration:ConfigFileFormat>

use std::fmt::Write as _;

use mox_address::Address;
use quick_xml::escape::escape;

use crate::settings::{ClientSettings, Server, Tls};

/// The file, for an address where one was given; none without an incoming server.
pub fn config(settings: &ClientSettings, address: Option<&Address>) -> Option<String> {
    settings.incoming.first()?;
    let user = address.map_or_else(|| "%EMAILADDRESS%".to_owned(), Address::to_string);
    let domain = escape(&settings.domain);
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<clientConfig version=\"1.1\">\n\
         <emailProvider id=\"{domain}\">\n<domain>{domain}</domain>\n\
         <displayName>{domain}</displayName>\n<displayShortName>{domain}</displayShortName>\n"
    );
    for server in &settings.incoming {
        one(&mut xml, "incomingServer", "imap", server, &user);
    }
    for server in &settings.outgoing {
        one(&mut xml, "outgoingServer", "smtp", server, &user);
    }
    xml.push_str("</emailProvider>\n</clientConfig>\n");
    Some(xml)
}

fn one(xml: &mut String, element: &str, kind: &str, server: &Server, user: &str) {
    let socket = match server.tls {
        Tls::Immediate => "SSL",
        Tls::Starttls => "STARTTLS",
    };
    // Writing to a String does not fail.
    let _ = writeln!(
        xml,
        "<{element} type=\"{kind}\">\n<hostname>{}</hostname>\n<port>{}</port>\n<socketType>{socket}</socketType>\n\
         <username>{}</username>\n<authentication>password-encrypted</authentication>\n\
         <authentication>password-cleartext</authentication>\n</{element}>",
        escape(&server.host),
        server.port,
        escape(user)
    );
}
