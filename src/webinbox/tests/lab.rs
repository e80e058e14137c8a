//! The page of the lab.

use mox_admin::ops::{LabMove, LabNext, LabRow};

use super::Site;

fn row(domain: &str, group: &str, next: Option<LabNext>) -> LabRow {
    LabRow {
        domain: domain.to_owned(),
        group: group.to_owned(),
        does: "does <b>what</b> it does".to_owned(),
        expect: "deferred: certificate-expired".to_owned(),
        next,
    }
}

fn in_the_lab() -> Site {
    let site = Site::new();
    let next = |after_secs| Some(LabNext { does: "something else".to_owned(), after_secs });
    site.house.with(|state| {
        state.lab = vec![
            row("sts-gone.lab.test", "mta-sts", next(None)),
            row("greylist.lab.test", "weather", next(Some(10))),
            row("dmarc-pass.lab.test", "senders", None),
        ];
    });
    site
}

#[tokio::test]
async fn a_server_outside_says_how_to_get_in() {
    let page = Site::new().page("/lab").await;
    assert!(page.contains("<code>mox localserve --lab</code>"), "{page}");
    assert!(
        page.contains("No lab: this server is not in the lab"),
        "what the operation says is not guessed: {page}"
    );
    assert!(!page.contains("/lab/advance"), "{page}");
}

#[tokio::test]
async fn each_domain_says_what_it_does_and_can_be_tried() {
    let site = in_the_lab();
    let page = site.page("/lab").await;
    for has in [
        "data-key=\"sts-gone.lab.test\"",
        "MTA-STS goes wrong",
        "does &#60;b&#62;what&#60;/b&#62; it does",
        "10 s later: something else",
        "Send as it<span class=\"vh\">: dmarc-pass.lab.test</span>",
    ] {
        assert!(page.contains(has), "{has}: {page}");
    }
    assert_eq!(page.matches("/lab/step").count(), 1, "only what waits for us has a next step: {page}");
    let answer = site.ask("POST", "/lab/try", "domain=sts-gone.lab.test", &[]).await;
    assert!(answer.body.contains("250 2.6.0 &#60;kept&#62;"), "{}", answer.body);
    assert!(answer.body.contains("/admin/queue"), "{}", answer.body);
}

#[tokio::test]
async fn time_and_domains_move_on() {
    let site = in_the_lab();
    assert_eq!(site.post("/lab/step", "domain=sts-gone.lab.test").await, "/lab?note=stepped");
    assert!(!site.page("/lab?note=stepped").await.contains("/lab/step"));
    for (by, want) in [("midnight", LabMove::Midnight), ("2h", LabMove::ByMs(7_200_000))] {
        assert_eq!(site.post("/lab/advance", &format!("by={by}")).await, "/lab?note=advanced");
        assert_eq!(site.house.with(|state| state.advanced.pop()), Some(want));
    }
    for bad in ["by=never", "", "by=2h&x=y"] {
        let answer = site.ask("POST", "/lab/advance", bad, &[]).await;
        assert_eq!(answer.status.as_u16(), 400, "{bad}: {}", answer.body);
    }
    assert!(site.house.with(|state| state.advanced.is_empty()));
}
