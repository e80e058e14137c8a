//! systemd: a unit that runs the server as its user from the start, with no more than it needs.
//!
//! Checked with `systemd-analyze verify` and `systemd-analyze security`.

use std::path::Path;

use super::{Account, Action, Definition, NAME, Step, command};

/// Where the administrator's units are.
const UNIT: &str = "/etc/systemd/system/mox.service";

pub(super) fn plan(action: Action, definition: &Definition) -> Vec<Step> {
    let unit = || Path::new(UNIT).to_owned();
    let reload = || command(&["systemctl", "daemon-reload"]);
    match action {
        Action::Install => {
            let mut steps = user(&definition.account);
            for folder in &definition.own {
                steps.push(Step::Folder(folder.clone()));
                steps.push(Step::Give(folder.clone(), name(definition).to_owned()));
            }
            steps.extend([
                Step::Write(unit(), self::unit(definition)),
                reload(),
                command(&["systemctl", "enable", NAME]),
            ]);
            steps
        }
        Action::Uninstall => {
            vec![command(&["systemctl", "disable", "--now", NAME]), Step::Remove(unit()), reload()]
        }
        Action::Start => vec![command(&["systemctl", "start", NAME])],
        Action::Stop => vec![command(&["systemctl", "stop", NAME])],
        Action::Status => vec![command(&["systemctl", "is-active", NAME])],
    }
}

/// A user without a password and a shell, unless there is one or it is a number.
fn user(account: &Account) -> Vec<Step> {
    let Account::User(name) = account else { return Vec::new() };
    let there = crate::privileges::User::find(name).is_ok_and(|found| found.is_some());
    let make =
        ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", name];
    if there { Vec::new() } else { vec![command(&make)] }
}

/// The user's name.
fn name(definition: &Definition) -> &str {
    match &definition.account {
        Account::User(name) => name,
        Account::Virtual => NAME,
    }
}

pub(super) fn unit(definition: &Definition) -> String {
    let user = name(definition);
    let words: Vec<String> = std::iter::once(definition.program.display().to_string())
        .chain(definition.arguments())
        .map(|word| argument(&word))
        .collect();
    let own = definition.own.iter().map(|path| path.display().to_string());
    // A minus: that it is missing is no reason not to start.
    let more = definition.write.iter().map(|path| format!("-{}", path.display()));
    let write: Vec<String> = own.chain(more).map(|path| argument(&path)).collect();
    let homes = ["/home", "/root", "/run/user"];
    let at_home = |path: &Path| homes.iter().any(|home| path.starts_with(home));
    let mut paths =
        definition.own.iter().chain(&definition.write).chain([&definition.config, &definition.program]);
    let home = if paths.any(|path| at_home(path)) { "read-only" } else { "true" };
    let mut unit = format!(
        "[Unit]\nDescription={}\nDocumentation=man:mox(1)\nAfter=network-online.target\nWants=network-online.target\n\n\
         [Service]\nType=notify\nNotifyAccess=main\nExecStart={}\nExecReload=/bin/kill -HUP $MAINPID\n\
         User={user}\nUMask=0077\nRestart=on-failure\nRestartSec=5s\nTimeoutStartSec=5min\nTimeoutStopSec=1min\n\
         WatchdogSec=2min\nLimitNOFILE=65535\nRuntimeDirectory=mox\nRuntimeDirectoryMode=0755\n\n",
        definition.about.trim_end_matches('.'),
        words.join(" "),
    );
    unit.push_str("# The one right it has: ports below 1024.\n");
    unit.push_str("AmbientCapabilities=CAP_NET_BIND_SERVICE\nCapabilityBoundingSet=CAP_NET_BIND_SERVICE\n");
    unit.push_str("NoNewPrivileges=true\n\n# Files: it reads the system and writes its own.\n");
    unit.push_str(&format!(
        "ProtectSystem=strict\nReadWritePaths={}\nProtectHome={home}\nPrivateTmp=true\nPrivateDevices=true\n",
        write.join(" ")
    ));
    unit.push_str(REST);
    unit
}

/// What no server needs. Landlock's calls are named: the server makes its own, narrower rules with them.
const REST: &str = "\
ProtectKernelTunables=true
ProtectKernelModules=true
ProtectKernelLogs=true
ProtectControlGroups=true
ProtectClock=true
ProtectHostname=true
ProtectProc=invisible
ProcSubset=pid
RemoveIPC=true

# What it may ask of the kernel.
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=true
RestrictRealtime=true
RestrictSUIDSGID=true
LockPersonality=true
MemoryDenyWriteExecute=true
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallFilter=landlock_create_ruleset landlock_add_rule landlock_restrict_self
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
";

/// A word as systemd.syntax(7) takes it: `%` and `$` have a meaning, and so have blanks and quotes.
fn argument(word: &str) -> String {
    let escaped = word.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%").replace('$', "$$");
    if escaped.contains([' ', '\t', '\'', '"', ';']) { format!("\"{escaped}\"") } else { escaped }
}
