//! Answers as triples, for clients that keep them and ask the query again by themselves.

use ketch_model::attr::Attr;
use ketch_model::{Cell, json};

use super::load::{Found, Loaded, LoadedForm};
use super::plan::Shown;
use super::policy::{FileUrls, Sight};
use super::values;

impl Loaded<'_> {
    /// Writes one join row: `[[e,a,v,t], …]`. Of every entity that was found its values, also those
    /// that its condition and order look at; the links between entities; and, if the plan was loaded
    /// with witnesses, the links and values that conditions went through. A triple may come twice.
    pub fn write_join_row(&self, urls: &dyn FileUrls, out: &mut Vec<u8>) {
        let mut writer = Writer { out, is_first: true, urls };
        writer.out.push(b'[');
        for (_, form) in &self.forms {
            if let LoadedForm::Entities { found, order, .. } = form {
                writer.entities(found, order);
            }
        }
        for triple in self.witnesses.iter().flat_map(|witnesses| &witnesses.triples) {
            writer.begin(&triple.entity, &triple.attr);
            json::write(&triple.value, writer.out);
            writer.end(triple.created);
        }
        writer.out.push(b']');
    }
}

struct Writer<'o> {
    out: &'o mut Vec<u8>,
    is_first: bool,
    urls: &'o dyn FileUrls,
}

impl Writer<'_> {
    fn begin(&mut self, entity: &str, attr: &str) {
        if !self.is_first {
            self.out.push(b',');
        }
        self.is_first = false;
        self.out.push(b'[');
        json::write_str(entity, self.out);
        self.out.push(b',');
        json::write_str(attr, self.out);
        self.out.push(b',');
    }

    fn end(&mut self, created: i64) {
        self.out.push(b',');
        self.out.extend_from_slice(created.to_string().as_bytes());
        self.out.push(b']');
    }

    /// The rows, each once, and what hangs on them.
    fn entities(&mut self, found: &Found<'_>, rows: &[u32]) {
        for row in rows {
            self.entity(found, *row as usize);
        }
        for (child, loaded) in found.level.children.iter().zip(&found.children) {
            let (Some(below), Some((attr, forward))) = (&loaded.below, &child.link) else { continue };
            let mut linked = Vec::new();
            for row in rows {
                let parent = found.rows.id(*row as usize);
                for child in loaded.lists.of(*row as usize) {
                    self.link(attr, *forward, parent, below.rows.id(*child as usize));
                    linked.push(*child);
                }
            }
            linked.sort_unstable();
            linked.dedup();
            self.entities(below, &linked);
        }
    }

    fn link(&mut self, attr: &Attr, forward: bool, near: &str, far: &str) {
        let (source, target) = if forward { (near, far) } else { (far, near) };
        self.begin(source, &attr.id);
        json::write_str(target, self.out);
        self.end(0);
    }

    fn entity(&mut self, found: &Found<'_>, row: usize) {
        let sight = found.sights.as_ref().map_or(&Sight::All, |sights| &sights[row]);
        for shown in found.level.shown.iter().chain(&found.level.asked) {
            let is_hidden = matches!(sight, Sight::Without(fields)
                if fields.contains(&found.rows.columns[shown.column]));
            if let (false, Some(attr)) = (is_hidden, &shown.attr) {
                self.value(found, row, shown, attr);
            }
        }
        if let Some((_, attr)) = &found.level.url
            && let Some(url) = self.urls.url(&found.rows, row)
        {
            self.begin(found.rows.id(row), &attr.id);
            json::write_str(&url, self.out);
            self.end(found.rows.created(row));
        }
    }

    fn value(&mut self, found: &Found<'_>, row: usize, shown: &Shown, attr: &Attr) {
        let cell = &found.rows.cells(row)[shown.column];
        let (start, was_first) = (self.out.len(), self.is_first);
        self.begin(found.rows.id(row), &attr.id);
        let is_none = shown.is_link && matches!(cell, Cell::Text(id) if id.is_empty());
        if is_none || !values::write(shown.form, cell.as_ref(), self.out) {
            if !shown.shows_null {
                self.out.truncate(start);
                self.is_first = was_first;
                return;
            }
            self.out.extend_from_slice(b"null");
        }
        self.end(found.rows.created(row));
    }
}
