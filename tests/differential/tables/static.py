"""Files of pb_public: index, redirects, ranges, fallback to the index."""

from __future__ import annotations

from differential.model import R, Table, singles

_STATIC = [
    R("static root", "GET", "/"),
    R("static file", "GET", "/app.js"),
    R("static style", "GET", "/style.css"),
    R("static text", "GET", "/notes.txt"),
    R("HEAD static file", "HEAD", "/app.js"),
    R("static index by name", "GET", "/index.html", 301),
    R("static folder without slash", "GET", "/sub", 301),
    R("static folder", "GET", "/sub/"),
    R("static folder index by name", "GET", "/sub/index.html", 301),
    R("static file with a trailing slash", "GET", "/app.js/", 301),
    R("static folder without index", "GET", "/plain/"),
    R("static range", "GET", "/notes.txt", 206, headers={"Range": "bytes=0-3"}),
    R("static range at the end", "GET", "/notes.txt", 206, headers={"Range": "bytes=-4"}),
    R("static range out of bounds", "GET", "/notes.txt", 416, headers={"Range": "bytes=900-"}),
    R(
        "static file not modified since",
        "GET",
        "/notes.txt",
        304,
        headers={"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"},
    ),
    R("fallback to the index", "GET", "/some/deep/route"),
    R("fallback for an unknown file", "GET", "/missing.js"),
    R("fallback below api", "GET", "/api/nope"),
    R("HEAD fallback", "HEAD", "/some/deep/route"),
    R("POST to a static file", "POST", "/app.js", 404),
    R("climbing out of the folder", "GET", "/..%2f..%2fpb_data/data.db"),
    R("dashboard without slash", "GET", "/_", 307),
]

TABLE = Table(
    name="static",
    public={
        "index.html": b"<h1>home</h1>\n",
        "app.js": b"console.log('app');\n",
        "style.css": b"body{}\n",
        "notes.txt": b"0123456789\n",
        "with space.txt": b"spaced\n",
        "sub/index.html": b"<p>sub</p>\n",
        "plain/file.txt": b"plain\n",
    },
    groups=singles(_STATIC),
)
