//! Doors: logins, sessions, and forms that are not ours.

use std::sync::Mutex;
use std::time::Duration;

use super::*;
use crate::page::Place;
use crate::session::Memory;
use mox_clock::Timestamp;
use mox_clock::sim::{SimClock, SimRandom};
use mox_httpserver::header::LOCATION;

struct Plain(Assets);

impl Pages for Plain {
    fn site(&self, visit: &Visit) -> Site {
        Site {
            name: "test".into(),
            home: visit.base.clone(),
            csrf: visit.csrf.clone(),
            who: None,
            assets: String::new(),
            scripts: vec!["own.js"],
            nav: vec![Place { href: visit.to("secrets"), label: "Secrets", icon: "key", group: "" }],
        }
    }

    fn assets(&self) -> &Assets {
        &self.0
    }

    fn call(&self, request: Request, visit: Visit) -> BoxFuture<'_, Response> {
        let said = format!("{} {} {} {}", request.head.method, visit.path, visit.who.account, visit.csrf);
        Box::pin(std::future::ready(text(StatusCode::OK, said)))
    }

    fn takes_uploads(&self, path: &str) -> bool {
        path == "upload"
    }
}

/// Knows `a` with the password `right`, three tries long.
struct Three(Mutex<u32>, Mutex<bool>);

impl Keeper for Three {
    fn check<'a>(&'a self, attempt: Attempt<'a>) -> BoxFuture<'a, Result<Who, Refused>> {
        let mut tries = self.0.lock().unwrap();
        *tries += 1;
        let found = match (*tries, attempt.login, attempt.password.reveal()) {
            (4.., ..) => Err(Refused::Often),
            (_, "a", "right") => Ok(Who { account: "a".into(), login: "a".into() }),
            _ => Err(Refused::Wrong),
        };
        Box::pin(std::future::ready(found))
    }

    fn knows(&self, _: &Who) -> bool {
        *self.1.lock().unwrap()
    }
}

struct World {
    door: Door,
    keeper: Arc<Three>,
    clock: SimClock,
}

fn world() -> World {
    let clock = SimClock::new(Timestamp::from_secs(0));
    let random: Arc<dyn Random> = Arc::new(SimRandom::new(7));
    let keeper = Arc::new(Three(Mutex::new(0), Mutex::new(true)));
    let sessions = Memory::new(Arc::new(clock.clone()), random.clone(), Duration::from_secs(3600), 5);
    let lock = Lock {
        cookie: "s",
        names: true,
        keeper: keeper.clone(),
        sessions: Arc::new(sessions),
        random: random.clone(),
    };
    World { door: Door::new(Arc::new(Plain(Assets::with(&[]))), Some(lock)), keeper, clock }
}

impl World {
    async fn ask(&self, method: &str, path: &str, cookies: &str, kind: &str, body: &str) -> Response {
        let mut builder = hyper::Request::builder().method(method).uri(path);
        for (name, value) in [(COOKIE, cookies), (CONTENT_TYPE, kind)] {
            if !value.is_empty() {
                builder = builder.header(name, value);
            }
        }
        let (head, ()) = builder.body(()).unwrap().into_parts();
        let request = Request::of(head, Bytes::copy_from_slice(body.as_bytes()));
        let mount = Mount { base: "/x/".into(), https: true, client: [192, 0, 2, 1].into() };
        self.door.call(request.mounted(mount)).await
    }

    async fn get(&self, path: &str, cookies: &str) -> Response {
        self.ask("GET", path, cookies, "", "").await
    }

    async fn post(&self, path: &str, cookies: &str, body: &str) -> Response {
        self.ask("POST", path, cookies, "application/x-www-form-urlencoded", body).await
    }

    /// The cookie and token of the login page.
    async fn login_page(&self) -> String {
        cookies(&self.get("/x/login", "").await)[0].clone()
    }

    /// Logs in, and gives the cookie of the session.
    async fn log_in(&self) -> String {
        let before = self.login_page().await;
        let token = before.split_once('=').unwrap().1;
        let response =
            self.post("/x/login", &before, &format!("login=a&password=right&token={token}&next=/x/y")).await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        assert_eq!(response.headers()[LOCATION], "/x/y");
        cookies(&response)[0].clone()
    }
}

/// `name=value` of the cookies that are set.
fn cookies(response: &Response) -> Vec<String> {
    let all = response.headers().get_all(SET_COOKIE).iter();
    all.map(|value| value.to_str().unwrap().split(';').next().unwrap().to_owned()).collect()
}

fn body(response: &Response) -> String {
    String::from_utf8(response.body().bytes().unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn who_is_not_logged_in_is_led_to_the_login_and_back() {
    let world = world();
    let away = world.get("/x/y?z=1", "").await;
    assert_eq!(away.headers()[LOCATION], "/x/login?next=%2Fx%2Fy%3Fz%3D1");
    assert_eq!(world.post("/x/y", "", "").await.status(), StatusCode::FORBIDDEN);
    let session = world.log_in().await;
    let page = world.get("/x/y", &session).await;
    assert!(page.status() == StatusCode::OK && body(&page).starts_with("GET y a "), "{}", body(&page));
    assert_eq!(world.get("/y", &session).await.status(), StatusCode::NOT_FOUND, "not below the base");
}

#[tokio::test]
async fn cookies_are_for_our_paths_and_not_for_scripts() {
    let response = world().get("/x/login", "").await;
    let cookie = response.headers()[SET_COOKIE].to_str().unwrap();
    let end = "; Path=/x/; HttpOnly; SameSite=Strict; Secure";
    assert!(cookie.starts_with("slogin=") && cookie.ends_with(end), "{cookie}");
}

#[tokio::test]
async fn a_stranger_sees_the_name_and_the_form_alone() {
    let world = world();
    let asked = body(&world.get("/x/login", "").await);
    let refused = body(&world.post("/x/login", "slogin=a", "login=a&password=wrong&token=a").await);
    for page in [&asked, &refused] {
        assert!(page.contains("<span>test</span>") && page.contains("name=\"password\""), "{page}");
    }
    let turned_away = body(&world.post("/x/y", "", "").await);
    let wrong_method = body(&world.ask("PUT", "/x/login", "", "", "").await);
    for page in [asked, refused, turned_away, wrong_method] {
        assert!(!page.contains("<nav") && !page.contains("ecrets") && !page.contains("own.js"), "{page}");
    }
    let inside = body(&world.post("/x/logout", &world.log_in().await, "").await);
    assert!(inside.contains("<nav") && inside.contains("/x/secrets"), "{inside}");
}

#[tokio::test]
async fn a_login_leads_to_our_own_pages_only() {
    for (next, want) in [
        ("/x/y", "/x/y"),
        ("/x/", "/x/"),
        ("", "/x/"),
        ("https://evil.example/", "/x/"),
        ("//evil.example/", "/x/"),
        ("/x//evil.example/", "/x/"),
        ("/x/\\evil.example", "/x/"),
        ("/other/", "/x/"),
        ("/x/login?next=/x/", "/x/"),
        ("/x/\r\nset-cookie: a=b", "/x/"),
    ] {
        let visit = Visit {
            base: "/x/".into(),
            path: String::new(),
            who: Who::default(),
            csrf: String::new(),
            client: [192, 0, 2, 1].into(),
        };
        assert_eq!(inside(&visit, next), want, "{next:?}");
    }
}

#[tokio::test]
async fn a_login_of_another_site_logs_nobody_in() {
    let world = world();
    let before = world.login_page().await;
    for (cookie, token) in [("", "abc"), (before.as_str(), "abc"), (before.as_str(), ""), ("slogin=", "")] {
        let response = world.post("/x/login", cookie, &format!("login=a&password=right&token={token}")).await;
        assert!(response.status() == StatusCode::OK && body(&response).contains("Password"), "{cookie}");
        assert!(cookies(&response)[0].starts_with("slogin="), "asked again");
    }
}

#[tokio::test]
async fn a_login_gets_a_session_that_nobody_chose() {
    let world = world();
    let fixed = "s=00000000000000000000000000000000";
    assert_eq!(world.get("/x/", fixed).await.status(), StatusCode::SEE_OTHER);
    let (one, two) = (world.log_in().await, world.log_in().await);
    assert!(one != two && one != fixed);
    assert_eq!(world.get("/x/", fixed).await.status(), StatusCode::SEE_OTHER);
    // Two cookies of one name: one of them was put there by somebody else.
    assert_eq!(world.get("/x/", &format!("{fixed}; {one}")).await.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn wrong_passwords_are_refused_and_then_all() {
    let world = world();
    let before = world.login_page().await;
    let token = before.split_once('=').unwrap().1.to_owned();
    for (password, want) in [
        ("wrong", StatusCode::FORBIDDEN),
        ("", StatusCode::FORBIDDEN),
        ("wrong", StatusCode::FORBIDDEN),
        ("right", StatusCode::TOO_MANY_REQUESTS),
    ] {
        let form = format!("login=%3Cb%3Ea&password={password}&token={token}");
        let response = world.post("/x/login", &before, &form).await;
        assert_eq!(response.status(), want);
        assert!(!body(&response).contains("<b>a"), "what was typed is escaped");
    }
}

#[tokio::test]
async fn forms_need_the_token_of_their_session() {
    let world = world();
    let session = world.log_in().await;
    let page = body(&world.get("/x/y", &session).await);
    let csrf = page.rsplit(' ').next().unwrap();
    let right = format!("a=b&csrf={csrf}");
    assert_eq!(world.post("/x/y", &session, &right).await.status(), StatusCode::OK);
    let other = world.log_in().await;
    for (cookie, form) in
        [(&session, "a=b"), (&session, "csrf="), (&session, "csrf=00"), (&other, right.as_str())]
    {
        assert_eq!(world.post("/x/y", cookie, form).await.status(), StatusCode::FORBIDDEN, "{form}");
    }
    for kind in ["", "text/plain", "application/json", "multipart/form-data; boundary=x"] {
        let response = world.ask("POST", "/x/y", &session, kind, &right).await;
        assert_ne!(response.status(), StatusCode::OK, "{kind}");
    }
    for method in ["PUT", "DELETE", "PATCH"] {
        assert_ne!(world.ask(method, "/x/y", &session, "", "").await.status(), StatusCode::OK, "{method}");
    }
    // Here the page reads the body and checks the token.
    let upload = world.ask("POST", "/x/upload", &session, "multipart/form-data; boundary=x", "").await;
    assert_eq!(upload.status(), StatusCode::OK);
    assert_eq!(world.post("/x/upload", &session, "a=b").await.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn sessions_end() {
    let world = world();
    let session = world.log_in().await;
    let csrf = body(&world.get("/x/", &session).await).rsplit(' ').next().unwrap().to_owned();
    assert_eq!(world.get("/x/logout", &session).await.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(world.post("/x/logout", &session, "").await.status(), StatusCode::FORBIDDEN);
    let out = world.post("/x/logout", &session, &format!("csrf={csrf}")).await;
    assert_eq!(out.headers()[LOCATION], "/x/login");
    assert!(out.headers()[SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
    assert_eq!(world.get("/x/", &session).await.status(), StatusCode::SEE_OTHER);
    let session = world.log_in().await;
    world.clock.advance(Duration::from_secs(3600));
    assert_eq!(world.get("/x/", &session).await.status(), StatusCode::SEE_OTHER);
    let session = world.log_in().await;
    *world.keeper.1.lock().unwrap() = false;
    assert_eq!(world.get("/x/", &session).await.status(), StatusCode::SEE_OTHER, "the account is gone");
    *world.keeper.1.lock().unwrap() = true;
    assert_eq!(world.get("/x/", &session).await.status(), StatusCode::SEE_OTHER, "for good");
}
