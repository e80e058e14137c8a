//! Tests of all pages against a house in memory: what they show, what their forms do, and what hostile values do not.

mod fake;
mod forms;
mod hostile;
mod lab;
mod live;
mod reading;

use std::sync::Arc;

use bytes::Bytes;
use mox_httpserver::{Request, Response, Service, StatusCode};

use crate::{About, pages};
use fake::{Fake, message};

/// A house and its pages.
struct Site {
    house: Arc<Fake>,
    service: Box<dyn Service>,
}

/// An answer, read.
struct Answer {
    status: StatusCode,
    body: String,
    response: Response,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.response.headers().get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Site {
    fn new() -> Site {
        let house = Fake::new();
        let service =
            Box::new(pages(house.operations(), About::default(), Arc::new(mox_platform::SystemClock)));
        Site { house, service }
    }

    /// With `count` messages for two people, numbered from 1.
    fn with(count: i64) -> Site {
        let site = Site::new();
        for id in 1..=count {
            let to = if id % 2 == 0 { "bob@example.org" } else { "ann@example.org" };
            site.house.add(message(id, to, &format!("Subject {id}.")));
        }
        site
    }

    async fn ask(&self, method: &str, path: &str, body: &str, headers: &[(&str, &str)]) -> Answer {
        let mut builder = hyper::Request::builder().method(method).uri(path);
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        let (head, ()) = builder.body(()).unwrap().into_parts();
        let response = self.service.call(Request::of(head, Bytes::copy_from_slice(body.as_bytes()))).await;
        let bytes = response.body().bytes().cloned().unwrap_or_default();
        let body = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status: response.status(), body, response }
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "", &[]).await
    }

    /// A page that must be there, and be a page of ours.
    async fn page(&self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8", "{path}");
        answer.body
    }

    /// Posts a form; returns where it leads.
    async fn post(&self, path: &str, form: &str) -> String {
        let answer = self.ask("POST", path, form, &[]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}: {}", answer.body);
        answer.header("location").to_owned()
    }

    fn ids(&self) -> Vec<i64> {
        self.house.with(|state| state.messages.keys().copied().collect())
    }
}
