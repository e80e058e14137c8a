//! The operations on the configuration, on files without a server: what they change, and what they refuse.

use std::sync::Arc;

use mox_admin::ops::*;
use mox_admin::{Dispatch, ErrorKind, OpError, Secret};
use mox_clock::Random;
use mox_clock::sim::SimRandom;
use mox_platform::SystemClock;

const SERVER: &str = "DataDir: ../data\nHostname: mail.example.org\nPostmaster:\n\tAccount: amy\n\tMailbox: Postmaster\nHostTLSRPT:\n\tAccount: amy\n\tMailbox: TLSRPT\n\tLocalpart: tls-host\nListeners:\n\tpublic:\n\t\tIPs:\n\t\t\t- 127.0.0.1\n\t\tMTASTSHTTPS:\n\t\t\tEnabled: true\n\t\t\tNonTLS: true\n";
const DOMAINS: &str = "# ours, by hand\nDomains:\n\t# the first\n\texample.org:\n\t\tTLSRPT:\n\t\t\tLocalpart: tls\n\t\t\tAccount: cleo\n\t\t\tMailbox: TLSRPT\n\t\tAliases:\n\t\t\tteam:\n\t\t\t\t# who works here\n\t\t\t\tAddresses:\n\t\t\t\t\t- amy@example.org\n\t\t\t\t\t- bob@example.org\n\n\texample.net: nil\n\n# people\nAccounts:\n\tamy:\n\t\tDomain: example.org\n\t\tDestinations:\n\t\t\tamy@example.org: nil\n\t# Bob, of sales\n\tbob:\n\t\tDomain: example.org\n\t\tDestinations:\n\t\t\tBob@example.org: nil\n\t\t\tsales@example.org:\n\t\t\t\tMailbox: Sales\n\tcleo:\n\t\tDomain: example.net\n# the end\n";

struct Files {
    dir: tempfile::TempDir,
}

impl Files {
    fn new() -> Files {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("config")).unwrap();
        std::fs::write(dir.path().join("config/mox.conf"), SERVER).unwrap();
        let files = Files { dir };
        files.write(DOMAINS);
        files
    }

    fn file(&self) -> std::path::PathBuf {
        self.dir.path().join("config/domains.conf")
    }

    fn write(&self, text: &str) {
        std::fs::write(self.file(), text).unwrap();
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.file()).unwrap()
    }

    /// A desk of its own, as each command has one.
    fn desk(&self) -> Arc<dyn Dispatch> {
        let random: Arc<dyn Random> = Arc::new(SimRandom::new(7));
        let file = self.dir.path().join("config/mox.conf");
        crate::offline(&file, Arc::new(SystemClock), random).unwrap_or_else(|e| panic!("{e}"))
    }

    async fn call<Op: mox_admin::Operation>(&self, op: Op) -> Result<Op::Reply, OpError> {
        self.desk().call(&op).await
    }

    async fn refused<Op: mox_admin::Operation>(&self, op: Op) -> OpError
    where
        Op::Reply: std::fmt::Debug,
    {
        let before = self.text();
        let error = self.call(op).await.unwrap_err();
        assert_eq!(self.text(), before, "{error}");
        error
    }
}

fn account_add(name: &str, address: &str, dry_run: bool) -> AccountAdd {
    AccountAdd {
        name: name.into(),
        address: address.into(),
        password: Some(Secret::new("correct horse")),
        dry_run,
    }
}

fn address_add(address: &str, account: &str) -> AddressAdd {
    AddressAdd { address: address.into(), account: account.into(), mailbox: None, dry_run: false }
}

fn address_rm(address: &str) -> AddressRemove {
    AddressRemove { address: address.into(), dry_run: false }
}

fn account_rm(name: &str) -> AccountRemove {
    AccountRemove { name: name.into(), purge: false, dry_run: false }
}

fn alias_add(alias: &str, members: &[&str]) -> AliasAdd {
    let addresses = members.iter().map(|m| (*m).to_owned()).collect();
    AliasAdd { alias: alias.into(), addresses, dry_run: false }
}

fn members(add: &[&str], remove: &[&str]) -> AliasMembers {
    let all = |names: &[&str]| names.iter().map(|m| (*m).to_owned()).collect();
    AliasMembers { alias: "team@example.org".into(), add: all(add), remove: all(remove), dry_run: false }
}

fn domain_add(domain: &str, account: &str, dry_run: bool) -> DomainAdd {
    DomainAdd {
        domain: domain.into(),
        account: account.into(),
        localpart: Some("info".into()),
        disabled: false,
        dry_run,
    }
}

#[tokio::test]
async fn a_change_leaves_all_other_lines_and_keeps_the_text_before() {
    let files = Files::new();
    let dry = files.call(account_add("dora", "dora@example.net", true)).await.unwrap();
    assert!(dry.dry_run && dry.changed && dry.version.is_none());
    assert_eq!(files.text(), DOMAINS);
    assert!(!files.dir.path().join("data").exists(), "a dry run makes nothing");

    let made = files.call(account_add("dora", "dora@example.net", false)).await.unwrap();
    assert_eq!((made.version, &made.diff, made.password), (Some(1), &dry.diff, None));
    let added = "\tdora:\n\t\tDomain: example.net\n\t\tDestinations:\n\t\t\tdora@example.net: nil\n";
    assert_eq!(files.text(), DOMAINS.replace("# the end", &format!("{added}# the end")));
    assert!(made.diff.contains("\n+\tdora:\n"), "{}", made.diff);
    let detail = files.call(AccountShow { account: "dora@example.net".into() }).await.unwrap();
    let stored = detail.stored.unwrap();
    assert!(stored.has_password && stored.messages == 0);

    let back = files.call(ConfigRollback { version: 1, dry_run: false }).await.unwrap();
    assert_eq!((back.version, files.text()), (Some(2), DOMAINS.to_owned()));
    let versions = files.call(ConfigVersions {}).await.unwrap();
    let changes: Vec<_> = versions.iter().map(|v| (v.version, v.change.as_str())).collect();
    assert_eq!(changes, [(2, "rollback to version 1"), (1, "account add dora dora@example.net")]);
    let since = files.call(ConfigDiff::default()).await.unwrap();
    assert!(since.diff.contains("\n-\tdora:\n"), "{}", since.diff);
    assert_eq!(files.call(ConfigDiff { version: Some(1), ..ConfigDiff::default() }).await.unwrap().diff, "");
}

#[tokio::test]
async fn edits_that_change_nothing_are_not_versions() {
    let files = Files::new();
    let enabled = AccountDisable { name: "bob".into(), message: None, dry_run: false };
    let same = files.call(enabled).await.unwrap();
    assert!(!same.changed && same.version.is_none() && same.diff.is_empty());
    let whole = files.call(ConfigApply { text: DOMAINS.into(), base: None, dry_run: false }).await.unwrap();
    assert!(!whole.changed);
    for dry_run in [true, false] {
        let warned =
            files.call(AddressAdd { dry_run, ..address_add("tls@example.org", "bob") }).await.unwrap();
        assert!(
            warned.warnings[0].contains("account \"bob\" has this address, too"),
            "{:?}",
            warned.warnings
        );
    }
    let next = files.call(address_add("more@example.org", "bob")).await.unwrap();
    assert_eq!(next.warnings, Vec::<String>::new(), "it is told once");
    files.call(ConfigRollback { version: 1, dry_run: false }).await.unwrap();
    assert_eq!(files.call(ConfigVersions {}).await.unwrap().len(), 3);
}

#[tokio::test]
async fn every_refusal_names_the_place_and_the_mend() {
    let files = Files::new();
    let cases: Vec<(OpError, &str, &str)> = vec![
        (
            files.refused(account_rm("amy")).await,
            "mox.conf:4: Postmaster.Account, mox.conf:7: HostTLSRPT.Account",
            "another account there",
        ),
        (
            files.refused(account_rm("cleo")).await,
            "domains.conf:7: Domains.example.org.TLSRPT.Account",
            "another account there",
        ),
        (
            files.refused(account_rm("bob")).await,
            "domains.conf:14: Domains.example.org.Aliases.team.Addresses[1] is its address Bob@example.org",
            "mox config alias rmaddr team@example.org",
        ),
        (
            files.refused(account_rm("eve")).await,
            "domains.conf: Accounts: there is no \"eve\"",
            "mox config account list",
        ),
        (
            files.refused(account_add("bob", "b@example.org", false)).await,
            "domains.conf:25: Accounts.bob: the account exists",
            "mox config account show bob",
        ),
        (
            files.refused(account_add("eve", "eve@example.com", false)).await,
            "Domains: there is no example.com",
            "mox config domain add example.com ACCOUNT`",
        ),
        (
            files.refused(account_add("eve", "BOB@example.org", false)).await,
            "domains.conf:28: Accounts.bob.Destinations.Bob@example.org: BOB@example.org is an address of account bob",
            "mox config address rm",
        ),
        (
            files.refused(account_add("eve", "Team@example.org", false)).await,
            "domains.conf:10: Domains.example.org.Aliases.team: Team@example.org is an alias",
            "mox config alias rm",
        ),
        (
            files.refused(account_add("e/ve", "eve@example.org", false)).await,
            "Accounts.e/ve: an account name may not",
            "nothing was changed",
        ),
        (
            files.refused(account_add("eve", "eve", false)).await,
            "\"eve\" is not an address",
            "you@example.org",
        ),
        (
            files.refused(address_add("x@example.org", "eve")).await,
            "there is no \"eve\"",
            "mox config account list",
        ),
        (
            files.refused(address_rm("bob@example.org")).await,
            "bob@example.org cannot be removed, it is in domains.conf:14: Domains.example.org.Aliases.team.Addresses[1]",
            "mox config alias rmaddr",
        ),
        (files.refused(address_rm("team@example.org")).await, "no account has the address", "it is an alias"),
        (
            files.refused(alias_add("list@example.org", &["out@example.com"])).await,
            "no account has this address",
            "mox config address add",
        ),
        (
            files.refused(alias_add("sales@example.org", &["amy@example.org"])).await,
            "domains.conf:29: Accounts.bob.Destinations.sales@example.org",
            "mox config address rm",
        ),
        (
            files.refused(alias_add("list@example.org", &["amy@example.org", "AMY@example.org"])).await,
            "named twice",
            "",
        ),
        (
            files.refused(members(&["bob@example.org"], &[])).await,
            "is a member already",
            "mox config alias show",
        ),
        (
            files.refused(members(&[], &["sales@example.org"])).await,
            "is not a member",
            "mox config alias show",
        ),
        (
            files.refused(members(&[], &["amy@example.org", "bob@example.org"])).await,
            "at least one member",
            "mox config alias rm",
        ),
        (
            files.refused(domain_add("example.org", "bob", false)).await,
            "domains.conf:4: Domains.example.org: the domain exists",
            "mox config domain show",
        ),
        (
            files.refused(domain_add("example.com", "eve", false)).await,
            "there is no \"eve\"",
            "mox config account list",
        ),
        (
            files.refused(DomainRemove { domain: "example.org".into(), dry_run: false }).await,
            "domains.conf:23: Accounts.amy.Destinations.amy@example.org",
            "mox config address rm amy@example.org",
        ),
        (
            files.refused(DomainRemove { domain: "example.net".into(), dry_run: false }).await,
            "Accounts.cleo.Domain",
            "another Domain first",
        ),
        (
            files.refused(ConfigRollback { version: 9, dry_run: false }).await,
            "there is no version 9",
            "mox config versions",
        ),
        (
            files
                .refused(ConfigApply { text: "Domains:\n\tx y: nil\n".into(), base: None, dry_run: false })
                .await,
            "domains.conf:2:",
            "nothing was changed",
        ),
    ];
    for (error, place, mend) in cases {
        assert!(error.message.contains(place), "{place}\n{error}");
        assert!(error.hint.clone().unwrap_or_default().contains(mend), "{mend}\n{:?}", error.hint);
        assert_ne!(error.kind, ErrorKind::Failed, "the server does what it should: {error}");
    }
    let versions = files.call(ConfigVersions {}).await.unwrap();
    assert_eq!(versions, [], "what was refused is no version");
    assert!(!files.dir.path().join("config/dkim").exists(), "no keys are left");
}

#[tokio::test]
async fn a_bad_file_is_not_edited_and_an_edit_by_hand_is_a_version() {
    let files = Files::new();
    let desk = files.desk();
    files.write(&format!("{DOMAINS}Domains: nil\n"));
    let error = desk.call(&address_add("x@example.org", "bob")).await.unwrap_err();
    assert!(error.message.contains("duplicate key"), "{error}");
    files.write(DOMAINS);
    desk.call(&ConfigApply { text: DOMAINS.into(), base: None, dry_run: false }).await.unwrap();
    files.write(&format!("{DOMAINS}# mine\n"));
    desk.call(&address_add("x@example.org", "bob")).await.unwrap();
    let versions = desk.call(&ConfigVersions {}).await.unwrap();
    let changes: Vec<_> = versions.iter().map(|v| v.change.as_str()).collect();
    assert_eq!(changes, ["address add x@example.org bob", "an edit of the file"]);
    desk.call(&ConfigRollback { version: 1, dry_run: false }).await.unwrap();
    assert_eq!(files.text(), DOMAINS);
}

#[tokio::test]
async fn a_domain_has_keys_that_sign_and_can_go_again() {
    let files = Files::new();
    let keys = files.dir.path().join("config/dkim");
    let preview = files.call(domain_add("münchen.example", "bob", true)).await.unwrap();
    assert!(preview.changed && !keys.exists());
    let added = files.call(domain_add("münchen.example", "bob", false)).await.unwrap();
    assert!(
        added.notes.iter().any(|note| note.contains("mox dnsrecords münchen.example")),
        "{:?}",
        added.notes
    );
    let made: Vec<_> = std::fs::read_dir(&keys).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(made.len(), 2);
    for file in &made {
        mox_dkim::SigningKey::from_pem(&std::fs::read(file).unwrap()).unwrap();
        assert!(!mox_platform::files::is_exposed(file).unwrap());
    }
    let shown = files.call(DomainShow { domain: "xn--mnchen-3ya.example".into() }).await.unwrap();
    assert_eq!((shown.row.dkim.len(), shown.row.mtasts.as_str(), shown.row.addresses), (2, "testing", 1));
    let disable = |disabled| DomainDisable { domain: "münchen.example".into(), disabled, dry_run: false };
    files.call(disable(true)).await.unwrap();
    assert!(files.text().contains("\t\tDisabled: true\n"));
    files.call(disable(false)).await.unwrap();
    files.call(address_rm("info@münchen.example")).await.unwrap();
    files.call(DomainRemove { domain: "münchen.example".into(), dry_run: false }).await.unwrap();
    assert_eq!(files.text(), DOMAINS);
}

#[tokio::test]
async fn aliases_change_line_by_line() {
    let files = Files::new();
    files.call(members(&["sales@example.org"], &[])).await.unwrap();
    files.call(members(&[], &["BOB@example.org"])).await.unwrap();
    let update = AliasUpdate {
        alias: "Team@example.org".into(),
        post_public: Some(true),
        list_members: None,
        allow_msg_from: Some(false),
        dry_run: false,
    };
    files.call(update).await.unwrap();
    let shown = files.call(AliasShow { alias: "team@example.org".into() }).await.unwrap();
    assert_eq!(shown.addresses, ["amy@example.org", "sales@example.org"]);
    assert!(shown.post_public && !shown.allow_msg_from);
    let expected = DOMAINS.replace(
        "\t\t\t\t\t- bob@example.org\n",
        "\t\t\t\t\t- sales@example.org\n\t\t\t\tPostPublic: true\n",
    );
    assert_eq!(files.text(), expected);
    files.call(alias_add("all@example.net", &["amy@example.org"])).await.unwrap();
    assert_eq!(files.call(AliasList::default()).await.unwrap().len(), 2);
    files.call(AliasRemove { alias: "all@example.net".into(), dry_run: false }).await.unwrap();
    assert_eq!(files.call(AliasList { domain: Some("example.net".into()) }).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_at_once_are_all_made() {
    let files = Files::new();
    // Two desks on the same files, as two commands: each waits for the lock of the other.
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..8 {
        let desk = files.desk();
        tasks.spawn(async move { desk.call(&address_add(&format!("n{n}@example.net"), "bob")).await });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap().unwrap();
    }
    let of = AddressList { account: Some("bob".into()), domain: Some("example.net".into()) };
    assert_eq!(files.call(of).await.unwrap().len(), 8);
    assert_eq!(files.call(ConfigVersions {}).await.unwrap().len(), 8);
}

#[tokio::test]
async fn client_keys_log_in_until_they_are_removed() {
    let files = Files::new();
    let made =
        mox_tls::client_certificate("laptop", mox_clock::Timestamp::parse_rfc3339("2026-11-26").unwrap());
    let add = |address: &str, dry_run| ClientKeyAdd {
        account: None,
        address: address.into(),
        name: "laptop".into(),
        certificate: made.as_ref().unwrap().cert_pem.clone(),
        dry_run,
    };
    let refused = files.call(add("eve@example.org", false)).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::NotFound);
    assert!(files.call(add("bob@example.org", true)).await.unwrap().dry_run);
    assert_eq!(files.call(ClientKeyList::default()).await.unwrap(), []);
    let added = files.call(add("bob@example.org", false)).await.unwrap().key;
    assert_eq!((added.account.as_str(), added.address.as_str()), ("bob", "Bob@example.org"));
    let again = files.call(add("bob@example.org", false)).await.unwrap_err();
    assert!(again.hint.unwrap().contains(&added.fingerprint));
    let one =
        ClientKeyList { account: Some("bob".into()), fingerprint: Some(added.fingerprint.to_uppercase()) };
    assert_eq!(files.call(one).await.unwrap().len(), 1);
    let remove = || ClientKeyRemove { account: None, fingerprint: added.fingerprint.clone(), dry_run: false };
    files.call(remove()).await.unwrap();
    assert_eq!(files.call(remove()).await.unwrap_err().kind, ErrorKind::NotFound);
}

#[tokio::test]
async fn a_purge_waits_for_the_next_start_and_the_name_with_it() {
    let files = Files::new();
    files.call(account_add("dora", "dora@example.net", false)).await.unwrap();
    let purge = AccountRemove { name: "dora".into(), purge: true, dry_run: false };
    let removed = files.call(purge).await.unwrap();
    assert!(removed.notes[0].contains("at the next start"), "{:?}", removed.notes);
    files.refused(account_rm("dora")).await;
    let error = files.refused(account_add("dora", "dora@example.net", false)).await;
    assert!(error.message.contains("waits for removal"), "{error}");
}

#[tokio::test]
async fn mail_of_an_account_that_came_back_stays_when_it_goes_without_its_mail() {
    let files = Files::new();
    files.call(account_add("dora", "dora@example.net", false)).await.unwrap();
    let purge = AccountRemove { name: "dora".into(), purge: true, dry_run: false };
    let removed = files.call(purge).await.unwrap();
    let version = removed.version.unwrap();
    files.call(ConfigRollback { version, dry_run: false }).await.unwrap();
    let removed = files.call(account_rm("dora")).await.unwrap();
    assert!(removed.notes[0].contains("stays in the data folder"), "{:?}", removed.notes);
    // A mark would refuse this.
    files.call(account_add("dora", "dora@example.net", false)).await.unwrap();
}

#[tokio::test]
async fn an_edit_is_checked_by_line_and_not_put_over_what_others_wrote() {
    let files = Files::new();
    let shown = files.call(ConfigText {}).await.unwrap();
    assert!(shown.valid && shown.domains.in_effect && shown.domains.text == DOMAINS, "{shown:?}");
    assert!(shown.server.text.contains("Hostname: mail.example.org"));
    let base = shown.domains.base.clone();
    let text = DOMAINS.replace("\texample.net: nil", "\texample.net: nil\n\texample.com: nil");
    // As a browser sends it.
    let typed = text.replace('\n', "\r\n");
    let checked = files.call(ConfigCheck { text: typed.clone(), base: base.clone() }).await.unwrap();
    assert!(checked.valid && !checked.stale && checked.base == base, "{checked:?}");
    assert!(checked.diff.contains("\n+\texample.com: nil\n"), "{}", checked.diff);
    assert_eq!(files.text(), DOMAINS, "a check writes nothing");

    let bad = DOMAINS.replace("\tcleo:\n\t\tDomain: example.net", "\tcleo:\n\t\tDoman: example.net");
    let checked = files.call(ConfigCheck { text: bad, base: base.clone() }).await.unwrap();
    let found = checked.errors.iter().find(|problem| problem.nearest.as_deref() == Some("Domain")).unwrap();
    assert!(!checked.valid && found.line.is_some_and(|line| line > 20), "{checked:?}");

    let apply = |dry_run| ConfigApply { text: typed.clone(), base: Some(base.clone()), dry_run };
    assert!(files.call(apply(true)).await.unwrap().dry_run);
    files.write(&format!("{DOMAINS}# mine\n"));
    let stale = files.call(ConfigCheck { text: typed.clone(), base: base.clone() }).await.unwrap();
    assert!(stale.stale && stale.base != base && stale.diff.contains("\n-# mine\n"), "{stale:?}");
    let refused = files.refused(apply(false)).await;
    assert!(refused.message.contains("changed since this edit began"), "{refused}");
    files.write(DOMAINS);
    assert_eq!(files.call(apply(false)).await.unwrap().version, Some(1));
    assert_eq!(files.text(), text);
    let back = files.call(ConfigRollback { version: 1, dry_run: false }).await.unwrap();
    let between =
        files.call(ConfigDiff { version: Some(1), to: back.version, secrets: false }).await.unwrap();
    assert!(between.diff.contains("\n+\texample.com: nil\n"), "{}", between.diff);
    let shown = files.call(DomainShow { domain: "example.org".into() }).await.unwrap();
    assert_eq!((shown.client_host.as_str(), shown.selectors.len()), ("mail.example.org", 0));
}

#[tokio::test]
async fn differences_are_shown_without_passwords() {
    let hook = |secret: &str| {
        let hook = format!(
            "\t\tOutgoingWebhook:\n\t\t\tURL: https://app.example.org/\n\t\t\tAuthorization: {secret}\n"
        );
        DOMAINS.replace(
            "\tcleo:\n\t\tDomain: example.net\n",
            &format!("\tcleo:\n\t\tDomain: example.net\n{hook}"),
        )
    };
    let (first, second) = (hook("Bearer first-secret"), hook("Bearer second-secret"));
    let files = Files::new();
    files.write(&first);
    let apply = |dry_run| ConfigApply { text: second.clone(), base: None, dry_run };
    let mut diffs =
        vec![files.call(apply(true)).await.unwrap().diff, files.call(apply(false)).await.unwrap().diff];
    diffs.push(files.call(ConfigDiff::default()).await.unwrap().diff);
    let base = files.call(ConfigText {}).await.unwrap().domains.base;
    let check = ConfigCheck { text: hook("Bearer third-secret"), base };
    diffs.push(files.call(check).await.unwrap().diff);
    diffs.push(files.call(ConfigRollback { version: 1, dry_run: true }).await.unwrap().diff);
    for diff in diffs {
        assert!(!diff.contains("secret"), "{diff}");
        let lines = "\n-\t\t\tAuthorization: ***\n+\t\t\tAuthorization: *** (changed)\n";
        assert!(diff.contains(lines), "{diff}");
    }
    let all = ConfigDiff { secrets: true, ..ConfigDiff::default() };
    let diff = files.call(all).await.unwrap().diff;
    assert!(diff.contains("first-secret") && diff.contains("second-secret"), "{diff}");
}

fn ruleset(from: &str, mailbox: &str) -> Ruleset {
    Ruleset { msg_from: from.into(), mailbox: mailbox.into(), ..Ruleset::default() }
}

#[tokio::test]
async fn rulesets_change_line_by_line_and_only_those_of_the_account() {
    let files = Files::new();
    let of_bob = || ("bob".to_owned(), "SALES@example.org".to_owned());
    let add = |rule: Ruleset| {
        let (account, address) = of_bob();
        RulesetAdd { account, address, rule, dry_run: false }
    };
    let show = || async {
        let (account, address) = of_bob();
        files.call(DestinationShow { account, address }).await.unwrap()
    };
    let list = Ruleset {
        headers: vec![HeaderCondition { name: "^list-id$".into(), value: "<a\\.example>".into() }],
        list_allow_domain: "lists.example".into(),
        comment: "a list".into(),
        ..ruleset("", "Lists")
    };
    files.call(add(list.clone())).await.unwrap();
    let first = files.text();
    let added = "\t\t\t\tRulesets:\n\t\t\t\t\t-\n\t\t\t\t\t\tHeadersRegexp:\n\t\t\t\t\t\t\t^list-id$: <a\\.example>\n\t\t\t\t\t\tListAllowDomain: lists.example\n\t\t\t\t\t\tMailbox: Lists\n\t\t\t\t\t\tComment: a list\n";
    assert_eq!(
        first,
        DOMAINS.replace("\t\t\t\tMailbox: Sales\n", &format!("\t\t\t\tMailbox: Sales\n{added}"))
    );
    files.call(add(ruleset("@x\\.example$", "X"))).await.unwrap();
    // A comment in a rule stays when the rule is changed.
    files.write(
        &files.text().replace("\t\t\t\t\t\tMailbox: X\n", "\t\t\t\t\t\t# the x\n\t\t\t\t\t\tMailbox: X\n"),
    );
    let detail = show().await;
    assert_eq!((detail.address.as_str(), detail.settings.mailbox.as_str()), ("sales@example.org", "Sales"));
    let keys: Vec<String> = detail.rulesets.iter().map(|row| row.key.clone()).collect();
    assert_eq!(detail.rulesets.first().unwrap().rule, list);
    let set = |key: &str, rule: Ruleset| {
        let (account, address) = of_bob();
        RulesetSet { account, address, key: key.into(), rule, dry_run: false }
    };
    let two = keys.get(1).unwrap();
    files.call(set(two, Ruleset { verified_domain: "x.example".into(), ..ruleset("", "Y") })).await.unwrap();
    let text = files.text();
    assert!(
        text.contains("\t\t\t\t\t\t# the x\n\t\t\t\t\t\tMailbox: Y\n\t\t\t\t\t\tVerifiedDomain: x.example\n"),
        "{text}"
    );
    assert!(!text.contains("MsgFromRegexp") && text.contains(added), "{text}");
    let stale = files.refused(set(two, ruleset("a", "Z"))).await;
    assert_eq!(stale.kind, ErrorKind::NotFound, "{stale}");
    let other = Ruleset { headers: Vec::new(), ..list.clone() };
    files.call(set(keys.first().unwrap(), Ruleset { msg_from: "b".into(), ..other })).await.unwrap();
    assert!(!files.text().contains("HeadersRegexp"), "{}", files.text());
    for left in [1, 0] {
        let key = show().await.rulesets.first().unwrap().key.clone();
        let (account, address) = of_bob();
        files.call(RulesetRemove { account, address, key, dry_run: false }).await.unwrap();
        assert_eq!(show().await.rulesets.len(), left);
    }
    assert_eq!(files.text(), DOMAINS);
    for (account, address) in [
        ("amy", "sales@example.org"),
        ("amy", "team@example.org"),
        ("amy", "none@example.org"),
        ("eve", "amy@example.org"),
    ] {
        let (account, address) = (account.to_owned(), address.to_owned());
        let op = RulesetAdd {
            account: account.clone(),
            address: address.clone(),
            rule: ruleset("a", "A"),
            dry_run: false,
        };
        assert_eq!(files.refused(op).await.kind, ErrorKind::NotFound);
        let op = DestinationShow { account: account.clone(), address: address.clone() };
        assert_eq!(files.refused(op).await.kind, ErrorKind::NotFound);
        let op =
            DestinationSet { account, address, settings: DestinationSettings::default(), dry_run: false };
        assert_eq!(files.refused(op).await.kind, ErrorKind::NotFound);
    }
}

#[tokio::test]
async fn rulesets_that_cannot_be_are_refused() {
    let files = Files::new();
    let many = |n: usize| vec![HeaderCondition { name: "a".into(), value: "b".into() }; n];
    for (rule, why) in [
        (Ruleset::default(), "needs a mailbox"),
        (ruleset("", "A"), "without a condition"),
        (ruleset("(", "A"), "not a regular expression"),
        (ruleset("a\nMailbox: B", "A"), "one line"),
        (ruleset(&"a".repeat(1001), "A"), "one line of at most 1000 bytes"),
        (ruleset("a", "nil"), "cannot be \"nil\""),
        (Ruleset { verified_domain: "a b".into(), ..ruleset("", "A") }, "not a domain"),
        (Ruleset { headers: many(2), ..ruleset("", "A") }, "two conditions on \"a\""),
        (Ruleset { headers: many(11), ..ruleset("", "A") }, "at most 10"),
        (Ruleset { is_forward: true, ..ruleset("a", "A") }, "needs SMTPMailFromRegexp and VerifiedDomain"),
    ] {
        let op =
            RulesetAdd { account: "bob".into(), address: "bob@example.org".into(), rule, dry_run: false };
        let error = files.refused(op).await;
        assert!(error.message.contains(why), "{why}: {error}");
    }
    // Errors of others are not for owners.
    let desk = files.desk();
    files.write(&DOMAINS.replace("example.net: nil", "example.net:\n\t\tSecret: 1"));
    let op = DestinationShow { account: "bob".into(), address: "bob@example.org".into() };
    let error = desk.call(&op).await.unwrap_err();
    assert!(error.message.contains("administrator") && !error.to_string().contains("Secret"), "{error}");
}

#[tokio::test]
async fn settings_of_an_address_and_names_change() {
    let files = Files::new();
    let set = |settings: DestinationSettings| DestinationSet {
        account: "bob".into(),
        address: "bob@example.org".into(),
        settings,
        dry_run: false,
    };
    let gone = DestinationSettings { smtp_error: "550 no longer here".into(), ..Default::default() };
    files.call(set(gone.clone())).await.unwrap();
    let line = "\t\t\tBob@example.org:\n\t\t\t\tSMTPError: 550 no longer here\n";
    assert_eq!(files.text(), DOMAINS.replace("\t\t\tBob@example.org: nil\n", line));
    assert!(!files.call(set(gone)).await.unwrap().changed);
    let bad = DestinationSettings { smtp_error: "250 fine".into(), ..Default::default() };
    files.refused(set(bad)).await;
    files.call(set(DestinationSettings::default())).await.unwrap();
    let name = |name: &str| AccountFullName { account: "bob".into(), full_name: name.into(), dry_run: false };
    files.call(name("Bob B.")).await.unwrap();
    assert!(files.text().contains("\t\tFullName: Bob B.\n"));
    files.refused(name("Bob\nLoginDisabled: x")).await;
    files.call(name("")).await.unwrap();
    assert_eq!(files.text(), DOMAINS);
}

#[tokio::test]
async fn app_passwords_are_made_and_go_with_the_account() {
    let files = Files::new();
    let add = |account: &str, name: &str, dry_run| AppPasswordAdd {
        account: account.into(),
        name: name.into(),
        dry_run,
    };
    let none = files.call(add("bob", "phone", false)).await.unwrap_err();
    assert!(none.message.contains("no password of its own"), "{none}");
    files.call(account_add("dora", "dora@example.net", false)).await.unwrap();
    for bad in ["", " ", "a\nb", &"x".repeat(101)] {
        assert_eq!(files.call(add("dora", bad, false)).await.unwrap_err().kind, ErrorKind::Usage);
    }
    let dry = files.call(add("dora", "phone", true)).await.unwrap();
    assert!(dry.dry_run && dry.password.is_none());
    let made = files.call(add("dora", " phone ", false)).await.unwrap();
    assert!(made.password.is_some() && made.row.name == "phone");
    assert!(files.call(add("dora", "phone", false)).await.unwrap_err().message.contains("already"));
    let list = |account: &str| AppPasswordList { account: account.into() };
    assert_eq!(files.call(list("dora")).await.unwrap(), std::slice::from_ref(&made.row));
    let remove = |account: &str, id| AppPasswordRemove { account: account.into(), id, dry_run: false };
    assert_eq!(files.call(remove("bob", made.row.id)).await.unwrap_err().kind, ErrorKind::NotFound);
    files.call(account_rm("dora")).await.unwrap();
    files.call(account_add("dora", "dora@example.net", false)).await.unwrap();
    assert_eq!(files.call(list("dora")).await.unwrap(), [], "an account of the same name starts without");
    let again = files.call(add("dora", "phone", false)).await.unwrap().row.id;
    assert!(again > made.row.id);
    files.call(remove("dora", again)).await.unwrap();
    assert_eq!(files.call(list("dora")).await.unwrap(), []);
}

#[tokio::test]
async fn a_password_changes_for_those_who_know_it() {
    let files = Files::new();
    files.call(account_add("dora", "dora@example.net", false)).await.unwrap();
    let desk = files.desk();
    let change = |current: &str, new: Option<&str>| AccountPasswordChange {
        account: "dora".into(),
        current: Secret::new(current),
        password: new.map(Secret::new),
    };
    let wrong = desk.call(&change("wrong horse", Some("new password"))).await.unwrap_err();
    assert!(wrong.message.contains("not right"), "{wrong}");
    let same = desk.call(&change("correct horse", Some("correct horse"))).await.unwrap_err();
    assert_eq!(same.kind, ErrorKind::Usage);
    assert_eq!(desk.call(&change("correct horse", Some("short"))).await.unwrap_err().kind, ErrorKind::Usage);
    assert_eq!(desk.call(&change("correct horse", Some("new password"))).await.unwrap().password, None);
    assert!(desk.call(&change("new password", None)).await.unwrap().password.is_some());
    let files = Files::new();
    files.write(&DOMAINS.replace("\tbob:\n", "\tbob:\n\t\tNoCustomPassword: true\n"));
    let own = AccountPasswordChange {
        account: "bob".into(),
        current: Secret::new("x"),
        password: Some(Secret::new("correct horse")),
    };
    assert!(files.call(own).await.unwrap_err().message.contains("made by the server"));
}

#[tokio::test]
async fn a_key_of_another_account_is_not_touched() {
    let files = Files::new();
    let made =
        mox_tls::client_certificate("laptop", mox_clock::Timestamp::parse_rfc3339("2026-11-26").unwrap());
    let add = |account: &str| ClientKeyAdd {
        account: Some(account.into()),
        address: "bob@example.org".into(),
        name: "laptop".into(),
        certificate: made.as_ref().unwrap().cert_pem.clone(),
        dry_run: false,
    };
    assert_eq!(files.call(add("amy")).await.unwrap_err().kind, ErrorKind::NotFound);
    let key = files.call(add("bob")).await.unwrap().key.fingerprint;
    let remove = |account: &str| ClientKeyRemove {
        account: Some(account.into()),
        fingerprint: key.clone(),
        dry_run: false,
    };
    assert_eq!(files.call(remove("amy")).await.unwrap_err().kind, ErrorKind::NotFound);
    files.call(remove("bob")).await.unwrap();
}

#[tokio::test]
async fn an_account_of_the_same_name_inherits_no_way_in() {
    let files = Files::new();
    files.call(account_add("dora", "dora@example.net", false)).await.unwrap();
    let open = || {
        let random: Arc<dyn Random> = Arc::new(SimRandom::new(8));
        let data = files.dir.path().join("data");
        crate::house::open_store(&data, Arc::new(SystemClock), random).unwrap()
    };
    let day = std::time::Duration::from_secs(86_400);
    let attempt = || mox_store::Attempt {
        account: "dora".into(),
        login: "dora@example.net".into(),
        remote_ip: "192.0.2.1".into(),
        protocol: "submission".into(),
        mechanism: "plain".into(),
        result: "ok".into(),
        tls: String::new(),
        at: mox_clock::Timestamp::from_secs(1_800_000_000),
    };
    let give = move |store: &mox_store::Store, tx: &mut mox_db::Tx<'_>| {
        store.add_app_password(tx, "dora", "phone", "abcd-efgh-jkmn-pqrs")?;
        store.set_client_key(tx, &[7; 32], "dora", "dora@example.net", "laptop")?;
        store.note_attempts(tx, &[attempt()])?;
        store.start_web_session(tx, "token", "dora", ("dora", "csrf"), (day, 5))
    };
    let ways_in = async || {
        let store = open();
        let asked = mox_store::Attempts { account: Some("dora".into()), limit: 10, ..Default::default() };
        let read = move |s: &mox_store::Store, tx: &mox_db::ReadTx<'_>| {
            let session = s.web_session(tx, "token", day)?.is_some();
            let keys = s.client_keys(tx, None)?.len() + s.app_passwords(tx, "dora")?.len();
            Ok::<_, mox_store::Error>((
                s.has_password(tx, "dora")?,
                keys,
                session,
                s.attempts(tx, &asked)?.len(),
            ))
        };
        store.read(read).await.unwrap()
    };
    open().write(give).await.unwrap();
    assert_eq!(ways_in().await, (true, 2, true, 1));
    let dry = AccountRemove { dry_run: true, ..account_rm("dora") };
    files.call(dry).await.unwrap();
    assert_eq!(ways_in().await, (true, 2, true, 1));
    let removed = files.call(account_rm("dora")).await.unwrap();
    assert!(removed.notes[1].contains("TLS client keys"), "{:?}", removed.notes);
    assert_eq!(ways_in().await, (false, 0, false, 0));
    files.call(account_add("dora", "dora@example.net", false)).await.unwrap();
    assert_eq!(ways_in().await, (true, 0, false, 0));

    // Taken out of the file by hand, it leaves them to nobody either.
    open().write(give).await.unwrap();
    files.write(DOMAINS);
    files.call(account_add("dora", "dora@example.net", false)).await.unwrap();
    assert_eq!(ways_in().await, (true, 0, false, 0));
}

#[tokio::test]
async fn settings_of_accounts_and_domains_change_one_by_one() {
    let files = Files::new();
    let set = AccountSet { account: "bob".into(), ..AccountSet::default() };
    let with = AccountSet {
        description: Some("Bob, who sells".into()),
        quota: Some(-1),
        max_outgoing: Some(10),
        ..set.clone()
    };
    let dry = files.call(AccountSet { dry_run: true, ..with.clone() }).await.unwrap();
    assert!(dry.dry_run && dry.diff.contains("\n+\t\tQuotaMessageSize: -1\n"), "{}", dry.diff);
    assert_eq!(files.text(), DOMAINS);
    files.call(with.clone()).await.unwrap();
    assert!(!files.call(with).await.unwrap().changed, "it says so already");
    files
        .call(AccountSet { full_name: Some("Bob B".into()), max_outgoing: Some(0), ..set.clone() })
        .await
        .unwrap();
    let shown = files.call(AccountShow { account: "bob".into() }).await.unwrap();
    assert_eq!((shown.row.full_name.as_str(), shown.row.description.as_str()), ("Bob B", "Bob, who sells"));
    assert_eq!((shown.quota, shown.limits.quota, shown.limits.max_outgoing), (None, -1, 1000));
    assert!(files.text().contains("# Bob, of sales\n\tbob:\n"), "{}", files.text());
    let defaults = AccountSet { max_outgoing: Some(1000), max_first_time: Some(200), ..set.clone() };
    assert!(!files.call(defaults).await.unwrap().changed, "they are in effect without being written");
    files.refused(AccountSet { description: Some("a\nb".into()), ..set }).await;
    files.refused(AccountSet { account: "eve".into(), quota: Some(1), ..AccountSet::default() }).await;

    let set = DomainSet { domain: "Example.org".into(), ..DomainSet::default() };
    let separators = |all: &[&str]| Some(all.iter().map(|one| (*one).to_owned()).collect());
    let shown = async || files.call(DomainShow { domain: "example.org".into() }).await.unwrap();
    for all in [&["+"][..], &["+", "-"], &["-"], &[]] {
        files.call(DomainSet { separators: separators(all), ..set.clone() }).await.unwrap();
        assert_eq!(shown().await.separators, all);
    }
    assert!(!files.text().contains("Separator"), "{}", files.text());
    // Bob@example.org is a member of an alias as bob@example.org.
    files.refused(DomainSet { case_sensitive: Some(true), ..set }).await;
    let set = DomainSet { domain: "example.net".into(), ..DomainSet::default() };
    let shown = async || files.call(DomainShow { domain: "example.net".into() }).await.unwrap();
    let with = DomainSet { description: Some("ours".into()), case_sensitive: Some(true), ..set.clone() };
    files.call(with).await.unwrap();
    let found = shown().await;
    assert!(found.case_sensitive && found.row.description == "ours");
    let without = DomainSet { case_sensitive: Some(false), description: Some(String::new()), ..set };
    files.call(without).await.unwrap();
    let found = shown().await;
    assert!(!found.case_sensitive && found.row.description.is_empty());
    assert!(!files.text().contains("CaseSensitive"));
    files.refused(DomainSet { domain: "nowhere.example".into(), ..DomainSet::default() }).await;
}

#[tokio::test]
async fn rulesets_change_places() {
    let files = Files::new();
    let of = || DestinationShow { account: "bob".into(), address: "sales@example.org".into() };
    for name in ["One", "Two", "Three"] {
        let rule = Ruleset { mail_from: name.into(), mailbox: name.into(), ..Ruleset::default() };
        let (account, address) = ("bob".to_owned(), "sales@example.org".to_owned());
        files.call(RulesetAdd { account, address, rule, dry_run: false }).await.unwrap();
    }
    let order = async |n: usize, to: u64| {
        let key = files.call(of()).await.unwrap().rulesets[n].key.clone();
        let (account, address) = ("bob".to_owned(), "sales@example.org".to_owned());
        files.call(RulesetMove { account, address, key, to, dry_run: false }).await
    };
    let names = async || {
        let rules = files.call(of()).await.unwrap().rulesets;
        rules.into_iter().map(|row| row.rule.mailbox).collect::<Vec<_>>()
    };
    order(2, 1).await.unwrap();
    assert_eq!(names().await, ["Three", "One", "Two"]);
    order(0, 2).await.unwrap();
    assert_eq!(names().await, ["One", "Three", "Two"]);
    assert!(!order(1, 2).await.unwrap().changed);
    for to in [0, 4] {
        assert_eq!(order(0, to).await.unwrap_err().kind, ErrorKind::Usage);
    }
    assert_eq!(names().await, ["One", "Three", "Two"]);
}
