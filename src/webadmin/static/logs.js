// The log comes live: new lines are put at the top. They come as HTML from our own template, where everything that others
// wrote is escaped.

import { say, showTimes } from "./page.js";

const rows = document.getElementById("log");
const live = document.getElementById("log-live");
const pause = document.getElementById("log-pause");
/** Most rows that a page that stays open for long keeps. */
const MOST = 1000;

/** Lines that came while the page was told to wait. */
let held = [];
let waits = false;

function put(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  showTimes(template.content);
  document.getElementById("log-none")?.remove();
  rows.prepend(template.content);
  while (rows.children.length > MOST) rows.lastElementChild.remove();
}

function arrived({ html }) {
  if (!waits) {
    put(html);
    return;
  }
  held.push(html);
  if (held.length > MOST) held.shift();
  pause.textContent = `Go on (${held.length} new)`;
}

function toggle() {
  waits = !waits;
  pause.setAttribute("aria-pressed", String(waits));
  pause.textContent = waits ? "Go on" : "Pause";
  if (waits) {
    say("New lines wait");
    return;
  }
  for (const html of held) put(html);
  held = [];
  say("New lines are shown");
}

function connect() {
  const state = (on, text) => {
    live.classList.toggle("on", on);
    live.querySelector("[data-live]").textContent = text;
  };
  const address = new URL(rows.dataset.events, location.href);
  address.searchParams.set("after", rows.dataset.after);
  const events = new EventSource(address);
  events.addEventListener("open", () => state(true, "live"));
  events.addEventListener("error", () => state(false, "connecting"));
  events.addEventListener("line", (event) => arrived(JSON.parse(event.data)));
  // A page that is kept for "back" must not hold a connection; when it comes back, time has passed.
  addEventListener("pagehide", () => events.close());
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
}

if (rows?.dataset.events) {
  pause.addEventListener("click", toggle);
  connect();
}
