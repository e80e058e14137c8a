//! What starts the server with the machine: a systemd unit, a launchd job; on Windows `mox service install`.

use std::path::{Path, PathBuf};

use crate::Wishes;

/// What starts services on a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manager {
    /// Linux.
    Systemd,
    /// macOS.
    Launchd,
    /// The service control manager.
    Windows,
    /// Something else: the operator knows.
    Unknown,
}

/// Name of the launchd job.
const LABEL: &str = "org.mox.server";

impl Manager {
    /// The file to write into the folder, and what stands in it; none where there is no such file.
    pub(crate) fn file(self, wishes: &Wishes) -> Option<(PathBuf, String)> {
        let config = wishes.dir.join("config").join("mox.conf");
        match self {
            Manager::Systemd => Some((wishes.dir.join("mox.service"), unit(wishes, &config))),
            Manager::Launchd => Some((wishes.dir.join(format!("{LABEL}.plist")), job(wishes, &config))),
            Manager::Windows | Manager::Unknown => None,
        }
    }

    /// What to do so that the server starts, now and with the machine; `owned` when the files belong to its user already.
    pub fn steps(self, wishes: &Wishes, owned: bool) -> Vec<String> {
        let (dir, user) = (wishes.dir.display(), &wishes.user);
        let config = wishes.dir.join("config").join("mox.conf");
        let config = config.display();
        let user_first = match self {
            Manager::Launchd => format!("create the user {user}, in System Settings"),
            _ => format!("useradd --system --no-create-home --home-dir {dir} {user}, unless it exists"),
        };
        let owner = [user_first, format!("chown -R {user} {dir}/config {dir}/data")];
        let start = match self {
            Manager::Systemd => {
                vec![format!("systemctl enable --now {dir}/mox.service, then look at: journalctl -u mox -f")]
            }
            Manager::Launchd => vec![
                format!("cp {dir}/{LABEL}.plist /Library/LaunchDaemons/"),
                format!("launchctl bootstrap system /Library/LaunchDaemons/{LABEL}.plist"),
            ],
            Manager::Windows => {
                return vec![
                    format!("mox service install --config {config}"),
                    "mox service start".to_owned(),
                ];
            }
            Manager::Unknown => vec![format!("mox serve --config {config}")],
        };
        let owner = owner.into_iter().filter(|_| !owned);
        owner.chain(start).collect()
    }
}

/// A path as a word of a unit.
fn word(path: &Path) -> String {
    let text = path.display().to_string().replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%");
    format!("\"{}\"", text.replace('$', "$$"))
}

fn unit(wishes: &Wishes, config: &Path) -> String {
    let dir = |name: &str| word(&wishes.dir.join(name));
    format!(
        "\
# Starts mox with the machine: systemctl enable --now {path}
[Unit]
Description=mox mail server
Documentation=man:mox-serve(1)
After=network-online.target
Wants=network-online.target

[Service]
# Never root: the one right that it needs is to listen on ports below 1024.
User={user}
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
ExecStart={program} serve --config {config}
ExecReload=/bin/kill -HUP $MAINPID
Restart=always
RestartSec=5s
LimitNOFILE=65535
UMask=0077
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths={written} {data}
PrivateDevices=yes
PrivateTmp=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service

[Install]
WantedBy=multi-user.target
",
        path = wishes.dir.join("mox.service").display(),
        user = wishes.user,
        program = word(&wishes.program),
        config = word(config),
        written = dir("config"),
        data = dir("data"),
    )
}

fn job(wishes: &Wishes, config: &Path) -> String {
    let text = |path: &Path| {
        path.display().to_string().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
    };
    format!(
        "\
<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">
<!-- Starts mox with the machine. As root, for ports below 1024; it becomes the User of mox.conf at once. -->
<plist version=\"1.0\">
<dict>
	<key>Label</key>
	<string>{LABEL}</string>
	<key>ProgramArguments</key>
	<array>
		<string>{program}</string>
		<string>serve</string>
		<string>--config</string>
		<string>{config}</string>
	</array>
	<key>WorkingDirectory</key>
	<string>{dir}</string>
	<key>RunAtLoad</key>
	<true/>
	<key>KeepAlive</key>
	<true/>
	<key>Umask</key>
	<integer>63</integer>
	<key>StandardErrorPath</key>
	<string>/var/log/mox.log</string>
</dict>
</plist>
",
        program = text(&wishes.program),
        config = text(config),
        dir = text(&wishes.dir),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_keep_their_meaning_in_units() {
        assert_eq!(word(Path::new("/srv/my mail/100%")), "\"/srv/my mail/100%%\"");
    }
}
