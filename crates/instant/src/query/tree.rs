//! Answers as the tree of objects that admin clients get.

use ketch_model::{Cell, Error, Object, Value, json};

use super::load::{Found, Loaded, LoadedForm};
use super::policy::{FileUrls, Sight};
use super::values;

/// Many-to-many links can repeat an entity without end: an answer is at most so many bytes.
const MAX_BYTES: usize = 64 << 20;

impl Loaded<'_> {
    /// Writes the tree: `{"goals":[…], …}`.
    ///
    /// # Errors
    /// 400 where the tree would not end, or hardly.
    pub fn write_tree(&self, urls: &dyn FileUrls, out: &mut Vec<u8>) -> Result<(), Error> {
        let mut writer = Writer { out, limit: 0, urls };
        writer.limit = writer.out.len().saturating_add(MAX_BYTES);
        writer.out.push(b'{');
        for (position, (label, form)) in self.forms.iter().enumerate() {
            if position > 0 {
                writer.out.push(b',');
            }
            json::write_str(label, writer.out);
            writer.out.extend_from_slice(b":[");
            match form {
                LoadedForm::Nothing => {}
                LoadedForm::Entities { found, order, .. } => writer.entities(found, order)?,
                LoadedForm::Numbers(numbers) => {
                    for (position, row) in numbers.rows.iter().enumerate() {
                        if position > 0 {
                            writer.out.push(b',');
                        }
                        json::write(row, writer.out);
                    }
                }
            }
            writer.out.push(b']');
        }
        writer.out.push(b'}');
        Ok(())
    }

    /// The `page-info` of the answer: by namespace, of those that have a page.
    pub fn page_info(&self) -> Object {
        let pages = self.forms.iter().filter_map(|(label, form)| match form {
            LoadedForm::Entities { page: Some(page), .. } => Some(((*label).to_owned(), page.to_json())),
            _ => None,
        });
        pages.collect()
    }

    /// The `aggregate` of the answer: by namespace, of those that were asked for numbers.
    pub fn aggregate(&self) -> Object {
        let numbers = self.forms.iter().filter_map(|(label, form)| match form {
            LoadedForm::Numbers(numbers) => Some(((*label).to_owned(), numbers.summary.clone())),
            _ => None,
        });
        numbers.collect()
    }

    /// The tree as a value.
    ///
    /// # Errors
    /// As of [`Loaded::write_tree`].
    pub fn to_tree(&self, urls: &dyn FileUrls) -> Result<Value, Error> {
        let mut text = Vec::new();
        self.write_tree(urls, &mut text)?;
        serde_json::from_slice(&text).map_err(Error::internal)
    }
}

struct Writer<'o> {
    out: &'o mut Vec<u8>,
    limit: usize,
    urls: &'o dyn FileUrls,
}

impl Writer<'_> {
    fn entities(&mut self, found: &Found<'_>, rows: &[u32]) -> Result<(), Error> {
        for (position, row) in rows.iter().enumerate() {
            if position > 0 {
                self.out.push(b',');
            }
            self.entity(found, *row as usize)?;
        }
        Ok(())
    }

    fn entity(&mut self, found: &Found<'_>, row: usize) -> Result<(), Error> {
        if self.out.len() > self.limit {
            return Err(Error::bad_request(format!(
                "The answer is larger than {} MiB. Ask for less at once, or for fewer levels.",
                MAX_BYTES >> 20
            )));
        }
        self.out.push(b'{');
        let cells = found.rows.cells(row);
        let sight = found.sights.as_ref().map_or(&Sight::All, |sights| &sights[row]);
        let mut is_first = true;
        for shown in &found.level.shown {
            if let Sight::Without(fields) = sight
                && fields.contains(&found.rows.columns[shown.column])
            {
                continue;
            }
            let start = self.out.len();
            if !is_first {
                self.out.push(b',');
            }
            self.out.extend_from_slice(shown.key.as_bytes());
            let cell = &cells[shown.column];
            let is_none = shown.is_link && matches!(cell, Cell::Text(id) if id.is_empty());
            if is_none || !values::write(shown.form, cell.as_ref(), self.out) {
                if !shown.shows_null {
                    self.out.truncate(start);
                    continue;
                }
                self.out.extend_from_slice(b"null");
            }
            is_first = false;
        }
        if let Some((key, _)) = &found.level.url
            && let Some(url) = self.urls.url(&found.rows, row)
        {
            // The id came before.
            self.out.push(b',');
            self.out.extend_from_slice(key.as_bytes());
            json::write_str(&url, self.out);
        }
        for (child, loaded) in found.level.children.iter().zip(&found.children) {
            if !is_first {
                self.out.push(b',');
            }
            is_first = false;
            self.out.extend_from_slice(child.key.as_bytes());
            let rows = loaded.lists.of(row);
            match (&loaded.below, child.is_single, rows.first()) {
                (Some(below), true, Some(first)) => self.entity(below, *first as usize)?,
                (_, true, _) => self.out.extend_from_slice(b"null"),
                (below, false, _) => {
                    self.out.push(b'[');
                    if let Some(below) = below {
                        self.entities(below, rows)?;
                    }
                    self.out.push(b']');
                }
            }
        }
        self.out.push(b'}');
        Ok(())
    }
}
