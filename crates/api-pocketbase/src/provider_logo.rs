//! Logos of OAuth2 providers.

/// A plain badge with the first letter: brands' own marks are theirs to hand out.
pub fn monogram(display_name: &str) -> String {
    let letter: String = display_name.chars().take(1).flat_map(char::to_uppercase).collect();
    let letter = match letter.as_str() {
        "<" => "&lt;",
        "&" => "&amp;",
        other => other,
    };
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 24 24\"><circle cx=\"12\" cy=\"12\" r=\"12\" \
         fill=\"#64748b\"/><text x=\"12\" y=\"16.5\" font-family=\"sans-serif\" font-size=\"13\" \
         text-anchor=\"middle\" fill=\"#fff\">{letter}</text></svg>"
    )
}
