//! Reads one Rust file as tokens and tells what the checks ask: which modules it names, which
//! string literals and macros it has. Code for tests, comments and attributes are left out.

use std::str::FromStr;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// Paths that start with `crate`, `self` or `super`, from the root of the crate.
    pub(crate) paths: Vec<Found<Vec<String>>>,
    /// Text between the quotes, escapes as written.
    pub(crate) strings: Vec<Found<String>>,
    /// Names of the macros that are called.
    pub(crate) macros: Vec<Found<String>>,
    /// What `use` brings under which name: path and name.
    pub(crate) imports: Vec<(Vec<String>, String)>,
    /// Child modules in files of their own that exist for tests only.
    pub(crate) test_modules: Vec<Vec<String>>,
    /// The file says `#![cfg(test)]`.
    pub(crate) is_test: bool,
}

#[derive(Debug)]
pub(crate) struct Found<T> {
    pub(crate) line: usize,
    pub(crate) what: T,
}

/// Scans `source`, the file of the module `module` (path from the root of the crate).
pub(crate) fn scan(source: &str, module: &[String]) -> Result<Facts, String> {
    let stream = TokenStream::from_str(source).map_err(|error| {
        let at = error.span().start();
        format!("{}:{}: not Rust", at.line, at.column + 1)
    })?;
    let mut scanner = Scanner { module: module.to_vec(), facts: Facts::default() };
    scanner.walk(&collect(stream));
    Ok(scanner.facts)
}

fn collect(stream: TokenStream) -> Vec<TokenTree> {
    stream.into_iter().collect()
}

struct Scanner {
    module: Vec<String>,
    facts: Facts,
}

impl Scanner {
    fn walk(&mut self, tokens: &[TokenTree]) {
        let mut at = 0;
        while at < tokens.len() {
            at += self.step(&tokens[at..]);
            if self.facts.is_test {
                return;
            }
        }
    }

    /// Looks at what `rest` starts with and returns how many tokens that was (at least one).
    fn step(&mut self, rest: &[TokenTree]) -> usize {
        match &rest[0] {
            TokenTree::Punct(hash) if hash.as_char() == '#' => self.attribute(rest),
            TokenTree::Ident(ident) => match ident.to_string().as_str() {
                "mod" => self.inline_module(rest),
                // `use<'a>` in a return type brings nothing in.
                "use" if !is_punct(rest.get(1), '<') => self.import(rest),
                "crate" | "self" | "super" if is_path_separator(&rest[1..]) => self.path(rest),
                name => {
                    if is_macro_call(&rest[1..]) {
                        self.facts.macros.push(Found { line: line(&rest[0]), what: name.to_owned() });
                    }
                    1
                }
            },
            TokenTree::Literal(literal) => {
                if let Some(text) = string_text(&literal.to_string()) {
                    self.facts.strings.push(Found { line: line(&rest[0]), what: text.to_owned() });
                }
                1
            }
            TokenTree::Group(group) => {
                self.walk(&collect(group.stream()));
                1
            }
            TokenTree::Punct(_) => 1,
        }
    }

    fn attribute(&mut self, rest: &[TokenTree]) -> usize {
        let is_inner = is_punct(rest.get(1), '!');
        let length = if is_inner { 3 } else { 2 };
        let Some(TokenTree::Group(group)) = rest.get(length - 1) else { return 1 };
        if group.delimiter() != Delimiter::Bracket {
            return 1;
        }
        let text: String = group.stream().to_string().split_whitespace().collect();
        if text != "cfg(test)" && !text.starts_with("cfg(all(test,") {
            self.paths_in_attribute(group.stream());
            return length;
        }
        if is_inner {
            self.facts.is_test = true;
            return rest.len();
        }
        length + self.skip_item(&rest[length..])
    }

    /// `#[serde(with = "crate::time")]` names a module too.
    fn paths_in_attribute(&mut self, stream: TokenStream) {
        for token in stream {
            match token {
                TokenTree::Group(group) => self.paths_in_attribute(group.stream()),
                TokenTree::Literal(literal) => {
                    let text = literal.to_string();
                    if let Some(path) = string_text(&text)
                        && (path.starts_with("crate::") || path.starts_with("super::"))
                        && let Ok(tokens) = TokenStream::from_str(path)
                    {
                        let at = literal.span().start().line;
                        let before = self.facts.paths.len();
                        self.walk(&collect(tokens));
                        self.facts.paths[before..].iter_mut().for_each(|path| path.line = at);
                    }
                }
                TokenTree::Ident(_) | TokenTree::Punct(_) => {}
            }
        }
    }

    /// The length of the item for tests that `rest` starts with: up to its braces or semicolon.
    fn skip_item(&mut self, rest: &[TokenTree]) -> usize {
        let is_end = |token: &TokenTree| match token {
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
            token => is_punct(Some(token), ';'),
        };
        let item = match rest.iter().position(is_end) {
            Some(end) => &rest[..=end],
            None => rest,
        };
        if let Some(at) = item.iter().position(|token| is_ident(token, "mod"))
            && let (Some(TokenTree::Ident(name)), true) = (item.get(at + 1), is_punct(item.get(at + 2), ';'))
        {
            let path = self.module.iter().cloned().chain([name.to_string()]).collect();
            self.facts.test_modules.push(path);
        }
        item.len()
    }

    fn inline_module(&mut self, rest: &[TokenTree]) -> usize {
        if let (Some(TokenTree::Ident(name)), Some(TokenTree::Group(body))) = (rest.get(1), rest.get(2)) {
            self.module.push(name.to_string());
            self.walk(&collect(body.stream()));
            self.module.pop();
            return 3;
        }
        1
    }

    fn import(&mut self, rest: &[TokenTree]) -> usize {
        let end = rest.iter().position(|token| is_punct(Some(token), ';')).unwrap_or(rest.len());
        let tree = &rest[1..end.max(1)];
        let starts_here = tree
            .first()
            .is_some_and(|first| ["crate", "self", "super"].iter().any(|name| is_ident(first, name)));
        // Elsewhere than at the root, a path without prefix names a child or another package.
        if !starts_here && !self.module.is_empty() {
            return end + 1;
        }
        let mut leaves = Vec::new();
        self.tree(tree, None, &mut leaves);
        for (path, name, at) in leaves {
            if starts_here {
                self.facts.paths.push(Found { line: at, what: path.clone() });
            }
            self.facts.imports.push((path, name));
        }
        end + 1
    }

    /// A path in an expression or type: `crate::a::b`.
    fn path(&mut self, rest: &[TokenTree]) -> usize {
        let mut length = 1;
        while is_path_separator(&rest[length..]) && matches!(rest.get(length + 2), Some(TokenTree::Ident(_)))
        {
            length += 3;
        }
        let mut leaves = Vec::new();
        self.tree(&rest[..length], None, &mut leaves);
        for (path, _, at) in leaves {
            self.facts.paths.push(Found { line: at, what: path });
        }
        length
    }

    /// Takes apart what may follow `use`: paths with groups, renames and stars, commas between.
    /// `base` is the path before the group that holds these tokens, if there is one.
    fn tree(
        &self,
        tokens: &[TokenTree],
        base: Option<&[String]>,
        leaves: &mut Vec<(Vec<String>, String, usize)>,
    ) {
        for tree in tokens.split(|token| is_punct(Some(token), ',')).filter(|tree| !tree.is_empty()) {
            let nested = base.is_some();
            let mut path = base.unwrap_or_default().to_vec();
            let mut name = None;
            let mut grouped = false;
            let mut rest = tree;
            while let Some((token, after)) = rest.split_first() {
                rest = after;
                match token {
                    TokenTree::Ident(ident) => match ident.to_string().as_str() {
                        "crate" => path.clear(),
                        "self" if !nested && path.is_empty() => path.clone_from(&self.module),
                        "self" => {}
                        "super" if !nested && path.is_empty() => {
                            path = self.module[..self.module.len().saturating_sub(1)].to_vec();
                        }
                        "super" => drop(path.pop()),
                        "as" => {
                            name = rest.first().map(ToString::to_string);
                            rest = &[];
                        }
                        segment => path.push(segment.trim_start_matches("r#").to_owned()),
                    },
                    TokenTree::Group(group) => {
                        grouped = true;
                        self.tree(&collect(group.stream()), Some(&path), leaves);
                    }
                    _ => {}
                }
            }
            if !grouped {
                let name = name.or_else(|| path.last().cloned()).unwrap_or_default();
                leaves.push((path, name, line(&tree[0])));
            }
        }
    }
}

fn line(token: &TokenTree) -> usize {
    token.span().start().line
}

fn is_ident(token: &TokenTree, name: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == name)
}

fn is_punct(token: Option<&TokenTree>, sign: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == sign)
}

fn is_path_separator(rest: &[TokenTree]) -> bool {
    is_punct(rest.first(), ':') && is_punct(rest.get(1), ':')
}

fn is_macro_call(rest: &[TokenTree]) -> bool {
    is_punct(rest.first(), '!') && matches!(rest.get(1), Some(TokenTree::Group(_)))
}

/// The text of a string literal of any sort; nothing for numbers and characters.
fn string_text(literal: &str) -> Option<&str> {
    let start = literal.find('"')?;
    let prefix = &literal[..start];
    if !prefix.chars().all(|sign| matches!(sign, 'b' | 'c' | 'r' | '#')) {
        return None;
    }
    let end = literal.rfind('"')?;
    literal.get(start + 1..end)
}

#[cfg(test)]
mod tests;
