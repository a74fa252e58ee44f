"""Sort, the fields picker with excerpts, and paging."""

from __future__ import annotations

from differential.model import Group, R, Table, records, singles
from differential.tables._filters import COLLECTIONS, RECORDS, USERS, item

_ITEMS = records("items")
_TEXTS = {
    "name": "texts",
    "type": "base",
    "listRule": "",
    "viewRule": "",
    "fields": [{"name": "html", "type": "editor"}, {"name": "plain", "type": "text"}, {"name": "data", "type": "json"}],
}
_HTML = (
    "<h1>Title</h1><p>First &amp; <b>bold</b>   text</p><script>alert(1)</script><style>p{}</style>"
    "<ul><li>one</li><li>two</li></ul><img src='x' alt='pic'/>tail<br>after &lt;tag&gt; žluťoučký"
)


def _sort(text: str, found: str | int, auth: str = "super") -> R:
    query = {"sort": text, "fields": "id"}
    if isinstance(found, int):
        return R(text, "GET", _ITEMS, found, auth=auth, q=query)
    return R(text, "GET", _ITEMS, auth=auth, q=query, ids=[item(letter) for letter in found.split()])


_SORTS = [
    _sort("id", "a b c d e f g h"),
    _sort("-id", "h g f e d c b a"),
    _sort("+id", "a b c d e f g h"),
    _sort("n,id", "c e g a b f h d"),
    _sort("-n,-id", "d h f b a g e c"),
    _sort(" -n , id ", "d f h b a e g c"),
    _sort("-flag,n,id", "c a h e g b f d"),
    _sort("title", "e h a b d c g f"),
    _sort("title:lower", "e h a b c d g f"),
    _sort("-when,id", "b a d c e f g h"),
    _sort("kind,id", "d e g h a c b f"),
    _sort("labels:length,-id", "h g f e c b a d"),
    _sort("tags:length,id", "c e g b f a d h"),
    _sort("tag.name,id", "c e g h d f a b"),
    _sort("-tag.name,id", "b a f d c e g h"),
    _sort("-tag.weight,id", "f b a d c e g h"),
    _sort("owner.name,id", "c e f h a d b g"),
    _sort("data.a.b,id", "b c d f g h a e"),
    _sort("loc.lat,id", "c d e f g h a b"),
    _sort("-details_via_item.text,id", "b a c d e f g h"),
    _sort("@rowid", "a b c d e f g h"),
    _sort("-@rowid", "h g f e d c b a"),
    _sort("made,id", "a b c d e f g h"),
    _sort("", "a b c d e f g h"),
    _sort("nope", 400),
    _sort("id,", 400),
    _sort(",id", 400),
    _sort("id,,n", 400),
    _sort("--id", 400),
    _sort("id desc", 400),
    _sort("id;drop", 400),
    _sort("tag.nope", 400),
    _sort("collectionId", 400),
    _sort("@now", 400),
    _sort("strftime('%Y', when)", 400),
    _sort("_rowid_", 400),
    _sort("rowid", 400),
    _sort("id,n,title,note,kind,when,mail,made", "a b c d e f g h"),
    _sort("id,n,title,note,kind,when,mail,made,flag", 400),
    _sort("n" + ":lower" * 50, 400),
    _sort("@random,", 400),
    _sort("hidden_note", 400, auth=""),
    _sort("tag.hidden_note", 400, auth=""),
]


def _page(name: str, status: int = 200, **query: str) -> R:
    return R(name, "GET", _ITEMS, status, q={"fields": "id", "sort": "id", **query})


_PAGES = [
    _page("defaults"),
    _page("first of pages of three", perPage="3"),
    _page("second of pages of three", perPage="3", page="2"),
    _page("last of pages of three", perPage="3", page="3"),
    _page("beyond the end", perPage="3", page="4"),
    _page("far beyond the end", page="1000000"),
    _page("page zero", page="0"),
    _page("negative page", page="-2"),
    _page("page is text", 400, page="abc"),
    _page("page is a fraction", 400, page="1.5"),
    _page("page is empty", page=""),
    _page("page with plus", page="+1"),
    _page("page with spaces", 400, page=" 1"),
    _page("page too large", 400, page="99999999999999999999"),
    _page("perPage zero", perPage="0"),
    _page("perPage negative", perPage="-5"),
    _page("perPage is text", 400, perPage="x"),
    _page("perPage is empty", perPage=""),
    _page("perPage above the maximum", perPage="1001"),
    _page("perPage at the maximum", perPage="1000"),
    *[_page(f"skipTotal {value}", skipTotal=value) for value in ("1", "t", "T", "true", "TRUE", "True")],
    *[_page(f"skipTotal {value}", skipTotal=value) for value in ("0", "f", "F", "false", "FALSE", "False", "")],
    *[_page(f"skipTotal {value}", 400, skipTotal=value) for value in ("yes", "tRue", "2", " 1", "on")],
    _page("skipTotal beyond the end", skipTotal="1", page="9"),
    _page("filtered totals", filter="n > 0", perPage="2"),
    _page("totals of a multi-match", filter="tags.name ?!= 'x'", perPage="2"),
    _page("nothing found", filter="n > 1000"),
    _page("unknown parameter", nope="1"),
    _page("blank filter", 400, filter="  "),
    _page("empty filter", filter=""),
    R("repeated parameter counts once", "GET", f"{_ITEMS}?sort=-id&sort=id&perPage=2&perPage=3&fields=id"),
    R("broken escape drops the parameter", "GET", f"{_ITEMS}?sort=id&perPage=%zz&fields=id"),
    R("semicolon in the query", "GET", f"{_ITEMS}?sort=id;perPage=2&fields=id"),
    R("parameter names are case-sensitive", "GET", f"{_ITEMS}?sort=id&PerPage=2&fields=id"),
    R("plus is a space", "GET", f"{_ITEMS}?sort=id&filter=n+=+1&fields=id"),
    R("envelope", "GET", _ITEMS, q={"sort": "id", "perPage": "2"}, ordered=True),
    R("envelope of a superuser", "GET", _ITEMS, auth="super", q={"sort": "id", "perPage": "2"}, ordered=True),
    R("empty collection", "GET", records("nothing"), ordered=True),
]


def _fields(text: str, status: int = 200, **query: str) -> R:
    query = {"fields": text, "sort": "id", "filter": f"id = '{item('a')}'", **query}
    return R(f"list {text}", "GET", _ITEMS, status, q=query)


def _one(text: str, status: int = 200, **query: str) -> R:
    return R(f"view {text}", "GET", f"{_ITEMS}/{item('a')}", status, q={"fields": text, **query})


def _excerpt(text: str, status: int = 200) -> R:
    return R(text, "GET", f"{records('texts')}/text00000000001", status, q={"fields": text})


_FIELDS = [
    _fields("id"),
    _fields("id,title,n"),
    _fields(" id , title "),
    _fields("nope"),
    _fields("id,nope"),
    _fields("*"),
    _fields("*,nope"),
    _fields("data.a"),
    _fields("data.a.b"),
    _fields("data.list.k"),
    _fields("data.list"),
    _fields("data.a.*"),
    _fields("title.x"),
    _fields("loc.lon"),
    _fields("collectionName"),
    _fields("id,id"),
    _fields("Id"),
    _fields(""),
    _fields(","),
    _fields("items.id"),
    _fields("page"),
    _one("id"),
    _one("data.list.k,id"),
    _one("title:excerpt(5)"),
    _one("expand"),
    _one("expand.tag.name", expand="tag"),
    _one("id,expand.tags.name", expand="tags,owner"),
    _one("*,expand.tag.name", expand="tag"),
    _one("*,expand", expand="tag"),
    _one("expand.*.name", expand="tag,tags,owner"),
    _one("id,expand.tags.*", expand="tags"),
    _one("title:nope", 400),
    _one("title:excerpt", 400),
    _one("title:excerpt(", 400),
    _one("title:excerpt)", 400),
    _one("title:excerpt(x)", 400),
    _one("title:excerpt(0)", 400),
    _one("title:excerpt(-1)", 400),
    _one("title:excerpt(5", 400),
    _one("title:excerpt(5,true,1)", 400),
    R("error answers are not picked", "GET", f"{_ITEMS}/nope", 404, q={"fields": "status"}),
    R("fields on create", "POST", records("nothing"), auth="super", json={"name": "x"}, q={"fields": "name"}),
    R("fields on health", "GET", "/api/health", q={"fields": "message"}),
    R("fields on collections", "GET", "/api/collections", auth="super", q={"fields": "name,type", "sort": "name"}),
    R("fields of fields", "GET", "/api/collections/tags", auth="super", q={"fields": "name,fields.name"}),
    R("fields on settings", "GET", "/api/settings", auth="super", q={"fields": "meta.appName"}),
    R("bad fields on an unknown record", "GET", f"{_ITEMS}/nope", 404, q={"fields": "title:excerpt("}),
]

_EXCERPTS = [
    _excerpt("html:excerpt(10)"),
    _excerpt("html:excerpt(10,true)"),
    _excerpt("html:excerpt(10,false)"),
    _excerpt("html:excerpt(10,1)"),
    _excerpt("html:excerpt(10, true)"),
    _excerpt("html:excerpt(1000,true)"),
    _excerpt("html:excerpt(6,true)"),
    _excerpt("html:excerpt(5,true)"),
    _excerpt("html:excerpt(55,true)"),
    _excerpt("plain:excerpt(7,true)"),
    _excerpt("plain:excerpt(8,true)"),
    _excerpt("*:excerpt(4,true)"),
    _excerpt("id,data:excerpt(3)"),
    _excerpt("data.s:excerpt(3,true)"),
    _excerpt("data.list:excerpt(3,true)"),
    _excerpt("html:excerpt(10):excerpt(5)", 400),
    _excerpt("html:excerpt(10,maybe)"),
    _excerpt("html:excerpt()", 400),
]

TABLE = Table(
    name="query",
    collections=[*COLLECTIONS, _TEXTS],
    records={
        **RECORDS,
        "texts": [
            {
                "id": "text00000000001",
                "html": _HTML,
                "plain": "žluťoučký kůň <b>not html</b>",
                "data": {"s": "<p>inner text</p>", "list": ["<i>one</i>", "two long"]},
            }
        ],
    },
    users=USERS,
    groups=[
        Group("sort", _SORTS),
        Group("pages", _PAGES),
        *singles([*_FIELDS, *_EXCERPTS]),
    ],
)
