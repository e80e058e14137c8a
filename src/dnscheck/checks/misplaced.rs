//! Records that are there and have no effect: at the wrong name, behind a blank, or of a scheme that is over.
//!
//! RFC 4406 (Sender ID) is historic.

use mox_dns::BoxFuture;

use crate::Finding;
use crate::ground::{Ground, all};

/// How records begin, the name they belong to, and whether the domain itself is that name.
const KINDS: [(&str, &str); 4] =
    [("v=spf1", ""), ("v=dmarc1", "_dmarc."), ("v=tlsrptv1", "_smtp._tls."), ("v=stsv1", "_mta-sts.")];

pub(crate) async fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let looked: Vec<BoxFuture<'_, Vec<Finding>>> = KINDS
        .iter()
        .map(|(_, place)| -> BoxFuture<'_, Vec<Finding>> { Box::pin(at(ground, place)) })
        .collect();
    all(looked).await.into_iter().flatten().collect()
}

async fn at(ground: &Ground<'_>, place: &str) -> Vec<Finding> {
    let name = format!("{place}{}", ground.domain.ascii());
    // That there is no answer, the check of the record says.
    let Ok(answer) = ground.resolver.lookup_txt(&name).await else { return Vec::new() };
    answer.records.iter().filter_map(|text| judge(ground, place, &name, text)).collect()
}

fn judge(ground: &Ground<'_>, place: &str, name: &str, text: &str) -> Option<Finding> {
    let trimmed = text.trim_start();
    let begins = |version: &str| {
        let (start, rest) = trimmed.split_at_checked(version.len())?;
        (start.eq_ignore_ascii_case(version) && !rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
            .then_some(())
    };
    if begins("spf2.0").is_some() {
        let text = "a record of Sender ID, which nobody uses any more";
        return Some(Finding::info("sender-id", name, text).fix("remove it"));
    }
    let (_, belongs) = KINDS.iter().find(|(version, _)| begins(version).is_some())?;
    let right = format!("{belongs}{}", ground.domain.ascii());
    if *belongs != place {
        let text = format!("{text:?} is at the wrong name and has no effect");
        return Some(Finding::error("record-wrong-name", name, text).fix(format!("move it to {right}")));
    }
    (trimmed.len() < text.len()).then(|| {
        let text = format!("{text:?} begins with a blank and has no effect");
        Finding::error("record-leading-blank", name, text).fix("remove the blank before v=")
    })
}
