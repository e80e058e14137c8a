// Walks all pages of running servers in the installed Chromium, without knowing them: from the first page along all
// links, at the widths of a desktop and a phone, light and dark, then without scripts; and sends every form that it saw
// without scripts, as forms/ says.
// Called by tests/interop/pages.rs: node pages.mjs '{"sites": [{"name": "admin", "start": "http://127.0.0.1:81/admin/",
// "login": {"password": "…"}, "places": ["queue"], "apart": ["api/"], "mox": ["mox", "--config", "folder"]}], "names": ["amy"],
// "shots": "folder", "list": "file", "chromium": "/usr/bin/chromium"}'. Ends with 1 if anything is wrong, and says all of it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { forms } from "./forms/all.mjs";

const { sites, names, shots, list, chromium: executablePath } = JSON.parse(process.argv[2]);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
mkdirSync(shots, { recursive: true });

/** Pages of one pattern that are looked at, and pages of a site. */
const SAME_MAX = 1;
const ALL_MAX = 200;
/** Bytes of what a command says: an import that is stopped late has left many messages. */
const ANSWER_MAX = 1 << 28;

/** What is wrong, on whichever page. */
const wrong = [];
const walked = [];

const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});

/** A window in which nothing may go wrong. `watch.at` says on which page it is. */
async function open(site, options) {
  const context = await browser.newContext({ locale: "en-GB", acceptDownloads: true, ...options });
  context.setDefaultTimeout(20_000);
  const watch = { at: "" };
  const note = (text) => wrong.push(`${site.name} ${watch.at}: ${text}`);
  const { origin } = new URL(site.start);
  context.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !url.startsWith("data:")) note(`a request leaves the host: ${url}`);
  });
  context.on("requestfailed", (request) => {
    // Streams and downloads end when the page does.
    if (request.failure()?.errorText !== "net::ERR_ABORTED") note(`${request.url()}: ${request.failure()?.errorText}`);
  });
  context.on("response", (response) => {
    if (response.status() >= 400 && !response.request().isNavigationRequest()) note(`${response.url()}: ${response.status()}`);
  });
  const page = await context.newPage();
  page.on("console", (message) => message.type() === "error" && note(`console: ${message.text()}`));
  page.on("pageerror", (error) => note(`script: ${error}`));
  page.on("dialog", (dialog) => { note(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  return { context, page, note, watch, scripts: options.javaScriptEnabled !== false };
}

/** An address with numbers and names replaced: pages that look the same have the same. */
function pattern(url) {
  const { pathname, searchParams } = new URL(url);
  const part = (text) => {
    const plain = decodeURIComponent(text);
    if (names.includes(plain) || /[@.]/.test(plain)) return "NAME";
    return /\d/.test(plain) ? "N" : plain;
  };
  const keys = [...new Set(searchParams.keys())].sort().map((key) => `${key}=`);
  return pathname.split("/").map(part).join("/") + (keys.length ? `?${keys.join("&")}` : "");
}

/** A form and one of its buttons: those that do the same have the same. */
function named({ method, action, button }) {
  const { pathname } = new URL(action);
  const [field, value] = (button ?? "").split("=");
  // A button may stand for a row.
  return [method, pattern(new URL(pathname, action)), ...(field ? [/[\d@.]/.test(value) ? `${field}=NAME` : button] : [])].join(" ");
}

/** What a person sees of a page, to compare. */
const seen = (page) => page.evaluate(() => ({
  h1: [...document.querySelectorAll("h1")].map((it) => it.textContent.trim()),
  // The log has a new line with every visit, and a check that goes on has what it found so far.
  rows: [...document.querySelectorAll("[data-key]:not([data-grows] *, #live-check *)")].map((it) => it.dataset.key),
  title: document.title,
  language: document.documentElement.lang,
  wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  links: [...document.querySelectorAll("a[href]")].map((it) => it.href),
  places: [...document.querySelectorAll("nav[aria-label=Main] a[href]")].map((it) => it.href),
  unsafe: [...document.querySelectorAll("form[method=post]:not(:has([name=csrf], [name=token]))")].map((it) => it.action),
  // Each button of a form does something else.
  forms: [...document.querySelectorAll("form[method=post], form[method=get]")].flatMap((form) => [...form.elements].filter((it) => it.type === "submit").map((button) => ({
    method: form.method, button: button.name && `${button.name}=${button.value}`,
    // Without the attribute `formAction` is the page, and `action` may be a button of that name.
    action: new URL(button.getAttribute("formaction") ?? form.getAttribute("action") ?? "", document.baseURI).href,
  }))),
}));

/** Goes to an address; none if it is nothing that a browser shows. */
async function go({ page, note, watch }, url) {
  watch.at = url;
  let response;
  try {
    response = await page.goto(url, { waitUntil: "load" });
  } catch (error) {
    if (/Download is starting|ERR_ABORTED/.test(error.message)) return null;
    throw error;
  }
  if (response.status() >= 400) note(`status ${response.status()}`);
  return (response.headers()["content-type"] ?? "").startsWith("text/html") ? response : null;
}

/** All that must hold of the page that is open. */
async function check({ page, note, scripts }, tokens) {
  const found = await seen(page);
  if (found.h1.length !== 1 || !found.h1[0]) note(`one h1 is wanted, there are ${JSON.stringify(found.h1)}`);
  if (!found.title || found.title.startsWith(" ·")) note(`no title: "${found.title}"`);
  if (!found.language) note("no language");
  if (found.wide > 0) note(`${found.wide} pixels wider than the screen`);
  if (tokens && found.unsafe.length) note(`forms without a token: ${found.unsafe}`);
  // axe-core is a script itself, and would wait for ever.
  if (!scripts) return found;
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run());
  for (const one of violations) {
    note(`axe-core: ${one.impact} ${one.id}: ${one.nodes.map((node) => node.html.slice(0, 150)).join(" | ")}`);
  }
  return found;
}

async function logIn(site, window, shot) {
  if (!site.login) return;
  await go(window, site.start);
  await check(window, true);
  await shot?.("login");
  for (const [name, value] of Object.entries(site.login)) await window.page.locator(`form [name=${name}]`).fill(value);
  await press(site, window.page, window.page.getByRole("button", { name: "Log in" }));
  await window.page.waitForURL(site.start);
}

/** The pages of a site along all links, each looked at once. */
async function discover(site, window) {
  const { start, apart = [] } = site;
  const counts = new Map();
  const queue = [start];
  const known = new Set(queue);
  const pages = [];
  while (queue.length > 0 && pages.length < ALL_MAX) {
    const url = queue.shift();
    if (!(await go(window, url))) {
      walked.push(`${site.name} ${pattern(url)} no page`);
      continue;
    }
    const found = await check(window, !!site.login);
    pages.push({ url, name: name(site, url) });
    for (const form of found.forms) site.forms.add(named(form));
    walked.push(`${site.name} ${pattern(url)} ${found.h1[0]}`);
    // Places before all else.
    for (const link of [...found.places, ...found.links]) {
      const to = link.split("#")[0];
      const isOther = apart.some((path) => to.startsWith(start + path));
      if (!to.startsWith(start) || known.has(to) || isOther) continue;
      const shape = pattern(to);
      const count = counts.get(shape) ?? 0;
      if (count >= SAME_MAX) continue;
      counts.set(shape, count + 1);
      known.add(to);
      queue.push(to);
    }
  }
  for (const place of site.places) {
    if (!pages.some(({ url }) => url === start + place)) window.note(`the place "${place}" was not reached`);
  }
  return pages;
}

const numbers = new Map();
/** Of screenshots. */
function name(site, url) {
  const { pathname } = new URL(site.start);
  const shape = `${site.name}-${pattern(url).slice(pathname.length).replace(/[^A-Za-z]+/g, "-").replace(/^-|-$/g, "") || "first"}`;
  const count = (numbers.get(shape) ?? 0) + 1;
  numbers.set(shape, count);
  return count === 1 ? shape : `${shape}-${count}`;
}

const looks = [];
for (const [device, viewport] of [["desktop", { width: 1280, height: 800 }], ["phone", { width: 390, height: 844 }]]) {
  for (const colorScheme of ["light", "dark"]) looks.push({ device, viewport, colorScheme });
}

async function walk(site) {
  site.forms = new Set();
  site.sent = new Set();
  const first = await open(site, looks[0]);
  await logIn(site, first);
  const pages = await discover(site, first);
  const storageState = await first.context.storageState();
  await first.context.close();
  // Places in all looks; what is behind them as it is found, and on a phone in the dark.
  const isPlace = ({ url }) => site.places.some((place) => url === site.start + place);
  for (const look of looks) {
    const last = look === looks.at(-1);
    const some = pages.filter((page) => last || isPlace(page));
    const stranger = await open(site, look);
    const shot = (window) => (what) => window.page.screenshot({ path: join(shots, `${what}-${look.device}-${look.colorScheme}.png`), fullPage: true });
    if (site.login) {
      await go(stranger, site.start);
      await check(stranger, true);
      await shot(stranger)(`${site.name}-login`);
    }
    await stranger.context.close();
    const window = await open(site, { ...look, storageState });
    for (const { url, name } of some) {
      await go(window, url);
      await shot(window)(name);
      if (look !== looks[0]) await check(window, !!site.login);
    }
    await window.context.close();
    console.log(`ok: ${site.name}: ${some.length} pages on a ${look.device}, ${look.colorScheme}`);
  }
  await withoutScripts(site, pages, storageState);
}

/** Each page has the same without scripts. */
async function withoutScripts(site, pages, storageState) {
  const live = await open(site, { ...looks[0], storageState });
  const plain = await open(site, { ...looks[0], storageState, javaScriptEnabled: false });
  for (const { url } of pages) {
    // What happens between the two is seen again.
    let both = [];
    for (let tries = 0; tries < 3; tries++) {
      both = [];
      for (const window of [live, plain]) {
        await go(window, url);
        const { h1, rows } = await seen(window.page);
        both.push(JSON.stringify({ h1, rows }));
      }
      if (both[0] === both[1]) break;
    }
    if (both[0] !== both[1]) plain.note(`not the same without scripts: ${both[0]} and ${both[1]}`);
  }
  console.log(`ok: ${site.name}: ${pages.length} pages without scripts`);
  for (const form of forms.filter((form) => form.site === site.name)) {
    await send(site, form, plain).catch((error) => plain.note(`${form.form}: ${error.message}`));
  }
  if (site.login) await logOut(site, plain);
  // Localserve has the administrator's pages too; their forms are sent where a server is at work.
  const all = forms.some((form) => form.site === site.name) ? site.forms : [];
  for (const form of all) if (!site.sent.has(form)) plain.note(`a form that forms/ does not send: ${form}`);
  await live.context.close();
  await plain.context.close();
}

/** Logs in and out without scripts. */
async function logOut(site, { note }) {
  const plain = await open(site, { ...looks[0], javaScriptEnabled: false });
  await logIn(site, plain);
  const form = plain.page.locator("form.logout");
  const { forms: all } = await seen(plain.page);
  for (const one of all.filter((one) => one.action.endsWith("/logout"))) site.sent.add(named(one));
  await form.locator("button").click();
  await plain.page.waitForLoadState("load");
  await go(plain, site.start);
  if ((await plain.page.locator("form [name=password]").count()) === 0) note("who logged out is still in");
  await plain.context.close();
}

/** What a command says, as JSON; its complaint where it says none. */
function asked(site, words) {
  const [program, ...first] = site.mox;
  const said = spawnSync(program, [...first, ...words, "--json"], { encoding: "utf8", maxBuffer: ANSWER_MAX });
  try { return JSON.parse(said.stdout); } catch { return said.stderr; }
}

/** Fills in and sends a form without scripts, and looks for what it should have done. */
async function send(site, form, window) {
  const { page, note } = window;
  const ask = (words) => asked(site, words);
  const given = (value) => (typeof value === "function" ? value(ask) : value);
  const url = site.start + given(form.page);
  if (!(await go(window, url)) || (await page.locator(form.by ?? form.form).count()) === 0) {
    note(`there is no form ${form.form}`);
    return;
  }
  if (form.by) {
    await page.locator(form.by).first().click();
    await page.waitForLoadState("load");
  }
  const fields = page.locator(form.form).first();
  const before = form.before?.(ask);
  // Some forms are folded away.
  const fold = page.locator("details:not([open])").filter({ has: fields }).locator("> summary");
  if ((await fold.count()) > 0) await fold.click();
  for (const [field, value] of Object.entries(given(form.fill) ?? {})) {
    const [name, choice] = field.split("=");
    await fill(fields.locator(`[name="${name}"]${choice ? `[value="${choice}"]` : ""}`).first(), given(value));
  }
  const [download] = await Promise.all([
    form.saves ? page.waitForEvent("download") : null,
    press(site, page, fields.locator(form.button ?? "button[type=submit], button:not([type])").first()),
  ]);
  // A page may ask first, or show what would be done.
  const then = form.then ?? (form.confirm ? ["main .problem form button"] : []);
  for (const button of [then].flat()) await press(site, page, page.locator(button).first());
  if ((await page.locator(".problem-status").count()) > 0) note(`${form.form}: ${await page.locator("main").innerText()}`);
  const said = await page.locator("main").innerText();
  if (form.shows && !said.includes(form.shows)) note(`${form.form}: no "${form.shows}" in: ${said.slice(0, 1000)}`);
  if (form.lacks && said.includes(form.lacks)) note(`${form.form}: "${form.lacks}" in: ${said.slice(0, 1000)}`);
  const saved = download && readFileSync(await download.path(), "latin1");
  if (download && !form.saves(saved)) note(`${form.form}: not the file: ${saved.slice(0, 1000)}`);
  // Whose session the form ended comes in again.
  if (form.login) await logIn({ ...site, login: { ...site.login, ...form.login } }, window);
  const from = Date.now();
  const asks = given(form.asks);
  while (asks && !form.finds(ask(asks), before)) {
    if (Date.now() - from > 20_000) {
      note(`${form.form}: not done: ${JSON.stringify(ask(asks)).slice(0, 1000)}`);
      return;
    }
    await new Promise((done) => setTimeout(done, 100));
  }
  console.log(`ok: ${site.name}: ${form.form} ${form.button ?? ""} works without scripts`);
}

/** Presses a button of a form, or Enter in a field of one that has none, and waits for the page behind it. */
async function press(site, page, button) {
  const what = await button.evaluate((it) => ({
    field: it.localName === "input", method: it.form.method, button: it.localName === "input" ? "" : it.name && `${it.name}=${it.value}`,
    action: new URL(it.getAttribute("formaction") ?? it.form.getAttribute("action") ?? "", document.baseURI).href,
  }));
  site.sent.add(named(what));
  await (what.field ? button.press("Enter") : button.click());
  await page.waitForLoadState("load");
}

/** Fills in a field as a person does: text, a file, a choice, a box. */
async function fill(field, value) {
  const kind = await field.evaluate((it) => (it.localName === "select" ? "select" : it.type));
  if (kind === "select") return field.selectOption(value);
  if (kind === "file") return field.setInputFiles({ ...value, buffer: Buffer.from(value.text) });
  if (kind === "checkbox" || kind === "radio") return field.setChecked(value);
  return field.fill(value);
}

try {
  for (const site of sites) await walk(site);
  writeFileSync(list, `${walked.join("\n")}\n`);
  console.log(walked.join("\n"));
  assert.deepEqual([...new Set(wrong)], []);
  console.log("ok: all pages");
} catch (error) {
  console.error(error);
  if (wrong.length > 0) console.error("wrong:", wrong.join("\n"));
  process.exitCode = 1;
} finally {
  await browser.close();
}
