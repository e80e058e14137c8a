//! What this machine is: its addresses, its name, whether it is a container, who runs this program.

use std::io;
use std::net::IpAddr;
use std::path::Path;

use crate::os;

/// Largest part of a file about a container that is read, in bytes.
const MAX_CGROUP: u64 = 64 << 10;

/// The addresses of all network interfaces, loopback ones included, each once, IPv4 first.
pub fn interfaces() -> io::Result<Vec<IpAddr>> {
    let mut ips: Vec<IpAddr> = if_addrs::get_if_addrs()?.iter().map(if_addrs::Interface::ip).collect();
    ips.sort();
    ips.dedup();
    Ok(ips)
}

/// The name that the machine has, with or without a domain; none when it has none that is text.
pub fn hostname() -> Option<String> {
    os::hostname().filter(|name| !name.is_empty())
}

/// Whether this program runs as root. On Windows never: services there get their rights otherwise.
pub fn is_root() -> bool {
    os::is_root()
}

/// Whether there is a user of that name, or numeric id. On Windows false.
pub fn has_user(name: &str) -> bool {
    os::has_user(name)
}

/// What kind of container this is, as `docker` or `kubernetes`; none on a machine of its own.
pub fn container() -> Option<&'static str> {
    if std::env::var_os("KUBERNETES_SERVICE_HOST").is_some() {
        return Some("kubernetes");
    }
    let marks = [("/.dockerenv", "docker"), ("/run/.containerenv", "podman")];
    let marked = marks.iter().find(|(file, _)| Path::new(file).exists()).map(|(_, kind)| *kind);
    marked.or_else(|| container_of_cgroup(&start_of("/proc/1/cgroup")))
}

/// What the control groups of the first process tell.
fn container_of_cgroup(text: &str) -> Option<&'static str> {
    let kinds = [
        ("kubepods", "kubernetes"),
        ("docker", "docker"),
        ("libpod", "podman"),
        ("containerd", "containerd"),
        ("lxc", "lxc"),
    ];
    kinds.iter().find(|(mark, _)| text.contains(mark)).map(|(_, kind)| *kind)
}

fn start_of(file: &str) -> String {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    if let Ok(file) = std::fs::File::open(file) {
        let _ = file.take(MAX_CGROUP).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_a_loopback_address() {
        assert!(interfaces().unwrap().iter().any(IpAddr::is_loopback));
        assert!(!has_user("no such user, with a comma"));
    }

    #[test]
    fn control_groups_tell_the_container() {
        for (text, expected) in [
            ("0::/init.scope\n", None),
            ("12:cpu:/docker/0123456789abcdef\n", Some("docker")),
            ("0::/kubepods/besteffort/pod1/docker-2\n", Some("kubernetes")),
            ("0::/lxc/mail\n", Some("lxc")),
        ] {
            assert_eq!(container_of_cgroup(text), expected, "{text}");
        }
    }
}
