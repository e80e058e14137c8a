//! Text, JSON, errors and exit codes of commands.

use std::path::Path;

use crate::commands::house::House;
use crate::commands::shell::shell;
use crate::commands::snapshot;

/// Command lines against a server with fixed replies; one snapshot a name.
const WITH_SERVER: &[(&str, &[&str])] = &[
    ("status.txt", &["mox status", "mox status --json"]),
    ("loglevels.txt", &["mox loglevels", "mox loglevels debug queue --json", "mox loglevels loud"]),
    (
        "mtasts.txt",
        &[
            "mox mtasts list",
            "mox mtasts list --json",
            "mox mtasts forget example.org --dry-run",
            "mox mtasts forget example.org --json",
            "mox mtasts forget example.com",
        ],
    ),
    (
        "message.txt",
        &[
            "mox message list",
            "mox message list --json",
            "mox message list --subject nothing",
            "mox message list --subject nothing --json",
            "mox message list --ids",
            "mox message list --ids -0 | tr '\\0' ';'",
            "mox message list --color always",
            "mox message show 7",
            "mox message show 8",
            "mox message cat 7",
            "mox message delete",
            "mox message delete 7 --all",
            "mox message delete 7 8 --dry-run --json",
            "mox message delete --all",
            "mox message delete --id-file /dev/null",
            "printf 'From: a@b\\r\\n\\r\\nhi' | mox message parse - --json",
            "mox message parse nothing.eml",
        ],
    ),
    (
        "inbox.txt",
        &[
            "mox message list --before 8 --tag red --text hello",
            "mox message html 7",
            "mox message part 7 1",
            "mox message part 7 9",
            "mox message transcript 7",
            "mox message transcript 7 --json",
            "mox message transcript 8",
            "mox message events 7",
            "mox message events 8 --json",
            "mox message report 7 --check",
            "mox message report 7 --json",
            "mox message report 8",
            "mox message report 8 --check --json",
            "mox message mark 7",
            "mox message mark --seen",
            "mox message mark 7 --seen --unseen",
            "mox message mark 7 8 --unseen --tag red --untag blue --dry-run --json",
            "mox message mark --id-file /dev/null --seen",
            "mox message release",
            "mox message release 7 --dry-run",
            "mox message release 7 --to amy@example.com",
            "mox message release 7 --to amy@example.com --json",
            "mox message watch --timeout 0s",
            "mox message watch --count 3",
            "mox message watch --count 2 --json",
            "mox message watch --count 1 --tag red",
            "mox message watch --count 0",
            "mox message mailboxes",
            "mox message mailboxes --json",
            "mox message tags",
            "mox message tags --json",
        ],
    ),
    (
        "queue.txt",
        &[
            "mox queue list",
            "mox queue list --json",
            "mox queue list --limit 0",
            "mox queue list --next-attempt 2h",
            "mox queue list --ids -0 | tr '\\0' ';'",
            "mox queue list --ids -0 | mox queue hold --id-file - --dry-run",
            "mox queue hold",
            "mox queue hold 77",
            "mox queue hold 5 --all",
            "echo 5 x | mox queue drop --id-file -",
            "mox queue schedule -2h 5",
            "mox queue schedule soon 5",
            "mox queue fail --to @example.org --json",
            "mox queue show 5",
            "mox queue show 5 --json",
            "mox queue explain 5",
            "mox queue explain 5 --json",
            "mox queue explain 5 --color=always",
            "mox queue wait 5 --for delivered",
            "mox queue wait 5 --for failed --json",
            "mox queue watch --timeout 0s",
            "mox queue watch --timeout 0s --json",
            "mox queue dump 5",
        ],
    ),
    (
        "lab.txt",
        &[
            "mox lab list --group weather",
            "mox lab list --group requiretls --json",
            "mox lab list --group nosuch",
            "mox lab advance 7d",
            "mox lab advance midnight --dry-run",
            "mox lab advance midnight --json",
            "mox lab advance noon",
            "mox lab advance 0s",
            "mox lab step sts-gone.lab.test",
            "mox lab step sts-gone.lab.test --dry-run",
            "mox lab step nosuch.lab.test --json",
        ],
    ),
    (
        "tlsrpt.txt",
        &[
            "echo '{\"organization-name\":\"Ex\",\"date-range\":{\"start-datetime\":\"2026-11-21\",\"end-datetime\":\"2026-11-21T23:59:59Z\"},\"report-id\":\"1\",\"policies\":[{\"policy\":{\"policy-type\":\"sts\",\"policy-domain\":\"example.org\"},\"summary\":{\"total-failure-session-count\":2},\"failure-details\":{\"result-type\":\"certificate-expired\",\"failed-session-count\":\"2\",\"receiving-mx-hostname\":\"mx.example.org\"}}]}' | mox tlsrpt parse -",
            "echo '{\"organization-name\":\"Ex\",\"date-range\":{\"start-datetime\":\"2026-11-21\",\"end-datetime\":\"2026-11-21T23:59:59Z\"},\"report-id\":\"1\",\"policies\":[{\"policy\":{\"policy-type\":\"sts\",\"policy-domain\":\"example.org\"},\"summary\":{\"total-failure-session-count\":2},\"failure-details\":{\"result-type\":\"certificate-expired\",\"failed-session-count\":\"2\",\"receiving-mx-hostname\":\"mx.example.org\"}}]}' | mox tlsrpt parse - --json",
            "printf '{}' | mox tlsrpt parse -",
            "printf 'Subject: hi\\r\\n\\r\\nhello\\r\\n' | mox tlsrpt parse -",
            "mox tlsrpt reports list",
            "mox tlsrpt reports list --json",
            "mox tlsrpt reports show 3",
            "mox tlsrpt reports show 3 --json",
            "mox tlsrpt reports show 4",
        ],
    ),
    (
        "dmarc-in.txt",
        &[
            "mox dmarc reports list",
            "mox dmarc reports list --domain example.org --json",
            "mox dmarc reports show 4",
            "mox dmarc reports show 4 --json",
            "mox dmarc reports show 5",
            "mox dmarc failures list",
            "mox dmarc failures list --json",
            "mox dmarc failures show 2",
            "mox dmarc failures show 2 --json",
            "mox dmarc failures show 3",
        ],
    ),
    (
        "reports.txt",
        &[
            "LC_ALL=C.UTF-8 mox reports summary",
            "LC_ALL=C mox reports summary --domain example.org --since 7d",
            "mox reports summary --json",
            "mox reports summary --domain example.com",
            "mox reports summary --domain example.com --json",
            "mox reports causes",
            "mox reports causes --domain example.org --json",
            "mox reports causes --domain example.com --since 2026-11-01T00:00:00Z",
            "mox reports causes --domain example.com --since now",
            "mox reports causes --since soon",
            "mox reports silent",
            "mox reports silent --json",
            "mox reports silent --domain example.com",
            "mox dmarc readiness example.org",
            "mox dmarc readiness example.org --json",
            "mox dmarc readiness good.example",
            "mox dmarc readiness example.com",
            "mox dmarc readiness example.com --quiet --json",
            "mox dmarc readiness",
        ],
    ),
    (
        "tlsrpt-out.txt",
        &[
            "mox tlsrpt results",
            "mox tlsrpt results --color=always",
            "mox tlsrpt results --domain example.org --day 2026-11-21 --json",
            "mox tlsrpt results --domain example.com",
            "mox tlsrpt preview",
            "mox tlsrpt preview --json",
            "mox tlsrpt preview example.com",
            "mox tlsrpt preview example.org --out reports",
            "mox tlsrpt preview example.org --out reports --quiet",
            "ls reports",
            "mox tlsrpt send-now",
            "mox tlsrpt send-now --dry-run",
            "mox tlsrpt send-now example.org --day today --json",
            "mox tlsrpt send-now example.org --day 2026-11-20",
            "mox tlsrpt send-now example.com",
            "mox tlsrpt send-now example.org --sample --to me@example.com",
            "mox tlsrpt send-now --sample",
            "mox tlsrpt send-now example.org --sample --day today",
            "mox tlsrpt history",
            "mox tlsrpt history example.org --limit 1 --json",
            "mox tlsrpt explain example.org",
            "mox tlsrpt explain example.com",
            "mox tlsrpt explain example.org --json",
            "mox tlsrpt suppress list",
            "mox tlsrpt suppress list --json",
            "mox tlsrpt suppress add bob@example.org --until 7d --reason 'asked by phone' --dry-run",
            "mox tlsrpt suppress add bob@example.org --until soon",
            "mox tlsrpt suppress extend tls@example.org --until 2027-01-01T00:00:00Z",
            "mox tlsrpt suppress remove https://hook.example/in",
            "mox tlsrpt suppress remove tls@example.org --json",
        ],
    ),
    (
        "dmarc-out.txt",
        &[
            "mox dmarc results",
            "mox dmarc results --color=always --limit 0",
            "mox dmarc results --limit 2",
            "mox dmarc results --domain example.org --day 2026-11-21 --limit 1 --json",
            "mox dmarc results --domain example.com",
            "mox dmarc preview",
            "mox dmarc preview --json",
            "mox dmarc preview example.com",
            "mox dmarc preview example.org --out xml",
            "mox dmarc preview example.org --out xml --quiet",
            "ls xml",
            "mox dmarc send-now",
            "mox dmarc send-now --dry-run",
            "mox dmarc send-now example.org --day today --json",
            "mox dmarc send-now example.org --day 2026-11-20",
            "mox dmarc send-now example.com",
            "mox dmarc send-now example.org --sample --to me@example.com",
            "mox dmarc send-now --sample",
            "mox dmarc history",
            "mox dmarc history example.org --limit 1 --json",
            "mox dmarc explain example.org",
            "mox dmarc explain example.com",
            "mox dmarc suppress list",
            "mox dmarc suppress add bob@example.org --until 7d --reason 'asked by phone' --dry-run",
            "mox dmarc suppress extend dmarc@example.org --until 2027-01-01T00:00:00Z",
            "mox dmarc suppress remove dmarc@example.org --json",
            "mox dmarc suppress --help",
        ],
    ),
    (
        "localserve.txt",
        &[
            "mox localserve wait --to bob@example.org",
            "mox localserve wait --to bob@example.org --json --quiet",
            "mox localserve wait --to amy@example.org --timeout 100ms",
            "mox localserve --relay-domain example.org",
            "mox localserve --relay localhost:0",
            "mox localserve --port-base 65000",
            "mox localserve --chaos stage=rcpt,code=250",
            "mox localserve --webhook localhost:9000",
            "mox localserve chaos list",
            "mox localserve chaos list --json",
            "mox localserve chaos add 'stage=mail,code=421,text=too busy, try later'",
            "mox localserve chaos add stage=rcpt,delay=1500ms,probability=0.5 --dry-run --json",
            "mox localserve chaos add stage=quit,code=451",
            "mox localserve chaos add stage=hello,code=451,to=bob",
            "mox localserve chaos add stage=rcpt,code=599",
            "mox localserve chaos remove 1",
            "mox localserve chaos remove 9",
            "mox localserve chaos clear --dry-run",
            "mox localserve chaos clear --json",
        ],
    ),
    (
        "password.txt",
        &[
            "echo 'correct horse' | mox setaccountpassword mox --password-stdin",
            "printf 'correct horse\\r\\nignored' | mox setaccountpassword mox --password-stdin --quiet",
            "echo short | mox setaccountpassword mox --password-stdin",
            "echo 'correct horse' | mox setaccountpassword amy --password-stdin",
            "mox setaccountpassword mox --password-stdin",
            "mox setaccountpassword mox",
            "mox setadminpassword",
        ],
    ),
];

/// Command lines where no server runs.
const ALONE: &[&str] = &[
    "mox",
    "mox queu",
    "mox queue lst",
    "mox queue list --jsn",
    "mox -q -v status",
    "mox status",
    "mox --verbose message list",
    "mox --config nowhere/mox.conf queue list",
    "mox stop",
    "mox config path",
    "mox config path --json",
    "mox config test",
    "mox config show",
    "mox verifydata nowhere",
    "mox verifydata data --json",
    "mox verifydata",
    "mox version --json | grep -c control_protocol",
    "mox version | head -c 4",
    "COMPLETE=bash _CLAP_COMPLETE_INDEX=3 _CLAP_COMPLETE_SPACE=true mox -- mox queue show ''",
];

/// What each line did; none where it needs a shell that is not there.
fn transcripts(dir: &Path, lines: &[&str]) -> Vec<Option<String>> {
    lines.iter().map(|line| Some(shell(dir, line)?.transcript(line))).collect()
}

#[test]
fn output_with_a_server_is_as_reviewed() {
    let house = House::start();
    for (name, lines) in WITH_SERVER {
        snapshot::check(name, &transcripts(house.dir(), lines));
    }
}

#[test]
fn output_without_a_server_is_as_reviewed() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("data")).unwrap();
    std::fs::write(dir.path().join("data/mox.db"), "").unwrap();
    snapshot::check("alone.txt", &transcripts(dir.path(), ALONE));
}

/// Deliveries that the lab of the command itself makes fail and succeed.
const DELIVER: &[&str] = &[
    "mox deliver check --lab bob@dane-ok.lab.test",
    "mox deliver check --lab bob@dane-mismatch.lab.test",
    "mox deliver check --lab bob@dane-mismatch.lab.test --json",
    "mox deliver check --lab bob@dane-mismatch.lab.test --tls-required-no",
    "mox deliver check --lab bob@sts-expired.lab.test | sed 's/ (tls: .*//'",
    "mox deliver check --lab bob@sts-starttls-missing.lab.test",
    "mox deliver check --lab bob@sts-testing-selfsigned.lab.test",
    "mox deliver check --lab sts-unreachable.lab.test",
    "mox deliver check --lab nopolicy-plain.lab.test",
    "mox deliver check --lab two-mx.lab.test --all",
    "mox deliver check --lab nullmx.lab.test",
    "mox deliver check --lab nodomain.lab.test --json",
    "mox deliver check --lab --requiretls bob@requiretls-ok.lab.test",
    "mox deliver check --lab --requiretls bob@requiretls-missing.lab.test",
    "mox deliver check --lab --requiretls bob@nopolicy-tls.lab.test",
    "mox deliver check --lab --from amy@client.lab.test --ehlo client.lab.test reject.lab.test",
    "mox deliver check --lab bob@nosuch.lab.test",
    "mox deliver check --lab --resolver 127.0.0.1 bob@dane-ok.lab.test",
    "mox deliver check --requiretls --tls-required-no bob@example.org",
    "mox deliver check bob@",
];

#[test]
fn deliveries_are_told_as_reviewed() {
    let dir = tempfile::tempdir().unwrap();
    snapshot::check("deliver.txt", &transcripts(dir.path(), DELIVER));
}

#[test]
fn config_output_is_as_reviewed() {
    let corpus = crate::source::root().join("tests/data/config");
    let lines = [
        "mox --config good/localserve config test",
        "mox --config good/localserve config show",
        "mox --config good/nat/mox.conf config test --json",
        "mox --config good/full config show | grep Password",
        "mox --config bad/keys config test",
        "mox --config bad/keys/mox.conf config show",
        "mox config describe-static | head -n 5",
    ];
    snapshot::check("config.txt", &transcripts(&corpus, &lines));
}

#[test]
fn shells_get_live_values() {
    let house = House::start();
    let line = "COMPLETE=bash _CLAP_COMPLETE_INDEX=3 _CLAP_IFS=' ' mox -- mox queue show 7";
    if let Some(ran) = shell(house.dir(), line) {
        assert_eq!(ran.stdout, "751");
    }
    for words in [
        "dmarc explain",
        "dmarc history",
        "dmarc preview",
        "dmarc send-now",
        "dmarc results --domain",
        "dmarc suppress extend",
        "dmarc suppress remove",
        "tlsrpt suppress remove",
    ] {
        let index = words.split(' ').count() + 1;
        let line = format!("COMPLETE=bash _CLAP_COMPLETE_INDEX={index} _CLAP_IFS=' ' mox -- mox {words} a");
        if let Some(ran) = shell(house.dir(), &line) {
            assert_eq!(ran.stdout, "a51", "{words}");
        }
    }
}
