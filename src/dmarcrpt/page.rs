//! XML as it is written: elements with text, indented. Text is escaped, and what XML 1.0 cannot have (§2.2: controls
//! and two noncharacters) is replaced by U+FFFD, so that whatever a stranger put into a header leaves a document whole.

/// Text of a document, up to where it was taken away.
#[derive(Debug, Default)]
pub(crate) struct Page {
    text: String,
    depth: usize,
}

impl Page {
    /// Text as it is.
    pub(crate) fn raw(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Begins an element that has elements.
    pub(crate) fn open(&mut self, name: &str) {
        self.indent();
        self.text.extend(["<", name, ">\n"]);
        self.depth = self.depth.saturating_add(1);
    }

    /// The same with attributes, which are written as they are.
    pub(crate) fn open_with(&mut self, name: &str, attributes: &str) {
        self.indent();
        self.text.extend(["<", name, " ", attributes, ">\n"]);
        self.depth = self.depth.saturating_add(1);
    }

    /// Ends it.
    pub(crate) fn close(&mut self, name: &str) {
        self.depth = self.depth.saturating_sub(1);
        self.indent();
        self.text.extend(["</", name, ">\n"]);
    }

    /// An element with what is written meanwhile.
    pub(crate) fn within(&mut self, name: &str, inside: impl FnOnce(&mut Page)) {
        self.open(name);
        inside(self);
        self.close(name);
    }

    /// An element with text.
    pub(crate) fn leaf(&mut self, name: &str, text: &str) {
        self.indent();
        self.text.extend(["<", name, ">"]);
        self.escape(text);
        self.text.extend(["</", name, ">\n"]);
    }

    /// The same, unless there is no text.
    pub(crate) fn unless_empty(&mut self, name: &str, text: &str) {
        if !text.is_empty() {
            self.leaf(name, text);
        }
    }

    /// The same where there is something, be it empty.
    pub(crate) fn if_some(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.leaf(name, text);
        }
    }

    /// Takes away what was written.
    pub(crate) fn take(&mut self) -> String {
        std::mem::take(&mut self.text)
    }

    fn indent(&mut self) {
        self.text.extend(std::iter::repeat_n("  ", self.depth));
    }

    fn escape(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.text.push_str("&amp;"),
                '<' => self.text.push_str("&lt;"),
                // Only `]]>` must not stand in text, but some readers want it so everywhere.
                '>' => self.text.push_str("&gt;"),
                // As itself it would be read as a line feed.
                '\r' => self.text.push_str("&#13;"),
                '\t' | '\n' => self.text.push(c),
                '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => self.text.push('\u{fffd}'),
                _ => self.text.push(c),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_and_what_xml_cannot_have_is_replaced() {
        for (text, expected) in [
            ("a<b>&\"'", "a&lt;b&gt;&amp;\"'"),
            ("]]>", "]]&gt;"),
            ("a\0b\u{1}\u{b}\u{1f}", "a\u{fffd}b\u{fffd}\u{fffd}\u{fffd}"),
            ("\t\n\r", "\t\n&#13;"),
            (
                "\u{fffe}\u{ffff}\u{fffd}\u{10ffff}\u{7f}\u{85}",
                "\u{fffd}\u{fffd}\u{fffd}\u{10ffff}\u{7f}\u{85}",
            ),
            ("bücher.example", "bücher.example"),
        ] {
            let mut page = Page::default();
            page.leaf("x", text);
            assert_eq!(page.take(), format!("<x>{expected}</x>\n"), "{text:?}");
        }
    }

    #[test]
    fn elements_are_indented_and_what_is_taken_away_is_gone() {
        let mut page = Page::default();
        page.within("a", |page| {
            page.leaf("b", "");
            page.unless_empty("c", "");
            page.if_some("d", Some(""));
            page.if_some("e", None);
        });
        assert_eq!(page.take(), "<a>\n  <b></b>\n  <d></d>\n</a>\n");
        assert_eq!(page.take(), "");
    }
}
