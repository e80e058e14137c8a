//! Sends a message: composed here, taken by the same way as messages of mail programs.
//!
//! All recipients go through the queue, those that live here too, so that each has a number and its events are told.

use std::collections::{BTreeMap, HashSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mox_address::{Address, Path};
use mox_admin::Time;
use mox_clock::Timestamp;
use mox_httpserver::{Response, StatusCode};
use mox_message::Mailbox;
use mox_message::compose::{self, Fields, Part, Transport};
use mox_message::param::Parameterized;
use mox_sasl::Mechanism;
use mox_smtp::{Body, Envelope, Findings, Hold, MailArgs, RcptArgs, Reply};
use mox_smtpserver::{Authenticated, Cid, Port, Session};
use mox_submission::{Strictness, Untaken, Wishes};
use mox_web::json;
use mox_webhooks::mail::NameAddress;

use crate::Api;
use crate::call::{Call, Upload};
use crate::error::{Code, Fault};
use crate::types::{File, Send, Sent, Submission};

/// Longest time that a message can be held back, as SMTP has it.
const MAX_HOLD: std::time::Duration = std::time::Duration::from_secs(60 * 86_400);

/// Most references that are written.
const MAX_REFERENCES: usize = 100;

/// Fields that a program cannot add: they are made here, or belong to the way of the message.
const RESERVED: [&str; 18] = [
    "from",
    "to",
    "cc",
    "bcc",
    "reply-to",
    "sender",
    "message-id",
    "in-reply-to",
    "references",
    "date",
    "subject",
    "mime-version",
    "received",
    "return-path",
    "delivered-to",
    "dkim-signature",
    "authentication-results",
    "tls-required",
];

impl Api {
    /// Bytes of the largest message that a listener takes.
    pub(crate) fn largest_message(&self) -> usize {
        let config = self.parts.config.load();
        let sizes = config.server.listeners.values().map(|listener| listener.smtp_max_message_size);
        usize::try_from(sizes.max().unwrap_or(mox_config::listener::DEFAULT_MAX_MESSAGE_SIZE))
            .unwrap_or(usize::MAX)
    }

    /// Bytes of the largest body: a message's files in base64, and the rest.
    pub(crate) fn large_body(&self) -> usize {
        let message = self.largest_message();
        message.saturating_add(message / 2).saturating_add(self.limits.small_body)
    }
}

/// A recipient.
struct To {
    address: Address,
    path: Path,
}

/// A file, decoded.
struct Data {
    name: String,
    content_type: String,
    content_id: String,
    bytes: Vec<u8>,
}

/// All that becomes a message.
struct Draft {
    sender: Path,
    recipients: Vec<To>,
    message_id: String,
    utf8: bool,
    bytes: Vec<u8>,
}

pub(crate) async fn send(api: &Api, call: Call) -> Result<Response, Fault> {
    let request: Send = call.request()?;
    let Call { who, files, remote, tls, .. } = call;
    let now = api.parts.clock.now();
    let hold = hold(request.future_release, now)?;
    let (extra, require_tls, save_sent) =
        (extra(api, &request.extra)?, request.require_tls, request.save_sent);
    let draft = draft(api, &who, request, files, now)?;
    let session = Session {
        cid: Cid::draw(&*api.parts.random),
        port: Port::Submission,
        remote,
        local: std::net::SocketAddr::new(std::net::Ipv4Addr::LOCALHOST.into(), 0),
        started: now,
        hello: None,
        esmtp: true,
        tls: tls.as_deref().cloned(),
        account: Some(Authenticated { account: who.account, login: who.login, mechanism: Mechanism::Plain }),
        transcript: None,
    };
    let envelope = Envelope {
        mail: MailArgs {
            reverse_path: Some(draft.sender),
            size: None,
            body: if draft.utf8 { Body::EightBitMime } else { Body::SevenBit },
            smtputf8: draft.utf8,
            require_tls: require_tls == Some(true),
            hold: Some(hold),
            ret: None,
            envid: None,
            auth: None,
        },
        rcpts: draft.recipients.iter().map(|to| RcptArgs::from(to.path.clone())).collect(),
    };
    steps(api, &session, &envelope).await?;
    let wishes = Wishes { extra, save_sent };
    let accepted = api.parts.submission.submit(&session, envelope, &draft.bytes, wishes).await;
    let accepted = accepted.map_err(untaken)?;
    let ids = accepted.queued.iter().zip(&accepted.from_ids);
    let submissions = draft.recipients.iter().zip(ids).map(|(to, (id, from_id))| Submission {
        address: to.address.to_string(),
        queue_msg_id: id.0,
        from_id: from_id.clone().unwrap_or_default(),
    });
    let sent = Sent { message_id: format!("<{}>", draft.message_id), submissions: submissions.collect() };
    tracing::info!(
        message_id = draft.message_id,
        recipients = sent.submissions.len(),
        "message sent by the web API"
    );
    Ok(json(StatusCode::OK, &sent))
}

/// Asks at each step that a session of SMTP would take: the first refusal is the answer, for all recipients.
async fn steps(api: &Api, session: &Session, envelope: &Envelope) -> Result<(), Fault> {
    let steps = &api.parts.steps;
    let refused = |reply: Reply| Fault::new(code_of(&reply), reply.text());
    let mut known = Envelope { mail: envelope.mail.clone(), rcpts: Vec::new() };
    steps.mail(session, &known.mail).await.map_err(refused)?;
    for rcpt in &envelope.rcpts {
        steps.rcpt(session, &known, rcpt).await.map_err(|reply| match reply.code {
            500.. => Fault::new(Code::BadAddress, format!("{}: {}", rcpt.forward_path, reply.text())),
            _ => refused(reply),
        })?;
        known.rcpts.push(rcpt.clone());
    }
    let body = steps.begin(session, &known).await.map_err(refused)?;
    let reply = steps.message(session, known, body, Findings::default()).await;
    if reply.code < 400 { Ok(()) } else { Err(refused(reply)) }
}

/// Why a message was not taken, in the words of this API.
fn untaken(untaken: Untaken) -> Fault {
    let reply = match untaken {
        Untaken::Failed(mox_inbound::Error::Store(mox_store::Error::OverQuota { .. })) => {
            return Fault::new(
                Code::SentOverQuota,
                "the copy for the mailbox of sent mail does not fit into the account",
            );
        }
        Untaken::Failed(mox_inbound::Error::Store(mox_store::Error::TooMuchSent { what, limit, .. })) => {
            let code =
                if what == "messages" { Code::MessageLimitReached } else { Code::RecipientLimitReached };
            return Fault::new(code, format!("the account may send {limit} {what} in 24 hours"));
        }
        Untaken::Failed(error) => return Fault::server(error.reply().text()),
        Untaken::Refused(reply) => reply,
    };
    Fault::new(code_of(&reply), reply.text())
}

fn code_of(reply: &Reply) -> Code {
    use mox_smtp::EnhancedCode;
    match (reply.code, reply.enhanced) {
        (400..=499, _) => Code::Server,
        (_, Some(EnhancedCode(5, 1, _) | EnhancedCode(5, 7, 2))) => Code::BadAddress,
        (_, Some(EnhancedCode(5, 7, 1))) => Code::BadFrom,
        (_, Some(EnhancedCode(5, 3, 4))) => Code::MessageTooLarge,
        _ => Code::Error,
    }
}

/// When the message may leave: at once, unless it says otherwise.
fn hold(release: Option<Time>, now: Timestamp) -> Result<Hold, Fault> {
    match release {
        Some(Time(at)) if at > now.plus(MAX_HOLD) => {
            Err(Fault::user("FutureRelease is more than 60 days away"))
        }
        Some(Time(at)) if at > now => Ok(Hold::Until(at)),
        Some(_) | None => Ok(Hold::For(0)),
    }
}

/// What is told again with each event, as it is kept.
fn extra(api: &Api, extra: &BTreeMap<String, String>) -> Result<Option<String>, Fault> {
    if extra.is_empty() {
        return Ok(None);
    }
    let text = serde_json::to_string(extra).map_err(|e| Fault::server(e.to_string()))?;
    let (most, bytes) = (api.limits.extra, api.limits.extra_bytes);
    if extra.len() > most || text.len() > bytes {
        return Err(Fault::user(format!("Extra has more than {most} entries or {bytes} bytes")));
    }
    Ok(Some(text))
}

fn draft(
    api: &Api,
    who: &mox_web::session::Who,
    request: Send,
    uploads: Vec<Upload>,
    now: Timestamp,
) -> Result<Draft, Fault> {
    let recipients = recipients(api, &request)?;
    let (from, sender) = from(api, who, &request.from)?;
    let [attached, inline, alternative] = files(api, &request, uploads)?;
    let body = body(&request, attached, inline, alternative)?;
    let message_id = message_id(api, &request.message_id, &from)?;
    let everybody = [&request.to, &request.cc, &request.reply_to];
    let lists = everybody.map(|list| list.iter().map(mailbox).collect::<Result<Vec<_>, _>>());
    let [to, cc, reply_to] = lists;
    let (to, cc, reply_to) = (to?, cc?, reply_to?);
    let plain = |list: &[Mailbox]| list.iter().all(|m| m.localpart.is_ascii());
    let ascii = recipients.iter().all(|to| to.path.localpart.is_ascii());
    let utf8 = !(ascii && plain(&to) && plain(&cc) && plain(&reply_to) && from.localpart.is_ascii());
    let mut fields = Fields::new(utf8);
    let bad = |e: mox_message::Error| Fault::user(e.to_string());
    fields.mailboxes("From", std::slice::from_ref(&from)).map_err(bad)?;
    for (name, list) in [("To", &to), ("Cc", &cc), ("Reply-To", &reply_to)] {
        fields.mailboxes(name, list).map_err(bad)?;
    }
    fields.text("Subject", &request.subject).map_err(bad)?;
    fields.date("Date", request.date.map_or(now, |date| date.0)).map_err(bad)?;
    fields.ids("Message-ID", &[&message_id]).map_err(bad)?;
    let references = references(&request.references)?;
    fields
        .ids("In-Reply-To", references.last().map(std::slice::from_ref).unwrap_or_default())
        .map_err(bad)?;
    fields.ids("References", &references).map_err(bad)?;
    if request.require_tls == Some(false) {
        fields.text("TLS-Required", "No").map_err(bad)?;
    }
    more_fields(api, &mut fields, &request.headers)?;
    let bytes = compose::message(&fields, &body, Transport::SevenBit, &*api.parts.random).map_err(bad)?;
    let most = api.largest_message();
    if bytes.len() > most {
        let text = format!("the message has {} bytes, this server takes {most}", bytes.len());
        return Err(Fault::new(Code::MessageTooLarge, text));
    }
    Ok(Draft { sender, recipients, message_id, utf8, bytes })
}

/// Fields that the program adds.
fn more_fields(api: &Api, fields: &mut Fields, more: &[(String, String)]) -> Result<(), Fault> {
    if more.len() > api.limits.headers {
        return Err(Fault::user(format!("more than {} Headers", api.limits.headers)));
    }
    for (name, value) in more {
        let lower = name.to_ascii_lowercase();
        if RESERVED.contains(&lower.as_str()) || lower.starts_with("content-") {
            return Err(Fault::user(format!("header field {name:.100?} cannot be set here")));
        }
        fields.text(name, value).map_err(|e| Fault::user(e.to_string()))?;
    }
    Ok(())
}

fn bad_address(text: &str, why: impl std::fmt::Display) -> Fault {
    Fault::new(Code::BadAddress, format!("address {text:.200?}: {why}"))
}

fn mailbox(who: &NameAddress) -> Result<Mailbox, Fault> {
    let address: Address = who.address.parse().map_err(|e| bad_address(&who.address, e))?;
    Ok(Mailbox::new(who.name.clone(), &address))
}

/// Each recipient once.
fn recipients(api: &Api, request: &Send) -> Result<Vec<To>, Fault> {
    let (mut all, mut seen) = (Vec::new(), HashSet::new());
    for who in request.to.iter().chain(&request.cc).chain(&request.bcc) {
        let address: Address = who.address.parse().map_err(|e| bad_address(&who.address, e))?;
        if seen.insert(address.to_string()) {
            all.push(To { path: Path::from(address.clone()), address });
        }
    }
    let most = api.limits.recipients;
    match all.len() {
        0 => Err(Fault::new(Code::NoRecipients, "To, CC and BCC are empty")),
        n if n > most => Err(Fault::user(format!("{n} recipients are more than {most}"))),
        _ => Ok(all),
    }
}

/// Who sends, which the account may; and the reverse-path.
fn from(api: &Api, who: &mox_web::session::Who, from: &[NameAddress]) -> Result<(Mailbox, Path), Fault> {
    let config = api.parts.config.load();
    let default = || NameAddress { name: String::new(), address: who.login.clone() };
    let chosen = match from {
        [] if who.login.contains('@') => default(),
        [] => return Err(Fault::new(Code::BadFrom, "From is empty, and the login is no address")),
        [one] => one.clone(),
        _ => return Err(Fault::new(Code::MultipleFrom, "From may be one address")),
    };
    let address: Address = chosen.address.parse().map_err(|e| bad_address(&chosen.address, e))?;
    if config.dynamic.domains.get(&address.domain).is_some_and(|domain| domain.disabled) {
        return Err(Fault::new(Code::DomainDisabled, "the domain of From sends no mail for the time being"));
    }
    let submission = &api.parts.submission;
    let lawful = submission.strictness == Strictness::Lawful;
    if lawful && !submission.recipients.may_send_as(&who.account, &address) {
        return Err(Fault::new(Code::BadFrom, format!("{address} does not belong to the account")));
    }
    let name = match config.dynamic.accounts.get(&who.account) {
        Some(account) if from.is_empty() => account.full_name.clone(),
        _ => chosen.name,
    };
    Ok((Mailbox::new(name, &address), Path::from(address)))
}

/// An id without brackets.
fn id(text: &str) -> Result<String, Fault> {
    let text = text.trim();
    let bare = text.strip_prefix('<').and_then(|t| t.strip_suffix('>')).unwrap_or(text);
    let allowed =
        |c: char| c.is_ascii_graphic() && !matches!(c, '<' | '>' | '(' | ')' | ',' | ';' | '"' | '\\');
    let halves =
        bare.split_once('@').is_some_and(|(a, b)| !a.is_empty() && !b.is_empty() && !b.contains('@'));
    match halves && bare.len() <= 500 && bare.chars().all(allowed) {
        true => Ok(bare.to_owned()),
        false => Err(Fault::new(Code::MalformedMessageID, format!("{text:.200?} is no Message-ID"))),
    }
}

fn message_id(api: &Api, given: &str, from: &Mailbox) -> Result<String, Fault> {
    if !given.trim().is_empty() {
        return id(given);
    }
    let domain = from.address().map(|address| address.domain);
    let domain = domain.unwrap_or_else(|| api.parts.config.load().server.hostname.clone());
    Ok(compose::message_id(&*api.parts.random, &domain))
}

fn references(given: &[String]) -> Result<Vec<String>, Fault> {
    if given.len() > MAX_REFERENCES {
        return Err(Fault::user(format!("more than {MAX_REFERENCES} References")));
    }
    given.iter().map(|text| id(text)).collect()
}

/// Files of the JSON and of the form: attached, inline, alternative.
fn files(api: &Api, request: &Send, uploads: Vec<Upload>) -> Result<[Vec<Data>; 3], Fault> {
    let listed = [&request.attached_files, &request.inline_files, &request.alternative_files];
    let count = listed.iter().map(|list| list.len()).sum::<usize>() + uploads.len();
    if count > api.limits.files {
        return Err(Fault::user(format!("{count} files are more than {}", api.limits.files)));
    }
    let decode = |list: &Vec<File>| list.iter().map(decoded).collect::<Result<Vec<_>, _>>();
    let [attached, inline, alternative] = listed.map(decode);
    let mut all = [attached?, inline?, alternative?];
    for upload in uploads {
        let Upload { field, name, content_type, content_id, data: bytes } = upload;
        let [attached, inline, alternative] = &mut all;
        let list = match field.as_str() {
            "inlinefile" => inline,
            "alternativefile" => alternative,
            _ => attached,
        };
        list.push(Data { name, content_type, content_id, bytes });
    }
    Ok(all)
}

fn decoded(file: &File) -> Result<Data, Fault> {
    let File { name, content_type, content_id, data } = file;
    let bytes = STANDARD
        .decode(data)
        .map_err(|e| Fault::user(format!("file {name:.100?}: Data is no base64: {e}")))?;
    Ok(Data { name: name.clone(), content_type: content_type.clone(), content_id: content_id.clone(), bytes })
}

/// The parts: text, alternatives, what HTML shows, and files beside.
fn body(
    request: &Send,
    attached: Vec<Data>,
    inline: Vec<Data>,
    alternative: Vec<Data>,
) -> Result<Part, Fault> {
    let mut texts = Vec::new();
    if !request.text.is_empty() {
        texts.push(Part::text("plain", &request.text));
    }
    if !request.html.is_empty() {
        texts.push(Part::text("html", &request.html));
    }
    for file in alternative {
        texts.push(part(&file, false)?);
    }
    let text = match texts.len() {
        0 => return Err(Fault::new(Code::MissingBody, "there is no Text, HTML or alternative file")),
        1 => texts.remove(0),
        _ => Part::multipart("alternative", texts),
    };
    let together = |kind: &str, first: Part, files: Vec<Part>| match files.is_empty() {
        true => first,
        false => Part::multipart(kind, std::iter::once(first).chain(files).collect()),
    };
    let inline = inline.iter().map(|file| Ok(part(file, true)?.inline(&content_id(file)?)));
    let related = together("related", text, inline.collect::<Result<_, Fault>>()?);
    let attached = attached.iter().map(|file| part(file, true));
    Ok(together("mixed", related, attached.collect::<Result<_, Fault>>()?))
}

fn content_id(file: &Data) -> Result<String, Fault> {
    let text = file.content_id.trim_matches(['<', '>', ' ']);
    match text.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '<' | '>')) && text.len() <= 500 {
        true => Ok(text.to_owned()),
        false => Err(Fault::user(format!("file {:.100?}: {text:.100?} is no ContentID", file.name))),
    }
}

fn part(file: &Data, named: bool) -> Result<Part, Fault> {
    let kind = Parameterized::parse(&file.content_type);
    let composed = ["multipart/", "message/"].iter().any(|start| kind.value.starts_with(start));
    let value = match kind.value.is_empty() || composed {
        // Their content could not be in base64.
        true => "application/octet-stream",
        false => &kind.value,
    };
    let allowed = |c: char| c.is_ascii_alphanumeric() || "!#$&-^_.+/".contains(c);
    if value.matches('/').count() != 1 || !value.chars().all(allowed) {
        return Err(Fault::user(format!("file {:.100?}: {value:.100?} is no media type", file.name)));
    }
    let part = match named {
        true => Part::attachment(value, &file.name, &file.bytes),
        false => Part::binary(value, &file.bytes),
    };
    Ok(kind.params.iter().fold(part, |part, (name, value)| part.param(name, value)))
}
