//! Pieces that several pages show: a row of the list, the mailboxes beside it, the steps of an explanation.

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{ExplainLine, MailboxList, MailboxRow, MessageRow, TagList, TagRow};

use crate::Pages;
use crate::listing::Listing;

/// The flag of a message that was opened.
pub(crate) const SEEN: &str = "\\Seen";

/// A line of the list.
#[derive(Template)]
#[template(path = "row.html")]
pub(crate) struct Row<'a> {
    message: &'a MessageRow,
    seen: bool,
    /// The list it stands in, for its links.
    query: &'a str,
}

impl<'a> Row<'a> {
    /// `query` is [`Listing::query`].
    pub(crate) fn new(message: &'a MessageRow, query: &'a str) -> Row<'a> {
        Row { message, seen: seen(message), query }
    }
}

/// Whether a message was opened.
pub(crate) fn seen(message: &MessageRow) -> bool {
    message.flags.iter().any(|flag| flag.eq_ignore_ascii_case(SEEN))
}

/// Mailboxes and tags beside the list.
#[derive(Template)]
#[template(path = "side.html")]
pub(crate) struct Side {
    total: u64,
    pub(crate) unseen: u64,
    all: bool,
    mailboxes: Vec<Entry>,
    tags: Vec<Entry>,
}

/// A mailbox or a tag.
struct Entry {
    name: String,
    href: String,
    here: bool,
    total: u64,
    unseen: u64,
}

impl Side {
    /// What there is now; `listing` is what the page shows.
    pub(crate) async fn load(pages: &Pages, listing: &Listing) -> Result<Side, OpError> {
        let mailboxes = pages.dispatch.call(&MailboxList::default()).await?;
        let tags = pages.dispatch.call(&TagList {}).await?;
        Ok(Side::new(&mailboxes, &tags, listing))
    }

    fn new(mailboxes: &[MailboxRow], tags: &[TagRow], listing: &Listing) -> Side {
        let of = |name: &'static str, value: &str| {
            let mut only = Listing::default();
            match name {
                "tag" => only.filter.tag = Some(value.to_owned()),
                _ => only.filter.mailbox = Some(value.to_owned()),
            }
            format!("/{}", only.query())
        };
        let mut boxes: Vec<Entry> = mailboxes
            .iter()
            .map(|row| Entry {
                name: row.name.clone(),
                href: of("mailbox", &row.name),
                here: listing.filter.mailbox.as_ref() == Some(&row.name),
                total: row.total,
                unseen: row.unseen,
            })
            .filter(|entry| entry.total > 0 || entry.here)
            .collect();
        boxes.sort_by_key(|entry| entry.name.to_lowercase());
        let tags = tags.iter().map(|row| Entry {
            name: row.tag.clone(),
            href: of("tag", &row.tag),
            here: listing.filter.tag.as_ref() == Some(&row.tag),
            total: row.total,
            unseen: 0,
        });
        Side {
            total: mailboxes.iter().map(|row| row.total).sum(),
            unseen: mailboxes.iter().map(|row| row.unseen).sum(),
            all: listing.filter.mailbox.is_none() && listing.filter.tag.is_none(),
            mailboxes: boxes,
            tags: tags.collect(),
        }
    }
}

/// What happened, step by step.
#[derive(Template)]
#[template(path = "steps.html")]
pub(crate) struct Steps<'a> {
    pub(crate) lines: &'a [ExplainLine],
}
