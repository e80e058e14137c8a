//! The examples in the help do what they say.

use mox::Needs;

use crate::commands::house::House;
use crate::commands::shell::shell;

fn all_that_need(needs: Needs) -> impl Iterator<Item = &'static str> {
    let examples = mox::examples().iter().flat_map(|(_, examples)| examples.iter());
    examples.filter(move |example| example.needs == needs).map(|example| example.run)
}

#[test]
fn examples_that_need_nothing_work() {
    let dir = tempfile::tempdir().unwrap();
    for line in all_that_need(Needs::Nothing) {
        let Some(ran) = shell(dir.path(), line) else { continue };
        assert_eq!(ran.code, Some(0), "{}", ran.transcript(line));
    }
}

#[test]
fn examples_that_need_a_config_work() {
    let dir = tempfile::tempdir().unwrap();
    for file in ["mox.conf", "domains.conf"] {
        let from = crate::source::root().join("tests/data/config/good/localserve").join(file);
        std::fs::copy(from, dir.path().join(file)).unwrap();
    }
    for line in all_that_need(Needs::Config) {
        let Some(ran) = shell(dir.path(), line) else { continue };
        assert_eq!(ran.code, Some(0), "{}", ran.transcript(line));
    }
}

#[test]
fn examples_that_need_a_server_work() {
    for line in all_that_need(Needs::Server) {
        let house = House::start();
        let Some(ran) = shell(house.dir(), line) else { continue };
        assert_eq!(ran.code, Some(0), "{}", ran.transcript(line));
    }
}

#[test]
fn examples_that_need_more_are_understood() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("message.eml"), "Subject: hi\n\nhello\n").unwrap();
    for line in all_that_need(Needs::World) {
        let with_help = format!("mox() {{ command mox \"$@\" --help; }}\n{line}");
        let Some(ran) = shell(dir.path(), &with_help) else { continue };
        assert_eq!(ran.code, Some(0), "{}", ran.transcript(line));
    }
}
