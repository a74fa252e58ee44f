//! What a call means: a macro, one of Instant's own forms, or a function.

use std::sync::Arc;

use super::ast::{Bind, Kind, Literal, Macro, MacroKind, Node, RateLimit, RequestField, Variable};
use crate::functions::{self, regex};

/// Byte offset and message.
type Problem = (u32, String);

pub(super) fn request_field(name: &str) -> Option<RequestField> {
    Some(match name {
        "modifiedFields" => RequestField::ModifiedFields,
        "time" => RequestField::Time,
        "ip" => RequestField::Ip,
        "origin" => RequestField::Origin,
        _ => return None,
    })
}

/// The meaning of `target.name(arguments)` or `name(arguments)`.
pub(super) fn lower(
    target: Option<Node>,
    name: &str,
    mut arguments: Vec<Node>,
    at: u32,
) -> Result<Kind, Problem> {
    let Some(target) = target else {
        return match name {
            "has" => presence(arguments, at),
            _ => function(None, name, arguments, at),
        };
    };
    match (&target.kind, name) {
        (Kind::Name(library), _) if matches!(&**library, "cel" | "math" | "strings") => {
            let qualified = format!("{library}.{name}");
            if qualified == "cel.bind" {
                return bind(arguments, at);
            }
            // `math.greatest([1, 2])` and `math.greatest(1, 2)` are the same.
            if matches!(&*qualified, "math.greatest" | "math.least") && arguments.len() != 1 {
                let list = Node::new(Kind::List(arguments), at);
                arguments = vec![list];
            }
            function(None, &qualified, arguments, at)
        }
        (_, "ref") => reference(&target, &arguments, at),
        (Kind::Select(of, bucket), "limit") if matches!(of.kind, Kind::Variable(Variable::RateLimit)) => {
            let bucket = bucket.clone();
            rate_limit(bucket, arguments, at)
        }
        (_, "all" | "exists" | "exists_one" | "existsOne" | "filter" | "map") => {
            walk(target, name, arguments, at)
        }
        (_, "matches") => {
            let pattern = only(arguments).ok_or_else(|| (at, "matches takes one pattern".to_owned()))?;
            matches_pattern(target, pattern)
        }
        _ => function(Some(target), name, arguments, at),
    }
}

fn only(mut arguments: Vec<Node>) -> Option<Node> {
    if arguments.len() == 1 { arguments.pop() } else { None }
}

fn function(target: Option<Node>, name: &str, mut arguments: Vec<Node>, at: u32) -> Result<Kind, Problem> {
    let method = target.is_some();
    if name == "matches" && !method && arguments.len() == 2 {
        let pattern = arguments.remove(1);
        return matches_pattern(arguments.remove(0), pattern);
    }
    let Some(function) = functions::find(name, method) else {
        return Err((at, format!("undeclared reference to '{name}' (in container '')")));
    };
    arguments.splice(0..0, target);
    if !function.takes(arguments.len()) {
        let count = arguments.len() - usize::from(method);
        return Err((
            at,
            format!("found no matching overload for '{name}': it does not take {count} arguments"),
        ));
    }
    Ok(Kind::Call(function, arguments))
}

fn matches_pattern(text: Node, pattern: Node) -> Result<Kind, Problem> {
    let compiled = match &pattern.kind {
        Kind::Literal(Literal::String(written)) => {
            Some(regex::compile(written).map_err(|message| (pattern.at, message))?)
        }
        _ => None,
    };
    Ok(Kind::Matches(Box::new([text, pattern]), compiled))
}

fn presence(arguments: Vec<Node>, at: u32) -> Result<Kind, Problem> {
    let wrong =
        || (at, "invalid argument to has() macro: it asks for a field, as in has(data.title)".to_owned());
    match only(arguments).ok_or_else(wrong)?.kind {
        Kind::Select(of, field) => Ok(Kind::Has(of, field)),
        // Everything that a request can be asked for is there.
        Kind::Request(_) => Ok(Kind::Literal(Literal::Bool(true))),
        _ => Err(wrong()),
    }
}

/// The name that a macro or bind gives to a value.
fn fresh_name(node: &Node, what: &str) -> Result<Arc<str>, Problem> {
    match &node.kind {
        Kind::Name(name) => Ok(name.clone()),
        Kind::Variable(variable) => Err((
            node.at,
            format!("'{}' means something already: {what} needs another name", variable.name()),
        )),
        _ => Err((node.at, format!("argument must be a simple name: {what} names a value here"))),
    }
}

fn bind(arguments: Vec<Node>, at: u32) -> Result<Kind, Problem> {
    let Ok([name, value, body]) = <[Node; 3]>::try_from(arguments) else {
        return Err((at, "cel.bind takes a name, a value and an expression".to_owned()));
    };
    Ok(Kind::Bind(Box::new(Bind { name: fresh_name(&name, "cel.bind")?, value, body })))
}

fn walk(range: Node, name: &str, mut arguments: Vec<Node>, at: u32) -> Result<Kind, Problem> {
    let kind = match name {
        "all" => MacroKind::All,
        "exists" => MacroKind::Exists,
        "filter" => MacroKind::Filter,
        "map" => MacroKind::Map,
        _ => MacroKind::ExistsOne,
    };
    let filtered = kind == MacroKind::Map && arguments.len() == 3;
    let (Some(body), true) = (arguments.pop(), filtered || arguments.len() == 1) else {
        return Err((at, format!("'{name}' takes a name for the element and an expression")));
    };
    let filter = if filtered { arguments.pop() } else { None };
    let variable = match arguments.first() {
        Some(variable) => fresh_name(variable, name)?,
        None => return Err((at, format!("'{name}' takes a name for the element and an expression"))),
    };
    Ok(Kind::Macro(Box::new(Macro { kind, range, variable, filter, body })))
}

fn reference(target: &Node, arguments: &[Node], at: u32) -> Result<Kind, Problem> {
    let object = match target.kind {
        Kind::Variable(object @ (Variable::Data | Variable::LinkedData | Variable::Auth)) => object,
        _ => return Err((at, "ref is a function of data, linkedData and auth only".to_owned())),
    };
    let path = match arguments {
        [Node { kind: Kind::Literal(Literal::String(path)), .. }] => path.clone(),
        _ => return Err((at, format!("{}.ref takes one path, as a string literal", object.name()))),
    };
    if path.split('.').any(str::is_empty) {
        return Err((
            at,
            format!("'{path}' is no path: write labels with dots between them, as in 'owner.id'"),
        ));
    }
    if object == Variable::Auth && !path.starts_with("$user.") {
        return Err((at, format!("auth.ref expects a path that starts with '$user.', not '{path}'")));
    }
    Ok(Kind::Reference(object, path))
}

fn rate_limit(bucket: Arc<str>, mut arguments: Vec<Node>, at: u32) -> Result<Kind, Problem> {
    let amount = if arguments.len() == 2 { arguments.pop() } else { None };
    match only(arguments) {
        Some(key) => Ok(Kind::RateLimit(Box::new(RateLimit { bucket, key, amount }))),
        None => Err((at, format!("rateLimit.{bucket}.limit takes a key and maybe an amount"))),
    }
}
