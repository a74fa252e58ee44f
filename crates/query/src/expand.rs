//! The `expand` parameter: which relations to load beside the records.

/// How many relations deep an expand may go; deeper steps are ignored.
pub const MAX_DEPTH: usize = 6;

/// One relation to load, and what to load beside the records it leads to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExpandNode {
    /// A relation field's name or `COLLECTION_via_FIELD`. The legacy `COLLECTION(FIELD)` is already rewritten.
    pub name: String,
    /// The key under which the answer shows it: the name as it was asked for.
    pub key: String,
    pub children: Vec<ExpandNode>,
}

/// Parses a comma-separated list of dotted paths; paths with a common beginning are merged. Spaces
/// mean nothing. Nothing is an error: an empty or unknown name leads nowhere when it is looked up.
pub fn parse(text: &str) -> Vec<ExpandNode> {
    let mut nodes = Vec::new();
    for path in text.split(',') {
        let path: String = path.chars().filter(|character| *character != ' ').collect();
        let path = path.trim_matches('.');
        if !path.is_empty() {
            let mut level = &mut nodes;
            for name in path.split('.').take(MAX_DEPTH) {
                level = &mut child(level, name).children;
            }
        }
    }
    nodes
}

fn child<'a>(nodes: &'a mut Vec<ExpandNode>, key: &str) -> &'a mut ExpandNode {
    let position = match nodes.iter().position(|node| node.key == key) {
        Some(position) => position,
        None => {
            nodes.push(ExpandNode { name: modern(key), key: key.to_owned(), ..ExpandNode::default() });
            nodes.len() - 1
        }
    };
    &mut nodes[position]
}

/// `COLLECTION(FIELD)` in its present form, everything else as it is.
fn modern(name: &str) -> String {
    let word = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    match name.strip_suffix(')').and_then(|rest| rest.split_once('(')) {
        Some((collection, field)) if word(collection) && word(field) => format!("{collection}_via_{field}"),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nodes as text: `a(b c)`.
    fn show(nodes: &[ExpandNode]) -> String {
        let parts: Vec<String> = nodes
            .iter()
            .map(|node| match node.children.as_slice() {
                [] => node.name.clone(),
                children => format!("{}({})", node.name, show(children)),
            })
            .collect();
        parts.join(" ")
    }

    #[test]
    fn paths() {
        for (text, expected) in [
            ("", ""),
            (" , ", ""),
            ("a", "a"),
            (" a , b ", "a b"),
            ("a b", "ab"),
            ("a.b,a.c,d", "a(b c) d"),
            ("a,a.b", "a(b)"),
            ("a.b,a", "a(b)"),
            (".a.", "a"),
            ("a..b", "a((b))"),
            ("a.b.c.d.e.f.g.h", "a(b(c(d(e(f)))))"),
            ("posts(author).tags", "posts_via_author(tags)"),
            ("posts(author", "posts(author"),
            ("x(y)z", "x(y)z"),
        ] {
            assert_eq!(show(&parse(text)), expected, "{text:?}");
        }
        let legacy = parse("posts(author)");
        assert_eq!((legacy[0].name.as_str(), legacy[0].key.as_str()), ("posts_via_author", "posts(author)"));
    }
}
