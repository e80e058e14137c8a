//! The lab: what time it is there, what each of its domains does, and a message to try each with.

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{LabAdvance, LabMove, LabRow, LabShow, LabShown, LabStep, LabTried, LabTry};
use mox_httpserver::{Request, Response, StatusCode};
use mox_web::page::render;
use mox_web::{Page, Query, see_other};

use crate::Pages;
use crate::listing::note;

/// Groups of domains as people read them.
const GROUPS: [(&str, &str); 9] = [
    ("fine", "Take mail, all is fine"),
    ("starttls", "STARTTLS goes wrong"),
    ("certificate", "The certificate is wrong"),
    ("dane", "DANE goes wrong"),
    ("mta-sts", "MTA-STS goes wrong"),
    ("requiretls", "REQUIRETLS"),
    ("weather", "Slow, busy, full, or gone"),
    ("reports", "Want reports in special ways"),
    ("senders", "Mail from these passes or fails"),
];

/// How far time moves: the value of a button, its label, and hours; none for midnight.
const MOVES: [(&str, &str, Option<u64>); 4] = [
    ("2h", "2 hours", Some(2)),
    ("midnight", "To midnight", None),
    ("1d", "A day", Some(24)),
    ("7d", "A week", Some(168)),
];

/// Milliseconds of an hour.
const HOUR_MS: u64 = 3_600_000;

#[derive(Template)]
#[template(path = "lab.html")]
struct LabPage<'a> {
    page: Page<'a>,
    /// Or why there is none, as where the server is not in the lab.
    lab: Result<Shown, OpError>,
    moves: &'a [(&'static str, &'static str, Option<u64>)],
}

/// The lab as a page has it.
struct Shown {
    now: mox_admin::Time,
    groups: Vec<Group>,
}

struct Group {
    /// Its name in the lab, which is that of its place on the page.
    name: String,
    title: String,
    rows: Vec<LabRow>,
}

impl Shown {
    fn new(lab: LabShown) -> Shown {
        let mut groups: Vec<Group> = Vec::new();
        for row in lab.domains {
            match groups.iter_mut().find(|group| group.name == row.group) {
                Some(group) => group.rows.push(row),
                None => {
                    groups.push(Group { title: title(&row.group), name: row.group.clone(), rows: vec![row] })
                }
            }
        }
        Shown { now: lab.now, groups }
    }
}

fn title(group: &str) -> String {
    let known = GROUPS.iter().find(|(name, _)| *name == group);
    known.map_or_else(|| group.to_owned(), |(_, title)| (*title).to_owned())
}

#[derive(Template)]
#[template(path = "lab_tried.html")]
struct Tried<'a> {
    page: Page<'a>,
    tried: LabTried,
    /// Whether the message is to leave: it waits in the queue, else it is in the inbox.
    leaves: bool,
}

/// `GET /lab`
pub(crate) async fn page(pages: &Pages, request: &Request) -> Result<Response, OpError> {
    let query = Query::of(request);
    let notice = note(&query)?;
    query.finish()?;
    let lab = pages.dispatch.call(&LabShow {}).await.map(Shown::new);
    let page = Page::new(&pages.site, "/lab", "Lab").notice(notice);
    Ok(render(StatusCode::OK, &LabPage { page, lab, moves: &MOVES }))
}

/// `POST /lab/advance`
pub(crate) async fn advance(pages: &Pages, request: &Request) -> Result<Response, OpError> {
    let form = Query::form(request);
    let by = form.get("by").unwrap_or_default();
    let (.., hours) = MOVES
        .iter()
        .find(|(value, ..)| *value == by)
        .ok_or_else(|| OpError::usage("the form does not say how far time moves"))?;
    form.finish()?;
    let by = hours.map_or(LabMove::Midnight, |hours| LabMove::ByMs(hours * HOUR_MS));
    pages.dispatch.call(&LabAdvance { by, dry_run: false }).await?;
    Ok(see_other("/lab?note=advanced"))
}

/// `POST /lab/step`
pub(crate) async fn step(pages: &Pages, request: &Request) -> Result<Response, OpError> {
    let domain = domain(request)?;
    pages.dispatch.call(&LabStep { domain, dry_run: false }).await?;
    Ok(see_other("/lab?note=stepped"))
}

/// `POST /lab/try`: shows what the server said.
pub(crate) async fn send(pages: &Pages, request: &Request) -> Result<Response, OpError> {
    let domain = domain(request)?;
    let tried = pages.dispatch.call(&LabTry { domain: domain.clone(), dry_run: false }).await?;
    let leaves = tried.to.ends_with(&format!("@{domain}"));
    let page = Page::new(&pages.site, "/lab", format!("Tried {domain}"));
    Ok(render(StatusCode::OK, &Tried { page, tried, leaves }))
}

/// The domain of a form.
fn domain(request: &Request) -> Result<String, OpError> {
    let form = Query::form(request);
    let domain = form.get("domain").map(str::to_owned);
    form.finish()?;
    domain.ok_or_else(|| OpError::usage("the form names no domain"))
}
