//! Measures search at size; run by hand:
//! `cargo test -p mox-store --release -- --ignored --nocapture measure_search`.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "it measures real time and prints what it finds"
)]

use std::time::{Duration, Instant};

use mox_clock::sim::SimRandom;
use mox_clock::{Random, random_array};

use crate::tests::House;
use crate::{DATABASE, Digest, Filter, PackedTranscript};

/// Messages, unless `MOX_MESSAGES` says how many.
const MESSAGES: usize = 10_000;
const SIZE: usize = 50_000;

/// Words with the frequencies of a language (rank r about 1/r), 30,000 of them.
struct Language {
    words: Vec<String>,
    random: SimRandom,
}

impl Language {
    fn new() -> Language {
        const SYLLABLES: [&str; 24] = [
            "an", "be", "ca", "do", "er", "fi", "go", "ha", "in", "ka", "le", "mo", "ne", "or", "pa", "qui",
            "re", "so", "ta", "un", "ve", "wi", "xe", "zu",
        ];
        let random = SimRandom::new(5);
        let word = |n: usize| {
            let mut rest = n * 7 + 3;
            let mut word = String::new();
            while rest > 0 {
                word.push_str(SYLLABLES[rest % SYLLABLES.len()]);
                rest /= SYLLABLES.len();
            }
            word
        };
        Language { words: (0..30_000).map(word).collect(), random }
    }

    fn word(&self) -> &str {
        let x = f64::from(u32::from_le_bytes(random_array::<4>(&self.random))) / f64::from(u32::MAX);
        let rank = (self.words.len() as f64).powf(x) as usize;
        &self.words[rank.min(self.words.len() - 1)]
    }

    fn message(&self, n: usize) -> String {
        let mut text = format!(
            "From: {0} <{0}@example.org>\r\nTo: {1}@example.net\r\nSubject: {2} {3} order-{n}\r\n\r\n",
            self.word(),
            self.word(),
            self.word(),
            self.word()
        );
        let mut column = 0;
        while text.len() < SIZE {
            let word = self.word();
            column += word.len() + 1;
            text.push_str(word);
            text.push_str(if column > 70 { "\r\n" } else { " " });
            if column > 70 {
                column = 0;
            }
        }
        text
    }
}

fn rss() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_ascii_whitespace().nth(1).and_then(|kb| kb.parse().ok()).unwrap_or(0)
}

fn megabytes(house: &House) -> u64 {
    house.change(|_, _| ());
    let size = |name: &str| std::fs::metadata(house.dir.path().join(name)).map_or(0, |file| file.len());
    size(DATABASE) / 1_000_000
}

/// Median and longest of 20 runs.
fn time(what: &str, mut f: impl FnMut() -> usize) {
    let mut found = 0;
    let mut took: Vec<Duration> = (0..20)
        .map(|_| {
            let began = Instant::now();
            found = f();
            began.elapsed()
        })
        .collect();
    took.sort();
    println!(
        "{what:<44} {:>9.2?} median {:>9.2?} longest, {found} found, RSS {} kB",
        took[10],
        took[19],
        rss()
    );
}

fn fill(house: &House, message: impl Fn(usize) -> String) {
    let began = Instant::now();
    let messages = std::env::var("MOX_MESSAGES").ok().and_then(|n| n.parse().ok()).unwrap_or(MESSAGES);
    for n in 0..messages {
        let text = message(n);
        house.deliver("Inbox", text.as_bytes(), Digest::of(text.as_bytes()));
    }
    println!("{messages} messages accepted in {:.1?}, database {} MB", began.elapsed(), megabytes(house));
}

fn index(house: &House) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let began = Instant::now();
    // Another writer, as a delivery would be: how long it waits.
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let store = house.store.clone();
    let waiter = std::thread::spawn(move || {
        let mut waits = Vec::new();
        while stopped.try_recv().is_err() {
            let began = Instant::now();
            store.write_blocking(|_, _| Ok::<_, crate::Error>(())).unwrap();
            waits.push(began.elapsed());
            std::thread::sleep(Duration::from_millis(1));
        }
        waits.sort();
        waits
    });
    let mut steps = 0;
    runtime.block_on(async {
        while house.store.index_step().await.unwrap() {
            steps += 1;
        }
    });
    let _ = stop.send(());
    let waits = waiter.join().unwrap();
    println!(
        "indexed in {:.1?}, {steps} steps, database {} MB, RSS {} kB; others waited {:.1?} median, {:.1?} 99 %, {:.1?} longest",
        began.elapsed(),
        megabytes(house),
        rss(),
        waits[waits.len() / 2],
        waits[waits.len() * 99 / 100],
        waits[waits.len() - 1]
    );
}

#[test]
#[ignore = "measures for minutes"]
fn measure_search() {
    let language = Language::new();
    let house = House::new();
    fill(&house, |n| language.message(n));
    let search = |text: &str, limit: usize| {
        let filter = Filter { text: Some(text.to_owned()), limit, ..Filter::default() };
        house.page(filter).len()
    };
    let common = language.words[2].clone();
    let middle = language.words[900].clone();
    let rare = language.words[29_000].clone();
    let kinds = [
        ("common word".to_owned(), format!("{common} ")),
        ("middle word".to_owned(), format!("{middle} ")),
        ("rare word".to_owned(), format!("{rare} ")),
        ("one message".to_owned(), "order-4711 ".to_owned()),
        ("nothing".to_owned(), "nosuchwordanywhere ".to_owned()),
        ("two words".to_owned(), format!("{common} {middle} ")),
        ("beginning of 1".to_owned(), "a".to_owned()),
        ("beginning of 2".to_owned(), common[..2].to_owned()),
        ("beginning of 3".to_owned(), middle[..3].to_owned()),
        ("beginning of an address".to_owned(), format!("{common}@exam")),
    ];
    time("list page of 50", || house.page(Filter { limit: 50, ..Filter::default() }).len());
    time("search, nothing indexed", || search(&kinds[2].1, 50));
    index(&house);
    time("list page of 50", || house.page(Filter { limit: 50, ..Filter::default() }).len());
    time("list page by subject that nothing has", || {
        house
            .page(Filter { limit: 50, subject: Some("nosuchwordanywhere".into()), ..Filter::default() })
            .len()
    });
    for (kind, text) in &kinds {
        time(&format!("search {kind}: {text}"), || search(text, 50));
    }
    time("search common word, all", || search(&kinds[0].1, MESSAGES));
    for kind in ["indexed", "taken out of the index before"] {
        let gone = house.page(Filter { limit: 100, ..Filter::default() });
        if kind != "indexed" {
            let gone = gone.clone();
            house.change(move |_, tx| {
                for m in gone {
                    tx.conn().execute("DELETE FROM search WHERE rowid = ?1", [m.content.0]).unwrap();
                }
            });
        }
        let took = house.change(move |s, tx| {
            let began = Instant::now();
            s.expunge(tx, &gone).unwrap();
            began.elapsed()
        });
        println!("100 messages expunged, {kind}: {took:.2?} of the writer");
    }
}

#[test]
#[ignore = "measures for minutes"]
fn measure_attachments() {
    let house = House::new();
    let random = SimRandom::new(9);
    fill(&house, |n| {
        let mut bytes = vec![0; SIZE * 3 / 4];
        random.fill(&mut bytes);
        let base64 = mox_message::body::encode_base64(&bytes);
        format!(
            "Subject: file {n}\r\nContent-Type: application/octet-stream; name=a{n}.bin\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{base64}"
        )
    });
    index(&house);
}

#[test]
#[ignore = "measures"]
fn measure_transcripts() {
    let line = "C: MAIL FROM:<somebody@example.org>\nS: 250 2.1.0 ok\nC: RCPT TO:<bob@example.net>\nS: 250 2.1.5 ok\n";
    let usual = format!(
        "S: 220 mx.example ESMTP\nC: EHLO client.example\n{}{line}",
        "S: 250-EXTENSION 12345\n".repeat(10)
    );
    for text in [usual, line.repeat(150)] {
        let began = Instant::now();
        let mut packed = PackedTranscript::new(&text);
        for _ in 1..1000 {
            packed = PackedTranscript::new(&text);
        }
        let pack = began.elapsed() / 1000;
        let house = House::new();
        let insert = house.change(move |s, tx| {
            let began = Instant::now();
            for n in 1..=1000 {
                s.keep_transcript(
                    tx,
                    crate::ContentId(n),
                    &packed,
                    "S: 250 2.0.0 accepted (1234567890123456)\n",
                )
                .unwrap();
            }
            began.elapsed() / 1000
        });
        println!(
            "transcript of {} bytes: made ready in {pack:.1?}, kept in {insert:.1?} of the writer",
            text.len()
        );
    }
}
