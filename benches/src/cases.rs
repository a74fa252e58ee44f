//! What is measured: each case is a name and the requests that make it.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use serde_json::{Value, json};

use crate::Result;
use crate::args::Settings;
use crate::http::{multipart, request};
use crate::instant::{self, As, TODOS_PER_GOAL};
use crate::seed::{FILE_BYTES, NOTES_OWN, Seeded, USER, record_id};

/// Ready-made requests per case: enough that no cache of answers could hold the case.
const SHOTS: u64 = 4096;
/// Ready-made requests of a case whose requests are large: they all stay in memory.
const LARGE_SHOTS: u64 = 8;
const BATCH: usize = 50;
const LARGE_BATCH: usize = 500;
const PAGE: usize = 30;
/// The run of live events, which is none of the cases; see [`crate::fanout`].
pub(crate) const FAN_OUT: &str = "fan-out";
/// Records that the filters match.
const MATCHES: u64 = 1_000;

#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    build: fn(&mut Builder<'_>),
}

/// All cases, in the order in which they run: writes after reads, since they change the data, and
/// the scan last, since it can leave a server with far more memory than the others need.
const CASES: &[Case] = &[
    Case { name: "get-one", what: "one record by id", build: |b| b.get_one() },
    Case {
        name: "list",
        what: "30 of all records, without the total (skipTotal)",
        build: |b| {
            b.repeat("list", format!("{POSTS}?perPage={PAGE}&skipTotal=1"), |body| page(body, PAGE, None));
        },
    },
    Case {
        name: "list-total",
        what: "30 of all records, with the total",
        build: |b| {
            let total = b.seeded.records;
            b.repeat("list-total", format!("{POSTS}?perPage={PAGE}"), move |body| {
                page(body, PAGE, Some(total))
            });
        },
    },
    Case {
        name: "list-rule",
        what: "30 own records of a signed-in user (list rule on an index)",
        build: |b| {
            let path = format!("/api/collections/notes/records?perPage={PAGE}");
            b.token.clone_from(&b.seeded.user_token);
            b.repeat("list-rule", path, |body| page(body, PAGE, Some(NOTES_OWN)));
        },
    },
    Case {
        name: "filter-indexed",
        what: "filter and sort on an indexed field, 1,000 matches, with the total",
        build: |b| {
            b.filter("views", "filter-indexed");
        },
    },
    Case {
        name: "expand",
        what: "30 records with their author expanded, without the total",
        build: |b| {
            let path = format!("{POSTS}?perPage={PAGE}&skipTotal=1&expand=author");
            b.repeat("expand", path, |body| {
                page(body, PAGE, None)?;
                let expanded = |item: &Value| item["expand"]["author"]["id"] == item["author"];
                expect(items(body)?.iter().all(expanded), "a record without its expanded author")
            });
        },
    },
    Case {
        name: "download",
        what: "a file of 1 MB",
        build: |b| {
            let path = b.seeded.file_path.clone();
            let kind =
                b.raw_kind("download", |body| expect(body.len() == FILE_BYTES, "a file of another size"));
            b.shoot(kind, "GET", &path, None);
        },
    },
    Case { name: "create", what: "create one record", build: |b| b.create() },
    Case { name: "update", what: "change one field of one record", build: |b| b.update() },
    Case { name: "batch", what: "a batch that creates 50 records", build: |b| b.batch(BATCH) },
    Case {
        name: "expand-back",
        what: "30 goals with 10 todos each, expanded over the back relation",
        build: |b| b.expand_back(),
    },
    Case {
        name: "instaql",
        what: "30 goals with 10 todos each: InstaQL as admin, over the list of expand-back",
        build: |b| b.instaql(As::Admin),
    },
    Case {
        name: "instaql-rule",
        what: "the same as a user whom a rule with data.ref allows it, over a list without rule",
        build: |b| b.instaql(As::Owner),
    },
    Case {
        name: "transact-1",
        what: "a transaction of 1 step, over the creation of one record",
        build: |b| b.transact(1),
    },
    Case {
        name: "transact-50",
        what: "a transaction of 50 steps, over a batch of 50",
        build: |b| b.transact(BATCH),
    },
    Case {
        name: "transact-500",
        what: "a transaction of 500 steps, over a batch of 500",
        build: |b| b.transact(LARGE_BATCH),
    },
    Case { name: "upload", what: "create a record with a file of 1 MB", build: |b| b.upload() },
    Case {
        name: "login",
        what: "sign in with a password",
        build: |b| {
            let kind = b.kind("login", |body| expect(body["token"].is_string(), "an answer without token"));
            let [identity, password] = USER;
            let body = format!(r#"{{"identity":"{identity}","password":"{password}"}}"#);
            b.shoot(kind, "POST", "/api/collections/users/auth-with-password", Some(&body));
        },
    },
    Case {
        name: "mixed",
        what: "60 % get one, 20 % list by index, 10 % create, 10 % update",
        build: |b| b.mixed(),
    },
    Case {
        name: "filter-scan",
        what: "filter and sort on an un-indexed field, 1,000 matches, with the total",
        build: |b| {
            b.filter("score", "filter-scan");
        },
    },
];

const POSTS: &str = "/api/collections/posts/records";

/// The cases that `--only` asks for.
pub(crate) fn select(settings: &Settings) -> Result<Vec<&'static Case>> {
    let wanted =
        |case: &&Case| settings.only.is_empty() || settings.only.iter().any(|name| case.name.contains(name));
    let cases: Vec<&'static Case> = CASES.iter().filter(wanted).collect();
    let others = settings.only.iter().any(|name| FAN_OUT.contains(name.as_str()));
    if cases.is_empty() && !others {
        let names: Vec<&str> = CASES.iter().map(|case| case.name).collect();
        return Err(format!(
            "no case is named so; there are: {}",
            [&names[..], &[FAN_OUT]].concat().join(", ")
        )
        .into());
    }
    Ok(cases)
}

impl Case {
    pub(crate) fn plan(&self, seeded: &Seeded) -> Plan {
        let mut builder =
            Builder { seeded, token: String::new(), random: Random(0x6b65_7463_6800), plan: Plan::default() };
        (self.build)(&mut builder);
        builder.plan
    }
}

type Check = Box<dyn Fn(&[u8]) -> Result<()>>;

/// Requests that differ in nothing but ids and numbers: one kind, one length of answer.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) check: Check,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Shot {
    pub(crate) bytes: Vec<u8>,
    pub(crate) kind: usize,
    /// Where twelve digits stand that are made anew each time: ids that nothing has yet. The length of
    /// the answer to such a request may change.
    pub(crate) fresh: Vec<usize>,
}

impl Shot {
    /// The bytes with fresh digits.
    pub(crate) fn renew<'a>(&self, into: &'a mut Vec<u8>) -> &'a Vec<u8> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        into.clone_from(&self.bytes);
        for at in &self.fresh {
            let digits = format!("{:012x}", NEXT.fetch_add(1, Relaxed));
            into[*at..*at + digits.len()].copy_from_slice(digits.as_bytes());
        }
        into
    }
}

#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) shots: Vec<Shot>,
    pub(crate) kinds: Vec<Kind>,
    /// What Ketch gets instead: the same work over its Instant front.
    pub(crate) ketch: Option<Box<Plan>>,
}

impl Plan {
    pub(crate) fn of_ketch(&self) -> &Plan {
        self.ketch.as_deref().unwrap_or(self)
    }
}

struct Builder<'a> {
    seeded: &'a Seeded,
    token: String,
    random: Random,
    plan: Plan,
}

impl Builder<'_> {
    /// A kind whose answers are JSON.
    fn kind(&mut self, name: &'static str, check: impl Fn(&Value) -> Result<()> + 'static) -> usize {
        self.raw_kind(name, move |body| check(&serde_json::from_slice(body)?))
    }

    fn raw_kind(&mut self, name: &'static str, check: impl Fn(&[u8]) -> Result<()> + 'static) -> usize {
        self.plan.kinds.push(Kind { name, check: Box::new(check) });
        self.plan.kinds.len() - 1
    }

    fn shoot(&mut self, kind: usize, method: &str, path: &str, body: Option<&str>) {
        let bytes = request(method, path, &self.token, body);
        self.plan.shots.push(Shot { bytes, kind, ..Shot::default() });
    }

    /// The same GET every time.
    fn repeat(&mut self, name: &'static str, path: String, check: impl Fn(&Value) -> Result<()> + 'static) {
        let kind = self.kind(name, check);
        self.shoot(kind, "GET", &path, None);
    }

    fn get_one(&mut self) {
        let kind =
            self.kind("get-one", |body| expect(body["title"].is_string(), "a record without its title"));
        for _ in 0..SHOTS {
            self.shoot_get(kind);
        }
    }

    fn filter(&mut self, field: &str, name: &'static str) {
        let kind = self.kind(name, |body| page(body, PAGE, Some(MATCHES)));
        for _ in 0..SHOTS {
            self.shoot_filter(kind, field, "");
        }
    }

    fn create(&mut self) {
        let kind = self.kind("create", |body| expect(body["id"].is_string(), "a record without id"));
        for _ in 0..SHOTS {
            self.shoot_create(kind);
        }
    }

    /// What Ketch gets instead of what was planned so far.
    fn for_ketch(&mut self, build: impl FnOnce(&mut Self)) {
        let both = std::mem::take(&mut self.plan);
        build(self);
        let ketch = std::mem::replace(&mut self.plan, both);
        self.plan.ketch = Some(Box::new(ketch));
    }

    fn expand_back(&mut self) {
        let path = "/api/collections/projects/records?perPage=30&skipTotal=1&expand=tasks_via_project";
        self.repeat("expand-back", path.to_owned(), |body| {
            let complete = |item: &Value| has_todos(&item["expand"]["tasks_via_project"]);
            expect(
                items(body)?.len() == PAGE && items(body)?.iter().all(complete),
                "a record without its records",
            )
        });
    }

    fn instaql(&mut self, caller: As) {
        self.expand_back();
        self.for_ketch(|b| {
            let kind = b.kind("instaql", |body| {
                let goals = body["goals"].as_array().ok_or("an answer without goals")?;
                let complete = goals.len() == PAGE && goals.iter().all(|goal| has_todos(&goal["todos"]));
                expect(complete, "a goal without its todos")
            });
            let bytes = instant::call("/admin/query", caller, &instant::goals(PAGE));
            b.plan.shots.push(Shot { bytes, kind, ..Shot::default() });
        });
    }

    fn transact(&mut self, steps: usize) {
        if steps == 1 {
            self.create();
        } else {
            self.batch(steps);
        }
        self.for_ketch(|b| {
            let kind =
                b.kind("transact", |body| expect(body["tx-id"].is_number(), "an answer without tx-id"));
            for _ in 0..LARGE_SHOTS {
                let values: Vec<Value> = (0..steps).map(|_| b.event()).collect();
                let (bytes, fresh) = instant::transaction(&values);
                b.plan.shots.push(Shot { bytes, kind, fresh });
            }
        });
    }

    fn batch(&mut self, size: usize) {
        let kind = self.kind("batch", move |body| {
            let created = body.as_array().is_some_and(|answers| {
                answers.len() == size && answers.iter().all(|answer| answer["status"] == 200)
            });
            expect(created, "a batch of which a part failed")
        });
        for _ in 0..SHOTS / 16 / (size / BATCH).max(1) as u64 {
            let requests: Vec<Value> = (0..size)
                .map(|_| {
                    let body = self.event();
                    json!({ "method": "POST", "url": "/api/collections/events/records", "body": body })
                })
                .collect();
            let body = json!({ "requests": requests }).to_string();
            self.shoot(kind, "POST", "/api/batch", Some(&body));
        }
    }

    fn upload(&mut self) {
        let kind = self.kind("upload", |body| expect(body["file"].is_string(), "a record without its file"));
        for _ in 0..LARGE_SHOTS {
            let file: Vec<u8> = (0..FILE_BYTES / 8).flat_map(|_| self.random.next().to_le_bytes()).collect();
            let bytes = multipart("/api/collections/uploads/records", "file", "photo.bin", &file);
            self.plan.shots.push(Shot { bytes, kind, ..Shot::default() });
        }
    }

    fn update(&mut self) {
        let kind =
            self.kind("update", |body| expect(body["stars"].is_number(), "a record without its number"));
        for _ in 0..SHOTS {
            self.shoot_update(kind);
        }
    }

    fn mixed(&mut self) {
        let get =
            self.kind("get-one", |body| expect(body["title"].is_string(), "a record without its title"));
        let list = self.kind("list by index", |body| page(body, PAGE, None));
        let create = self.kind("create", |body| expect(body["id"].is_string(), "a record without id"));
        let update =
            self.kind("update", |body| expect(body["stars"].is_number(), "a record without its number"));
        for _ in 0..SHOTS {
            match self.random.below(10) {
                0..6 => self.shoot_get(get),
                6..8 => self.shoot_filter(list, "views", "&skipTotal=1"),
                8 => self.shoot_create(create),
                _ => self.shoot_update(update),
            }
        }
    }

    fn shoot_get(&mut self, kind: usize) {
        let id = record_id(self.random.below(self.seeded.records));
        self.shoot(kind, "GET", &format!("{POSTS}/{id}"), None);
    }

    fn shoot_filter(&mut self, kind: usize, field: &str, more: &str) {
        let from = 1_000_000 + self.random.below(self.seeded.records - MATCHES);
        let to = from + MATCHES;
        let filter = format!("{field}%3E%3D{from}%20%26%26%20{field}%3C{to}");
        self.shoot(kind, "GET", &format!("{POSTS}?perPage={PAGE}&sort=-{field}&filter={filter}{more}"), None);
    }

    fn shoot_create(&mut self, kind: usize) {
        let body = self.event().to_string();
        self.shoot(kind, "POST", "/api/collections/events/records", Some(&body));
    }

    fn event(&mut self) -> Value {
        let number = 100_000 + self.random.below(900_000);
        json!({
            "title": format!("Event {number} of the log"),
            "level": number,
            "data": { "host": "ketch", "pid": number, "tags": ["a", "b"] },
        })
    }

    fn shoot_update(&mut self, kind: usize) {
        let id = record_id(self.random.below(self.seeded.records));
        let body = format!(r#"{{"stars":{}}}"#, 10 + self.random.below(90));
        self.shoot(kind, "PATCH", &format!("{POSTS}/{id}"), Some(&body));
    }
}

fn expect(holds: bool, otherwise: &str) -> Result<()> {
    if holds { Ok(()) } else { Err(otherwise.into()) }
}

fn has_todos(list: &Value) -> bool {
    list.as_array().is_some_and(|list| list.len() as u64 == TODOS_PER_GOAL)
}

fn items(body: &Value) -> Result<&Vec<Value>> {
    body["items"].as_array().ok_or_else(|| "an answer without items".into())
}

/// A page holds `count` items and says the total, which is -1 when it was not asked for.
fn page(body: &Value, count: usize, total: Option<u64>) -> Result<()> {
    expect(items(body)?.len() == count, "a page of another length")?;
    let said = total.map_or(-1, u64::cast_signed);
    expect(body["totalItems"].as_i64() == Some(said), &format!("another total than {said}"))
}

/// SplitMix64: the same numbers in every run, for both servers.
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn seeded() -> Seeded {
        Seeded {
            data_dir: "unused".into(),
            records: 5_000,
            user_token: "token".to_owned(),
            file_path: "/file".to_owned(),
            subscriber_tokens: Vec::new(),
        }
    }

    #[test]
    fn every_case_has_a_name_of_its_own_and_requests_of_known_kinds() {
        let names: HashSet<&str> = CASES.iter().map(|case| case.name).collect();
        assert_eq!(names.len(), CASES.len());
        for case in CASES {
            let plan = case.plan(&seeded());
            assert!(!plan.shots.is_empty(), "{}", case.name);
            assert!(plan.shots.iter().all(|shot| shot.kind < plan.kinds.len()), "{}", case.name);
        }
    }

    #[test]
    fn plans_repeat_from_run_to_run() {
        for case in CASES {
            let bytes = |plan: Plan| plan.shots.into_iter().map(|shot| shot.bytes).collect::<Vec<_>>();
            assert_eq!(bytes(case.plan(&seeded())), bytes(case.plan(&seeded())), "{}", case.name);
        }
    }

    #[test]
    fn requests_of_one_kind_have_one_length() {
        for case in CASES {
            let plan = case.plan(&seeded());
            for kind in 0..plan.kinds.len() {
                let lengths: HashSet<usize> =
                    plan.shots.iter().filter(|shot| shot.kind == kind).map(|shot| shot.bytes.len()).collect();
                assert_eq!(lengths.len(), 1, "{} {}", case.name, plan.kinds[kind].name);
            }
        }
    }

    #[test]
    fn a_page_must_have_its_items_and_total() {
        assert!(page(&json!({ "items": [1, 2], "totalItems": 9 }), 2, Some(9)).is_ok());
        assert!(page(&json!({ "items": [1, 2], "totalItems": -1 }), 2, None).is_ok());
        assert!(page(&json!({ "items": [1], "totalItems": 9 }), 2, Some(9)).is_err());
        assert!(page(&json!({ "items": [1, 2], "totalItems": 8 }), 2, Some(9)).is_err());
        assert!(page(&json!({ "message": "no" }), 2, None).is_err());
    }

    #[test]
    fn notes_of_the_user_fill_a_page() {
        assert!(NOTES_OWN >= PAGE as u64);
    }
}
