//! Style written anew from what is known to be harmless: nothing that is written can fetch or leave its element.
//!
//! Properties, functions and pseudo-classes are allow-lists, names hold letters, digits, `-` and `_`; a declaration
//! with anything else in it is left out as a whole. So no `url()`, `@import`, `@font-face`, `image-set()`, `attr()`,
//! `var()`, `expression()`, no text but font names, no attribute selector: an outsider learns nothing from style.

use super::sheet::{Block, Declaration, Rule, parse_declarations, parse_sheet};
use super::token::Token;

/// Longest name or font name that is written, in bytes.
const MAX_NAME: usize = 100;

/// Properties that are kept as they are named, in order.
const PROPERTIES: [&str; 38] = [
    "-ms-text-size-adjust",
    "-webkit-text-size-adjust",
    "background",
    "background-clip",
    "background-color",
    "background-origin",
    "background-position",
    "background-repeat",
    "background-size",
    "box-shadow",
    "box-sizing",
    "caption-side",
    "clear",
    "color",
    "color-scheme",
    "direction",
    "display",
    "empty-cells",
    "float",
    "gap",
    "height",
    "hyphens",
    "letter-spacing",
    "line-height",
    "max-height",
    "max-width",
    "min-height",
    "min-width",
    "object-fit",
    "object-position",
    "opacity",
    "order",
    "position",
    "table-layout",
    "vertical-align",
    "visibility",
    "white-space",
    "width",
];

/// Properties that are kept with all that begin with them and a `-`.
const FAMILIES: [&str; 14] = [
    "align",
    "border",
    "column",
    "flex",
    "font",
    "grid",
    "justify",
    "list-style",
    "margin",
    "outline",
    "overflow",
    "padding",
    "text",
    "word",
];

/// Functions in values. None of them takes a URL.
const FUNCTIONS: [&str; 13] = [
    "calc",
    "clamp",
    "hsl",
    "hsla",
    "linear-gradient",
    "max",
    "min",
    "minmax",
    "radial-gradient",
    "repeat",
    "rgb",
    "rgba",
    "fit-content",
];

/// Pseudo-classes in selectors.
const PSEUDO_CLASSES: [&str; 9] = [
    "active",
    "first-child",
    "first-of-type",
    "focus",
    "hover",
    "last-child",
    "last-of-type",
    "link",
    "root",
];

/// Style that was written anew.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filtered {
    /// What may be used, without `<`, `"`, `&` and `\`.
    pub(crate) css: String,
    /// URLs that the style would have fetched.
    pub(crate) urls: Vec<String>,
}

/// Filters a style sheet.
pub(crate) fn stylesheet(css: &str) -> Filtered {
    let mut out = Filtered::default();
    rules(&parse_sheet(css), &mut out);
    out
}

/// Filters the value of a `style` attribute.
pub(crate) fn declarations(css: &str) -> Filtered {
    let mut out = Filtered::default();
    write_declarations(&parse_declarations(css), &mut out);
    out
}

fn rules(rules: &[Rule], out: &mut Filtered) {
    for rule in rules {
        urls(rule.at.as_deref(), &rule.prelude, &mut out.urls);
        let start = out.css.len();
        let head = match rule.at.as_deref() {
            None => selector(&rule.prelude),
            Some("media") => media(&rule.prelude).map(|query| format!("@media {query}")),
            Some(_) => None,
        };
        out.css.push_str(head.as_deref().unwrap_or_default());
        out.css.push('{');
        let inner = out.css.len();
        match &rule.block {
            Block::None => {}
            Block::Declarations(list) => write_declarations(list, out),
            Block::Rules(list) => self::rules(list, out),
        }
        // What is dropped is read too: it may hold URLs.
        if head.is_none() || out.css.len() == inner {
            out.css.truncate(start);
        } else {
            out.css.push_str("}\n");
        }
    }
}

fn write_declarations(list: &[Declaration], out: &mut Filtered) {
    for declaration in list {
        urls(None, &declaration.value, &mut out.urls);
        if !is_kept(&declaration.name) {
            continue;
        }
        if let Some(value) = value(&declaration.name, &declaration.value) {
            let important = if declaration.important { "!important" } else { "" };
            out.css.push_str(&format!("{}:{value}{important};", declaration.name));
        }
    }
}

fn is_kept(property: &str) -> bool {
    let family = || {
        FAMILIES.iter().any(|family| {
            property.strip_prefix(family).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        })
    };
    PROPERTIES.binary_search(&property).is_ok()
        || family() && property.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
}

/// URLs that these tokens name.
fn urls(at: Option<&str>, tokens: &[Token], urls: &mut Vec<String>) {
    let mut in_set = false;
    for token in tokens {
        match token {
            Token::Url(url) => urls.push(url.clone()),
            Token::Function(name) => {
                in_set = matches!(
                    name.to_ascii_lowercase().as_str(),
                    "image-set" | "-webkit-image-set" | "image" | "src" | "cross-fade"
                );
            }
            Token::Text(url) if at == Some("import") || in_set => urls.push(url.clone()),
            _ => {}
        }
    }
}

/// A name that may be written without escapes.
fn is_plain(name: &str) -> bool {
    let first = name.trim_start_matches('-').chars().next();
    name.len() <= MAX_NAME
        && first.is_some_and(|c| !c.is_numeric())
        && name.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
}

fn is_number(number: &str, unit: &str) -> bool {
    number.len() <= 20 && (unit == "%" || unit.len() <= 8 && unit.bytes().all(|b| b.is_ascii_alphabetic()))
}

/// The selectors of a list that can be kept; none where none can.
fn selector(tokens: &[Token]) -> Option<String> {
    let kept: Vec<String> =
        tokens.split(|token| *token == Token::Delim(',')).filter_map(one_selector).collect();
    (!kept.is_empty()).then(|| kept.join(","))
}

fn one_selector(tokens: &[Token]) -> Option<String> {
    let mut out = String::new();
    let mut after_colon = false;
    for token in tokens {
        match token {
            Token::Ident(name) if after_colon => {
                let name = name.to_ascii_lowercase();
                PSEUDO_CLASSES.contains(&name.as_str()).then(|| out.push_str(&name))?;
            }
            _ if after_colon => return None,
            Token::Ident(name) if is_plain(name) => out.push_str(name),
            Token::Hash(name) if is_plain(name) => out.push_str(&format!("#{name}")),
            Token::Space => out.push(' '),
            Token::Delim(c @ ('.' | '>' | '+' | '~' | '*' | ':')) => out.push(*c),
            _ => return None,
        }
        after_colon = *token == Token::Delim(':');
    }
    let text = out.trim();
    (!text.is_empty() && !after_colon).then(|| text.to_owned())
}

/// A media query list; none where it holds something else than names, numbers and parentheses.
fn media(tokens: &[Token]) -> Option<String> {
    let mut out = String::new();
    let mut open = 0_usize;
    for token in tokens {
        match token {
            Token::Ident(name) if is_plain(name) => out.push_str(name),
            Token::Number(number, unit) if is_number(number, unit) => {
                out.push_str(&format!("{number}{unit}"))
            }
            Token::Space => out.push(' '),
            Token::Delim(c @ (':' | ',')) => out.push(*c),
            Token::Open('(') => {
                open += 1;
                out.push('(');
            }
            Token::Close(')') => {
                open = open.checked_sub(1)?;
                out.push(')');
            }
            // `and(` is written without the space by some.
            Token::Function(name) if name.eq_ignore_ascii_case("and") => {
                open += 1;
                out.push_str("and (");
            }
            _ => return None,
        }
    }
    (open == 0 && !out.is_empty()).then_some(out)
}

fn value(property: &str, tokens: &[Token]) -> Option<String> {
    if property == "position" {
        let [Token::Ident(word)] = tokens else { return None };
        let word = word.to_ascii_lowercase();
        return ["relative", "static"].contains(&word.as_str()).then_some(word);
    }
    let mut out = String::new();
    let mut open = 0_usize;
    let mut after_word = false;
    for token in tokens {
        let joins = std::mem::replace(&mut after_word, matches!(token, Token::Ident(_) | Token::Hash(_)));
        match token {
            Token::Ident(name) if is_plain(name) => out.push_str(name),
            Token::Hash(name) if name.len() <= 8 && name.bytes().all(|b| b.is_ascii_hexdigit()) => {
                out.push_str(&format!("#{name}"));
            }
            Token::Number(number, unit) if is_number(number, unit) => {
                out.push_str(&format!("{number}{unit}"))
            }
            Token::Text(name) if matches!(property, "font" | "font-family") => {
                let plain = |c: char| c.is_alphanumeric() || " -_.".contains(c);
                (name.len() <= MAX_NAME && name.chars().all(plain)).then_some(())?;
                out.push_str(&format!("'{name}'"));
            }
            Token::Function(name) => {
                let name = name.to_ascii_lowercase();
                FUNCTIONS.contains(&name.as_str()).then_some(())?;
                open += 1;
                out.push_str(&format!("{name}("));
            }
            // A word right before it would become a function.
            Token::Open('(') if open > 0 && !joins => {
                open += 1;
                out.push('(');
            }
            Token::Close(')') => {
                open = open.checked_sub(1)?;
                out.push(')');
            }
            Token::Space => out.push(' '),
            Token::Delim('/') => out.push_str(" / "),
            Token::Delim(c @ (',' | '+' | '-' | '*')) => out.push(*c),
            _ => return None,
        }
    }
    (open == 0 && !out.is_empty()).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_order() {
        assert!(PROPERTIES.is_sorted());
    }

    #[test]
    fn declarations_are_kept_or_left_out() {
        for (css, kept) in [
            ("color: red ; margin:0 auto!important", "color:red;margin:0 auto!important;"),
            ("COLOR:Red", "color:Red;"),
            ("font:bold 12px/1.5 \"Open Sans\", Arial", "font:bold 12px / 1.5 'Open Sans', Arial;"),
            ("font-family:'a\\27 ;x:y'", ""),
            ("width:calc(100% - (2 * 10px))", "width:calc(100% - (2 * 10px));"),
            (
                "background:linear-gradient(to right, #fff 0%, rgba(0,0,0,.5))",
                "background:linear-gradient(to right, #fff 0%, rgba(0,0,0,.5));",
            ),
            ("background:url(http://x/);color:red", "color:red;"),
            ("background:red u\\72l('http://x/')", ""),
            ("background:ur/**/l(http://x/)", ""),
            ("width:calc(url/**/(x))", "width:calc(url (x));"),
            ("color:re/**/d", "color:re d;"),
            ("background:image-set('http://x/' 1x)", ""),
            ("background:var(--x);--x:url(http://x/)", ""),
            ("content:'x'; behavior:url(x); -moz-binding:url(x)", ""),
            ("width:expression(alert(1))", ""),
            ("w\\69 dth:exp\\72 ession(alert(1));", ""),
            ("position:fixed;position:absolute;position: relative", "position:relative;"),
            ("list-style:url(x);list-style:square", "list-style:square;"),
            ("list-style-type:'</style>'", ""),
            ("border-image:url(x) 1;border:1px solid", "border:1px solid;"),
            ("color:</style><script>", ""),
            ("color:red}body{color:blue", ""),
            ("cursor:url(x),auto;filter:url(#x);mask:url(x)", ""),
            ("color:\\3c/style\\3e", ""),
            ("margin-\\27x:1px", ""),
            ("width:1px)", ""),
            ("width:calc(1px", ""),
            (";;:x;a;color:green", "color:green;"),
            ("color:red;/*;*/float:left", "color:red;float:left;"),
        ] {
            assert_eq!(declarations(css).css, kept, "{css}");
        }
    }

    #[test]
    fn sheets_keep_plain_rules() {
        for (css, kept) in [
            ("p , .a>#b:hover{color:red}", "p,.a>#b:hover{color:red;}\n"),
            ("@import url(http://x/a.css);p{color:red}", "p{color:red;}\n"),
            ("@import 'http://x/a.css' screen;", ""),
            ("@font-face{font-family:x;src:url(http://x/f.woff)}", ""),
            ("input[value^=a]{background:url(http://x/a)}", ""),
            ("a[href],b{color:red}", "b{color:red;}\n"),
            ("p::before{color:red} p:visited{color:red} p:not(.x){color:red}", ""),
            (
                "@media only screen and (max-width:600px){p{color:red}@media print{b{color:red}}}",
                "@media only screen and (max-width:600px){p{color:red;}\n@media print{b{color:red;}\n}\n}\n",
            ),
            ("@media <script>{p{color:red}}", ""),
            (
                "@supports (x:y){p{color:red}} @keyframes x{from{color:red}} @namespace x 'y'; @page{margin:0}",
                "",
            ),
            ("<!-- p{color:red} -->", "p{color:red;}\n"),
            ("p{color:red", "p{color:red;}\n"),
            (".\\31 0{color:red} .a\\:b{color:red} .\\3c x{color:red}", ""),
            ("{color:red}", ""),
            ("p{}", ""),
        ] {
            assert_eq!(stylesheet(css).css, kept, "{css}");
        }
    }

    #[test]
    fn urls_are_told_wherever_they_stand() {
        let css = "@import 'http://1'; @import url(http://2); @font-face{src:url(http://3)} \
            @supports (x:y){a[b]{background:image-set('http://4' 1x),\\75rl(http://5)}} @media{p{filter:url(http://6)}}";
        let urls = stylesheet(css).urls;
        assert_eq!(urls, ["http://1", "http://2", "http://3", "http://4", "http://5", "http://6"]);
    }
}
