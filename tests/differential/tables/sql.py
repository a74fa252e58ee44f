"""SQL that superusers type: reads, writes, refusals."""

from __future__ import annotations

from typing import Any

from differential.model import Group, R, Table, singles
from differential.tables._auth import COLLECTIONS, RECORDS, USERS

_URL = "/api/sql"


def sql(query: Any, status: int = 200, name: str = "", *, ddl: bool = False, **more: Any) -> R:
    """Of a statement that changes no rows PocketBase tells the number of an earlier one."""
    redact = ["execTime", "affectedRows"] if ddl else ["execTime"]
    return R(name or str(query), "POST", _URL, status, auth="super", json={"query": query}, redact=redact, **more)


_READS = [
    sql("select 1", ordered=True),
    sql("select id, name, type, system from _collections order by name limit 3"),
    sql("select 1 as a, 'x' b, null c, 1.5 d, x'4142' e, 1e30 f, true g, 0.1+0.2 h, 9223372036854775807 i"),
    sql("select 1234567.5, 123456.0, 1e5, 1e21, 0.00001, 0.0001, 1.0, -1e-7, 1e20, 1e6, -2.5e10"),
    sql("select 1 as a, 2 as a"),
    sql("select 1 where 0"),
    sql("select 1; select 2 as two"),
    sql("select 1 ; "),
    sql("; select 1"),
    sql("-- a comment\nselect 1"),
    sql("with x as (select 1 as n) select * from x"),
    sql("with recursive c(x) as (select 1 union all select x+1 from c where x<1500) select x from c", name="1500 rows"),
    sql("values (1,2),(3,4)"),
    sql("pragma journal_mode"),
    sql(" Vacuum ;"),
    sql("pragma table_info(_params)"),
    sql("select count(*) from people join own on 1"),
    sql("select 'ä😀', char(0), length('ä')"),
]

_REFUSED = [
    sql("", 400, "empty"),
    sql("  \n", 400, "blank"),
    sql(None, 400, "null"),
    sql(5, 400, "a number"),
    sql("select 1" + " " * 4992, name="5000 spaces"),
    sql("select 1" + " " * 4993, 400, "5001 spaces"),
    sql("select '" + "ä" * 2495 + "'", name="4999 bytes"),
    sql("select '" + "ä" * 2496 + "'", 400, name="5001 bytes"),
    sql("select", 400),
    sql("selec 1", 400),
    sql("(select 1)", 400),
    sql("select * from nope", 400),
    sql("select nope from people", 400),
    sql("select ?", 400),
    sql("select :a", 400),
    sql("select * from _logs", 400),
    sql("select load_extension('x')", 400),
    sql("select writefile('/nowhere/x', 'x')", 400),
    sql("INSERT", 400),
    sql("insertx", 400),
    sql("insert into nope values (1)", 400),
    sql("detach database x", 400),
    sql("vacuum into '/nowhere/x.db'", 400),
    sql("update own set nope = 1", 400),
    R("no body", "POST", _URL, 400, auth="super"),
    R("junk", "POST", _URL, 400, auth="super", body=b"junk", headers={"Content-Type": "application/json"}),
    R("form", "POST", _URL, auth="super", form=[("query", "select 4 as f")], redact=["execTime"]),
    R("key in another case", "POST", _URL, auth="super", json={"QUERY": "select 5"}, redact=["execTime"]),
    R("fields", "POST", _URL, auth="super", json={"query": "select 6 as x"}, q={"fields": "rows,columns.name"}),
    R("as guest", "POST", _URL, 401, json={"query": "select 1"}),
    R("as a user", "POST", _URL, 403, auth="anna", json={"query": "select 1"}),
    R("as guest with junk", "POST", _URL, 401, body=b"junk", headers={"Content-Type": "application/json"}),
    R("with GET", "GET", _URL, 404, auth="super"),
]

_COUNT = sql("select count(*) as n, group_concat(b, '') as b from t_sql")
_WRITES = [
    sql(
        "create table t_sql (a int, b text not null unique, c); insert into t_sql values (1, 'a', null), (2, 'b', 3.5)"
    ),
    sql("select * from t_sql"),
    sql("select a + 1 as z, b from t_sql"),
    sql("insert into t_sql (a, b) values (3, 'c')"),
    sql("insert into t_sql (a, b) values (7, 'q') returning a, b"),
    sql("update t_sql set a = a + 1; update t_sql set a = 5 where b = 'a'"),
    sql("  UpDate t_sql set a = 1 where b = 'nope'"),
    sql("replace into t_sql values (1, 'a', 1)"),
    sql("insert into t_sql (a, b) values (9, 'c')", 400),
    sql("insert into t_sql (a, b) values (9, null)", 400),
    _COUNT,
    sql("delete from t_sql where b = 'a'; delete from nope", 400, "a failure undoes all"),
    _COUNT,
    sql("/* a comment first */ delete from t_sql where b = 'q'"),
    sql("with x as (select 1 as n) insert into t_sql (a, b) select n, 'w' from x"),
    sql("select 1; insert into t_sql (a, b) values (17, 'y')"),
    sql("with x as (select 2 as n) insert into t_sql (a, b) select n, 'v' from x returning b"),
    _COUNT,
    sql("alter table t_sql add column d text default 'd'", ddl=True),
    sql("select d from t_sql limit 1"),
    sql("create view v_sql as select a as id from t_sql", ddl=True),
    sql("select * from v_sql order by id limit 1"),
    sql("drop view v_sql", ddl=True),
    sql("drop table t_sql", ddl=True),
    sql("select * from t_sql", 400, "the table is gone"),
]

# What is changed behind the server's back is not followed until it starts anew.
_OWN = "/api/collections/own/records"
_RECORDS: list[R] = [
    sql("update own set title = 'by sql' where id = 'own000000000001'"),
    R("the record", "GET", f"{_OWN}/own000000000001", auth="anna"),
    sql("insert into own (id, title) values ('own000000000002', 'new')"),
    R("the records", "GET", _OWN, auth="anna"),
    sql("update _collections set listRule = '' where name = 'own'"),
    R("the rule stays", "GET", _OWN),
    sql("update _params set value = json_set(value, '$.meta.appName', 'By SQL') where id = 'settings'"),
    R("the settings stay", "GET", "/api/settings", auth="super", q={"fields": "meta.appName"}),
]


TABLE = Table(
    name="sql",
    collections=COLLECTIONS,
    records=RECORDS,
    users=USERS,
    groups=[*singles([*_READS, *_REFUSED]), Group("writes", _WRITES), Group("records", _RECORDS)],
)
