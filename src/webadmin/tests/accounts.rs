//! The pages of accounts against a table of operations: what they show, what their forms ask for, what is refused.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use mox_admin::ops::*;
use mox_admin::{Dispatch, OpError, Operations, Secret, Time};
use mox_clock::sim::SimClock;
use mox_clock::{Clock, Timestamp};
use mox_httpserver::{Mount, Request, Service, StatusCode};
use mox_web::Door;

/// What was asked for, as `name {json}`.
type Asked = Arc<Mutex<Vec<String>>>;

fn note<Op: mox_admin::Operation>(asked: &Asked, op: &Op) {
    asked.lock().unwrap().push(format!("{} {}", Op::NAME, serde_json::to_string(op).unwrap()));
}

fn time() -> Time {
    Time(Timestamp::parse_rfc3339("2026-11-22T10:20:30Z").unwrap())
}

fn row(name: &str) -> AccountRow {
    AccountRow {
        name: name.into(),
        domain: "example.org".into(),
        addresses: 2,
        login_disabled: if name == "off" { "gone <away>".into() } else { String::new() },
        full_name: "Amy <b>A</b>".into(),
        description: "sales".into(),
    }
}

fn detail(name: &str) -> AccountDetail {
    let address = |address: &str| AddressRow {
        address: address.into(),
        account: name.into(),
        mailbox: "Inbox".into(),
        rulesets: 3,
        smtp_error: String::new(),
    };
    AccountDetail {
        row: row(name),
        addresses: vec![address("amy@example.org"), address("@example.net")],
        aliases: vec!["team@example.org".into()],
        references: vec!["mox.conf:12: Postmaster.Account".into()],
        config: "Domain: example.org\n".into(),
        quota: Some(2_000_000),
        limits: AccountLimits {
            quota: -1,
            max_outgoing: 1000,
            max_first_time: 200,
            sent: 345,
            first_time: 12,
        },
        no_custom_password: false,
        outgoing_webhook: None,
        incoming_webhook: None,
        stored: Some(AccountStored {
            created: time(),
            messages: 17,
            size: 1_500_000,
            has_password: true,
            client_keys: 1,
        }),
    }
}

fn key() -> ClientKeyRow {
    ClientKeyRow {
        fingerprint: "ab".repeat(32),
        account: "amy".into(),
        address: "amy@example.org".into(),
        name: "laptop".into(),
        added: time(),
    }
}

fn app(name: &str) -> AppPasswordRow {
    AppPasswordRow { id: 7, account: "amy".into(), name: name.into(), created: time(), used: None }
}

fn attempt(n: usize) -> LoginAttemptRow {
    LoginAttemptRow {
        account: "amy".into(),
        login: format!("<i>{n}</i>"),
        remote_ip: "192.0.2.1".into(),
        protocol: "submissions".into(),
        mechanism: "PLAIN".into(),
        result: "badcreds".into(),
        tls: "TLSv1.3".into(),
        count: 41,
        first: time(),
        last: time(),
        key: format!("[{n}]"),
    }
}

fn changed(change: &str, dry_run: bool, password: Option<Secret>) -> ConfigChanged {
    ConfigChanged {
        change: change.into(),
        dry_run,
        changed: true,
        diff: "-\tamy:<x>\n".into(),
        version: None,
        warnings: vec!["a <warning>".into()],
        notes: vec!["a note".into()],
        password,
    }
}

/// An operation that is noted and answered.
macro_rules! answer {
    ($operations:expr, $asked:expr, $($op:ty => $reply:expr;)*) => {{
        let operations = $operations;
        $(let asked = $asked.clone();
        let operations = operations.on(move |op: $op| {
            note(&asked, &op);
            let reply: fn($op) -> Result<<$op as mox_admin::Operation>::Reply, OpError> = $reply;
            std::future::ready(reply(op))
        });)*
        operations
    }};
}

fn operations(asked: &Asked) -> Operations {
    answer!(Operations::new(), asked,
        AccountList => |_| Ok(vec![row("amy"), row("off"), row("a+b&c")]);
        AccountShow => |op| match op.account.as_str() {
            "none" => Err(OpError::not_found("there is no \"none\"")),
            name => Ok(detail(name)),
        };
        AccountAdd => |op| Ok(changed("add", false, op.password.is_none().then(|| Secret::new("abcd-efgh"))));
        AccountRemove => |op| Ok(changed("rm", op.dry_run, None));
        AccountDisable => |op| Ok(changed("disable", op.dry_run, None));
        AccountSet => |op| Ok(changed("set", op.dry_run, None));
        AddressAdd => |_| Ok(changed("address", false, None));
        AddressRemove => |op| Ok(changed("address rm", op.dry_run, None));
        SetAccountPassword => |_| Ok(Done {});
        AppPasswordList => |_| Ok(vec![app("phone <1>")]);
        AppPasswordAdd => |op| Ok(AppPasswordAdded {
            row: app(&op.name),
            password: Some(Secret::new("secret-1234")),
            dry_run: false,
        });
        AppPasswordRemove => |op| Ok(AppPasswordRemoved { row: app("phone"), dry_run: op.dry_run });
        ClientKeyList => |_| Ok(vec![key()]);
        ClientKeyAdd => |_| Ok(ClientKeyAdded { key: key(), dry_run: false });
        ClientKeyRemove => |op| Ok(ClientKeyAdded { key: key(), dry_run: op.dry_run });
        SessionsEnd => |_| Ok(SessionsEnded { ended: 2 });
        LoginAttempts => |op| Ok((0..op.limit as usize).map(attempt).collect());
    )
}

struct Site {
    door: Door,
    asked: Asked,
}

impl Site {
    fn new() -> Site {
        let asked = Asked::default();
        let dispatch: Arc<dyn Dispatch> = Arc::new(operations(&asked));
        let clock: Arc<dyn Clock> = Arc::new(SimClock::new(Timestamp::from_secs(0)));
        let pages = crate::pages(dispatch, "mail.example.org".into(), Vec::new(), clock);
        Site { door: Door::new(Arc::new(pages), None), asked }
    }

    async fn ask(&self, method: &str, path: &str, body: &str) -> (StatusCode, String, String) {
        let builder = hyper::Request::builder().method(method).uri(format!("/admin/{path}"));
        let builder = builder.header("content-type", "application/x-www-form-urlencoded");
        let (head, ()) = builder.body(()).unwrap().into_parts();
        let request = Request::of(head, Bytes::copy_from_slice(body.as_bytes()));
        let mount = Mount { base: "/admin/".into(), https: true, client: [192, 0, 2, 1].into() };
        let response = self.door.call(request.mounted(mount)).await;
        let to = response.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
        let text = response.body().bytes().cloned().unwrap_or_default();
        (response.status(), to.unwrap_or_default(), String::from_utf8_lossy(&text).into_owned())
    }

    async fn page(&self, path: &str) -> String {
        let (status, _, text) = self.ask("GET", path, "").await;
        assert_eq!(status, StatusCode::OK, "{path}: {text}");
        text
    }

    /// Posts a form; what it said, where it leads, and what was asked for last.
    async fn post(&self, path: &str, form: &str) -> (StatusCode, String, String, String) {
        let (status, to, text) = self.ask("POST", path, form).await;
        let last = self.asked.lock().unwrap().last().cloned().unwrap_or_default();
        (status, to, text, last)
    }
}

#[tokio::test]
async fn the_list_and_an_account_show_what_is_there_and_escape_it() {
    let site = Site::new();
    let list = site.page("accounts").await;
    for part in [
        r#"<tr data-key="amy">"#,
        r#"href="/admin/accounts/a%2Bb%26c""#,
        "Amy &#60;b&#62;A&#60;/b&#62;",
        "gone &#60;away&#62;",
        r#"action="/admin/accounts""#,
    ] {
        assert!(list.contains(part), "{part}: {list}");
    }
    let one = site.page("accounts/amy").await;
    for part in [
        r#">1.5 MB</data></span> of <span data-field="quota"><data value="2000000">2.0 MB<"#,
        r#"<meter min="0" max="2000000" value="1500000""#,
        r#"data-field="stored.messages">17<"#,
        r#"data-field="address">@example.net<"#,
        "<option>amy@example.org</option>",
        "team@example.org",
        "mox.conf:12: Postmaster.Account",
        "phone &#60;1&#62;",
        "&#60;i&#62;0&#60;/i&#62;",
        r#"action="/admin/accounts/amy/remove""#,
        "Domain: example.org",
    ] {
        assert!(one.contains(part), "{part}: {one}");
    }
    assert!(!one.contains("<option>@example.net") && !one.contains("<i>0") && !one.contains("<b>A"));
    assert_eq!(one.matches("<h1").count(), 1);
    // A name with signs that mean something in paths comes back as it is.
    site.page("accounts/a%2Bb%26c").await;
    assert!(site.asked.lock().unwrap().iter().any(|op| op == r#"account-show {"account":"a+b&c"}"#));
    assert_eq!(site.ask("GET", "accounts/none", "").await.0, StatusCode::NOT_FOUND);
    assert_eq!(site.ask("GET", "accounts/amy/remove", "").await.0, StatusCode::NOT_FOUND);
    assert!(site.page("accounts/off").await.contains("Allow logins again"));
}

#[tokio::test]
async fn attempts_are_filtered_and_bounded() {
    let site = Site::new();
    let page = site.page("accounts/.logins?account=amy&failed=yes").await;
    assert_eq!(page.matches("<tr data-key=").count(), 200);
    assert!(page.contains(r#"data-field="count">41<"#));
    let last = site.asked.lock().unwrap().last().cloned().unwrap();
    assert_eq!(
        last,
        r#"login-attempts {"account":"amy","failed":true,"since":null,"after":null,"limit":201}"#
    );
    let next = r#"href="/admin/accounts/.logins?account=amy&#38;failed=yes&#38;after=%5B199%5D">Next page"#;
    assert!(page.contains(next) && !page.contains("First page"), "{page}");
    let page = site.page("accounts/.logins?account=amy&failed=yes&after=%5B199%5D").await;
    let first = r#"href="/admin/accounts/.logins?account=amy&#38;failed=yes">"#;
    assert!(page.contains(first) && page.contains("First page"), "{page}");
    let last = site.asked.lock().unwrap().last().cloned().unwrap();
    assert!(last.contains(r#""after":"[199]""#), "{last}");
    site.page("accounts/.logins?strangers=yes").await;
    let last = site.asked.lock().unwrap().last().cloned().unwrap();
    assert!(last.starts_with(r#"login-attempts {"account":"","failed":false"#), "{last}");
    assert_eq!(site.ask("GET", "accounts/.logins?acount=amy", "").await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_made_password_is_shown_once_and_a_typed_one_never() {
    let site = Site::new();
    let (status, _, text, last) = site.post("accounts", "name=bob&address=bob@example.org").await;
    assert_eq!(status, StatusCode::OK);
    assert!(text.contains(">abcd-efgh</pre>") && text.contains(r#"href="/admin/accounts/bob""#), "{text}");
    assert!(last.contains(r#""password":null"#), "{last}");
    let form = "name=bob&address=bob@example.org&password=correct+horse&again=correct+horse";
    let (status, _, text, last) = site.post("accounts", form).await;
    assert_eq!(status, StatusCode::OK);
    assert!(!text.contains("correct horse") && last.contains("correct horse"), "{text}");
    let before = site.asked.lock().unwrap().len();
    for (path, form) in [
        ("accounts", "name=bob&address=bob@example.org&password=one&again=two"),
        ("accounts", "name=bob&address=bob@example.org&password=one"),
        ("accounts/amy/password", ""),
        ("accounts/amy/password", "password=one&again=One"),
        ("accounts/amy/password", "password=one&again=one&other=1"),
        ("accounts/amy/app-remove", "id=x"),
        ("accounts/amy/nothing", ""),
    ] {
        let (status, ..) = site.post(path, form).await;
        assert!(status.is_client_error(), "{path} {form}: {status}");
    }
    assert_eq!(site.asked.lock().unwrap().len(), before, "nothing was asked for");
    let (_, _, text, _) = site.post("accounts/amy/app", "name=phone").await;
    assert!(text.contains(">secret-1234</pre>"), "{text}");
}

#[tokio::test]
async fn what_takes_something_away_asks_first_and_shows_the_difference() {
    let site = Site::new();
    for (action, form, dry, real) in [
        ("remove", "", r#""purge":false,"dry_run":true"#, r#""purge":false,"dry_run":false"#),
        ("remove", "purge=yes&", r#""purge":true,"dry_run":true"#, r#""purge":true,"dry_run":false"#),
        ("disable", "message=moved&", r#""message":"moved","dry_run":true"#, r#""dry_run":false"#),
        ("address-remove", "address=amy%40example.org&", r#""dry_run":true"#, r#""dry_run":false"#),
    ] {
        let (status, _, text, last) = site.post(&format!("accounts/amy/{action}"), form).await;
        assert_eq!(status, StatusCode::OK, "{text}");
        assert!(last.contains(dry), "{last}");
        let posts = format!(r#"action="/admin/accounts/amy/{action}""#);
        for part in
            ["-\tamy:&#60;x&#62;", "a &#60;warning&#62;", "a note", &posts, r#"name="confirm" value="yes""#]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
        let (status, to, _, last) =
            site.post(&format!("accounts/amy/{action}"), &format!("{form}confirm=yes")).await;
        assert_eq!(status, StatusCode::SEE_OTHER);
        assert!(last.contains(real) && to.starts_with("/admin/accounts"), "{last} {to}");
    }
    for (action, form, real) in [
        ("app-remove", "id=7&", r#"app-password-remove {"account":"amy","id":7,"dry_run":false}"#),
        ("key-remove", "fingerprint=abab&", r#""fingerprint":"abab","dry_run":false}"#),
    ] {
        let (status, _, text, last) = site.post(&format!("accounts/amy/{action}"), form).await;
        assert!(status == StatusCode::OK && last.contains(r#""dry_run":true"#), "{last} {text}");
        let (status, _, _, last) =
            site.post(&format!("accounts/amy/{action}"), &format!("{form}confirm=yes")).await;
        assert!(status == StatusCode::SEE_OTHER && last.ends_with(real), "{last}");
    }
}

#[tokio::test]
async fn forms_ask_for_what_they_say() {
    let site = Site::new();
    for (action, form, want) in [
        (
            "address",
            "address=x%40example.org&mailbox=",
            r#"address-add {"address":"x@example.org","account":"amy","mailbox":null,"dry_run":false}"#,
        ),
        (
            "key",
            "address=amy%40example.org&name=laptop&certificate=PEM",
            r#"client-key-add {"account":"amy","address":"amy@example.org","name":"laptop","certificate":"PEM","dry_run":false}"#,
        ),
        ("logout", "", r#"sessions-end {"account":"amy"}"#),
        ("enable", "", r#"account-disable {"name":"amy","message":null,"dry_run":false}"#),
        (
            "password",
            "password=correct+horse&again=correct+horse",
            r#"set-account-password {"account":"amy","password":"correct horse"}"#,
        ),
    ] {
        let (status, to, text, last) = site.post(&format!("accounts/amy/{action}"), form).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{text}");
        assert_eq!(last, want);
        let page = site.page(to.trim_start_matches("/admin/")).await;
        assert!(page.contains(r#"class="notice""#), "{to}");
    }
}

#[tokio::test]
async fn settings_are_shown_with_what_is_used_and_changed() {
    let site = Site::new();
    let text = site.page("accounts/amy").await;
    for part in [
        r#"<span data-field="limits.sent">345</span> of <span data-field="limits.max_outgoing">1000</span>"#,
        r#"<meter min="0" max="200" value="12" aria-label="New recipients in 24 hours">"#,
        r#"name="quota" value="-1" min="-1""#,
        r#"name="full_name" value="Amy &#60;b&#62;A&#60;/b&#62;""#,
        r#"name="description" value="sales""#,
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let form = "full_name=Amy&description=&quota=5000&max_outgoing=10&max_first_time=";
    let (status, to, _, last) = site.post("accounts/amy/settings", form).await;
    assert_eq!((status, to.as_str()), (StatusCode::SEE_OTHER, "/admin/accounts/amy?note=settings"));
    let asked = r#"account-set {"account":"amy","full_name":"Amy","description":"","quota":5000,"max_outgoing":10,"max_first_time":0,"dry_run":false}"#;
    assert!(last.ends_with(asked), "{last}");
    for form in ["quota=much", "max_outgoing=-1", "quota=1&other=1"] {
        assert!(site.post("accounts/amy/settings", form).await.0.is_client_error(), "{form}");
    }
}
