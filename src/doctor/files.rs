//! Files of the configuration: those with secrets are for their owner alone.

use std::path::{Path, PathBuf};

use mox_dnscheck::Finding;

use crate::{Examined, Patient, Repair};

/// Looks at the files that a configuration names.
pub(crate) fn look(patient: &Patient<'_>, all: &mut Examined) {
    let before = all.findings.len();
    let secrets = secrets(patient);
    for path in &secrets {
        match mox_platform::files::is_exposed(path) {
            Ok(false) => {}
            Ok(true) => {
                all.findings.push(
                    Finding::warning(
                        "file-exposed",
                        path.display().to_string(),
                        "others than its owner can read this file, which holds a secret",
                    )
                    .fix("`mox doctor --fix` takes their rights away"),
                );
                all.repairs.push(Repair::MakePrivate(path.clone()));
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => all.findings.push(missing(path)),
            Err(error) => all.findings.push(Finding::warning(
                "file-unreadable",
                path.display().to_string(),
                format!("cannot be looked at: {error}"),
            )),
        }
    }
    if all.findings.len() == before {
        let text = format!("{} files with secrets are for their owner alone", secrets.len());
        all.findings.push(Finding::ok("files", folder(patient).display().to_string(), text));
    }
}

fn missing(path: &Path) -> Finding {
    Finding::error(
        "file-missing",
        path.display().to_string(),
        "mox.conf or domains.conf names it, and it is not there",
    )
    .fix("put the file in its place, or take its name out; `mox config test` says where it is named")
}

fn folder(patient: &Patient<'_>) -> PathBuf {
    patient.config.file.parent().map(Path::to_owned).unwrap_or_default()
}

/// Files with secrets.
fn secrets(patient: &Patient<'_>) -> Vec<PathBuf> {
    let config = patient.config;
    let mut files: Vec<PathBuf> = Vec::new();
    files.extend(config.server.admin_password_file.as_ref().map(|file| config.path(file)));
    for listener in config.server.listeners.values() {
        let Some(tls) = &listener.tls else { continue };
        files.extend(tls.key_certs.iter().map(|pair| config.path(&pair.key_file)));
        files.extend(tls.host_private_key_files.iter().map(|file| config.path(file)));
    }
    for hosted in config.dynamic.domains.values() {
        let keys = hosted.dkim.selectors.values().map(|selector| config.path(&selector.private_key_file));
        files.extend(keys);
    }
    let data = config.data_dir.clone();
    files.extend([data.join("mox.db"), data.join("secret.key")].into_iter().filter(|file| file.exists()));
    files.sort();
    files.dedup();
    files
}
