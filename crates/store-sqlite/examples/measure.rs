//! What the driver's paths cost, in microseconds: run with `--release`.

use std::io::{self, Write};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use ketch_model::Cell;
use ketch_store::{Connection, Flow, Statement, Store, StoreError, StoreResult};
use ketch_store_sqlite::{SqliteOptions, SqliteStore};

const ROWS: i64 = 20_000;
const TURNS: u32 = 20_000;

fn main() -> Result<(), StoreError> {
    let folder = tempfile::tempdir().map_err(|error| StoreError::Unavailable(error.to_string()))?;
    let store: Arc<dyn Store> =
        Arc::new(SqliteStore::open(folder.path().join("data.db"), SqliteOptions::default())?);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .map_err(|error| StoreError::Unavailable(error.to_string()))?;
    tell("memory when opened", resident());
    runtime.block_on(prepare(&*store))?;
    tell("memory after 20,000 rows", resident());

    per_turn("lookup by id, calling thread", TURNS, |turn| runtime.block_on(lookup(&*store, turn)))?;
    per_turn("lookup by id, reader thread", TURNS, |turn| {
        runtime.block_on(store.read(move |connection| find(connection, turn)))
    })?;
    per_turn("page of 30 rows, reader thread", 2_000, |turn| runtime.block_on(page(&*store, turn)))?;
    two_threads(&store)?;
    per_turn("count, repeated", 2_000, |_| runtime.block_on(store.read(|c| c.count(&counting()))))?;
    per_turn("write alone", 3_000, |turn| runtime.block_on(insert(&*store, "alone", turn)))?;
    for writers in [8, 64] {
        let began = Instant::now();
        runtime.block_on(many(&store, writers, 20_000 / writers))?;
        tell(&format!("write, {writers} at once"), micros(began.elapsed(), 20_000));
    }
    per_turn("lookup by id between writes", 3_000, |turn| {
        runtime.block_on(insert(&*store, "between", turn))?;
        runtime.block_on(lookup(&*store, turn))
    })?;
    tell("memory at the end", resident());
    store.close();
    Ok(())
}

async fn prepare(store: &dyn Store) -> StoreResult<()> {
    store
        .write(|connection| {
            connection.execute_script(
                "CREATE TABLE posts (id TEXT PRIMARY KEY, title TEXT NOT NULL, body TEXT NOT NULL, views NUMERIC NOT NULL, \
                 created TEXT NOT NULL, updated TEXT NOT NULL); CREATE INDEX posts_created ON posts (created); \
                 CREATE TABLE _ketch_changes (seq INTEGER PRIMARY KEY, created INTEGER NOT NULL, changes TEXT NOT NULL)",
            )?;
            (0..ROWS).try_for_each(|n| connection.execute(&row(&format!("id{n:013}"), n)).map(|_| ()))
        })
        .await
}

fn row(id: &str, n: i64) -> Statement {
    let cells = vec![
        Cell::text(id),
        Cell::Text(format!("title {n}")),
        Cell::Text("lorem ipsum ".repeat(12)),
        Cell::Integer(n),
        Cell::Text(format!("2024-01-01 00:00:00.{n:06}Z")),
        Cell::text("2024-01-01 00:00:00.000Z"),
    ];
    Statement::new(
        "INSERT INTO posts (id, title, body, views, created, updated) VALUES (?, ?, ?, ?, ?, ?)",
        cells,
    )
}

fn counting() -> Statement {
    Statement::new("SELECT count(*) FROM posts WHERE views > 100", vec![])
}

fn find(connection: &mut dyn Connection, turn: u32) -> StoreResult<usize> {
    let id = Cell::Text(format!("id{:013}", i64::from(turn) * 7919 % ROWS));
    let statement =
        Statement::new("SELECT id, title, body, views, created, updated FROM posts WHERE id = ?", vec![id]);
    sum(connection, &statement)
}

fn sum(connection: &mut dyn Connection, statement: &Statement) -> StoreResult<usize> {
    let mut bytes = 0;
    connection.query(statement, &mut |row| {
        bytes += (0..row.len()).filter_map(|index| row.cell(index).as_text()).map(str::len).sum::<usize>();
        Flow::More
    })?;
    Ok(bytes)
}

async fn lookup(store: &dyn Store, turn: u32) -> StoreResult<usize> {
    store.lookup(move |connection| find(connection, turn)).await
}

async fn page(store: &dyn Store, turn: u32) -> StoreResult<usize> {
    let sql =
        "SELECT id, title, body, views, created, updated FROM posts ORDER BY created DESC LIMIT 30 OFFSET ?";
    let statement = Statement::new(sql, vec![Cell::Integer(i64::from(turn % 100))]);
    store.read(move |connection| sum(connection, &statement)).await
}

async fn insert(store: &dyn Store, name: &str, turn: u32) -> StoreResult<u64> {
    let statement = row(&format!("{name}{turn}"), i64::from(turn));
    store
        .write(move |connection| {
            connection.execute(&statement)?;
            let changes =
                vec![Cell::Integer(1), Cell::text("[[\"c\",\"pbc_1234567890\",\"abcdefghijklmno\"]]")];
            connection.execute(&Statement::new(
                "INSERT INTO _ketch_changes (created, changes) VALUES (?, ?)",
                changes,
            ))
        })
        .await
}

async fn many(store: &Arc<dyn Store>, writers: u32, each: u32) -> StoreResult<()> {
    let tasks: Vec<_> = (0..writers)
        .map(|writer| {
            let store = Arc::clone(store);
            tokio::spawn(async move {
                for turn in 0..each {
                    insert(&*store, &format!("many{writers}-{writer}-"), turn).await?;
                }
                Ok::<_, StoreError>(())
            })
        })
        .collect();
    for task in tasks {
        task.await.map_err(|error| StoreError::Unavailable(error.to_string()))??;
    }
    Ok(())
}

fn two_threads(store: &Arc<dyn Store>) -> StoreResult<()> {
    let began = Instant::now();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for turn in 0..TURNS {
                    store.read_inline(&mut |connection| {
                        let _ = connection.map(|connection| find(connection, turn));
                    });
                }
            });
        }
    });
    tell("lookup by id, two threads at once", micros(began.elapsed(), TURNS * 2));
    Ok(())
}

fn per_turn<T>(name: &str, turns: u32, mut work: impl FnMut(u32) -> StoreResult<T>) -> StoreResult<()> {
    let began = Instant::now();
    for turn in 0..turns {
        work(turn)?;
    }
    tell(name, micros(began.elapsed(), turns));
    Ok(())
}

fn micros(elapsed: Duration, turns: u32) -> String {
    format!("{:.1} µs", elapsed.as_secs_f64() * 1e6 / f64::from(turns))
}

fn tell(name: &str, value: String) {
    let _ = writeln!(io::stdout(), "{name:40} {value}");
}

fn resident() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or("unknown").to_owned()
}
