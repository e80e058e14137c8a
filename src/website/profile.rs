//! Settings in the form that iOS and macOS install: a configuration profile, unsigned.
//!
//! A profile for mail needs an incoming server. Apple's Device Management, payload `com.apple.mail.managed`.

use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA256, digest};
use mox_address::Address;
use quick_xml::escape::escape;

use crate::settings::{ClientSettings, Server, Tls};

/// The profile for addresses of one person; none without addresses, an incoming and an outgoing server.
pub fn profile(settings: &ClientSettings, addresses: &[Address], name: &str) -> Option<String> {
    let (incoming, outgoing) = (settings.incoming.first()?, settings.outgoing.first()?);
    let first = addresses.first()?.to_string();
    let all: Vec<String> = addresses.iter().map(Address::to_string).collect();
    let all = all.join(",");
    let domain = &settings.domain;
    let mut mail = String::new();
    text(&mut mail, "EmailAccountDescription", &first);
    text(&mut mail, "EmailAccountName", if name.is_empty() { &first } else { name });
    text(&mut mail, "EmailAccountType", "EmailTypeIMAP");
    text(&mut mail, "EmailAddress", &all);
    server(&mut mail, "Incoming", incoming, &first);
    server(&mut mail, "Outgoing", outgoing, &first);
    mail.push_str("<key>OutgoingPasswordSameAsIncomingPassword</key><true/>\n");
    payload(&mut mail, "com.apple.mail.managed", &format!("mox.{domain}.mail"), &first);
    let mut whole = format!("<key>PayloadContent</key><array><dict>\n{mail}</dict></array>\n");
    text(&mut whole, "PayloadDescription", &format!("Mail for {all}"));
    payload(&mut whole, "Configuration", &format!("mox.{domain}"), &first);
    Some(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
         <plist version=\"1.0\"><dict>\n{whole}</dict></plist>\n"
    ))
}

fn server(out: &mut String, direction: &str, server: &Server, user: &str) {
    text(out, &format!("{direction}MailServerAuthentication"), "EmailAuthPassword");
    text(out, &format!("{direction}MailServerHostName"), &server.host);
    text(out, &format!("{direction}MailServerUsername"), user);
    // Writing to a String does not fail.
    let _ = writeln!(
        out,
        "<key>{direction}MailServerPortNumber</key><integer>{}</integer>\n\
         <key>{direction}MailServerUseSSL</key><{}/>",
        server.port,
        matches!(server.tls, Tls::Immediate | Tls::Starttls)
    );
}

/// What every payload has. A profile with the same name and number replaces the one before.
fn payload(out: &mut String, kind: &str, identifier: &str, address: &str) {
    let hash = digest(&SHA256, format!("{kind} {identifier} {address}").as_bytes());
    let hex: String = hash.as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let parts = [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)];
    let parts: Vec<&str> = parts.iter().filter_map(|(from, to)| hex.get(*from..*to)).collect();
    text(out, "PayloadDisplayName", address);
    text(out, "PayloadIdentifier", identifier);
    text(out, "PayloadType", kind);
    text(out, "PayloadUUID", &parts.join("-"));
    out.push_str("<key>PayloadVersion</key><integer>1</integer>\n");
}

fn text(out: &mut String, key: &str, value: &str) {
    let _ = writeln!(out, "<key>{key}</key><string>{}</string>", escape(value));
}
