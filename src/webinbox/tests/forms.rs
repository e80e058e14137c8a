//! What the forms do.

use mox_admin::ops::{ChaosStage, RelayRow};

use super::{Site, StatusCode};

#[tokio::test]
async fn one_message_is_deleted_after_a_question() {
    let site = Site::with(3);
    assert_eq!(site.post("/message/2/delete", "back=%3Fto%3Dbob").await, "/message/2/delete?to=bob");
    let question = site.page("/message/2/delete?to=bob").await;
    assert!(question.contains("“Subject 2.”") && question.contains("name=\"confirm\" value=\"yes\""));
    assert!(
        question.contains("name=\"back\" value=\"?to=bob\"")
            && question.contains("action=\"/message/2/delete\"")
    );
    assert_eq!(site.ids(), [1, 2, 3], "asking changes nothing");
    let to = site.post("/message/2/delete", "confirm=yes&back=%3Fto%3Dbob").await;
    assert_eq!(to, "/?to=bob&note=deleted&count=1");
    assert_eq!(site.ids(), [1, 3]);
    assert!(site.page(&to).await.contains("Message deleted"));
}

#[tokio::test]
async fn what_is_ticked_is_changed() {
    let site = Site::with(4);
    let answer = site.ask("POST", "/selected", "id=1&id=2&action=delete&back=", &[]).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(
        answer.body.contains("2 messages will be deleted") && answer.body.contains("name=\"id\" value=\"2\"")
    );
    assert_eq!(site.ids().len(), 4, "asking changes nothing");
    // Enter in the field of the tag presses the first button.
    let list = site.page("/").await;
    assert_eq!(list.split("name=\"action\" value=\"").nth(1).unwrap().split_once('"').unwrap().0, "tag");
    let to = site.post("/selected", "id=1&id=2&action=delete&confirm=yes&tag=").await;
    assert_eq!((to.as_str(), site.ids()), ("/?note=deleted&count=2", vec![3, 4]));
    site.post("/selected", "id=3&action=seen").await;
    site.post("/selected", "id=3&id=4&action=tag&tag=blue&back=%3Ftag%3Dred").await;
    let row = |id: i64| site.house.with(|state| state.messages[&id].row.clone());
    assert_eq!(
        (row(3).flags, row(3).tags, row(4).tags),
        (vec!["\\Seen".into()], vec!["blue".into()], vec!["blue".into()])
    );
    site.post("/selected", "id=3&action=unseen").await;
    site.post("/selected", "id=3&action=untag&tag=blue").await;
    assert!(row(3).flags.is_empty() && row(3).tags.is_empty());
    for (form, status) in [
        ("action=delete", 400),
        ("id=3&action=fly", 400),
        ("id=x&action=seen", 400),
        ("id=3&action=tag", 400),
        ("id=3&action=seen&evil=1", 400),
        ("id=99&action=seen", 404),
    ] {
        assert_eq!(site.ask("POST", "/selected", form, &[]).await.status.as_u16(), status, "{form}");
    }
}

#[tokio::test]
async fn all_of_a_list_are_deleted_and_only_those() {
    let site = Site::with(5);
    let question = site.page("/delete-all?mailbox=bob%40example.org").await;
    assert!(
        question.contains("2 messages will be deleted for good: all with mailbox “bob@example.org”"),
        "{question}"
    );
    let form = "confirm=yes&back=%3Fmailbox%3Dbob%2540example.org";
    assert_eq!(site.post("/delete-all", form).await, "/?note=deleted&count=2");
    assert_eq!(site.ids(), [1, 3, 5]);
    assert_eq!(site.post("/delete-all", "back=").await, "/delete-all");
    assert_eq!(site.ids().len(), 3, "without the question nothing goes");
    assert_eq!(site.post("/delete-all", "confirm=yes&back=").await, "/?note=deleted&count=3");
    assert_eq!(site.get("/delete-all").await.status, StatusCode::NOT_FOUND, "nothing left to ask about");
}

#[tokio::test]
async fn tags_come_and_go() {
    let site = Site::with(1);
    assert_eq!(site.post("/message/1/mark", "tag=blue&back=").await, "/message/1?note=tagged");
    assert!(site.page("/").await.contains("href=\"/?tag=blue\""), "it is beside the list");
    assert_eq!(site.post("/message/1/mark", "untag=blue").await, "/message/1?note=untagged");
    assert_eq!(site.post("/message/1/mark", "seen=false&back=%3Fq%3Da").await, "/?q=a&note=unseen&count=1");
    assert_eq!(site.ask("POST", "/message/1/mark", "", &[]).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_release_shows_its_plan_first() {
    let site = Site::with(1);
    let none = site.page("/message/1/release").await;
    assert!(none.contains("--release mail.example.org:25") && !none.contains("<form class=\"card\""));
    site.house.with(|state| {
        state.relays.push(RelayRow {
            domain: None,
            host: "mail.example.org".into(),
            port: 25,
            by_hand: true,
        });
    });
    let form = site.page("/message/1/release?q=x").await;
    assert!(form.contains(">ann@example.org</textarea>") && form.contains("value=\"plan\""));
    let plan = site
        .ask("POST", "/message/1/release", "step=plan&to=a%40b.example%0D%0Ac%40d.example&back=", &[])
        .await;
    assert!(plan.body.contains("through mail.example.org port 25") && plan.body.contains("value=\"send\""));
    assert!(site.house.with(|state| state.released.is_empty()), "a plan sends nothing");
    let to = site.post("/message/1/release", "step=send&to=a%40b.example%0D%0Ac%40d.example&back=").await;
    assert_eq!(to, "/message/1?view=events&note=released&count=2");
    assert_eq!(site.house.with(|state| state.released[0].to.clone()), ["a@b.example", "c@d.example"]);
    for (form, says) in [("step=send&to=+%2C", "no recipient"), ("step=send&to=nobody", "is no address")] {
        let answer = site.ask("POST", "/message/1/release", form, &[]).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(answer.body.contains(says), "{form}");
    }
}

#[tokio::test]
async fn rules_come_and_go() {
    let site = Site::new();
    let add = "stage=rcpt&probability=12.5&code=451&text=later&delay=&from=&to=%40example.org";
    assert_eq!(site.post("/chaos/add", add).await, "/chaos?note=added");
    site.post("/chaos/add", "stage=message&probability=100&code=&text=&delay=3000").await;
    let rules = site.house.with(|state| state.chaos.rules.clone());
    assert_eq!((rules[0].stage, rules[0].probability, rules[0].code), (ChaosStage::Rcpt, 12.5, Some(451)));
    assert_eq!((rules[1].code, rules[1].delay_ms), (None, 3000));
    let page = site.page("/chaos?note=added").await;
    for has in ["12.5 %", "answer 451 later", "to @example.org", "wait 3000 ms", "Rule added"] {
        assert!(page.contains(has), "no {has}");
    }
    for (form, says) in [
        ("stage=fly", "no stage"),
        ("stage=rcpt&code=x", "code"),
        ("stage=rcpt&probability=1000", "more than 100"),
        ("stage=rcpt&x=1", "unknown parameter"),
    ] {
        let answer = site.ask("POST", "/chaos/add", form, &[]).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{form}");
        assert!(answer.body.contains(says), "{form}: {}", answer.body);
    }
    let exact = serde_json::to_string(&rules[0]).unwrap();
    let form = form_urlencoded::Serializer::new(String::new()).append_pair("rule", &exact).finish();
    assert_eq!(site.post("/chaos/remove", &form).await, "/chaos?note=removed");
    assert_eq!(site.house.with(|state| state.chaos.rules.clone()), [rules[1].clone()]);
    let again = site.ask("POST", "/chaos/remove", &form, &[]).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND, "it is gone");
    assert_eq!(site.post("/chaos/remove", "all=yes").await, "/chaos?note=cleared");
    assert!(site.house.with(|state| state.chaos.rules.is_empty()));
}

#[tokio::test]
async fn presets_are_rules_that_the_form_can_make() {
    let site = Site::new();
    let page = site.page("/chaos").await;
    let presets: Vec<&str> = page.split("<form class=\"preset\"").skip(1).collect();
    assert!(presets.len() >= 6);
    for preset in &presets {
        let mut form = form_urlencoded::Serializer::new(String::new());
        for field in preset.split("type=\"hidden\" name=\"").skip(1) {
            let mut parts = field.split('"');
            let (name, value) = (parts.next().unwrap(), parts.nth(1).unwrap());
            form.append_pair(name, value);
        }
        site.post("/chaos/add", &form.finish()).await;
    }
    assert_eq!(site.house.with(|state| state.chaos.rules.len()), presets.len());
}
