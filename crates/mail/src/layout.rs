//! The page around every mail's body.

use crate::template::escape;

/// Rules that common mail programs follow; `btn` is the class of the links in the default templates.
const STYLE: &str = "\
body{margin:0;padding:24px;background:#fff;color:#1c1f24;\
font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif}\
main{display:block;max-width:560px;margin:0 auto}\
p{margin:0 0 14px}\
a{color:inherit}\
a.btn{display:inline-block;padding:10px 22px;border-radius:6px;background:#1c1f24;color:#fff;\
font-weight:600;text-decoration:none}\
hr{border:0;border-top:1px solid #dde1e6;margin:18px 0}";

/// A whole HTML document with this body.
pub(crate) fn page(title: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n",
        escape(title)
    )
}
