//! Senders that nobody knows wait; mail that is refused is kept for those who want to see it.

use mox_clock::Clock as _;

use super::*;

const DOMAINS: &str = "\
Domains:
	here.example:
		TLSRPT:
			Localpart: tlsreports
			Account: amy
			Mailbox: TLSRPT
Accounts:
	amy:
		Domain: here.example
		Destinations:
			amy@here.example: nil
		RejectsMailbox: Rejects
	bob:
		Domain: here.example
		Destinations:
			bob@here.example: nil
		NoFirstTimeSenderDelay: true
	eve:
		Domain: here.example
		Destinations:
			eve@here.example: nil
		RejectsMailbox: Refused
		KeepRejects: true
";

/// Seconds that the listener lets strangers wait.
const WAIT: Duration = Duration::from_secs(15);
const STRANGER: &str = "192.0.2.9";

/// A server whose listener lets strangers wait, and its clock.
fn scene(names: &str) -> (Scene, Arc<SimClock>) {
    let mut scene = Scene::with(SERVER, DOMAINS, names);
    let clock = Arc::new(SimClock::new(NOW));
    scene.handler.clock = clock.clone();
    scene.handler.strangers = Strangers::new(vec![("0.0.0.0:25".parse().unwrap(), WAIT)]);
    (scene, clock)
}

/// Brings a message; the reply, and how long it was waited for.
async fn bring(scene: &Scene, clock: &SimClock, ip: &str, from: &str, to: &[&str]) -> (String, u64) {
    let author = if from.is_empty() { "mailer-daemon@there.example" } else { from };
    let message = format!("From: <{author}>\r\nSubject: hi\r\n\r\ntext\r\n");
    let before = clock.now();
    let mut brought = std::pin::pin!(scene.bring_from(ip, from, to, &message));
    let reply = loop {
        tokio::select! {
            biased;
            reply = &mut brought => break reply,
            () = tokio::task::yield_now() => {
                if let Some(time) = clock.until_next_sleeper() {
                    clock.advance(time);
                }
            }
        }
    };
    (reply, u64::try_from(clock.now().secs() - before.secs()).unwrap())
}

#[tokio::test]
async fn a_sender_waits_whom_nobody_knows() {
    let (scene, clock) = scene("");
    let amy = "amy@here.example";
    for (name, ip, from, to, seconds) in [
        ("a stranger", STRANGER, "a@stranger.example", amy, 15),
        ("who wrote before", STRANGER, "a@stranger.example", amy, 0),
        ("to somebody else", STRANGER, "a@stranger.example", "eve@here.example", 15),
        ("to one who wants no delay", STRANGER, "b@stranger.example", "bob@here.example", 0),
        ("this machine", "127.0.0.1", "c@stranger.example", amy, 0),
        ("a notification", STRANGER, "", amy, 0),
        ("a report", STRANGER, "d@stranger.example", "tlsreports@here.example", 0),
    ] {
        let (reply, waited) = bring(&scene, &clock, ip, from, &[to]).await;
        assert!(reply.starts_with("250 "), "{name}: {reply}");
        assert_eq!(waited, seconds, "{name}");
    }
    let limits = mox_store::OutgoingLimits { messages: 10, first_time: 10 };
    let wrote = ["Friend@there.example".to_owned()];
    let store = scene.handler.delivery.store();
    store.write(move |store, tx| store.count_outgoing(tx, "amy", &wrote, limits)).await.unwrap();
    assert_eq!(bring(&scene, &clock, STRANGER, "friend@there.example", &[amy]).await.1, 0, "amy wrote there");
}

#[tokio::test]
async fn what_is_refused_is_kept_once_and_makes_nobody_known() {
    let names = "_dmarc.strict.example TXT \"v=DMARC1; p=reject\"\n\
                 _dmarc.unsure.example TXT \"v=DMARC1; p=reject\"\nunsure.example TXT ; servfail\n";
    let (scene, clock) = scene(names);
    let kept = |scene: &Scene| {
        scene.texts(
            "SELECT a.name || ' ' || b.name || ' ' || m.subject FROM message m
             JOIN mailbox b USING (mailbox_id) JOIN account a ON a.account_id = m.account_id
             WHERE m.expunged = 0 ORDER BY m.message_id",
        )
    };
    // What DNS cannot say now is put off, and comes again.
    let (reply, _) = bring(&scene, &clock, STRANGER, "a@unsure.example", &["amy@here.example"]).await;
    assert!(reply.starts_with("451 4.7.26 "), "{reply}");
    assert_eq!(kept(&scene), [""; 0]);
    for to in ["amy@here.example", "amy@here.example", "bob@here.example", "eve@here.example"] {
        let (reply, waited) = bring(&scene, &clock, STRANGER, "a@strict.example", &[to]).await;
        assert!(reply.starts_with("550 5.7.26 "), "{reply}");
        assert_eq!(waited, 0, "who is refused does not wait");
    }
    assert_eq!(kept(&scene), ["amy Rejects hi", "eve Refused hi"], "once each, and not for bob");
    // What is refused teaches nobody a sender.
    let store = scene.handler.delivery.store();
    let known = |rejects: &'static str| {
        let addresses = vec!["a@strict.example".to_owned()];
        let read = move |store: &Store, tx: &mox_db::ReadTx<'_>| {
            store.knows_sender(tx, "amy", "a@strict.example", &addresses, rejects)
        };
        store.read_blocking(read).unwrap()
    };
    assert!(!known("Rejects") && known(""));
    // Weeks later the next one drives it out, but not where all are kept.
    clock.advance(Duration::from_secs(15 * 86_400));
    for to in ["amy@here.example", "eve@here.example"] {
        let message = "From: <a@strict.example>\r\nSubject: later\r\n\r\ntext\r\n";
        let reply = scene.bring_from(STRANGER, "a@strict.example", &[to], message).await;
        assert!(reply.starts_with("550 5.7.26 "), "{reply}");
    }
    assert_eq!(kept(&scene), ["eve Refused hi", "amy Rejects later", "eve Refused later"]);
}
