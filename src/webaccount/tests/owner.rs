//! The pages of the owner against a table of operations: what they show, and that forms reach no other account.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use mox_admin::ops::*;
use mox_admin::{Dispatch, OpError, Operations, Secret, Time};
use mox_clock::sim::SimClock;
use mox_clock::{Clock, Timestamp};
use mox_httpserver::{Request, Response, StatusCode};
use mox_web::door::{Pages, Visit};
use mox_web::session::Who;

/// What was asked for, as `name {json}`.
type Asked = Arc<Mutex<Vec<String>>>;

fn note<Op: mox_admin::Operation>(asked: &Asked, op: &Op) {
    asked.lock().unwrap().push(format!("{} {}", Op::NAME, serde_json::to_string(op).unwrap()));
}

fn time() -> Time {
    Time(Timestamp::parse_rfc3339("2026-11-22T10:20:30Z").unwrap())
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
        row: AccountRow {
            name: name.into(),
            domain: "example.org".into(),
            addresses: 2,
            login_disabled: String::new(),
            full_name: "Amy \"A\"".into(),
            description: String::new(),
        },
        addresses: vec![address("amy+x@example.org"), address("@example.net")],
        aliases: vec!["team@example.org".into()],
        references: vec!["mox.conf:12: Postmaster.Account".into()],
        config: "IncomingWebhook: secret\n".into(),
        quota: None,
        limits: AccountLimits {
            quota: 0,
            max_outgoing: 1000,
            max_first_time: 200,
            sent: 345,
            first_time: 12,
        },
        no_custom_password: false,
        outgoing_webhook: None,
        incoming_webhook: None,
        stored: None,
    }
}

fn app(name: &str) -> AppPasswordRow {
    AppPasswordRow { id: 7, account: "amy".into(), name: name.into(), created: time(), used: Some(time()) }
}

fn key(name: &str) -> ClientKeyRow {
    ClientKeyRow {
        fingerprint: "ab".repeat(32),
        account: "amy".into(),
        address: "amy@example.org".into(),
        name: name.into(),
        added: time(),
    }
}

fn rule() -> Ruleset {
    Ruleset {
        msg_from: "<x>@example\\.org$".into(),
        headers: vec![HeaderCondition { name: "^list-id$".into(), value: "<a\\.example>".into() }],
        list_allow_domain: "lists.example".into(),
        mailbox: "Lists".into(),
        comment: "\"quoted\"".into(),
        ..Ruleset::default()
    }
}

fn destination(account: &str, address: &str) -> Result<DestinationDetail, OpError> {
    match (account, address) {
        ("amy", "amy+x@example.org") => Ok(DestinationDetail {
            address: address.into(),
            account: account.into(),
            settings: DestinationSettings { mailbox: "Work".into(), ..DestinationSettings::default() },
            rulesets: vec![RulesetRow { key: "0123abcd".into(), rule: rule() }],
        }),
        _ => Err(OpError::not_found("not an address of the account")),
    }
}

fn done(account: &str, address: &str) -> Result<ConfigChanged, OpError> {
    destination(account, address)?;
    Ok(ConfigChanged {
        change: String::new(),
        dry_run: false,
        changed: true,
        diff: "what others have".into(),
        version: None,
        warnings: Vec::new(),
        notes: Vec::new(),
        password: None,
    })
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
        AccountShow => |op| Ok(detail(&op.account));
        AccountFullName => |op| done(&op.account, "amy+x@example.org");
        AccountPasswordChange => |op| match op.current.reveal() {
            "right" => Ok(AccountPasswordChanged {
                password: op.password.is_none().then(|| Secret::new("made-1234")),
            }),
            _ => Err(OpError::usage("the current password is not right")),
        };
        AppPasswordList => |_| Ok(vec![app("phone <1>")]);
        AppPasswordAdd => |op| Ok(AppPasswordAdded {
            row: app(&op.name),
            password: Some(Secret::new("secret-1234")),
            dry_run: false,
        });
        AppPasswordRemove => |op| Ok(AppPasswordRemoved { row: app("phone"), dry_run: op.dry_run });
        ClientKeyList => |_| Ok(vec![key("laptop")]);
        ClientKeyAdd => |_| Ok(ClientKeyAdded { key: key("laptop"), dry_run: false });
        ClientKeyRemove => |op| Ok(ClientKeyAdded { key: key("laptop"), dry_run: op.dry_run });
        SessionsEnd => |_| Ok(SessionsEnded { ended: 2 });
        LoginAttempts => |op| Ok((0..op.limit as usize).map(|n| LoginAttemptRow {
            account: "amy".into(),
            login: format!("<i>{n}</i>"),
            remote_ip: "192.0.2.1".into(),
            protocol: "submissions".into(),
            mechanism: "PLAIN".into(),
            result: "ok".into(),
            tls: "TLSv1.3".into(),
            count: 41,
            first: time(),
            last: time(),
            key: format!("[{n}]"),
        }).collect());
        DestinationShow => |op| destination(&op.account, &op.address);
        DestinationSet => |op| done(&op.account, &op.address);
        RulesetAdd => |op| done(&op.account, &op.address);
        RulesetSet => |op| done(&op.account, &op.address);
        RulesetMove => |op| done(&op.account, &op.address);
        RulesetRemove => |op| done(&op.account, &op.address);
    )
}

struct Site {
    pages: Box<dyn Pages>,
    asked: Asked,
}

impl Site {
    fn new() -> Site {
        let asked = Asked::default();
        let dispatch: Arc<dyn Dispatch> = Arc::new(operations(&asked));
        let clock: Arc<dyn Clock> = Arc::new(SimClock::new(Timestamp::from_secs(0)));
        let pages =
            crate::pages(dispatch, "mail.example.org".into(), Vec::new(), clock, std::env::temp_dir());
        Site { pages: Box::new(pages), asked }
    }

    /// A request of amy, who is logged in.
    async fn ask(&self, method: &str, path: &str, body: &str) -> (StatusCode, String, String) {
        let builder = hyper::Request::builder().method(method).uri(format!("/account/{path}"));
        let (head, ()) = builder.body(()).unwrap().into_parts();
        let visit = Visit {
            base: "/account/".into(),
            path: path.split('?').next().unwrap().to_owned(),
            who: Who { account: "amy".into(), login: "amy@example.org".into() },
            csrf: "0f".repeat(16),
            client: [192, 0, 2, 1].into(),
        };
        let request = Request::of(head, Bytes::copy_from_slice(body.as_bytes()));
        let response: Response = self.pages.call(request, visit).await;
        let to = response.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
        let text = response.body().bytes().cloned().unwrap_or_default();
        (response.status(), to.unwrap_or_default(), String::from_utf8_lossy(&text).into_owned())
    }

    async fn page(&self, path: &str) -> String {
        let (status, _, text) = self.ask("GET", path, "").await;
        assert_eq!(status, StatusCode::OK, "{path}: {text}");
        assert_eq!(text.matches("<h1").count(), 1, "{path}");
        let forms =
            text.matches(r#"<form method="post""#).count() + text.matches(r#"method="post" action"#).count();
        assert!(text.matches(r#"name="csrf""#).count() * 2 >= forms, "{path}: every form has its token");
        text
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

/// All forms of these pages that are filled in as they should be, and what they ask for.
const FORMS: [(&str, &str, &str); 14] = [
    (
        "addresses/name",
        "full_name=Amy",
        r#"account-full-name {"account":"amy","full_name":"Amy","dry_run":false}"#,
    ),
    (
        "addresses/of",
        "address=amy%2Bx%40example.org&mailbox=Work",
        r#"destination-set {"account":"amy","address":"amy+x@example.org","settings":{"mailbox":"Work","smtp_error":"","auth_required_error":"","full_name":""},"dry_run":false}"#,
    ),
    (
        "addresses/rule",
        "address=amy%2Bx%40example.org&msg_from=a&mailbox=A&header_name_2=n&header_value_2=v",
        r#"ruleset-add {"account":"amy","address":"amy+x@example.org","rule":{"mail_from":"","msg_from":"a","verified_domain":"","headers":[{"name":"n","value":"v"}],"is_forward":false,"list_allow_domain":"","accept_rejects_to_mailbox":"","mailbox":"A","comment":""},"dry_run":false}"#,
    ),
    (
        "addresses/rule",
        "address=amy%2Bx%40example.org&key=0123abcd&mail_from=a&verified_domain=b.example&is_forward=yes&mailbox=A",
        r#"ruleset-set {"account":"amy","address":"amy+x@example.org","key":"0123abcd","rule":{"mail_from":"a","msg_from":"","verified_domain":"b.example","headers":[],"is_forward":true,"list_allow_domain":"","accept_rejects_to_mailbox":"","mailbox":"A","comment":""},"dry_run":false}"#,
    ),
    (
        "addresses/rule-move",
        "address=amy%2Bx%40example.org&key=0123abcd&to=2",
        r#"ruleset-move {"account":"amy","address":"amy+x@example.org","key":"0123abcd","to":2,"dry_run":false}"#,
    ),
    (
        "addresses/rule-remove",
        "address=amy%2Bx%40example.org&key=0123abcd&confirm=yes",
        r#"ruleset-remove {"account":"amy","address":"amy+x@example.org","key":"0123abcd","dry_run":false}"#,
    ),
    (
        "security/password",
        "current=right&password=new+horse&again=new+horse",
        r#"account-password-change {"account":"amy","current":"right","password":"new horse"}"#,
    ),
    (
        "security/password",
        "current=right",
        r#"account-password-change {"account":"amy","current":"right","password":null}"#,
    ),
    ("security/app", "name=phone", r#"app-password-add {"account":"amy","name":"phone","dry_run":false}"#),
    (
        "security/app-remove",
        "id=7&confirm=yes",
        r#"app-password-remove {"account":"amy","id":7,"dry_run":false}"#,
    ),
    ("security/app-remove", "id=7", r#"app-password-remove {"account":"amy","id":7,"dry_run":true}"#),
    (
        "security/key",
        "address=amy%40example.org&name=l&certificate=PEM",
        r#"client-key-add {"account":"amy","address":"amy@example.org","name":"l","certificate":"PEM","dry_run":false}"#,
    ),
    (
        "security/key-remove",
        "fingerprint=abab&confirm=yes",
        r#"client-key-remove {"account":"amy","fingerprint":"abab","dry_run":false}"#,
    ),
    ("security/logout-all", "", r#"sessions-end {"account":"amy"}"#),
];

#[tokio::test]
async fn forms_ask_for_what_they_say() {
    let site = Site::new();
    for (path, form, want) in FORMS {
        let (status, _, text) = site.ask("POST", path, form).await;
        assert!(status == StatusCode::SEE_OTHER || status == StatusCode::OK, "{path} {status}: {text}");
        assert_eq!(site.asked().last().unwrap(), want);
        assert!(!text.contains("what others have"));
    }
}

#[tokio::test]
async fn a_form_that_names_another_account_changes_nothing() {
    let site = Site::new();
    for (path, form, _) in FORMS {
        for more in ["account=bob", "name_of_account=bob", "dry_run=false", "login=bob"] {
            let (status, _, text) = site.ask("POST", path, &format!("{form}&{more}")).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{path} {more}: {text}");
            assert_eq!(site.asked(), [""; 0], "{path} {more}");
        }
        // Whatever the query says.
        let (_, _, text) = site.ask("POST", &format!("{path}?account=bob"), form).await;
        assert!(site.asked().iter().all(|op| !op.contains("bob")), "{path}: {text}");
    }
}

#[tokio::test]
async fn an_address_of_another_account_changes_nothing() {
    let site = Site::new();
    for (path, form, _) in
        FORMS.iter().filter(|(path, ..)| path.starts_with("addresses/") && *path != "addresses/name")
    {
        let form = form.replace("amy%2Bx%40example.org", "bob%40example.org");
        let (status, _, text) = site.ask("POST", path, &form).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}: {text}");
        let asked = site.asked();
        assert!(asked.iter().all(|op| op.contains(r#""account":"amy""#)), "{asked:?}");
    }
    for path in
        ["addresses/of?address=bob%40example.org", "addresses/rule?address=bob%40example.org&key=0123abcd"]
    {
        assert_eq!(site.ask("GET", path, "").await.0, StatusCode::NOT_FOUND, "{path}");
    }
    let gone = site.ask("GET", "addresses/rule?address=amy%2Bx%40example.org&key=ffff", "").await;
    assert_eq!(gone.0, StatusCode::NOT_FOUND);
    assert!(site.asked().iter().all(|op| op.contains(r#""account":"amy""#)));
}

#[tokio::test]
async fn every_page_is_of_the_account_that_is_logged_in() {
    let site = Site::new();
    for path in [
        "",
        "addresses",
        "security",
        "logins",
        "logins?failed=yes",
        "addresses/of?address=amy%2Bx%40example.org",
    ] {
        let text = site.page(path).await;
        assert!(!text.contains("IncomingWebhook") && !text.contains("mox.conf"), "{path}: {text}");
        let asked = site.asked();
        assert!(!asked.is_empty() && asked.iter().all(|op| op.contains(r#""account":"amy""#)), "{asked:?}");
        let more = if path.contains('?') { "&" } else { "?" };
        let (status, ..) = site.ask("GET", &format!("{path}{more}account=bob"), "").await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}");
        site.asked();
    }
}

#[tokio::test]
async fn pages_show_what_is_there_and_escape_it() {
    let site = Site::new();
    let text = site.page("").await;
    assert!(
        text.contains(">0 B</data></span>, no limit") && text.contains("?address=amy%2Bx%40example.org"),
        "{text}"
    );
    assert_eq!(text.matches("<tr data-key=").count(), 5);
    let text = site.page("addresses").await;
    assert!(text.contains(r#"value="Amy &#34;A&#34;""#) && text.contains("team@example.org"), "{text}");
    let text = site.page("addresses/of?address=amy%2Bx%40example.org").await;
    for part in
        [r#"value="Work""#, "&#60;x&#62;@example\\.org$", "^list-id$", "key=0123abcd", "lists.example"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    let text = site.page("addresses/rule?address=amy%2Bx%40example.org&key=0123abcd").await;
    for part in [
        r#"name="header_name_1" value="^list-id$""#,
        r#"name="header_value_1" value="&#60;a\.example&#62;""#,
        r#"name="header_name_3" value="""#,
        r#"value="&#34;quoted&#34;""#,
        r#"name="key" value="0123abcd""#,
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let text = site.page("addresses/rule?address=amy%2Bx%40example.org").await;
    assert!(!text.contains(r#"name="key""#), "{text}");
    let text = site.page("security").await;
    assert!(text.contains("phone &#60;1&#62;") && text.contains(&"ab".repeat(32)), "{text}");
    let text = site.page("logins").await;
    assert!(
        text.contains("&#60;i&#62;0&#60;/i&#62;") && text.contains("logins?after=%5B199%5D\">Next page"),
        "{text}"
    );
    assert!(!text.contains("<i>0"));
    let text = site.page("logins?after=%5B199%5D&failed=yes").await;
    assert!(text.contains("logins?failed=yes\">") && text.contains("First page"), "{text}");
}

#[tokio::test]
async fn secrets_are_told_once_and_wrong_passwords_change_nothing() {
    let site = Site::new();
    let (_, _, text) = site.ask("POST", "security/app", "name=%3Cb%3Ephone").await;
    assert!(text.contains(">secret-1234</pre>") && text.contains("&#60;b&#62;phone"), "{text}");
    let (_, _, text) = site.ask("POST", "security/password", "current=right").await;
    assert!(text.contains(">made-1234</pre>") && text.contains(r#"href="/account/login""#), "{text}");
    let (_, to, _) =
        site.ask("POST", "security/password", "current=right&password=a+b+c+d+e&again=a+b+c+d+e").await;
    assert_eq!(to, "/account/login");
    site.asked();
    for form in ["password=a&again=a", "current=right&password=a&again=b", "current=right&password=a"] {
        assert_eq!(site.ask("POST", "security/password", form).await.0, StatusCode::BAD_REQUEST, "{form}");
        assert_eq!(site.asked(), [""; 0], "{form}");
    }
    let (status, _, text) = site.ask("POST", "security/password", "current=wrong&password=a&again=a").await;
    assert!(status == StatusCode::BAD_REQUEST && text.contains("not right"), "{text}");
}
