//! Tags of strangers as HTML that is well nested, shallow and small, so that any parser reads it the same way.
//!
//! Only elements of [`ELEMENTS`] are written, and each that is opened is closed in order: no parser has to guess, so
//! none can be led to another reading, nor to quadratic time (adoption agency, foster parents). Where browsers would
//! rescue misnested text formatting this opens it again, at most [`MAX_REOPENED`] times; what stands in a table
//! outside its cells gets a cell. Limits: [`MAX_DEPTH`], [`MAX_ELEMENTS`], [`MAX_HTML`].

/// Deepest nesting of elements.
pub const MAX_DEPTH: usize = 200;

/// Most elements of a document.
pub const MAX_ELEMENTS: usize = 100_000;

/// Longest document in bytes, pictures not counted; about twice what is read.
pub const MAX_HTML: usize = 8 << 20;

/// How often formatting is opened again after a block that ended within it.
const MAX_REOPENED: usize = 1000;

/// How many elements of a kind may be open before one is opened again; browsers have the same rule.
const MAX_SAME: usize = 3;

/// Elements that are kept, in order.
pub(crate) const ELEMENTS: [&str; 72] = [
    "a",
    "abbr",
    "acronym",
    "address",
    "article",
    "aside",
    "b",
    "bdi",
    "bdo",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "dfn",
    "dir",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "font",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "main",
    "mark",
    "nav",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "wbr",
];

/// Elements without content.
const VOID: [&str; 5] = ["br", "col", "hr", "img", "wbr"];

/// Elements that format text and survive the end of a block within them.
const FORMATTING: [&str; 13] =
    ["a", "b", "big", "code", "em", "font", "i", "s", "small", "strike", "strong", "tt", "u"];

/// Elements that end a paragraph.
const ENDS_PARAGRAPH: [&str; 33] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "center",
    "dd",
    "dir",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "ul",
    "caption",
    "td",
    "th",
];

/// Elements that tags within them cannot close.
const WALLS: [&str; 4] = ["caption", "table", "td", "th"];

/// Elements of a table that hold no text themselves.
const ROWS: [&str; 6] = ["colgroup", "table", "tbody", "tfoot", "thead", "tr"];

/// An element that is open.
#[derive(Debug)]
struct Open {
    name: &'static str,
    /// Its attributes as written: it may be opened again.
    attributes: String,
    /// Whether it is one of [`WALLS`].
    is_wall: bool,
}

/// Writes HTML.
#[derive(Debug, Default)]
pub(crate) struct Nest {
    out: String,
    open: Vec<Open>,
    /// Elements that were left out because they were too deep and have not ended.
    too_deep: usize,
    elements: usize,
    /// Paragraphs that are open, walls or not: most tags ask for one, and there is none.
    paragraphs: usize,
    reopened: usize,
    /// Bytes of pictures in `out`.
    pictures: usize,
    cut: bool,
}

/// The element of that name, if it is kept.
pub(crate) fn element(name: &str) -> Option<&'static str> {
    ELEMENTS.binary_search(&name).ok().and_then(|at| ELEMENTS.get(at).copied())
}

impl Nest {
    /// Whether nothing more is written.
    pub(crate) fn is_full(&self) -> bool {
        self.elements >= MAX_ELEMENTS || self.out.len() - self.pictures >= MAX_HTML
    }

    /// Whether nothing has been written.
    pub(crate) fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// Closes what is open; the HTML, and whether something was left out.
    pub(crate) fn finish(mut self) -> (String, bool) {
        self.close_to(0);
        (self.out, self.cut)
    }

    /// Writes text: its character references stay, white space between the rows of a table goes.
    pub(crate) fn text(&mut self, text: &str) {
        if self.in_rows() {
            if text.trim_matches(crate::lex::is_space).is_empty() {
                return;
            }
            self.ensure_cell();
        }
        for piece in text.split_inclusive(['<', '>']) {
            let bare = piece.trim_end_matches(['<', '>']);
            self.out.push_str(bare);
            match piece.get(bare.len()..) {
                Some("<") => self.out.push_str("&lt;"),
                Some(">") => self.out.push_str("&gt;"),
                _ => {}
            }
        }
    }

    /// Opens an element; `pictures` is how many bytes of the attributes are a picture.
    pub(crate) fn start(&mut self, name: &'static str, attributes: &str, pictures: usize) {
        if self.is_full() {
            self.cut = true;
            return;
        }
        if !self.make_room(name) {
            return;
        }
        if VOID.contains(&name) {
            self.elements += 1;
            self.pictures += pictures;
            self.out.push_str(&format!("<{name}{attributes}>"));
        } else if self.open.len() >= MAX_DEPTH {
            self.too_deep += 1;
            self.cut = true;
        } else {
            self.push(name, attributes);
        }
    }

    fn push(&mut self, name: &'static str, attributes: &str) {
        self.elements += 1;
        self.out.push_str(&format!("<{name}{attributes}>"));
        self.open.push(Open { name, attributes: attributes.to_owned(), is_wall: WALLS.contains(&name) });
        self.paragraphs += usize::from(name == "p");
    }

    /// Closes and opens what has to be before an element; false where it cannot stand.
    fn make_room(&mut self, name: &'static str) -> bool {
        match name {
            "tbody" | "thead" | "tfoot" | "caption" | "colgroup" => return self.back_to(&["table"]),
            "col" => return self.back_to(&["colgroup", "table"]),
            "tr" => return self.back_to(&["table", "tbody", "thead", "tfoot"]),
            "td" | "th" => {
                let found = self.back_to(&["table", "tbody", "thead", "tfoot", "tr"]);
                if found && self.top() != Some("tr") {
                    self.push("tr", "");
                }
                return found;
            }
            _ => self.ensure_cell(),
        }
        if self.paragraphs > 0 && ENDS_PARAGRAPH.contains(&name) {
            self.close("p", &[]);
        }
        match name {
            "li" => self.close("li", &["ul", "ol", "dir"]),
            "dd" | "dt" => {
                self.close("dd", &["dl"]);
                self.close("dt", &["dl"]);
            }
            "a" => self.close("a", &[]),
            heading if is_heading(heading) && self.top().is_some_and(is_heading) => {
                self.close_to(self.open.len() - 1);
            }
            _ => {}
        }
        true
    }

    /// Ends an element.
    pub(crate) fn end(&mut self, name: &'static str) {
        if self.too_deep > 0 && !WALLS.contains(&name) && !ROWS.contains(&name) {
            self.too_deep -= 1;
            return;
        }
        match name {
            name if VOID.contains(&name) => {}
            "table" => self.close_row(name, &[]),
            name if ROWS.contains(&name) || WALLS.contains(&name) => self.close_row(name, &["table"]),
            name => self.close(name, &[]),
        }
    }

    fn top(&self) -> Option<&'static str> {
        self.open.last().map(|open| open.name)
    }

    fn in_rows(&self) -> bool {
        self.top().is_some_and(|name| ROWS.contains(&name))
    }

    /// Opens a cell where only rows may stand.
    fn ensure_cell(&mut self) {
        if self.top() == Some("colgroup") {
            self.close_to(self.open.len() - 1);
        }
        if self.in_rows() {
            if self.top() != Some("tr") {
                self.push("tr", "");
            }
            self.push("td", "");
        }
    }

    /// Index of the innermost open element of that name which no wall hides.
    fn find(&self, name: &str, walls: &[&str]) -> Option<usize> {
        let ends = |open: &Open| open.is_wall || open.name == name || walls.contains(&open.name);
        let inner = self.open.iter().rposition(ends)?;
        self.open.get(inner).filter(|open| open.name == name).map(|_| inner)
    }

    /// Closes the innermost element of that name, and opens the formatting again that stood within it.
    fn close(&mut self, name: &str, walls: &[&str]) {
        let Some(at) = self.find(name, walls) else { return };
        let blocks = FORMATTING.contains(&name);
        let again: Vec<Open> = self.close_to(at).into_iter().skip(1).collect();
        for open in again {
            let same = self.open.iter().filter(|known| known.name == open.name).count();
            let wanted = blocks || FORMATTING.contains(&open.name) && open.name != name && same < MAX_SAME;
            if wanted && self.reopened < MAX_REOPENED && !self.is_full() {
                self.reopened += 1;
                self.push(open.name, &open.attributes);
            }
        }
    }

    /// Closes the innermost part of a table of that name.
    fn close_row(&mut self, name: &str, walls: &[&str]) {
        let found = self.open.iter().rposition(|open| open.name == name || walls.contains(&open.name));
        let found = found.filter(|at| self.open.get(*at).is_some_and(|open| open.name == name));
        if let Some(at) = found {
            self.too_deep = 0;
            self.close_to(at);
        }
    }

    /// Closes up to the innermost of these, which stays open; false where none is open.
    fn back_to(&mut self, names: &[&str]) -> bool {
        match self.open.iter().rposition(|open| names.contains(&open.name)) {
            Some(at) => {
                self.too_deep = 0;
                self.close_to(at + 1);
                true
            }
            None => false,
        }
    }

    /// Closes all but the outermost `length`; what was closed, outermost first.
    fn close_to(&mut self, length: usize) -> Vec<Open> {
        let closed = self.open.split_off(length.min(self.open.len()));
        for open in closed.iter().rev() {
            self.out.push_str(&format!("</{}>", open.name));
            self.paragraphs -= usize::from(open.name == "p");
        }
        closed
    }
}

fn is_heading(name: &str) -> bool {
    matches!(name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6")
}
