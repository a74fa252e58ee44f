//! InstaQL as the documentation tells it, over lists in memory: slow, simple and written apart from
//! what it judges. It answers sound queries only.

use std::cmp::Ordering;

use ketch_model::attr::CheckedType;
use ketch_model::time::instant;
use ketch_model::{Object, Value};

use super::world::{BlobSpec, Data, Entity, LinkSpec, Space};

/// The tree of a query.
pub fn answer(data: &Data, query: &Value, infers: bool) -> Value {
    let mut tree = Object::new();
    for (namespace, form) in query.as_object().expect("a query") {
        let Some(space) = data.space(namespace) else {
            tree.insert(namespace.clone(), Value::Array(Vec::new()));
            continue;
        };
        let all: Vec<&Entity> = data.entities[namespace].iter().collect();
        let found = select(data, space, all, form);
        let found = found.iter().map(|entity| show(data, space, entity, form, infers)).collect();
        tree.insert(namespace.clone(), Value::Array(found));
    }
    Value::Object(tree)
}

impl Data {
    pub fn space(&self, name: &str) -> Option<&Space> {
        self.spaces.iter().find(|space| space.name == name)
    }

    fn find(&self, namespace: &str, id: &str) -> Option<&Entity> {
        self.entities.get(namespace)?.iter().find(|entity| entity.id == id)
    }
}

enum Label<'d> {
    Id,
    Blob(&'d BlobSpec),
    Forward(&'d LinkSpec),
    /// The namespace that links here.
    Reverse(&'d Space, &'d LinkSpec),
}

fn label<'d>(data: &'d Data, space: &'d Space, label: &str) -> Option<Label<'d>> {
    if label == "id" {
        return Some(Label::Id);
    }
    if let Some(blob) = space.blobs.iter().find(|blob| blob.label == label) {
        return Some(Label::Blob(blob));
    }
    if let Some(link) = space.links.iter().find(|link| link.label == label) {
        return Some(Label::Forward(link));
    }
    data.spaces.iter().find_map(|other| {
        let link = other.links.iter().find(|link| link.target == space.name && link.reverse == label)?;
        Some(Label::Reverse(other, link))
    })
}

fn value(blob: &BlobSpec, entity: &Entity) -> Option<Value> {
    let value = entity.values.get(&blob.label)?;
    let tells = matches!(blob.checked, None | Some(CheckedType::Date));
    (tells || !value.is_null()).then(|| value.clone())
}

/// The entities that the reverse side of a link leads to.
fn referrers<'d>(data: &'d Data, source: &Space, link: &LinkSpec, id: &str) -> Vec<&'d Entity> {
    let all = data.entities[&source.name].iter();
    all.filter(|entity| entity.links.get(&link.label).is_some_and(|ids| ids.iter().any(|other| other == id)))
        .collect()
}

/// Ends of a path: values, or `None` where something is missing.
fn ends(data: &Data, space: &Space, entity: &Entity, path: &[&str]) -> Option<Vec<Option<Value>>> {
    let (first, rest) = path.split_first()?;
    let label = label(data, space, first)?;
    let text = |id: &str| Some(Value::from(id));
    let or_missing = |ends: Vec<Option<Value>>| if ends.is_empty() { vec![None] } else { ends };
    if rest.is_empty() {
        return Some(match label {
            Label::Id => vec![text(&entity.id)],
            Label::Blob(blob) => vec![value(blob, entity)],
            Label::Forward(link) => {
                let ids = entity.links.get(&link.label).cloned().unwrap_or_default();
                or_missing(ids.iter().map(|id| text(id)).collect())
            }
            Label::Reverse(source, link) => {
                let found = referrers(data, source, link, &entity.id);
                or_missing(found.iter().map(|entity| text(&entity.id)).collect())
            }
        });
    }
    let mut all = Vec::new();
    match label {
        Label::Id | Label::Blob(_) => return None,
        Label::Forward(link) => {
            let target = data.space(&link.target)?;
            // Unknown labels further on make the path unknown, whether anything is linked or not.
            known(data, target, rest)?;
            for id in entity.links.get(&link.label).map(Vec::as_slice).unwrap_or_default() {
                match data.find(&link.target, id) {
                    Some(entity) => all.extend(ends(data, target, entity, rest)?),
                    None => all.push(None),
                }
            }
        }
        Label::Reverse(source, link) => {
            known(data, source, rest)?;
            for entity in referrers(data, source, link, &entity.id) {
                all.extend(ends(data, source, entity, rest)?);
            }
        }
    }
    Some(or_missing(all))
}

fn known(data: &Data, space: &Space, path: &[&str]) -> Option<()> {
    let (first, rest) = path.split_first()?;
    let next = match label(data, space, first)? {
        Label::Id | Label::Blob(_) => return rest.is_empty().then_some(()),
        Label::Forward(link) => data.space(&link.target)?,
        Label::Reverse(source, _) => source,
    };
    if rest.is_empty() { Some(()) } else { known(data, next, rest) }
}

/// Whether the last label of a path is an indexed date.
fn is_moment(data: &Data, space: &Space, path: &[&str]) -> bool {
    let Some((first, rest)) = path.split_first() else { return false };
    match (label(data, space, first), rest.is_empty()) {
        (Some(Label::Blob(blob)), true) => blob.index && blob.checked == Some(CheckedType::Date),
        (Some(Label::Forward(link)), false) => {
            data.space(&link.target).is_some_and(|next| is_moment(data, next, rest))
        }
        (Some(Label::Reverse(source, _)), false) => is_moment(data, source, rest),
        _ => false,
    }
}

fn holds(data: &Data, space: &Space, entity: &Entity, condition: &Value) -> bool {
    condition.as_object().expect("a where").iter().all(|(key, operand)| {
        match (key.as_str(), operand) {
            ("or", Value::Array(parts)) => {
                return parts.iter().any(|part| holds(data, space, entity, part));
            }
            ("and", Value::Array(parts)) => {
                return parts.iter().all(|part| holds(data, space, entity, part));
            }
            ("$entityIdStartsWith", Value::String(start)) => return entity.id.starts_with(start),
            _ => {}
        }
        let path: Vec<&str> = key.split('.').collect();
        let Some(ends) = ends(data, space, entity, &path) else { return false };
        let moment = is_moment(data, space, &path);
        ends.iter().any(|end| satisfies(end.as_ref(), operand, moment))
    })
}

fn satisfies(end: Option<&Value>, condition: &Value, moment: bool) -> bool {
    let end = end.filter(|value| !value.is_null());
    let equals = |value: &Value, operand: &Value| compare(value, operand, moment) == Some(Ordering::Equal);
    let Value::Object(operators) = condition else {
        return end.is_some_and(|value| equals(value, condition));
    };
    operators.iter().all(|(operator, operand)| match operator.as_str() {
        "$in" | "in" => operand.as_array().expect("a list").iter().any(|item| match end {
            Some(value) => equals(value, item),
            None => item.is_null(),
        }),
        "$not" | "$ne" => end.is_none_or(|value| !equals(value, operand)),
        "$isNull" => end.is_none() == operand.as_bool().expect("a flag"),
        "$like" | "$ilike" => end.and_then(Value::as_str).is_some_and(|text| {
            let pattern = operand.as_str().expect("a pattern");
            if operator == "$like" {
                like(text, pattern)
            } else {
                like(&text.to_lowercase(), &pattern.to_lowercase())
            }
        }),
        comparison => {
            let Some(order) = end.and_then(|value| compare(value, operand, moment)) else { return false };
            match comparison {
                "$gt" => order == Ordering::Greater,
                "$gte" => order != Ordering::Less,
                "$lt" => order == Ordering::Less,
                "$lte" => order != Ordering::Greater,
                other => panic!("no operator: {other}"),
            }
        }
    })
}

/// `None` for values of different types.
fn compare(left: &Value, right: &Value, moment: bool) -> Option<Ordering> {
    if moment {
        return Some(instant::of_value(left)?.cmp(&instant::of_value(right)?));
    }
    match (left, right) {
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
        (Value::Number(left), Value::Number(right)) => left.as_f64()?.partial_cmp(&right.as_f64()?),
        _ => None,
    }
}

fn like(text: &str, pattern: &str) -> bool {
    let Some(first) = pattern.chars().next() else { return text.is_empty() };
    let rest = &pattern[first.len_utf8()..];
    match first {
        '%' => (0..=text.len()).any(|at| text.is_char_boundary(at) && like(&text[at..], rest)),
        first => {
            let mut characters = text.chars();
            let next = characters.next();
            next.is_some_and(|next| first == '_' || next == first) && like(characters.as_str(), rest)
        }
    }
}

/// The entities that a form shows, in its order and page.
fn select<'d>(data: &'d Data, space: &Space, entities: Vec<&'d Entity>, form: &Value) -> Vec<&'d Entity> {
    let options = &form["$"];
    // A list of entities may name one twice; and creation is the order of the namespace.
    let place = |entity: &Entity| data.entities[&space.name].iter().position(|other| other.id == entity.id);
    let mut found: Vec<&Entity> = entities
        .into_iter()
        .filter(|entity| !entity.is_hidden)
        .filter(|entity| options["where"].is_null() || holds(data, space, entity, &options["where"]))
        .collect();
    found.sort_by_key(|entity| place(entity));
    found.dedup_by_key(|entity| place(entity));
    if let Some((by, direction)) = options["order"].as_object().and_then(|order| order.iter().next()) {
        if let Some(blob) = space.blobs.iter().find(|blob| blob.label == *by) {
            found.sort_by(|left, right| by_value(blob, left, right).then_with(|| left.id.cmp(&right.id)));
        }
        if direction == "desc" {
            found.reverse();
        }
    }
    let size = |key: &str| options[key].as_u64().map(|size| size as usize);
    let offset = size("offset").unwrap_or_default();
    if let Some(last) = size("last") {
        let end = found.len().saturating_sub(offset);
        return found[end.saturating_sub(last)..end].to_vec();
    }
    let limit = size("limit").or(size("first")).unwrap_or(usize::MAX);
    found.into_iter().skip(offset).take(limit).collect()
}

fn by_value(blob: &BlobSpec, left: &Entity, right: &Entity) -> Ordering {
    let present = |entity: &Entity| value(blob, entity).filter(|value| !value.is_null());
    let moment = blob.checked == Some(CheckedType::Date);
    match (present(left), present(right)) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Less,
        (Some(_), None) => Ordering::Greater,
        (Some(left), Some(right)) => compare(&left, &right, moment).expect("values of one type"),
    }
}

fn show(data: &Data, space: &Space, entity: &Entity, form: &Value, infers: bool) -> Value {
    let mut object = Object::new();
    object.insert("id".to_owned(), entity.id.clone().into());
    let fields = form["$"]["fields"].as_array();
    let is_wanted = |label: &str| fields.is_none_or(|fields| fields.iter().any(|field| field == label));
    for blob in space.blobs.iter().filter(|blob| is_wanted(&blob.label)) {
        match value(blob, entity) {
            Some(value) => object.insert(blob.label.clone(), value),
            None if blob.index => object.insert(blob.label.clone(), Value::Null),
            None => None,
        };
    }
    for link in space.links.iter().filter(|link| !link.many && fields.is_none()) {
        if let Some(id) = entity.links.get(&link.label).and_then(|ids| ids.first()) {
            object.insert(link.label.clone(), id.clone().into());
        }
    }
    for (name, child) in form.as_object().expect("a form").iter().filter(|(name, _)| *name != "$") {
        let (target, found, is_single) = match label(data, space, name) {
            Some(Label::Forward(link)) => {
                let ids = entity.links.get(&link.label).map(Vec::as_slice).unwrap_or_default();
                let found = ids.iter().filter_map(|id| data.find(&link.target, id)).collect();
                (data.space(&link.target), found, !link.many)
            }
            Some(Label::Reverse(source, link)) => {
                (Some(source), referrers(data, source, link, &entity.id), link.unique)
            }
            _ => (None, Vec::new(), false),
        };
        let Some(target) = target else {
            object.insert(name.clone(), Value::Array(Vec::new()));
            continue;
        };
        let found = select(data, target, found, child);
        let mut shown = found.iter().map(|entity| show(data, target, entity, child, infers));
        let value = if infers && is_single {
            shown.next().unwrap_or(Value::Null)
        } else {
            Value::Array(shown.collect())
        };
        object.insert(name.clone(), value);
    }
    Value::Object(object)
}
