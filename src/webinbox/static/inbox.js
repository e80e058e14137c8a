// The open list: new mail comes in by itself, and keys do what buttons do. What is put into the page comes as HTML from
// our own templates, where everything that others wrote is escaped.

import { say, showTimes, typing } from "./page.js";

const listing = document.getElementById("listing");
const rows = document.getElementById("rows");
const bulk = document.getElementById("bulk");
/** Most rows that a page that stays open for long keeps. */
const MOST = 500;

/** A piece of HTML as an element. */
function element(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  showTimes(template.content);
  return template.content.firstElementChild;
}

// ---- what is selected

function boxes() {
  return [...rows.querySelectorAll("input[name=id]")];
}

function showPicked() {
  const all = boxes();
  const count = all.filter((box) => box.checked).length;
  bulk.classList.toggle("some", count > 0);
  bulk.querySelector("[data-picked]").textContent = count > 0 ? `${count} selected` : "Select all";
  const pick = document.getElementById("pick-all");
  pick.checked = count > 0 && count === all.length;
  pick.indeterminate = count > 0 && count < all.length;
}

// ---- live

function showEmpty() {
  const none = rows.children.length === 0;
  bulk.hidden = none;
  if (!none) document.getElementById("none")?.remove();
}

function put(row, id) {
  const old = document.getElementById(`m${id}`);
  if (old) {
    const picked = old.querySelector("input[name=id]").checked;
    const focused = old.contains(document.activeElement);
    row.querySelector("input[name=id]").checked = picked;
    row.classList.toggle("at", old.classList.contains("at"));
    old.replaceWith(row);
    if (focused) row.querySelector("a").focus();
    return;
  }
  const next = [...rows.children].find((other) => Number(other.dataset.id) < id);
  row.classList.add("new");
  rows.insertBefore(row, next ?? null);
  while (rows.children.length > MOST) rows.lastElementChild.remove();
}

function arrived({ id, html, from, subject }) {
  if (!("first" in listing.dataset)) return;
  put(element(html), id);
  showEmpty();
  showPicked();
  arrivals.push(`${subject || "no subject"} from ${from || "nobody"}`);
  notify(from, subject);
}

/** What arrived since it was last said. Many at once are counted. */
const arrivals = [];
setInterval(() => {
  if (arrivals.length === 0) return;
  say(arrivals.length === 1 ? `New message: ${arrivals[0]}` : `${arrivals.length} new messages`);
  arrivals.length = 0;
}, 1000);

function changed({ id, html }) {
  if (document.getElementById(`m${id}`)) put(element(html), id);
  showPicked();
}

function gone({ id }) {
  document.getElementById(`m${id}`)?.remove();
  showPicked();
  showEmpty();
  if (rows.children.length === 0) anew();
}

function side({ unseen, html }) {
  const filter = document.querySelector("#side [data-narrows]")?.value;
  const place = document.getElementById("side");
  const focused = place.contains(document.activeElement) && document.activeElement.getAttribute("href");
  const template = document.createElement("template");
  template.innerHTML = html;
  place.replaceChildren(template.content);
  const narrows = place.querySelector("[data-narrows]");
  if (narrows && filter) {
    narrows.value = filter;
    narrows.dispatchEvent(new Event("input", { bubbles: true }));
  }
  if (focused) place.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus();
  document.title = document.title.replace(/^(\(\d+\) )?/, unseen > 0 ? `(${unseen}) ` : "");
}

/** Loads the list again: too much happened, or it is empty now. */
async function anew() {
  const response = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.getElementById("listing");
  if (!fresh) return;
  showTimes(fresh);
  rows.replaceChildren(...fresh.querySelector("#rows").children);
  document.getElementById("none")?.remove();
  const none = fresh.querySelector("#none");
  if (none) listing.append(none);
  document.getElementById("side").replaceChildren(...page.getElementById("side").children);
  document.title = page.title;
  showEmpty();
  showPicked();
}

function connect() {
  const live = document.getElementById("live");
  const state = (on, text) => {
    live.classList.toggle("on", on);
    live.querySelector("[data-live]").textContent = text;
  };
  const query = new URLSearchParams(listing.dataset.query);
  query.set("token", listing.dataset.token);
  const events = new EventSource(`/events?${query}`);
  events.addEventListener("open", () => state(true, "live"));
  events.addEventListener("error", () => state(false, "connecting"));
  const on = (name, act) => events.addEventListener(name, (event) => act(JSON.parse(event.data)));
  on("arrived", arrived);
  on("changed", changed);
  on("gone", gone);
  on("side", side);
  on("anew", anew);
  // A page that is kept for "back" must not hold a connection; when it comes back, time has passed.
  addEventListener("pagehide", () => events.close());
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
}

// ---- notifications of the desktop, when asked for

const bell = document.querySelector("[data-notify]");

function notifying() {
  try {
    return localStorage.getItem("notify") === "yes" && Notification.permission === "granted";
  } catch {
    return false;
  }
}

function notify(from, subject) {
  if (!notifying() || document.visibilityState === "visible") return;
  new Notification(subject || "(no subject)", { body: from, tag: "mox-arrived" });
}

async function toggleNotify() {
  const on = !notifying();
  if (on && (await Notification.requestPermission()) !== "granted") {
    say("The browser does not let this page notify");
    return;
  }
  try {
    localStorage.setItem("notify", on ? "yes" : "no");
  } catch {
    say("The browser does not let this page remember that");
  }
  bell.setAttribute("aria-pressed", String(notifying()));
}

// ---- keys

function current() {
  return rows?.querySelector(".row.at") ?? document.activeElement?.closest?.(".row");
}

function go(step) {
  const all = [...rows.children];
  if (all.length === 0) return;
  const at = all.indexOf(current());
  const row = all[Math.min(Math.max(at + step, 0), all.length - 1)];
  for (const other of rows.querySelectorAll(".row.at")) other.classList.remove("at");
  row.classList.add("at");
  row.querySelector("a").focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function pick(row, on) {
  const box = row.querySelector("input[name=id]");
  box.checked = on ?? !box.checked;
  showPicked();
}

/** Presses a button of the form for what is selected; for the current row when nothing is. */
function forSelected(action) {
  if (!boxes().some((box) => box.checked)) {
    const row = current();
    if (!row) return;
    pick(row, true);
  }
  bulk.querySelector(`button[value=${action}]`).click();
}

const listKeys = {
  j: () => go(1),
  k: () => go(-1),
  x: () => current() && pick(current()),
  "#": () => forSelected("delete"),
  u: () => forSelected("unseen"),
  "/": () => document.getElementById("search").focus(),
};

const follow = (name) => document.querySelector(`[${name}]`)?.click();

const messageKeys = {
  j: () => follow("data-older"),
  k: () => follow("data-newer"),
  Escape: () => follow("data-back"),
  "#": () => follow("data-delete"),
  u: () => follow("data-unread"),
  "/": () => { location.href = "/#search"; },
};

function onKeys(keys) {
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target.id === "search") event.target.blur();
    const act = !typing(event) && Object.hasOwn(keys, event.key) && keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}

if (listing) {
  connect();
  rows.addEventListener("change", showPicked);
  rows.addEventListener("focusin", (event) => {
    for (const other of rows.querySelectorAll(".row.at")) other.classList.remove("at");
    event.target.closest(".row")?.classList.add("at");
  });
  document.getElementById("pick-all").addEventListener("change", (event) => {
    for (const box of boxes()) box.checked = event.target.checked;
    showPicked();
  });
  bell?.addEventListener("click", toggleNotify);
  bell?.setAttribute("aria-pressed", String(notifying()));
  if (location.hash === "#search") document.getElementById("search").focus();
  showPicked();
  onKeys(listKeys);
} else if (document.querySelector("[data-message]")) {
  onKeys(messageKeys);
}
