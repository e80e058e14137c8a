//! Which messages a list shows, as it stands in the addresses of pages: `?mailbox=bob@example.org&q=hello&before=70`.

use form_urlencoded::Serializer;
use mox_admin::OpError;
use mox_admin::ops::{MessageFilter, MessageList};
use mox_web::Query;

/// Rows of a page.
pub(crate) const ROWS: u32 = 50;

/// A list of messages: which ones, and from where on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Listing {
    pub(crate) filter: MessageFilter,
    pub(crate) before: Option<i64>,
}

impl Listing {
    /// Reads the parameters of a list. Others are not refused here.
    pub(crate) fn read(query: &Query) -> Result<Listing, OpError> {
        let text = |name| query.get(name).map(str::to_owned);
        let filter = MessageFilter {
            mailbox: text("mailbox"),
            text: text("q"),
            from: text("from"),
            to: text("to"),
            subject: text("subject"),
            tag: text("tag"),
            ..MessageFilter::default()
        };
        Ok(Listing { filter, before: query.value("before")? })
    }

    /// Reads the list that a form says it came from; what makes no sense there is the list of all.
    pub(crate) fn back(query: &Query) -> Listing {
        let text = query.get("back").unwrap_or_default();
        let text = text.strip_prefix('?').unwrap_or(text);
        Listing::read(&Query::parse(text.as_bytes())).unwrap_or_default()
    }

    /// The operation that gives its rows, and one more to know whether there are more.
    pub(crate) fn list(&self) -> MessageList {
        MessageList { filter: self.filter.clone(), before: self.before, limit: Some(ROWS + 1) }
    }

    /// The parameters that are set, with their names.
    pub(crate) fn set(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let f = &self.filter;
        [
            ("mailbox", &f.mailbox),
            ("q", &f.text),
            ("from", &f.from),
            ("to", &f.to),
            ("subject", &f.subject),
            ("tag", &f.tag),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.as_deref()?)))
    }

    /// Whether it shows all messages.
    pub(crate) fn all(&self) -> bool {
        self.filter == MessageFilter::default()
    }

    /// What follows a path: `?mailbox=…`, or nothing. Without the place in the list.
    pub(crate) fn query(&self) -> String {
        self.with(&[])
    }

    /// The same and more parameters.
    pub(crate) fn with(&self, more: &[(&str, &str)]) -> String {
        let mut query = Serializer::new(String::new());
        query.extend_pairs(self.set());
        query.extend_pairs(more);
        let pairs = query.finish();
        if pairs.is_empty() { String::new() } else { format!("?{pairs}") }
    }

    /// The same list without one of its parameters.
    pub(crate) fn without(&self, name: &str) -> Listing {
        let mut less = Listing { before: None, ..self.clone() };
        let f = &mut less.filter;
        match name {
            "mailbox" => f.mailbox = None,
            "q" => f.text = None,
            "from" => f.from = None,
            "to" => f.to = None,
            "subject" => f.subject = None,
            "tag" => f.tag = None,
            _ => {}
        }
        less
    }
}

/// What a page says after a form did its work: `note` and `count` of its address.
pub(crate) fn note(query: &Query) -> Result<Option<String>, OpError> {
    let count = query.value::<u64>("count")?.unwrap_or(1);
    let messages = if count == 1 { "Message".to_owned() } else { format!("{count} messages") };
    Ok(match query.get("note") {
        Some("deleted") => Some(format!("{messages} deleted")),
        Some("seen") => Some(format!("{messages} marked as read")),
        Some("unseen") => Some(format!("{messages} marked as unread")),
        Some("tagged") => Some(format!("{messages} tagged")),
        Some("untagged") => Some("Tag removed".to_owned()),
        Some("released") if count == 1 => Some("Message released: it is in the queue".to_owned()),
        Some("released") => Some(format!("Released: {count} copies are in the queue")),
        Some("added") => Some("Rule added".to_owned()),
        Some("removed") => Some("Rule removed".to_owned()),
        Some("advanced") => Some("Time was moved on".to_owned()),
        Some("stepped") => Some("The domain does what comes next from now on".to_owned()),
        Some("cleared") => Some("All rules removed: the server behaves again".to_owned()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_inverse_to_lists() {
        for (text, want) in [
            ("", ""),
            ("mailbox=bob%40example.org&before=7", "?mailbox=bob%40example.org"),
            ("q=a+%26+b%3Dc&tag=x", "?q=a+%26+b%3Dc&tag=x"),
            ("subject=%3Cscript%3E%22", "?subject=%3Cscript%3E%22"),
        ] {
            let listing = Listing::read(&Query::parse(text.as_bytes())).unwrap();
            assert_eq!(listing.query(), want);
            let again = Listing::back(&Query::parse(
                Serializer::new(String::new()).append_pair("back", want).finish().as_bytes(),
            ));
            assert_eq!(again, Listing { before: None, ..listing }, "{text}");
        }
    }

    #[test]
    fn where_a_form_came_from_is_a_list_or_nothing() {
        for text in ["back=//evil.example/", "back=?before=x", "back=javascript:alert(1)", "back=%0d%0aX:1"] {
            assert_eq!(Listing::back(&Query::parse(text.as_bytes())), Listing::default(), "{text}");
        }
    }

    #[test]
    fn one_parameter_less() {
        let listing = Listing::read(&Query::parse(b"q=a&tag=b&before=9")).unwrap();
        assert_eq!(listing.without("q").query(), "?tag=b");
        assert_eq!(listing.with(&[("note", "deleted")]), "?q=a&tag=b&note=deleted");
        assert!(listing.without("q").without("tag").all());
    }
}
