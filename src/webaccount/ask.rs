//! Asks before something is done that cannot be undone.

use mox_httpserver::Response;
use mox_web::page::Confirm;

use crate::at::At;

/// A page that posts `fields` to `action`, with `confirm` as `yes`, or leads back. All are paths below the base.
pub(crate) fn ask(
    at: &At,
    (place, back): (&str, &str),
    text: String,
    (action, button): (&str, &'static str),
    mut fields: Vec<(&'static str, String)>,
) -> Response {
    fields.push(("confirm", "yes".to_owned()));
    let (action, back) = (at.visit.to(action), at.visit.to(back));
    at.render(&Confirm { page: at.page(place, "Are you sure?"), text, action, fields, button, back })
}
