//! Many messages at once: every one accepted is there, none twice, with 1, 10 and 50 sessions.

use std::process::Command;

use mox_testkit::sender::Session;

use crate::house::House;
use crate::peers::{Chance, installed, program, run};

#[test]
fn smtp_source_loses_nothing() {
    if !installed(&["smtp-source"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::start(&folder.path().join("house"), &[]);
    let mut sent = 0;
    for (sessions, messages) in [(1, 50), (10, 200), (50, 500)] {
        let mut source = Command::new(program("smtp-source").unwrap());
        source.args(["-d", "-M", "client.example", "-f", "load@client.example", "-t", "box@example.org"]);
        source.args(["-s", &sessions.to_string(), "-m", &messages.to_string(), "-l", "4096"]).arg(house.mx());
        run(&mut source);
        sent += messages;
        assert_eq!(house.messages().len(), sent, "after {sessions} sessions");
    }
    house.stop();
    house.verify();
}

#[test]
fn incompressible_bodies_arrive_as_they_were_sent() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::start(&folder.path().join("house"), &[]);
    let mut chance = Chance::new();
    let bodies: Vec<String> = [4_000, 100_000].map(|size| chance.text(size)).into();
    for sessions in [1, 10, 50] {
        std::thread::scope(|scope| {
            for session in 0..sessions {
                let (house, bodies) = (&house, &bodies);
                scope.spawn(move || {
                    let mut open = Session::open(&house.mx()).unwrap();
                    for (number, body) in bodies.iter().enumerate() {
                        let subject = format!("{sessions}-{session}-{number}");
                        let (code, reply) = open.send("box@example.org", &subject, body).unwrap();
                        assert_eq!(code, 250, "{subject}: {reply}");
                    }
                });
            }
        });
    }
    let messages = house.messages();
    assert_eq!(messages.len(), 2 * (1 + 10 + 50));
    for message in messages.iter().step_by(20) {
        let subject = message["subject"].as_str().unwrap();
        let body = &bodies[usize::from(subject.ends_with("-1"))];
        let text = house.mox(&["message", "cat", message["id"].to_string().trim_matches('"')]);
        assert!(text.contains(body.as_str()), "{subject} was changed");
    }
    house.stop();
    house.verify();
}
