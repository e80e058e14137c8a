//! How fast the rooms without IO read: SMTP commands, message data, headers, MIME trees, base64.
//!
//! Each function runs in batches; the fastest batch says what the code costs, the median what this machine made of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    missing_docs,
    reason = "a benchmark ends when something is wrong, measures real time, and prints"
)]

mod kit;

use std::hint::black_box;
use std::time::{Duration, Instant};

use clap::Parser;
use mox_message::body::{self, TransferEncoding};
use mox_message::part::Tree;
use mox_message::summary;
use mox_smtp::{Command, DataReader, Syntax, dot_stuff};
use mox_store::Digest;
use mox_testkit::chance::Chance;
use serde_json::json;

use kit::options::Run;
use kit::prose::Prose;
use kit::report::{Column, Report, compared};

/// Measures how fast the rooms without IO read
#[derive(clap::Parser)]
struct Args {
    #[command(flatten)]
    run: Run,
}

const COLUMNS: &[Column] = &[compared("fastest ns", 0), compared("median ns", 0), compared("MB/s", 0)];
const SEED: u64 = 9;

fn main() {
    let args = Args::parse();
    if !args.run.is_wanted() {
        return;
    }
    let mut report = Report::start("parse", COLUMNS, &args.run);
    let texts = Texts::new();
    let mut bench = |name: &str, size: usize, f: &mut dyn FnMut()| {
        if args.run.wants(name) {
            let (fastest, median) = measure(args.run.quick, f);
            report.row(name, &[Some(fastest), Some(median), Some(size as f64 * 1e3 / median)]);
        }
    };
    for (name, line) in COMMANDS {
        let line = line.as_bytes();
        bench(name, line.len(), &mut || {
            let _ = black_box(Command::parse(black_box(line), Syntax::Lenient));
        });
    }
    let data = texts.dotted.as_slice();
    bench("dots undone 100 kB", data.len(), &mut || {
        let mut size = 0;
        DataReader::dotted().push(black_box(data), &mut |piece| size += piece.len());
        black_box(size);
    });
    let prose = texts.prose.as_bytes();
    bench("dots stuffed 100 kB", prose.len(), &mut || {
        let mut out = Vec::with_capacity(prose.len());
        dot_stuff(black_box(prose), &mut out).unwrap();
        black_box(out);
    });
    let header = texts.header.as_bytes();
    bench("summary of a header", header.len(), &mut || {
        black_box(summary(black_box(header)));
    });
    bench("digest of a header", header.len(), &mut || {
        black_box(Digest::of(black_box(header)));
    });
    let nested = texts.nested.as_bytes();
    bench("tree of a nested message", nested.len(), &mut || {
        black_box(Tree::parse(black_box(nested)));
    });
    bench("text of a nested message", nested.len(), &mut || {
        let tree = Tree::parse(black_box(nested));
        black_box(tree.readable_text(nested, usize::MAX));
    });
    let base64 = texts.base64.as_bytes();
    bench("base64 undone 100 kB", base64.len(), &mut || {
        black_box(body::decode(TransferEncoding::Base64, black_box(base64), usize::MAX));
    });
    report.finish(json!({ "quick": args.run.quick }));
}

const COMMANDS: [(&str, &str); 4] = [
    ("EHLO", "EHLO client.example"),
    ("MAIL", "MAIL FROM:<amy.long-name+tag@mail.example.com> SIZE=123456 BODY=8BITMIME"),
    ("RCPT", "RCPT TO:<bob@example.org> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;bob@example.org"),
    ("unknown command", "XCLIENT ADDR=192.0.2.1"),
];

/// What is read.
struct Texts {
    prose: String,
    /// Ready for DATA, with its end; one line in twenty begins with a dot.
    dotted: Vec<u8>,
    header: String,
    nested: String,
    base64: String,
}

impl Texts {
    fn new() -> Texts {
        let (language, mut chance) = (Prose::new(SEED), Chance::seeded(SEED));
        let prose = language.text(&mut chance, 100_000);
        let with_dots: String = prose
            .split_inclusive('\n')
            .enumerate()
            .map(|(number, line)| format!("{}{line}", if number % 20 == 0 { "." } else { "" }))
            .collect();
        let mut dotted = Vec::new();
        dot_stuff(with_dots.as_bytes(), &mut dotted).unwrap();
        dotted.extend_from_slice(b".\r\n");
        let random: Vec<u8> = (0..75_000).map(|_| chance.below(256) as u8).collect();
        let base64 = body::encode_base64(&random);
        let header = header();
        let nested = nested(&header, &language.text(&mut chance, 3000), &base64);
        Texts { prose, dotted, header, nested, base64 }
    }
}

/// A header as a mailing list leaves it.
fn header() -> String {
    let hops: String = (1..6)
        .map(|hop| {
            format!(
                "Received: from mx{hop}.example.com (mx{hop}.example.com [192.0.2.{hop}])\r\n\tby mail.example.org \
                 (mox) with ESMTPS id 7f3a{hop} for <bob@example.org>;\r\n\tTue, 24 Nov 2026 10:20:3{hop} +0000\r\n"
            )
        })
        .collect();
    format!(
        "{hops}DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=mail; c=relaxed/relaxed;\r\n\t\
         h=from:to:subject:date:message-id; bh={bh};\r\n\tb={b}\r\n\
         From: =?utf-8?q?Am=C3=A9lie_de_la_Rue?= <amy@example.com>\r\n\
         To: Bob Example <bob@example.org>, \"Carol, the other\" <carol@example.org>\r\n\
         Cc: list@lists.example.com\r\nReply-To: list@lists.example.com\r\n\
         Subject: Re: [list] =?utf-8?b?R3LDvMOfZSBhdXMgTcO8bmNoZW4=?= and more\r\n\
         Date: Tue, 24 Nov 2026 10:20:30 +0000\r\nMessage-ID: <7f3a.1@example.com>\r\n\
         In-Reply-To: <7f3a.0@example.org>\r\nReferences: <7f39.9@example.org> <7f3a.0@example.org>\r\n\
         List-Id: <list.lists.example.com>\r\nList-Unsubscribe: <https://lists.example.com/u/1>\r\n\
         MIME-Version: 1.0\r\n\r\n",
        bh = "x".repeat(44),
        b = "y".repeat(344),
    )
}

/// Text and HTML with an image, a forwarded message with an attachment: depth 4.
fn nested(header: &str, text: &str, base64: &str) -> String {
    let header = header.trim_end();
    format!(
        "{header}\r\nContent-Type: multipart/mixed; boundary=outer\r\n\r\n\
         --outer\r\nContent-Type: multipart/related; boundary=related\r\n\r\n\
         --related\r\nContent-Type: multipart/alternative; boundary=alternative\r\n\r\n\
         --alternative\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n\
         --alternative\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>{text}</p>\r\n\
         --alternative--\r\n\
         --related\r\nContent-Type: image/png\r\nContent-ID: <1@example.com>\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{base64}\
         --related--\r\n\
         --outer\r\nContent-Type: message/rfc822\r\n\r\n{header}\r\n\
         Content-Type: multipart/mixed; boundary=inner\r\n\r\n\
         --inner\r\n\r\n{text}\r\n\
         --inner\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n{base64}\
         --inner--\r\n\
         --outer--\r\n"
    )
}

/// Nanoseconds of one call: in the fastest batch, and the median over all batches.
fn measure(quick: bool, f: &mut dyn FnMut()) -> (f64, f64) {
    let (batch, batches) = if quick { (2, 5) } else { (20, 41) };
    let batch = Duration::from_millis(batch);
    let mut calls = 1_u32;
    while time(calls, f) < batch {
        calls *= 2;
    }
    let mut times: Vec<f64> =
        (0..batches).map(|_| time(calls, f).as_secs_f64() * 1e9 / f64::from(calls)).collect();
    times.sort_unstable_by(f64::total_cmp);
    (times[0], times[times.len() / 2])
}

fn time(calls: u32, f: &mut dyn FnMut()) -> Duration {
    let from = Instant::now();
    for _ in 0..calls {
        f();
    }
    from.elapsed()
}
