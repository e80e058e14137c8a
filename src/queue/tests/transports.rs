//! Mail that leaves in other ways than straight to MX hosts.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use mox_net::{Listen, Stream};

use super::house::{House, options};

const WAIT: Duration = Duration::from_secs(1 << 30);

fn good(_: &str) -> String {
    "250 2.0.0 taken".to_owned()
}

/// A proxy that connects everything to the host at 192.0.2.1:25; what it was asked for is kept.
fn proxy(house: &House) -> Arc<Mutex<Vec<Vec<u8>>>> {
    let mut listener = house.net.listen("192.0.2.50:1080".parse().unwrap()).unwrap();
    let asked: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
    let (seen, net) = (asked.clone(), house.net.clone());
    tokio::spawn(async move {
        use mox_net::Dial;
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        while let Ok(mut accepted) = listener.accept().await {
            let mut hello = [0; 3];
            accepted.io.read_exact(&mut hello).await.unwrap();
            accepted.io.write_all(&[5, 0]).await.unwrap();
            let mut request = vec![0; 10];
            accepted.io.read_exact(&mut request).await.unwrap();
            seen.lock().unwrap().push(request);
            let mut far = net.dial("192.0.2.1:25".parse().unwrap(), None, WAIT).await.unwrap();
            accepted.io.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.unwrap();
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut accepted.io, &mut far.io).await });
        }
    });
    asked
}

#[tokio::test]
async fn mail_goes_through_a_proxy_under_its_name() {
    let mut house = House::new(options());
    let (host, asked) = (house.host("192.0.2.1:25", good), proxy(&house));
    house.start();
    let ids = house.add("alice@here.example", &["bob@socks.example"], |_| {}).await;
    house.until(<[_]>::is_empty).await;
    assert_eq!(asked.lock().unwrap()[..], [vec![5, 1, 0, 1, 192, 0, 2, 77, 0, 25]]);
    assert_eq!(host.seen().taken.len(), 1);
    assert_eq!(host.seen().hello, ["EHLO out.here.example"]);
    let story = house.explain(ids[0]).await;
    assert!(story.contains("through the SOCKS proxy proxy.here.example port 1080"), "{story}");
    house.stop().await;
}

#[tokio::test]
async fn families_that_a_transport_disables_are_not_dialed() {
    let mut house = House::new(options());
    let host = house.host("[2001:db8::1]:25", good);
    let _other = house.host("192.0.2.1:25", |_| panic!("IPv4 is disabled"));
    house.start();
    house.add("alice@here.example", &["bob@six.example"], |_| {}).await;
    house.until(<[_]>::is_empty).await;
    assert_eq!(host.seen().taken.len(), 1);
    let ids = house.add("alice@here.example", &["bob@six.there.example"], |_| {}).await;
    house
        .until(|rows| rows.iter().any(|r| r.last_error.as_deref().is_some_and(|e| e.contains("family"))))
        .await;
    assert!(house.explain(ids[0]).await.contains("over IPv6 only"));
    house.stop().await;
}

#[tokio::test]
async fn a_relay_that_must_have_tls_and_offers_none_gets_no_mail() {
    let mut house = House::new(options());
    let mut listener = house.net.listen("192.0.2.99:587".parse().unwrap()).unwrap();
    let clock = Arc::new(house.clock.clone());
    tokio::spawn(async move {
        while let Ok(accepted) = listener.accept().await {
            let mut stream = Stream::new(accepted.io, clock.clone(), accepted.remote, accepted.local);
            stream.push(b"220 relay\r\n");
            stream.flush(WAIT).await.unwrap();
            while let Ok(line) = stream.read_line(2000, WAIT).await {
                assert!(!line.starts_with(b"MAIL"), "a message in the clear");
                stream.push(b"250 relay\r\n");
                let _ = stream.flush(WAIT).await;
            }
        }
    });
    house.start();
    let ids = house.add("alice@here.example", &["bob@smart.example"], |_| {}).await;
    house.until(|rows| rows[0].attempts == 1 && house_error(rows).contains("STARTTLS")).await;
    assert!(house.explain(ids[0]).await.contains("will be tried again"));
    house.stop().await;
}

fn house_error(rows: &[mox_admin::ops::QueueRow]) -> String {
    rows.first().and_then(|r| r.last_error.clone()).unwrap_or_default()
}
