//! Texts and plans of all three systems, and what systemd says of its unit.

use super::*;

fn definition() -> Definition {
    Definition {
        program: "/usr/local/bin/mox".into(),
        config: "/etc/mox/mox.conf".into(),
        own: vec!["/etc/mox".into(), "/var/lib/mox".into()],
        write: vec!["/srv/backup".into()],
        account: Account::User("root".into()),
        log: "/var/log/mox.log".into(),
        display: "mox mail server".into(),
        about: "Mail server".into(),
    }
}

#[test]
fn plans_name_each_step() {
    for (kind, action, steps) in [
        (
            Kind::Systemd,
            Action::Install,
            &[
                "make the folder /etc/mox",
                "give the folder /etc/mox to the user root",
                "make the folder /var/lib/mox",
                "give the folder /var/lib/mox to the user root",
                "write /etc/systemd/system/mox.service",
                "run systemctl daemon-reload",
                "run systemctl enable mox",
            ][..],
        ),
        (
            Kind::Systemd,
            Action::Uninstall,
            &[
                "run systemctl disable --now mox",
                "remove /etc/systemd/system/mox.service",
                "run systemctl daemon-reload",
            ],
        ),
        (Kind::Launchd, Action::Start, &["run launchctl kickstart system/org.mox.server"]),
        (Kind::Windows, Action::Status, &["ask how it is: the service mox"]),
        (Kind::Windows, Action::Uninstall, &["stop and remove the service mox"]),
    ] {
        let plan = plan(kind, action, &definition());
        // Systems without users of that kind have nobody of the name.
        let plan: Vec<String> =
            plan.iter().map(Step::describe).filter(|step| !step.starts_with("run useradd")).collect();
        assert_eq!(plan, steps, "{kind:?} {action:?}");
    }
}

#[test]
fn windows_gives_the_folders_to_the_account_of_the_service() {
    let definition = Definition { account: Account::Virtual, ..definition() };
    let plan: Vec<String> =
        plan(Kind::Windows, Action::Install, &definition).iter().map(Step::describe).collect();
    let create = plan.iter().position(|step| step == "add the service mox").unwrap();
    let give = plan.iter().position(|step| step.contains(r"icacls /etc/mox /grant")).unwrap();
    assert!(create < give && plan[give].contains(r"NT SERVICE\mox:(OI)(CI)M"), "{plan:?}");
    assert!(text(Kind::Windows, &definition).contains("--log-file /var/log/mox.log"));
}

#[test]
fn special_characters_keep_their_meaning_to_themselves() {
    let definition = Definition { config: "/a b/100%/$x&<.conf".into(), ..definition() };
    let unit = text(Kind::Systemd, &definition);
    assert!(unit.contains("\"/a b/100%%/$$x&<.conf\""), "{unit}");
    let list = text(Kind::Launchd, &definition);
    assert!(list.contains("<string>/a b/100%/$x&amp;&lt;.conf</string>"), "{list}");
}

#[test]
fn homes_are_only_seen_where_something_is_there() {
    assert!(text(Kind::Systemd, &definition()).contains("ProtectHome=true"));
    let at_home = Definition { own: vec!["/home/mox/data".into()], ..definition() };
    assert!(text(Kind::Systemd, &at_home).contains("ProtectHome=read-only"));
}

/// What `systemd-analyze` says of the unit; none where it is not installed.
fn analyze(verb: &[&str], unit: &std::path::Path) -> Option<(bool, String)> {
    let output = Command::new("systemd-analyze").args(verb).arg(unit).output().ok()?;
    let said = [output.stdout, output.stderr].concat();
    Some((output.status.success(), String::from_utf8_lossy(&said).into_owned()))
}

#[test]
fn systemd_finds_the_unit_right_and_safe() {
    let dir = tempfile::tempdir().unwrap();
    let unit = dir.path().join("mox.service");
    // A program that is there, and everything else as it is.
    let definition = Definition { program: "/bin/true".into(), ..definition() };
    std::fs::write(&unit, text(Kind::Systemd, &definition)).unwrap();
    let Some((good, said)) = analyze(&["verify", "--man=no"], &unit) else {
        eprintln!("SKIPPED: no systemd-analyze");
        return;
    };
    assert!(good && !said.contains("mox.service"), "{said}");
    let (_, said) = analyze(&["security", "--offline=true", "--no-pager"], &unit).unwrap();
    let line = said.lines().find(|line| line.contains("Overall exposure level")).unwrap_or(&said);
    let level: f64 = line.split_whitespace().find_map(|word| word.parse().ok()).expect(line);
    assert!(level < 2.5, "{said}");
}
