//! A style sheet as rules: selectors, declarations, at-rules. What is malformed is skipped as browsers skip it.
//!
//! CSS Syntax Level 3 §5. Limits: [`MAX_RULES`] rules of [`MAX_DECLARATIONS`] declarations; at-rules nest
//! [`MAX_NESTING`] deep, deeper blocks are skipped.

use super::token::{Token, Tokens};

/// Most rules of a sheet.
pub(crate) const MAX_RULES: usize = 10_000;

/// Most declarations of a block.
pub(crate) const MAX_DECLARATIONS: usize = 500;

/// How deep at-rules nest.
pub(crate) const MAX_NESTING: usize = 3;

/// Most tokens of a selector or value.
pub(crate) const MAX_VALUE: usize = 1000;

/// `property: value`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Declaration {
    /// Name in lower case.
    pub(crate) name: String,
    /// Tokens of the value, no space at its ends, `!important` not among them.
    pub(crate) value: Vec<Token>,
    /// Whether `!important` follows.
    pub(crate) important: bool,
}

/// What a rule holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Block {
    /// Nothing: an at-rule that ends with a semicolon.
    None,
    /// Declarations.
    Declarations(Vec<Declaration>),
    /// Rules.
    Rules(Vec<Rule>),
}

/// A rule.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rule {
    /// Name of an at-rule in lower case; none for a rule with a selector.
    pub(crate) at: Option<String>,
    /// Selector, or what stands after the name of an at-rule.
    pub(crate) prelude: Vec<Token>,
    /// What it holds.
    pub(crate) block: Block,
}

/// Reads a style sheet.
pub(crate) fn parse_sheet(css: &str) -> Vec<Rule> {
    let mut tokens = Tokens::new(css);
    let mut left = MAX_RULES;
    rules(&mut tokens, 0, &mut left)
}

/// Reads the value of a `style` attribute.
pub(crate) fn parse_declarations(css: &str) -> Vec<Declaration> {
    declarations(&mut Tokens::new(css), false)
}

fn rules(tokens: &mut Tokens<'_>, depth: usize, left: &mut usize) -> Vec<Rule> {
    let mut rules = Vec::new();
    while *left > 0 {
        let Some(first) = tokens.next() else { break };
        match first {
            Token::Space | Token::Delim(';') => {}
            Token::Close('}') if depth > 0 => break,
            first => {
                *left -= 1;
                rules.extend(rule(first, tokens, depth, left));
            }
        }
    }
    rules
}

fn rule(first: Token, tokens: &mut Tokens<'_>, depth: usize, left: &mut usize) -> Option<Rule> {
    let at = match &first {
        Token::At(name) => Some(name.to_ascii_lowercase()),
        _ => None,
    };
    let mut prelude = Vec::new();
    let mut next = if at.is_some() { tokens.next() } else { Some(first) };
    let mut whole = true;
    let block = loop {
        match next.take() {
            None if at.is_some() => break Block::None,
            None => return None,
            Some(Token::Delim(';')) if at.is_some() => break Block::None,
            Some(Token::Open('{')) => break block(at.as_deref(), tokens, depth, left),
            Some(token) if prelude.len() < MAX_VALUE => prelude.push(token),
            Some(_) => whole = false,
        }
        next = tokens.next();
    };
    trim(&mut prelude);
    whole.then_some(Rule { at, prelude, block })
}

/// At-rules that hold rules, as far as this needs to know.
const HOLDS_RULES: [&str; 8] = [
    "media",
    "supports",
    "document",
    "-moz-document",
    "layer",
    "container",
    "keyframes",
    "-webkit-keyframes",
];

fn block(at: Option<&str>, tokens: &mut Tokens<'_>, depth: usize, left: &mut usize) -> Block {
    match at {
        Some(name) if HOLDS_RULES.contains(&name) => {
            if depth < MAX_NESTING {
                return Block::Rules(rules(tokens, depth + 1, left));
            }
            skip_block(tokens, 1);
            Block::None
        }
        _ => Block::Declarations(declarations(tokens, true)),
    }
}

/// Skips to the end of a block that `open` braces have opened.
fn skip_block(tokens: &mut Tokens<'_>, mut open: usize) {
    while open > 0 {
        match tokens.next() {
            None => return,
            Some(Token::Open('{')) => open += 1,
            Some(Token::Close('}')) => open -= 1,
            Some(_) => {}
        }
    }
}

/// Declarations up to the end, or up to the closing brace of the block they stand in.
fn declarations(tokens: &mut Tokens<'_>, in_block: bool) -> Vec<Declaration> {
    let mut found = Vec::new();
    let mut current = Vec::new();
    let mut whole = true;
    let mut open = 0_usize;
    loop {
        let token = tokens.next();
        let ends = match &token {
            None => true,
            Some(Token::Delim(';')) => open == 0,
            Some(Token::Close('}')) => in_block && open == 0,
            _ => false,
        };
        if ends {
            if whole && found.len() < MAX_DECLARATIONS {
                found.extend(declaration(std::mem::take(&mut current)));
            }
            current.clear();
            whole = true;
            if token != Some(Token::Delim(';')) {
                return found;
            }
            continue;
        }
        match &token {
            Some(Token::Open(_) | Token::Function(_)) => open += 1,
            Some(Token::Close(_)) => open = open.saturating_sub(1),
            _ => {}
        }
        match token {
            Some(token) if current.len() < MAX_VALUE => current.push(token),
            _ => whole = false,
        }
    }
}

fn declaration(mut tokens: Vec<Token>) -> Option<Declaration> {
    trim(&mut tokens);
    let mut tokens = tokens.into_iter();
    let Some(Token::Ident(name)) = tokens.next() else { return None };
    if tokens.find(|token| *token != Token::Space)? != Token::Delim(':') {
        return None;
    }
    let mut value: Vec<Token> = tokens.collect();
    trim(&mut value);
    let important = matches!(value.as_slice(),
        [.., Token::Delim('!'), Token::Ident(word)] | [.., Token::Delim('!'), Token::Space, Token::Ident(word)]
        if word.eq_ignore_ascii_case("important"));
    if important {
        let mark = value.iter().rposition(|token| *token == Token::Delim('!'))?;
        value.truncate(mark);
        trim(&mut value);
    }
    Some(Declaration { name: name.to_ascii_lowercase(), value, important })
}

/// Removes white space at both ends.
fn trim(tokens: &mut Vec<Token>) {
    while tokens.last() == Some(&Token::Space) {
        tokens.pop();
    }
    let start = tokens.iter().take_while(|token| **token == Token::Space).count();
    tokens.drain(..start);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_and_declarations_are_found() {
        let sheet = parse_sheet(
            "@import 'x'; a{color:red!important;b:c;;d} @media (x){p{e:f} q{g:h}} }i{j:k} @font-face{src:url(y)}",
        );
        let names: Vec<(Option<&str>, usize)> = sheet
            .iter()
            .map(|rule| match &rule.block {
                Block::None => (rule.at.as_deref(), 0),
                Block::Declarations(list) => (rule.at.as_deref(), list.len()),
                Block::Rules(rules) => (rule.at.as_deref(), rules.len()),
            })
            .collect();
        assert_eq!(
            names,
            [(Some("import"), 0), (None, 2), (Some("media"), 2), (None, 1), (Some("font-face"), 1)]
        );
        let Some(Block::Declarations(list)) = sheet.get(1).map(|rule| &rule.block) else { panic!() };
        assert_eq!(
            list.iter().map(|d| (d.name.as_str(), d.important)).collect::<Vec<_>>(),
            [("color", true), ("b", false)]
        );
    }

    #[test]
    fn deep_and_endless_sheets_are_bounded() {
        for css in
            ["@media x{".repeat(100_000), "a{".repeat(100_000), "a{b:(".repeat(100_000), "(".repeat(100_000)]
        {
            assert!(parse_sheet(&css).len() <= MAX_RULES);
        }
        assert_eq!(parse_sheet(&"a{}".repeat(MAX_RULES + 5)).len(), MAX_RULES);
        assert_eq!(parse_declarations(&"a:b;".repeat(1000)).len(), MAX_DECLARATIONS);
    }
}
