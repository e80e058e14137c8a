//! What mail programs are known to ignore or break in HTML: a snapshot of knowledge as of November 2026.
//!
//! Facts as widely published by those who test mail programs, the doubtful ones left out: what is not here may
//! still not work. Programs change; change the table, with its date, when they do.

use crate::problem::Severity::{self, Error, Info, Warning};

/// Apple Mail on macOS and iOS.
const APPLE: &str = "Apple Mail";
/// Gmail on the web and its apps.
const GMAIL: &str = "Gmail";
/// The classic programs, which lay out with Word.
const OUTLOOK: &str = "Outlook for Windows";
/// On the web and the new Outlook.
const OUTLOOK_COM: &str = "Outlook.com";
/// Thunderbird.
const THUNDERBIRD: &str = "Thunderbird";
/// Yahoo Mail and AOL.
const YAHOO: &str = "Yahoo Mail";

/// Programs that the table knows about.
pub(crate) const CLIENTS: [&str; 6] = [APPLE, GMAIL, OUTLOOK, OUTLOOK_COM, THUNDERBIRD, YAHOO];

const WORD: &[&str] = &[OUTLOOK];
const GMAIL_WORD: &[&str] = &[GMAIL, OUTLOOK];
const GMAIL_WORD_YAHOO: &[&str] = &[GMAIL, OUTLOOK, YAHOO];
const WEB: &[&str] = &[GMAIL, OUTLOOK_COM, YAHOO];
const WEB_WORD: &[&str] = &[GMAIL, OUTLOOK, OUTLOOK_COM, YAHOO];

/// What of HTML or CSS a feature is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Aspect {
    /// An element by its name.
    Element,
    /// An attribute of any element.
    Attribute,
    /// A property of CSS.
    Property,
    /// A value of `display`.
    Display,
    /// An at-rule.
    At,
    /// A feature in a media query.
    Media,
    /// A function in a value.
    Function,
    /// A unit of numbers.
    Unit,
    /// A pseudo-class or pseudo-element.
    Pseudo,
    /// Found by code in `compat`.
    Mark,
}

/// A feature.
#[derive(Debug)]
pub(crate) struct Feature {
    /// Stable name.
    pub(crate) id: &'static str,
    pub(crate) severity: Severity,
    /// One sentence.
    pub(crate) message: &'static str,
    /// Programs that ignore or break it; none where it is no matter of programs.
    pub(crate) clients: &'static [&'static str],
    /// How it is recognised.
    pub(crate) triggers: &'static [(Aspect, &'static [&'static str])],
}

const fn feature(
    id: &'static str,
    severity: Severity,
    message: &'static str,
    clients: &'static [&'static str],
    triggers: &'static [(Aspect, &'static [&'static str])],
) -> Feature {
    Feature { id, severity, message, clients, triggers }
}

use Aspect::{At, Attribute, Display, Element, Function, Mark, Media, Property, Pseudo, Unit};

/// What is known.
#[rustfmt::skip]
pub(crate) const FEATURES: &[Feature] = &[
    // Content that programs remove.
    feature("script", Error, "Scripts are removed by every mail program.", &CLIENTS, &[(Element, &["script", "noscript"])]),
    feature("event-handler", Error, "Event handler attributes are removed by every mail program.", &CLIENTS, &[(Mark, &["event-handler"])]),
    feature("iframe", Error, "Frames are removed.", &CLIENTS, &[(Element, &["iframe", "frame", "frameset"])]),
    feature("object", Error, "Objects and applets are removed.", &CLIENTS, &[(Element, &["object", "embed", "applet"])]),
    feature("canvas", Warning, "A canvas stays empty without scripts.", &CLIENTS, &[(Element, &["canvas"])]),
    feature("meta-refresh", Error, "Refresh is ignored or taken for an attack.", &CLIENTS, &[(Mark, &["meta-refresh"])]),
    feature("base", Warning, "A base address is ignored; write absolute URLs.", WEB, &[(Element, &["base"])]),
    feature("form", Warning, "Forms are removed, or warned about when sent.", GMAIL_WORD, &[(Element, &["form"])]),
    feature("form-control", Warning, "Fields and buttons of forms are removed or do nothing.", GMAIL_WORD, &[(Element, &["input", "select", "textarea", "option", "datalist"])]),
    feature("video", Warning, "Videos are not played; show a picture with a link.", WEB_WORD, &[(Element, &["video"])]),
    feature("audio", Warning, "Sound is not played; show a link.", WEB_WORD, &[(Element, &["audio"])]),
    feature("svg", Warning, "Inline SVG is removed.", WEB_WORD, &[(Element, &["svg"])]),
    feature("mathml", Warning, "MathML is removed.", WEB_WORD, &[(Element, &["math"])]),
    feature("picture", Warning, "The sources of a picture element are ignored; the img in it is shown.", WEB_WORD, &[(Element, &["picture"])]),
    feature("details", Warning, "Details cannot be opened.", WEB_WORD, &[(Element, &["details", "dialog"])]),
    feature("progress", Warning, "Progress bars and meters are not shown.", WEB_WORD, &[(Element, &["progress", "meter"])]),
    feature("marquee", Info, "Moving and blinking text stands still.", WEB_WORD, &[(Element, &["marquee", "blink"])]),
    feature("html5-section", Info, "Sections of HTML5 are not known and get no style; use div or table.", WORD, &[(Element, &["section", "article", "header", "footer", "main", "nav", "aside", "figure", "figcaption"])]),
    feature("srcset", Info, "srcset is ignored; src is shown.", GMAIL_WORD, &[(Attribute, &["srcset"])]),
    feature("lazy-loading", Info, "The loading attribute does nothing.", GMAIL_WORD, &[(Attribute, &["loading"])]),
    // Where style stands.
    feature("external-stylesheet", Error, "Style sheets that are links are not loaded; put style into the message.", WEB, &[(Mark, &["external-stylesheet"])]),
    feature("style-in-body", Warning, "A style element in the body is ignored; put it into the head.", &[GMAIL], &[(Mark, &["style-in-body"])]),
    feature("style-too-large", Warning, "Style elements over 16 kB in all are ignored.", &[GMAIL], &[(Mark, &["style-too-large"])]),
    feature("import", Error, "@import is ignored.", WEB_WORD, &[(At, &["import"])]),
    feature("font-face", Warning, "Web fonts are not loaded; name a font that is there besides.", WEB_WORD, &[(At, &["font-face"])]),
    feature("supports", Info, "@supports is ignored with all that stands in it.", WEB_WORD, &[(At, &["supports"])]),
    feature("layer", Warning, "@layer and @container are ignored with all that stands in them.", WEB_WORD, &[(At, &["layer", "container"])]),
    feature("keyframes", Info, "Animations stand still.", WEB_WORD, &[(At, &["keyframes", "-webkit-keyframes"]), (Property, &["animation", "animation-name"])]),
    feature("media-query", Info, "Media queries are ignored: the layout has to work without them.", WORD, &[(At, &["media"])]),
    feature("dark-mode-query", Info, "prefers-color-scheme is ignored; these programs change colours by themselves.", GMAIL_WORD_YAHOO, &[(Media, &["prefers-color-scheme"])]),
    feature("important", Info, "!important is ignored in style attributes.", WORD, &[(Mark, &["important-inline"])]),
    // Selectors.
    feature("hover", Info, ":hover does nothing.", WORD, &[(Pseudo, &["hover"])]),
    feature("focus", Info, ":focus and :active do nothing.", GMAIL_WORD, &[(Pseudo, &["focus", "active", "focus-within", "focus-visible"])]),
    feature("checked", Warning, ":checked does nothing, so switches made of it do not work.", WEB_WORD, &[(Pseudo, &["checked"])]),
    feature("nth-child", Info, "Selectors that count are ignored.", GMAIL_WORD, &[(Pseudo, &["nth-child", "nth-of-type", "nth-last-child"])]),
    feature("has", Info, ":has(), :is() and :where() are ignored.", WEB_WORD, &[(Pseudo, &["has", "is", "where"])]),
    feature("pseudo-element", Warning, "::before and ::after are not shown.", GMAIL_WORD_YAHOO, &[(Pseudo, &["before", "after"])]),
    feature("attribute-selector", Info, "Selectors by attribute are ignored.", GMAIL_WORD, &[(Mark, &["attribute-selector"])]),
    // Layout.
    feature("flexbox", Warning, "Flexbox is ignored: what should stand in a row stands in a column.", WORD, &[(Display, &["flex", "inline-flex"])]),
    feature("grid", Warning, "Grid is ignored: what should stand in a grid stands in a column.", GMAIL_WORD_YAHOO, &[(Display, &["grid", "inline-grid"]), (Property, &["grid-template-columns", "grid-template-areas", "grid-template"])]),
    feature("inline-block", Info, "inline-block is ignored.", WORD, &[(Display, &["inline-block"])]),
    feature("gap", Info, "gap is ignored: no space between the items.", WORD, &[(Property, &["gap", "column-gap", "row-gap", "grid-gap"])]),
    feature("position", Warning, "Positioning is removed.", WEB_WORD, &[(Property, &["position"])]),
    feature("z-index", Info, "z-index does nothing without positioning.", GMAIL_WORD, &[(Property, &["z-index"])]),
    feature("float", Warning, "float is ignored; use the align attribute besides.", WORD, &[(Property, &["float"])]),
    feature("columns", Info, "Text columns are ignored.", WORD, &[(Property, &["columns", "column-count", "column-width"])]),
    feature("max-width", Info, "max-width and min-width are ignored; give a table a width besides.", WORD, &[(Property, &["max-width", "min-width"])]),
    feature("max-height", Info, "max-height and min-height are ignored.", WORD, &[(Property, &["max-height", "min-height"])]),
    feature("aspect-ratio", Info, "aspect-ratio is ignored.", GMAIL_WORD, &[(Property, &["aspect-ratio"])]),
    feature("overflow", Info, "overflow is ignored.", WORD, &[(Property, &["overflow", "overflow-x", "overflow-y"])]),
    feature("negative-margin", Warning, "Negative margins are removed.", &[GMAIL, OUTLOOK, OUTLOOK_COM], &[(Mark, &["negative-margin"])]),
    feature("box-sizing", Info, "box-sizing is ignored: padding widens the box.", WORD, &[(Property, &["box-sizing"])]),
    feature("object-fit", Info, "object-fit is ignored: the picture is distorted.", WORD, &[(Property, &["object-fit", "object-position"])]),
    feature("visibility", Info, "visibility is ignored: what should be hidden is seen.", WORD, &[(Property, &["visibility"])]),
    // Looks.
    feature("background-image", Warning, "Background pictures are not shown; give a background colour besides.", WORD, &[(Mark, &["background-image"])]),
    feature("background-size", Info, "Size and position of backgrounds are ignored.", WORD, &[(Property, &["background-size", "background-position"])]),
    feature("gradient", Info, "Gradients are not shown; give a background colour besides.", WORD, &[(Function, &["linear-gradient", "radial-gradient", "conic-gradient", "repeating-linear-gradient"])]),
    feature("blend", Info, "Blending is ignored.", WEB_WORD, &[(Property, &["mix-blend-mode", "background-blend-mode"])]),
    feature("clip-path", Info, "Clipping and masks are ignored.", WEB_WORD, &[(Property, &["clip-path", "mask", "mask-image", "-webkit-mask"])]),
    feature("filter", Info, "Filters are ignored.", GMAIL_WORD, &[(Property, &["filter", "backdrop-filter"])]),
    feature("border-radius", Info, "Corners stay square.", WORD, &[(Property, &["border-radius", "border-top-left-radius", "border-top-right-radius", "border-bottom-left-radius", "border-bottom-right-radius"])]),
    feature("box-shadow", Info, "Shadows are not shown.", WORD, &[(Property, &["box-shadow"])]),
    feature("text-shadow", Info, "Shadows of text are not shown.", WORD, &[(Property, &["text-shadow"])]),
    feature("opacity", Info, "opacity is ignored.", WORD, &[(Property, &["opacity"])]),
    feature("transform", Warning, "Transforms are ignored.", GMAIL_WORD, &[(Property, &["transform", "rotate", "scale", "translate"])]),
    feature("transition", Info, "Transitions are ignored.", GMAIL_WORD, &[(Property, &["transition", "transition-property"])]),
    feature("list-style-image", Info, "Pictures as list marks are not shown.", GMAIL_WORD, &[(Property, &["list-style-image"])]),
    feature("word-break", Info, "Rules for breaking words are ignored.", WORD, &[(Property, &["word-break", "overflow-wrap", "hyphens"])]),
    feature("outline", Info, "Outlines are not shown.", WORD, &[(Property, &["outline"])]),
    // Values.
    feature("css-variable", Warning, "CSS variables are ignored with the declarations that use them.", WEB_WORD, &[(Function, &["var"]), (Mark, &["css-variable"])]),
    feature("calc", Warning, "calc() is ignored with its declaration.", WORD, &[(Function, &["calc"])]),
    feature("clamp", Warning, "min(), max() and clamp() are ignored with their declaration.", WORD, &[(Function, &["clamp", "min", "max"])]),
    feature("rgba", Info, "Colours with transparency are ignored; give a plain colour before.", WORD, &[(Function, &["rgba", "hsla"])]),
    feature("modern-colour", Info, "Colours in newer notations are ignored; give #rrggbb before.", WEB_WORD, &[(Function, &["oklch", "oklab", "lab", "lch", "color-mix", "color", "hwb"])]),
    feature("rem", Info, "rem is not known; use px.", WORD, &[(Unit, &["rem"])]),
    feature("viewport-unit", Info, "Units of the window are not known; use px or %.", WORD, &[(Unit, &["vw", "vh", "vmin", "vmax", "dvh", "svh", "lvh"])]),
    // Pictures.
    feature("missing-alt", Warning, "Pictures without alternative text say nothing to those who do not load or see them.", &[], &[(Mark, &["missing-alt"])]),
    feature("image-without-width", Info, "Pictures without a width attribute are shown at their full size.", WORD, &[(Mark, &["image-without-width"])]),
    feature("animated-gif", Info, "GIF pictures may show their first frame only.", WORD, &[(Mark, &["gif"])]),
    feature("webp", Warning, "WebP pictures are not shown.", WORD, &[(Mark, &["webp"])]),
    feature("avif", Warning, "AVIF pictures are not shown.", &[OUTLOOK, OUTLOOK_COM, YAHOO], &[(Mark, &["avif"])]),
    feature("svg-image", Warning, "SVG pictures are not shown.", WEB_WORD, &[(Mark, &["svg-image"])]),
    feature("data-image", Warning, "Pictures in data: URLs are removed; attach them and use cid:.", GMAIL_WORD, &[(Mark, &["data-image"])]),
    // The document.
    feature("too-large", Warning, "Gmail cuts messages whose HTML is over 102 kB.", &[GMAIL], &[(Mark, &["too-large"])]),
    feature("no-text-part", Warning, "No plain text beside the HTML; filters and some readers want one.", &[], &[(Mark, &["no-text-part"])]),
    feature("missing-lang", Info, "The html element has no lang; screen readers have to guess the language.", &[], &[(Mark, &["missing-lang"])]),
    feature("missing-title", Info, "The document has no title.", &[], &[(Mark, &["missing-title"])]),
    feature("missing-doctype", Info, "Without <!DOCTYPE html> programs fall back to old rules of layout.", &[], &[(Mark, &["missing-doctype"])]),
    feature("no-colour-scheme", Info, "No color-scheme is declared; programs in dark mode may change colours.", &[APPLE], &[(Mark, &["no-colour-scheme"])]),
    feature("conditional-comment", Info, "Conditional comments are read by Outlook for Windows only.", &[], &[(Mark, &["conditional-comment"])]),
];
