//! The `expand` parameter: which relations to load beside the records.

/// How many relations deep an expand may go; deeper steps are ignored.
pub const MAX_DEPTH: usize = 6;

/// One relation to load, and what to load beside the records it leads to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExpandNode {
    /// A relation field's name or `COLLECTION_via_FIELD`. The legacy `COLLECTION(FIELD)` is already rewritten.
    pub name: String,
    pub children: Vec<ExpandNode>,
}

/// Reads the parameter; nothing in it can fail, what leads nowhere is found out later.
pub fn parse(text: &str) -> Vec<ExpandNode> {
    let mut roots = Vec::new();
    for path in text.split(',') {
        let mut level: &mut Vec<ExpandNode> = &mut roots;
        for step in path.split('.').map(str::trim).take(MAX_DEPTH) {
            if step.is_empty() {
                break;
            }
            let name = rewritten(step);
            let index = match level.iter().position(|node| node.name == name) {
                Some(index) => index,
                None => {
                    level.push(ExpandNode { name, children: Vec::new() });
                    level.len() - 1
                }
            };
            level = &mut level[index].children;
        }
    }
    roots
}

/// `COLLECTION(FIELD)` in today's words.
fn rewritten(step: &str) -> String {
    match step.strip_suffix(')').and_then(|step| step.split_once('(')) {
        Some((collection, field)) => format!("{collection}_via_{field}"),
        None => step.to_owned(),
    }
}
