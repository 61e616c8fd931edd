//! What the tables and columns mean.

use askama::Template;
use model::catalogue::{Group, Table, tables};

use crate::access::Viewer;
use crate::layout::{Frame, Page, Section, page};

#[derive(Template)]
#[template(path = "schema.html")]
struct SchemaPage {
    frame: Frame,
    groups: Vec<(&'static str, Vec<&'static Table>)>,
}

pub(super) async fn show(viewer: Viewer) -> Page {
    let groups = [Group::Unified, Group::Imported, Group::Control].map(|group| {
        let of_group = tables()
            .iter()
            .copied()
            .filter(|table| table.group == group);
        (group.title(), of_group.collect())
    });
    page(&SchemaPage {
        frame: Frame::new(&viewer.reader, Some(Section::Schema), "Schema"),
        groups: groups.into(),
    })
}
