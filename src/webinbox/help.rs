//! How to send here: ports, login, and settings for what programs send mail with.

use std::net::SocketAddr;

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{ListenerRow, Status};
use mox_httpserver::{Response, StatusCode};
use mox_web::Page;
use mox_web::page::render;

use crate::{About, Pages};

/// The ports and what to write into programs.
#[derive(Template)]
#[template(path = "help_parts.html")]
pub(crate) struct Help {
    ports: Vec<Port>,
    snippets: Vec<Snippet>,
    login: String,
    password: String,
}

struct Port {
    port: u16,
    what: &'static str,
    about: &'static str,
}

struct Snippet {
    id: &'static str,
    title: &'static str,
    text: String,
}

#[derive(Template)]
#[template(path = "help.html")]
struct HelpPage<'a> {
    page: Page<'a>,
    help: Help,
    api: Option<String>,
}

/// `GET /help`
pub(crate) async fn page(pages: &Pages) -> Result<Response, OpError> {
    let help = Help::load(pages).await?;
    let page = Page::new(&pages.site, "/help", "How to send mail here");
    Ok(render(StatusCode::OK, &HelpPage { page, help, api: pages.about.api.clone() }))
}

impl Help {
    /// With the ports that the server has.
    pub(crate) async fn load(pages: &Pages) -> Result<Help, OpError> {
        let listeners = pages.dispatch.call(&Status {}).await?.listeners;
        Ok(Help::new(&listeners, &pages.about))
    }

    fn new(listeners: &[ListenerRow], about: &About) -> Help {
        let find = |service: &str| {
            let row = listeners.iter().find(|row| row.service == service)?;
            row.address.parse::<SocketAddr>().ok()
        };
        let kinds = [
            ("smtp", "SMTP", "no login, TLS optional"),
            ("submission", "Submission", "login, TLS optional"),
            ("submissions", "Submissions", "login, TLS from the start"),
        ];
        let ports = kinds
            .into_iter()
            .filter_map(|(service, what, about)| Some(Port { port: find(service)?.port(), what, about }));
        let smtp = find("smtp");
        let login = find("submission").or(smtp);
        Help {
            ports: ports.collect(),
            snippets: snippets(smtp, login, about),
            login: about.login.clone(),
            password: about.password.clone(),
        }
    }
}

/// The host that a program on this machine names.
fn host(at: SocketAddr) -> String {
    let ip = at.ip();
    if ip.is_loopback() || ip.is_unspecified() { "localhost".to_owned() } else { ip.to_string() }
}

fn snippets(smtp: Option<SocketAddr>, submission: Option<SocketAddr>, about: &About) -> Vec<Snippet> {
    let (Some(smtp), Some(submission)) = (smtp, submission) else { return Vec::new() };
    let fill = |text: &str| {
        text.replace("$HOST", &host(smtp))
            .replace("$PORT", &smtp.port().to_string())
            .replace("$SUBMIT", &submission.port().to_string())
            .replace("$LOGIN", &about.login)
            .replace("$PASSWORD", &about.password)
    };
    SNIPPETS.iter().map(|(id, title, text)| Snippet { id, title, text: fill(text) }).collect()
}

const SNIPPETS: [(&str, &str, &str); 10] = [
    (
        "swaks",
        "swaks",
        "swaks --server $HOST:$PORT --from amy@example.com --to bob@example.org --header 'Subject: Hello'",
    ),
    (
        "curl",
        "curl",
        "printf 'From: amy@example.com\\r\\nTo: bob@example.org\\r\\nSubject: Hello\\r\\n\\r\\nHello Bob\\r\\n' |\n  curl smtp://$HOST:$PORT --mail-from amy@example.com --mail-rcpt bob@example.org -T -",
    ),
    (
        "python",
        "Python",
        "import smtplib\nfrom email.message import EmailMessage\n\nmail = EmailMessage()\nmail[\"From\"] = \"amy@example.com\"\nmail[\"To\"] = \"bob@example.org\"\nmail[\"Subject\"] = \"Hello\"\nmail.set_content(\"Hello Bob\")\nwith smtplib.SMTP(\"$HOST\", $PORT) as smtp:\n    smtp.send_message(mail)",
    ),
    (
        "node",
        "Node.js: Nodemailer",
        "import nodemailer from \"nodemailer\";\n\nconst transport = nodemailer.createTransport({ host: \"$HOST\", port: $PORT, ignoreTLS: true });\nawait transport.sendMail({\n  from: \"amy@example.com\", to: \"bob@example.org\", subject: \"Hello\", text: \"Hello Bob\",\n});",
    ),
    (
        "rails",
        "Ruby on Rails",
        "# config/environments/development.rb\nconfig.action_mailer.delivery_method = :smtp\nconfig.action_mailer.smtp_settings = {\n  address: \"$HOST\", port: $PORT, enable_starttls: false\n}",
    ),
    (
        "django",
        "Django",
        "# settings.py\nEMAIL_BACKEND = \"django.core.mail.backends.smtp.EmailBackend\"\nEMAIL_HOST = \"$HOST\"\nEMAIL_PORT = $PORT\nEMAIL_USE_TLS = False",
    ),
    (
        "laravel",
        "PHP: Laravel, Symfony",
        "# Laravel, .env\nMAIL_MAILER=smtp\nMAIL_HOST=$HOST\nMAIL_PORT=$PORT\nMAIL_USERNAME=null\nMAIL_PASSWORD=null\n\n# Symfony, .env\nMAILER_DSN=smtp://$HOST:$PORT?auto_tls=false",
    ),
    (
        "spring",
        "Spring Boot",
        "# application.properties\nspring.mail.host=$HOST\nspring.mail.port=$PORT\nspring.mail.properties.mail.smtp.auth=false\nspring.mail.properties.mail.smtp.starttls.enable=false",
    ),
    (
        "login",
        "With a login",
        "swaks --server $HOST:$SUBMIT --auth-user $LOGIN --auth-password $PASSWORD \\\n  --from $LOGIN --to bob@example.org",
    ),
    (
        "wait",
        "Wait for a message in a script",
        "mox localserve wait --to bob@example.org --subject Hello --timeout 10s",
    ),
];
