//! Tests of the pages of domains against operations in memory: what they show, what their forms do, and what hostile values
//! do not. The ground is that of the pages of the configuration, too.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use mox_admin::ops::*;
use mox_admin::{OpError, Operation, Operations, Time};
use mox_clock::Timestamp;
use mox_clock::sim::SimClock;
use mox_httpserver::{Request, Response, StatusCode};
use mox_web::door::{Pages, Visit};

/// What was asked, as `name json`.
pub(crate) type Log = Arc<Mutex<Vec<String>>>;

/// Pages and what was asked of them.
pub(crate) struct Site {
    pages: Box<dyn Pages>,
    log: Log,
}

/// An answer, read.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: String,
    pub(crate) response: Response,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.response.headers().get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Site {
    pub(crate) fn new(operations: impl FnOnce(&Log) -> Operations) -> Site {
        let log = Log::default();
        let dispatch = Arc::new(operations(&log));
        let clock = Arc::new(SimClock::new(Timestamp::from_secs(1_795_342_830)));
        let pages = crate::pages(dispatch, "mail.example.org".into(), Vec::new(), clock);
        Site { pages: Box::new(pages), log }
    }

    pub(crate) async fn ask(&self, method: &str, path: &str, form: &str) -> Answer {
        let target = format!("/admin/{path}");
        let (head, ()) = hyper::Request::builder().method(method).uri(&target).body(()).unwrap().into_parts();
        let visit = Visit {
            base: "/admin/".into(),
            path: path.split('?').next().unwrap().into(),
            who: Default::default(),
            csrf: "c0ffee".into(),
            client: "127.0.0.1".parse().unwrap(),
        };
        let response =
            self.pages.call(Request::of(head, Bytes::copy_from_slice(form.as_bytes())), visit).await;
        let bytes = response.body().bytes().cloned().unwrap_or_default();
        Answer { status: response.status(), body: String::from_utf8_lossy(&bytes).into_owned(), response }
    }

    /// A page that must be there.
    pub(crate) async fn page(&self, path: &str) -> String {
        let answer = self.ask("GET", path, "").await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        let tokens = answer.body.matches("name=\"csrf\" value=\"c0ffee\"").count();
        assert_eq!(
            tokens,
            answer.body.matches("method=\"post\"").count(),
            "{path}: every form has its token"
        );
        answer.body
    }

    /// Posts a form that does its work; returns where it leads.
    pub(crate) async fn post(&self, path: &str, form: &str) -> String {
        let answer = self.ask("POST", path, form).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}: {}", answer.body);
        answer.header("location").to_owned()
    }

    /// What was asked since the last time.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.log.lock().unwrap())
    }
}

/// Notes that an operation was asked.
pub(crate) fn noted<Op: Operation>(log: &Log, op: &Op) {
    log.lock().unwrap().push(format!("{} {}", Op::NAME, serde_json::to_string(op).unwrap()));
}

/// The answer to a change.
pub(crate) fn changed(what: &str, dry_run: bool) -> ConfigChanged {
    ConfigChanged {
        change: what.into(),
        dry_run,
        changed: true,
        diff: "--- domains.conf\n+++ domains.conf (changed)\n@@ -1 +1,2 @@\n same\n+added <b>&\n-gone\n"
            .into(),
        version: (!dry_run).then_some(3),
        warnings: vec!["a <i>warning".into()],
        notes: vec!["publish <u>its records".into()],
        password: None,
    }
}

fn row(domain: &str) -> DomainRow {
    DomainRow {
        domain: domain.into(),
        disabled: false,
        reports_only: false,
        addresses: 2,
        aliases: 1,
        dkim: vec!["2026a".into(), "2026b".into()],
        mtasts: "testing".into(),
        description: "ours <script>alert(1)</script>".into(),
    }
}

fn alias() -> AliasRow {
    AliasRow {
        alias: "a+b@example.org".into(),
        addresses: vec!["amy@example.org".into(), "bob@example.org".into()],
        post_public: true,
        list_members: false,
        allow_msg_from: false,
    }
}

fn detail(domain: &str) -> Result<DomainDetail, OpError> {
    if !domain.contains("example") {
        return Err(OpError::not_found(format!("there is no {domain}")).hint("`mox config domain list`"));
    }
    Ok(DomainDetail {
        row: row(domain),
        addresses: vec![AddressRow {
            address: "amy@example.org".into(),
            account: "amy".into(),
            mailbox: "Inbox".into(),
            rulesets: 3,
            smtp_error: "550 <gone>".into(),
        }],
        aliases: vec![alias()],
        config: "example.org:\n\tDescription: <x>\n".into(),
        selectors: vec![DkimSelector {
            selector: "2026a".into(),
            signs: true,
            algorithm: "ed25519".into(),
            file: "dkim/a.pem".into(),
            name: "2026a._domainkey.example.org".into(),
            record: "v=DKIM1".into(),
        }],
        client_host: "mail.example.org".into(),
        separators: vec!["+".into(), "-".into()],
        case_sensitive: true,
    })
}

fn accounts() -> Vec<AccountRow> {
    let account = |name: &str| AccountRow {
        name: name.into(),
        domain: "example.org".into(),
        addresses: 1,
        login_disabled: String::new(),
        full_name: String::new(),
        description: String::new(),
    };
    vec![account("amy"), account("bob")]
}

fn status() -> StatusReport {
    StatusReport {
        version: "0.1.0".into(),
        pid: 1,
        started: Time(Timestamp::from_secs(1_795_342_830)),
        config: None,
        data_dir: "data".into(),
        listeners: vec![ListenerRow {
            listener: "public".into(),
            service: "smtp".into(),
            address: "192.0.2.1:25".into(),
            tls: "starttls".into(),
        }],
        accounts: 2,
        messages: 0,
        unindexed: 0,
        queue: QueueCounts::default(),
        connections: 0,
        disk_free: None,
        config_error: None,
    }
}

fn record(name: &str, data: &str, state: DnsRecordState, found: &[&str]) -> DnsRecordRow {
    DnsRecordRow {
        name: name.into(),
        ttl: 300,
        kind: "TXT".into(),
        data: data.into(),
        about: "Who may send (SPF)".into(),
        state: Some(state),
        found: found.iter().map(|text| (*text).to_owned()).collect(),
        note: None,
    }
}

fn records(op: &DnsRecords) -> DnsRecordSet {
    let mut records = vec![
        record("example.org", "\"v=spf1 mx ~all\"", DnsRecordState::Differs, &["TXT \"v=spf1 <b>\""]),
        record("_dmarc.example.org", "\"v=DMARC1; p=none\"", DnsRecordState::Missing, &[]),
        record("mail.example.org", "\"v=spf1 a -all\"", DnsRecordState::Present, &[]),
        record("x.example.org", "\"v=x\"", DnsRecordState::Unknown, &[]),
    ];
    if !op.look {
        for record in &mut records {
            (record.state, record.found) = (None, Vec::new());
        }
    }
    DnsRecordSet {
        domain: op.domain.clone(),
        records,
        zone: "; Who may send\nexample.org. 300 IN TXT \"v=spf1 mx ~all\"\n".into(),
        host_tlsrpt: Some("HostTLSRPT:\n\tAccount: amy\n".into()),
        provider: op.look.then(|| DnsProvider {
            name: "Some <b>Provider".into(),
            notes: vec!["Names are entered without the domain.".into()],
        }),
    }
}

fn checked(op: &DnsCheck) -> DnsChecked {
    let finding = |id: &str, severity, fix: Option<&str>| DnsFinding {
        id: id.into(),
        severity,
        subject: "example.org".into(),
        evidence: format!("{id} says <b>so</b>"),
        fix: fix.map(str::to_owned),
    };
    let all = vec![
        finding("spf-missing", DnsSeverity::Error, Some("example.org. 300 IN TXT \"v=spf1 <mx>\"")),
        finding("dmarc-none", DnsSeverity::Warning, None),
        finding("mx", DnsSeverity::Ok, None),
    ];
    let wanted = |finding: &DnsFinding| {
        op.checks.is_empty() || op.checks.iter().any(|c| finding.id.starts_with(c.as_str()))
    };
    DnsChecked {
        domain: op.domain.clone(),
        ours: true,
        findings: all.into_iter().filter(wanted).collect(),
        host_tlsrpt: None,
    }
}

fn operations(log: &Log) -> Operations {
    /// An operation that is noted and answered.
    macro_rules! does {
        ($op:ident: $ty:ty => $reply:expr) => {{
            let log = log.clone();
            move |$op: $ty| {
                noted(&log, &$op);
                async move { $reply }
            }
        }};
    }
    Operations::new()
        .on(does!(_op: DomainList => Ok(vec![row("example.org"), DomainRow { disabled: true, ..row("bücher.example") }])))
        .on(does!(_op: AccountList => Ok(accounts())))
        .on(does!(_op: Status => Ok(status())))
        .on(does!(op: DomainShow => detail(&op.domain)))
        .on(does!(op: DomainAdd => match op.domain.as_str() {
            "x y" => Err(OpError::usage("\"x y\" is not a domain").hint("domains look like example.org")),
            _ => Ok(changed("domain add", op.dry_run)),
        }))
        .on(does!(op: DomainDisable => Ok(changed("disable", op.dry_run))))
        .on(does!(op: DomainSet => Ok(changed("set", op.dry_run))))
        .on(does!(op: DomainRemove => Ok(changed("remove", op.dry_run))))
        .on(does!(op: AddressAdd => Ok(changed("address add", op.dry_run))))
        .on(does!(op: AddressRemove => Ok(changed("address rm", op.dry_run))))
        .on(does!(_op: AliasShow => Ok(alias())))
        .on(does!(op: AliasAdd => Ok(changed("alias add", op.dry_run))))
        .on(does!(op: AliasUpdate => Ok(changed("alias update", op.dry_run))))
        .on(does!(op: AliasMembers => Ok(changed("alias members", op.dry_run))))
        .on(does!(op: AliasRemove => Ok(changed("alias rm", op.dry_run))))
        .on(does!(op: DnsRecords => Ok(records(&op))))
        .on(does!(op: DnsCheck => Ok(checked(&op))))
}

fn site() -> Site {
    Site::new(operations)
}

#[tokio::test]
async fn the_list_shows_all_domains_and_escapes_what_they_say() {
    let page = site().page("domains").await;
    for part in [
        "<tr data-key=\"example.org\">",
        "data-field=\"domain\">example.org</a>",
        "href=\"/admin/domains/b%C3%BCcher.example\"",
        "value=\"true\">disabled</data>",
        "data-field=\"addresses\">2</span>",
        "data-field=\"dkim\">2026a, 2026b</td>",
        "data-field=\"mtasts\">testing</td>",
        "&#60;script&#62;alert(1)",
        "<option>bob</option>",
        "action=\"/admin/domains/add\"",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    assert!(!page.contains("<script>alert"));
}

#[tokio::test]
async fn one_domain_shows_all_that_belongs_to_it() {
    let site = site();
    let page = site.page("domains/example.org").await;
    for part in [
        "<h1>example.org</h1>",
        "data-field=\"client_host\">mail.example.org</dd>",
        "data-field=\"address\">amy@example.org</th>",
        "href=\"/admin/accounts/amy\"",
        "and <span data-field=\"rulesets\">3</span> rulesets",
        "550 &#60;gone&#62;",
        "href=\"/admin/domains/example.org/alias?name=a%2Bb%40example.org\"",
        "amy@example.org, bob@example.org",
        "data-field=\"selector\">2026a</th>",
        "2026a._domainkey.example.org",
        "data-field=\"address\">192.0.2.1:25</td>",
        "Description: &#60;x&#62;",
        "data-copy=\"domain-config\"",
        "href=\"/admin/domains/example.org/check\" data-live=\"/admin/domains/example.org/check/live\"",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    let unicode = site.page("domains/b%C3%BCcher.example").await;
    assert!(unicode.contains("<h1>bücher.example</h1>"));
    let none = site.ask("GET", "domains/elsewhere.test", "").await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    assert!(none.body.contains("mox config domain list"), "{}", none.body);
}

#[tokio::test]
async fn a_domain_is_added_after_its_diff_was_seen() {
    let site = site();
    let form = "domain=new.example&account=bob&localpart=info&disabled=yes";
    let preview = site.ask("POST", "domains/add", form).await;
    assert_eq!(preview.status, StatusCode::OK, "{}", preview.body);
    for part in [
        "<span class=\"line add\">+added &#60;b&#62;&#38;</span>",
        "<span class=\"line del\">-gone</span>",
        "a &#60;i&#62;warning",
        "publish &#60;u&#62;its records",
        "name=\"domain\" value=\"new.example\"",
        "name=\"localpart\" value=\"info\"",
        "name=\"disabled\" value=\"yes\"",
        "name=\"confirm\" value=\"yes\"",
        "name=\"csrf\" value=\"c0ffee\"",
    ] {
        assert!(preview.body.contains(part), "{part}\n{}", preview.body);
    }
    let add = |dry_run: bool| {
        format!(
            "domain-add {{\"domain\":\"new.example\",\"account\":\"bob\",\"localpart\":\"info\",\"disabled\":true,\"dry_run\":{dry_run}}}"
        )
    };
    assert_eq!(site.asked(), [add(true)], "looking changes nothing");
    let to = site.post("domains/add", &format!("{form}&confirm=yes")).await;
    assert_eq!((to.as_str(), site.asked()), ("/admin/domains/new.example?note=added", vec![add(false)]));
    assert!(site.page("domains/new.example?note=added").await.contains("The domain was added"));
    for (form, says) in [
        ("account=bob", "names no domain"),
        ("domain=a.example", "names no account"),
        ("domain=x+y&account=bob", "domains look like example.org"),
        ("domain=a.example&account=bob&evil=1", "unknown parameter"),
    ] {
        let answer = site.ask("POST", "domains/add", form).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{form}");
        assert!(answer.body.contains(says), "{form}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_domain_is_disabled_and_removed_after_the_diff_was_seen() {
    let site = site();
    for (path, form, op, to) in [
        (
            "state",
            "disabled=true",
            "domain-disable {\"domain\":\"example.org\",\"disabled\":true,",
            "domains/example.org?note=disabled",
        ),
        (
            "state",
            "disabled=false",
            "domain-disable {\"domain\":\"example.org\",\"disabled\":false,",
            "domains/example.org?note=enabled",
        ),
        ("remove", "", "domain-remove {\"domain\":\"example.org\",", "domains?note=removed"),
        (
            "address-remove",
            "address=amy%40example.org",
            "address-remove {\"address\":\"amy@example.org\",",
            "domains/example.org?note=address-removed",
        ),
        (
            "alias-remove",
            "name=a%2Bb%40example.org",
            "alias-remove {\"alias\":\"a+b@example.org\",",
            "domains/example.org?note=alias-removed",
        ),
    ] {
        let path = format!("domains/example.org/{path}");
        let preview = site.ask("POST", &path, form).await;
        assert_eq!(preview.status, StatusCode::OK, "{path}: {}", preview.body);
        assert!(preview.body.contains("line add\">+added") && preview.body.contains("name=\"confirm\""));
        assert_eq!(site.asked(), [format!("{op}\"dry_run\":true}}")], "{path}");
        let went = site.post(&path, &format!("{form}&confirm=yes")).await;
        assert_eq!((went, site.asked()), (format!("/admin/{to}"), vec![format!("{op}\"dry_run\":false}}")]));
    }
}

#[tokio::test]
async fn addresses_are_added_by_name_or_all_others() {
    let site = site();
    let to = site.post("domains/example.org/address-add", "localpart=info&account=bob&mailbox=").await;
    assert_eq!(to, "/admin/domains/example.org?note=address-added");
    site.post("domains/example.org/address-add", "localpart=&account=bob&mailbox=All&catchall=yes").await;
    assert_eq!(
        site.asked(),
        [
            "address-add {\"address\":\"info@example.org\",\"account\":\"bob\",\"mailbox\":null,\"dry_run\":false}",
            "address-add {\"address\":\"@example.org\",\"account\":\"bob\",\"mailbox\":\"All\",\"dry_run\":false}",
        ]
    );
    for form in ["localpart=&account=bob", "localpart=a&account=bob&catchall=yes", "localpart=a"] {
        let answer = site.ask("POST", "domains/example.org/address-add", form).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{form}");
    }
    assert_eq!(site.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn aliases_are_shown_and_changed() {
    let site = site();
    let page = site.page("domains/example.org/alias?name=a%2Bb%40example.org").await;
    for part in [
        "<h1>a+b@example.org</h1>",
        "data-field=\"addresses\">bob@example.org<",
        "name=\"post_public\" value=\"true\" checked",
        "name=\"list_members\" value=\"true\">",
        "name=\"remove\" value=\"amy@example.org\"",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    site.asked();
    let name = "name=a%2Bb%40example.org";
    let to = site
        .post(
            "domains/example.org/alias-add",
            "localpart=team&members=amy%40example.org%0D%0Abob%40example.org",
        )
        .await;
    assert_eq!(to, "/admin/domains/example.org/alias?name=team%40example.org&note=alias-added");
    site.post("domains/example.org/alias-update", &format!("{name}&list_members=true")).await;
    site.post("domains/example.org/alias-members", &format!("{name}&add=x%40example.org")).await;
    site.post("domains/example.org/alias-members", &format!("{name}&remove=amy%40example.org")).await;
    assert_eq!(
        site.asked(),
        [
            "alias-add {\"alias\":\"team@example.org\",\"addresses\":[\"amy@example.org\",\"bob@example.org\"],\"dry_run\":false}",
            "alias-update {\"alias\":\"a+b@example.org\",\"post_public\":false,\"list_members\":true,\"allow_msg_from\":false,\"dry_run\":false}",
            "alias-members {\"alias\":\"a+b@example.org\",\"add\":[\"x@example.org\"],\"remove\":[],\"dry_run\":false}",
            "alias-members {\"alias\":\"a+b@example.org\",\"add\":[],\"remove\":[\"amy@example.org\"],\"dry_run\":false}",
        ]
    );
    for (path, form) in [("alias-members", name), ("alias-update", ""), ("alias-add", "members=a")] {
        let answer = site.ask("POST", &format!("domains/example.org/{path}"), form).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
    }
}

#[tokio::test]
async fn records_have_their_states_and_buttons_to_copy() {
    let site = site();
    let page = site.page("domains/example.org/records").await;
    for part in [
        "1 present, 1 differ, 1 missing, 1 unknown",
        "<code id=\"name-1\" data-field=\"name\">_dmarc.example.org</code>",
        "data-copy=\"data-1\"",
        "data-field=\"data\">&#34;v=DMARC1; p=none&#34;</code>",
        "<span class=\"badge bad\" data-field=\"state\">missing</span>",
        "<span class=\"badge warn\" data-field=\"state\">differs</span>",
        "<span class=\"badge good\" data-field=\"state\">present</span>",
        "DNS has <code data-field=\"found\">TXT &#34;v=spf1 &#60;b&#62;&#34;</code>",
        "data-copy=\"zone\"",
        "id=\"provider-title\">At Some &#60;b&#62;Provider</h2>",
        "<li>Names are entered without the domain.</li>",
        "<pre id=\"host-tlsrpt\" tabindex=\"0\" role=\"group\" aria-label=\"Lines for mox.conf\">HostTLSRPT:\n\tAccount: amy\n</pre>",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    assert_eq!(site.asked(), ["dns-records {\"domain\":\"example.org\",\"look\":true}"]);
    let zone = site.ask("GET", "domains/example.org/zone", "").await;
    assert!(zone.body.starts_with("; Who may send\n"), "{}", zone.body);
    assert_eq!(zone.header("content-disposition"), "attachment; filename=\"example.org.zone\"");
    let json = site.ask("GET", "domains/example.org/records.json", "").await;
    let json: serde_json::Value = serde_json::from_str(&json.body).unwrap();
    assert_eq!(json["domain"], "example.org");
    assert_eq!(json.as_object().unwrap().len(), 2, "as the command prints it: {json}");
    assert_eq!(json["records"][1].as_object().unwrap().len(), 5, "{json}");
    assert_eq!(json["records"][1]["type"], "TXT");
}

#[tokio::test]
async fn the_check_shows_findings_and_what_mends_them() {
    let site = site();
    let page = site.page("domains/example.org/check").await;
    for part in [
        "example.org: 1 error, 1 warning, compared with the configuration",
        "data-rank=\"3\"",
        "<code data-field=\"id\">spf-missing</code>",
        "data-field=\"severity\">error</span>",
        "spf-missing says &#60;b&#62;so&#60;/b&#62;",
        "TXT &#34;v=spf1 &#60;mx&#62;&#34;</pre>",
        "data-copy=\"fix-0\"",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    assert_eq!(site.asked(), ["dns-check {\"domain\":\"example.org\"}"]);
    let live = site.page("domains/example.org/check/live").await;
    assert!(live.contains("data-events=\"/admin/domains/example.org/check/events\""), "{live}");
    assert!(live.contains("<noscript>") && live.contains("data-check=\"mtasts\""));
    assert_eq!(site.asked(), Vec::<String>::new(), "the page does not wait for the check");
}

#[tokio::test]
async fn findings_come_one_check_after_the_other() {
    let site = site();
    let answer = site.ask("GET", "domains/example.org/check/events", "").await;
    assert_eq!(answer.header("content-type"), "text/event-stream");
    let mut text = String::new();
    let mut body = answer.response.into_body();
    while !text.contains("event: done\n") {
        use hyper::body::Body as _;
        let frame = std::future::poll_fn(|cx| std::pin::Pin::new(&mut body).poll_frame(cx)).await;
        text += std::str::from_utf8(frame.unwrap().unwrap().data_ref().unwrap()).unwrap();
    }
    let count = |name: &str| text.matches(&format!("event: {name}\n")).count();
    assert_eq!((count("finding"), count("checked"), count("done")), (3, DnsCheck::CHECKS.len(), 1), "{text}");
    assert!(text.contains("spf-missing") && text.contains("1 error, 1 warning"), "{text}");
    assert!(!text.contains("<b>so"), "{text}");
}

#[tokio::test]
async fn other_paths_and_methods_are_no_pages() {
    let site = site();
    for (method, path) in [
        ("GET", "domains/"),
        ("GET", "domains/example.org/nothing"),
        ("POST", "domains"),
        ("POST", "domains/example.org/records"),
        ("GET", "domains/example.org/remove"),
        ("GET", "domains/a=b"),
    ] {
        assert_eq!(site.ask(method, path, "").await.status, StatusCode::NOT_FOUND, "{method} {path}");
    }
}
