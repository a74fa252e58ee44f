//! Random apps and queries: the store and the naive reading must give the same answers.

use std::collections::BTreeMap;

use ketch_model::attr::CheckedType;
use ketch_model::{Object, Value};
use serde_json::json;

use super::naive;
use super::world::{Data, Entity, LinkSpec, Space, World, attr_id, blob, link};

const WORLDS: u64 = 40;
const QUERIES: u64 = 25;

/// Numbers that look random and are the same on every run.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % sides as u64) as usize
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.roll(100) < percent
    }

    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.roll(items.len())]
    }
}

const TYPES: [Option<CheckedType>; 5] = [
    None,
    Some(CheckedType::String),
    Some(CheckedType::Number),
    Some(CheckedType::Boolean),
    Some(CheckedType::Date),
];

/// A small app and its entities.
pub(crate) fn app(dice: &mut Dice) -> Data {
    let mut data = Data::default();
    let count = 1 + dice.roll(3);
    for index in 0..count {
        let mut space = Space { name: format!("space{index}"), ..Space::default() };
        for position in 0..1 + dice.roll(5) {
            let checked = *dice.pick(&TYPES);
            space.blobs.push(blob(&format!("b{position}"), checked, dice.chance(60)));
        }
        for position in 0..dice.roll(4) {
            let (many, unique) = (dice.chance(50), dice.chance(25));
            let target = format!("space{}", dice.roll(count));
            let label = format!("l{index}{position}");
            let made = link(&label, &target, &format!("r{index}{position}"), many, unique);
            space.links.push(LinkSpec { as_list: dice.chance(40), ..made });
        }
        data.spaces.push(space);
    }
    for space in data.spaces.clone() {
        // Ids in no order, so that ties and creation differ.
        let mut entities: Vec<Entity> = Vec::new();
        for position in 0..dice.roll(9) {
            let id = format!("{}{}-{position}", ["a", "b", "Z", "é"][dice.roll(4)], dice.roll(90));
            entities.push(Entity { id, ..Entity::default() });
        }
        data.entities.insert(space.name.clone(), entities);
    }
    for space in data.spaces.clone() {
        let mut taken: Vec<(String, String)> = Vec::new();
        for position in 0..data.entities[&space.name].len() {
            let mut filled = data.entities[&space.name][position].clone();
            for spec in &space.blobs {
                if dice.chance(75) {
                    filled.values.insert(spec.label.clone(), stored(dice, spec.checked));
                }
            }
            for spec in &space.links {
                let mut ids: Vec<String> = Vec::new();
                for _ in 0..if spec.many { dice.roll(4) } else { dice.roll(2) } {
                    let id = match data.entities[&spec.target].as_slice() {
                        _ if dice.chance(5) => "ghost".to_owned(),
                        [] => continue,
                        targets => dice.pick(targets).id.clone(),
                    };
                    let owned = (spec.label.clone(), id.clone());
                    let is_taken = spec.unique && taken.contains(&owned);
                    if !is_taken && !ids.contains(&id) {
                        taken.push(owned);
                        ids.push(id);
                    }
                }
                filled.links.insert(spec.label.clone(), ids);
            }
            data.entities.get_mut(&space.name).expect("a space")[position] = filled;
        }
    }
    data
}

/// Moments in several spellings, some of them the same.
const DATES: [&str; 6] = [
    "2025-01-01",
    "2025-01-01T00:00:00Z",
    "1/1/2025",
    "2025-01-02T00:00:00+05:30",
    "Wed Jul 09 2025",
    "2024-12-31 23:59:59",
];

fn text(dice: &mut Dice) -> Value {
    (*dice.pick(&["", "a", "A", "ab", "b", "é", "É", "5", "null", "true", "a%b", "%", "\"q\"", "é_x"])).into()
}

fn number(dice: &mut Dice) -> Value {
    dice.pick(&[json!(0), json!(1), json!(-1), json!(2.5), json!(5), json!(1e20), json!(0.1)]).clone()
}

/// A value that an attr of the type can hold and be compared with.
fn scalar(dice: &mut Dice, checked: Option<CheckedType>) -> Value {
    match checked {
        Some(CheckedType::String) => text(dice),
        Some(CheckedType::Number) => number(dice),
        Some(CheckedType::Boolean) => dice.chance(50).into(),
        Some(CheckedType::Date) if dice.chance(30) => json!(1_735_689_600_000_i64),
        Some(CheckedType::Date) => (*dice.pick(&DATES)).into(),
        None => match dice.roll(3) {
            0 => text(dice),
            1 => number(dice),
            _ => dice.chance(50).into(),
        },
    }
}

fn stored(dice: &mut Dice, checked: Option<CheckedType>) -> Value {
    match checked {
        _ if dice.chance(12) => Value::Null,
        None if dice.chance(25) => json!({"k": [1, null, "x"]}),
        None if dice.chance(10) => json!([]),
        checked => scalar(dice, checked),
    }
}

/// A path from a namespace with the condition that suits its end.
fn condition(dice: &mut Dice, data: &Data, space: &Space) -> (String, Value) {
    let mut path = Vec::new();
    let mut at = space;
    for _ in 0..dice.roll(3) {
        let Some((label, next)) = hop(dice, data, at) else { break };
        path.push(label);
        at = next;
    }
    if dice.chance(3) {
        path.push("nothing".to_owned());
        return (path.join("."), json!({"$not": 1}));
    }
    let some_id = |dice: &mut Dice, space: &Space| match data.entities[&space.name].as_slice() {
        [] => Value::from("nobody"),
        entities => dice.pick(entities).id.clone().into(),
    };
    // An id, a link at the end, or a value.
    let (label, of_ids) = match dice.roll(5) {
        0 => ("id".to_owned(), Some(at)),
        1 => match hop(dice, data, at) {
            Some((label, next)) => (label, Some(next)),
            None => ("id".to_owned(), Some(at)),
        },
        _ => (String::new(), None),
    };
    if let Some(target) = of_ids {
        let id = some_id(dice, target);
        let operand = match dice.roll(5) {
            0 => id,
            1 => json!({"$in": [id, some_id(dice, target), "nobody"]}),
            2 => json!({"$not": id}),
            3 => json!({"$isNull": dice.chance(50)}),
            _ => json!({"$in": []}),
        };
        path.push(label);
        return (path.join("."), operand);
    }
    let spec = dice.pick(&at.blobs).clone();
    path.push(spec.label.clone());
    let value = |dice: &mut Dice| scalar(dice, spec.checked);
    let orders = spec.index && spec.checked.is_some();
    let operand = match dice.roll(if orders { 11 } else { 6 }) {
        0 | 1 => value(dice),
        2 => json!({"$ne": value(dice)}),
        3 => {
            let mut items = vec![value(dice), value(dice), value(dice)];
            if spec.index && dice.chance(30) {
                items.push(Value::Null);
            }
            json!({"$in": items})
        }
        4 => json!({"$isNull": dice.chance(50)}),
        5 => json!({"$not": value(dice), "$isNull": dice.chance(30)}),
        6 if spec.checked == Some(CheckedType::String) => {
            let pattern = *dice.pick(&["a%", "%b", "_", "%", "é%", "É_x", "a", "%%b"]);
            if dice.chance(50) { json!({"$like": pattern}) } else { json!({"$ilike": pattern}) }
        }
        7 => json!({"$gte": value(dice), "$lt": value(dice)}),
        8 => json!({"$gt": value(dice)}),
        9 => json!({"$lte": value(dice)}),
        _ => json!({"$lt": value(dice)}),
    };
    (path.join("."), operand)
}

/// A link of a namespace, from either side, and where it leads.
fn hop<'d>(dice: &mut Dice, data: &'d Data, space: &Space) -> Option<(String, &'d Space)> {
    let mut links: Vec<(String, &Space)> = Vec::new();
    for link in &space.links {
        links.push((link.label.clone(), data.space(&link.target)?));
    }
    for other in &data.spaces {
        for link in other.links.iter().filter(|link| link.target == space.name) {
            links.push((link.reverse.clone(), other));
        }
    }
    if links.is_empty() { None } else { Some(dice.pick(&links).clone()) }
}

fn filter(dice: &mut Dice, data: &Data, space: &Space, depth: usize) -> Value {
    let mut object = Object::new();
    for _ in 0..1 + dice.roll(2) {
        if depth > 0 && dice.chance(30) {
            let parts: Vec<Value> =
                (0..1 + dice.roll(3)).map(|_| filter(dice, data, space, depth - 1)).collect();
            object.insert(if dice.chance(60) { "or" } else { "and" }.to_owned(), parts.into());
        } else if dice.chance(4) {
            object.insert("$entityIdStartsWith".to_owned(), (*dice.pick(&["a", "b1", "", "é"])).into());
        } else {
            let (path, operand) = condition(dice, data, space);
            object.insert(path, operand);
        }
    }
    Value::Object(object)
}

/// A form of a namespace; `pages`: with limits and offsets.
fn form(dice: &mut Dice, data: &Data, space: &Space, depth: usize, pages: bool) -> Value {
    let mut form = Object::new();
    let mut options = Object::new();
    if dice.chance(55) {
        options.insert("where".to_owned(), filter(dice, data, space, 2));
    }
    if dice.chance(45) {
        let ordering: Vec<&str> = space
            .blobs
            .iter()
            .filter(|blob| blob.index && blob.checked.is_some())
            .map(|blob| blob.label.as_str())
            .chain(["serverCreatedAt"])
            .collect();
        let direction = if dice.chance(50) { "asc" } else { "desc" };
        let label = *dice.pick(&ordering);
        options.insert("order".to_owned(), json!({label: direction}));
    }
    if pages && dice.chance(35) {
        let key = *dice.pick(&["limit", "first", "last"]);
        options.insert(key.to_owned(), (1 + dice.roll(4)).into());
    }
    if pages && dice.chance(15) {
        options.insert("offset".to_owned(), dice.roll(4).into());
    }
    if dice.chance(15) {
        let labels: Vec<&str> = space.blobs.iter().map(|blob| blob.label.as_str()).chain(["nope"]).collect();
        let fields: Vec<&str> = (0..dice.roll(3)).map(|_| *dice.pick(&labels)).collect();
        options.insert("fields".to_owned(), fields.into());
    }
    if !options.is_empty() {
        form.insert("$".to_owned(), Value::Object(options));
    }
    for _ in 0..if depth > 0 { dice.roll(3) } else { 0 } {
        if let Some((label, next)) = hop(dice, data, space) {
            form.insert(label, self::form(dice, data, next, depth - 1, pages));
        }
    }
    Value::Object(form)
}

#[test]
fn the_store_and_the_naive_reading_agree() {
    let mut found = 0;
    for seed in 0..WORLDS {
        let mut dice = Dice(seed.wrapping_mul(0x1234_5678_9abc_def1));
        let data = app(&mut dice);
        let world = World::new(&data);
        for number in 0..QUERIES {
            let mut query = Object::new();
            for _ in 0..1 + dice.roll(2) {
                let space = dice.pick(&data.spaces).clone();
                query.insert(space.name.clone(), form(&mut dice, &data, &space, 3, true));
            }
            let query = Value::Object(query);
            let infers = dice.chance(50);
            let expected = naive::answer(&data, &query, infers);
            let answered = world.ask(&query, infers);
            let answer = match answered {
                Ok(answer) => answer,
                Err(error) => panic!("app {seed}, query {number}: {query}\n{error:?}"),
            };
            found += expected.to_string().matches("\"id\"").count();
            assert_eq!(
                answer, expected,
                "app {seed}, query {number}, infers {infers}: {query}\n  got  {answer}\n  want {expected}\n{data:#?}"
            );
        }
    }
    // A test of nothing but empty answers would prove little.
    assert!(found > 3_000, "only {found} entities were found");
}

/// An app of nothing but what triples tell.
fn rebuilt(data: &Data, triples: &Value) -> Data {
    let mut known = Data { spaces: data.spaces.clone(), ..Data::default() };
    for space in &data.spaces {
        let mut found: BTreeMap<String, (i64, Entity)> = BTreeMap::new();
        let labels =
            space.blobs.iter().map(|blob| &blob.label).chain(space.links.iter().map(|link| &link.label));
        let labels: Vec<(String, &str)> = labels
            .map(String::as_str)
            .chain(["id"])
            .map(|label| (attr_id(&space.name, label), label))
            .collect();
        for triple in triples.as_array().expect("triples") {
            let Some((_, label)) = labels.iter().find(|(id, _)| triple[1] == id.as_str()) else { continue };
            let id = triple[0].as_str().expect("an id").to_owned();
            let blank = Entity { id: id.clone(), is_hidden: true, ..Entity::default() };
            let (created, entity) = found.entry(id).or_insert((0, blank));
            if *label == "id" {
                entity.is_hidden = false;
                *created = triple[3].as_i64().expect("a number");
            } else if space.links.iter().any(|link| link.label == *label) {
                let ids = entity.links.entry((*label).to_owned()).or_default();
                let target = triple[2].as_str().expect("an id").to_owned();
                if !ids.contains(&target) {
                    ids.push(target);
                }
            } else {
                entity.values.insert((*label).to_owned(), triple[2].clone());
            }
        }
        let mut entities: Vec<(i64, Entity)> = found.into_values().collect();
        entities.sort_by_key(|(created, _)| *created);
        known.entities.insert(space.name.clone(), entities.into_iter().map(|(_, entity)| entity).collect());
    }
    // What is linked is there, as far as paths go.
    for space in &data.spaces {
        for spec in &space.links {
            let sources = known.entities[&space.name].iter();
            let ids: Vec<String> =
                sources.flat_map(|entity| entity.links.get(&spec.label)).flatten().cloned().collect();
            let targets = known.entities.get_mut(&spec.target).expect("a space");
            for id in ids {
                if targets.iter().all(|entity| entity.id != id) {
                    targets.push(Entity { id, is_hidden: true, ..Entity::default() });
                }
            }
        }
    }
    known
}

/// Whether all entities of one tree are in the other, in the same order; more may be there.
fn covers(more: &Value, less: &Value) -> bool {
    match (more, less) {
        (Value::Array(more), Value::Array(less)) if less.iter().all(|item| item["id"].is_string()) => {
            let mut rest = more.iter();
            less.iter().all(|wanted| {
                rest.by_ref()
                    .find(|found| found["id"] == wanted["id"])
                    .is_some_and(|found| covers(found, wanted))
            })
        }
        (Value::Object(more), Value::Object(less)) => {
            less.iter().all(|(key, less)| more.get(key).is_some_and(|more| covers(more, less)))
        }
        (more, less) => more == less,
    }
}

/// A client that evaluates the query over the triples of its answer finds what was found. It may find
/// more: of an entity that was found elsewhere in the answer it does not know the links that it has.
#[test]
fn triples_are_enough_to_find_the_answer_again() {
    let mut same = 0;
    for seed in 0..WORLDS / 2 {
        let mut dice = Dice(seed.wrapping_mul(0x0fed_cba9_8765_4321));
        let data = app(&mut dice);
        let world = World::new(&data);
        for number in 0..QUERIES {
            let space = dice.pick(&data.spaces).clone();
            let query = json!({ (space.name.clone()): form(&mut dice, &data, &space, 2, false) });
            let triples = world.triples(&query).expect("triples");
            let (again, expected) =
                (naive::answer(&rebuilt(&data, &triples), &query, false), world.tree(&query));
            same += u64::from(again == expected);
            assert!(
                covers(&again, &expected),
                "app {seed}, query {number}: {query}\n{again}\n{expected}\n{triples}\n{data:#?}"
            );
        }
    }
    assert!(same * 10 > WORLDS / 2 * QUERIES * 8, "only {same} answers were the same");
}
