//! Failures by rule: given at start, added and taken away while the server runs, in sessions that are open already.

use crate::house::House;
use mox_testkit::sender::Session;

#[test]
fn rules_hold_from_the_next_command_on() {
    let folder = tempfile::tempdir().unwrap();
    let greylist = "stage=mail,code=450,from=<load@,text=greylisted, come back";
    let house = House::start(&folder.path().join("house"), &["--chaos", greylist]);
    let mut session = Session::open(&house.mx()).unwrap();
    let mut send = |to: &str| session.send(to, "chaos", "x").unwrap();
    let (code, reply) = send("bob@example.org");
    assert!(code == 450 && reply.starts_with("450 4.0.0 greylisted, come back ("), "{reply}");

    house.mox(&["localserve", "chaos", "remove", "1"]);
    assert_eq!(send("bob@example.org").0, 250);
    house.mox(&["localserve", "chaos", "add", "stage=message,code=552,to=carol@", "--dry-run"]);
    assert_eq!(send("carol@example.org").0, 250);
    house.mox(&["localserve", "chaos", "add", "stage=message,code=552,to=carol@"]);
    house.mox(&["localserve", "chaos", "add", "stage=data,code=421,to=dave@"]);
    assert_eq!(house.json(&["localserve", "chaos", "list", "--json"])["rules"].as_array().unwrap().len(), 2);
    let (code, reply) = send("carol@example.org");
    assert!(code == 552 && reply.starts_with("552 5.0.0 simulated failure, chaos rule 1 ("), "{reply}");
    assert_eq!(send("bob@example.org").0, 250);

    house.mox(&["localserve", "chaos", "clear"]);
    assert_eq!(send("carol@example.org").0, 250);
    house.mox(&["localserve", "chaos", "add", "stage=data,code=421,to=dave@"]);
    assert!(send_and_lose(&mut session), "after 421 the session is over");
    assert_eq!(house.messages().len(), 4);
}

/// Whether DATA gets 421 and then nothing any more.
fn send_and_lose(session: &mut Session) -> bool {
    session.say("MAIL FROM:<load@client.example>\r\n").unwrap();
    session.say("RCPT TO:<dave@example.org>\r\n").unwrap();
    session.say("DATA\r\n").unwrap().0 == 421 && session.reply().is_err()
}
