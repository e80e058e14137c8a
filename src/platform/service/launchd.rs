//! launchd of macOS: a daemon that starts as root, opens its ports, and then becomes its user by itself.

use std::path::Path;

use super::{Action, Definition, Step, command};

/// Reverse domain names are the custom there.
const LABEL: &str = "org.mox.server";
const FILE: &str = "/Library/LaunchDaemons/org.mox.server.plist";

pub(super) fn plan(action: Action, definition: &Definition) -> Vec<Step> {
    let file = || Path::new(FILE).to_owned();
    let service = format!("system/{LABEL}");
    match action {
        Action::Install => {
            let write = Step::Write(file(), property_list(definition));
            vec![write, command(&["launchctl", "bootstrap", "system", FILE])]
        }
        Action::Uninstall => {
            vec![command(&["launchctl", "bootout", &service]), Step::Remove(file())]
        }
        Action::Start => vec![command(&["launchctl", "kickstart", &service])],
        Action::Stop => vec![command(&["launchctl", "kill", "SIGTERM", &service])],
        Action::Status => vec![command(&["launchctl", "print", &service])],
    }
}

pub(super) fn property_list(definition: &Definition) -> String {
    let words = std::iter::once(definition.program.display().to_string()).chain(definition.arguments());
    let words: String = words.map(|word| format!("\t\t<string>{}</string>\n", escaped(&word))).collect();
    let log = escaped(&definition.log.display().to_string());
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>Label</key>
	<string>{LABEL}</string>
	<key>ProgramArguments</key>
	<array>
{words}	</array>
	<key>RunAtLoad</key>
	<true/>
	<key>KeepAlive</key>
	<dict>
		<key>SuccessfulExit</key>
		<false/>
	</dict>
	<key>Umask</key>
	<integer>63</integer>
	<key>ProcessType</key>
	<string>Interactive</string>
	<key>HardResourceLimits</key>
	<dict>
		<key>NumberOfFiles</key>
		<integer>10240</integer>
	</dict>
	<key>StandardErrorPath</key>
	<string>{log}</string>
</dict>
</plist>
"#
    )
}

/// Text in XML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
