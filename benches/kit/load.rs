//! Messages from many sessions at once, each with the time its reply took.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use mox_testkit::house::House;
use mox_testkit::sender::Session;

use super::sample::Sample;

/// What was sent.
pub(crate) struct Sent {
    /// From the first command to the last reply; the sessions were open before.
    pub(crate) took: Duration,
    /// From the first byte of content to the reply that accepts it.
    pub(crate) replies: Sample,
}

impl Sent {
    pub(crate) fn rate(&self, messages: usize) -> f64 {
        messages as f64 / self.took.as_secs_f64()
    }
}

/// Sends messages 0 to `messages`; each session takes the next one when it is done with one. `make` gives the recipient
/// and what goes after the 354. A message that is not accepted ends the program.
pub(crate) fn send(
    house: &House,
    sessions: usize,
    messages: std::ops::Range<usize>,
    make: &(dyn Fn(usize) -> (String, String) + Sync),
) -> Sent {
    let next = AtomicUsize::new(messages.start);
    let ready = Barrier::new(sessions + 1);
    std::thread::scope(|scope| {
        let work = || {
            let mut session = Session::open(&house.mx()).expect("a session");
            ready.wait();
            let mut times = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= messages.end {
                    return times;
                }
                let (to, content) = make(number);
                times.push(deliver(&mut session, &to, &content));
            }
        };
        let sessions: Vec<_> = (0..sessions).map(|_| scope.spawn(work)).collect();
        ready.wait();
        let from = Instant::now();
        let times = sessions.into_iter().flat_map(|session| session.join().expect("a session ends well"));
        let times: Vec<Duration> = times.collect();
        Sent { took: from.elapsed(), replies: Sample::of(times) }
    })
}

/// Sends one message in an open session; how long the server took from the first byte of content to its 250.
pub(crate) fn deliver(session: &mut Session, to: &str, content: &str) -> Duration {
    let (code, reply) = session.envelope(to).expect("a reply");
    assert_eq!(code, 354, "{to}: {reply}");
    let from = Instant::now();
    let (code, reply) = session.say(content).expect("a reply");
    assert_eq!(code, 250, "{to}: {reply}");
    from.elapsed()
}
