// The check of a domain: findings come into the page as they are known, the worst first. Their HTML is of our own
// templates, where everything that others wrote is escaped.

import { say } from "./page.js";

// Who has scripts sees the check at work.
for (const link of document.querySelectorAll("a[data-live]")) link.href = link.dataset.live;

/** A row of HTML as an element. */
function element(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

function follow(page) {
  const rows = document.getElementById("findings");
  const summary = document.getElementById("summary");
  const events = new EventSource(page.dataset.events);

  function end(text) {
    events.close();
    summary.textContent = text;
    say(text);
  }

  events.addEventListener("finding", (event) => {
    const { rank, html } = JSON.parse(event.data);
    const row = element(html);
    const below = [...rows.children].find((other) => Number(other.dataset.rank) < rank);
    rows.insertBefore(row, below ?? null);
  });
  events.addEventListener("checked", (event) => {
    const { check } = JSON.parse(event.data);
    const badge = document.querySelector(`[data-check="${CSS.escape(check)}"] .badge`);
    if (!badge) return;
    badge.textContent = "done";
    badge.classList.add("good");
  });
  events.addEventListener("done", (event) => {
    const { summary: text, host_tlsrpt: lines } = JSON.parse(event.data);
    if (lines) {
      document.getElementById("host-tlsrpt").textContent = lines;
      document.getElementById("host-missing").hidden = false;
    }
    document.getElementById("checks").hidden = true;
    end(text);
  });
  events.addEventListener("failed", (event) => end(JSON.parse(event.data).message));
  // A stream that breaks would begin anew: the page without scripts has it all.
  events.addEventListener("error", () => {
    events.close();
    location.replace(page.dataset.all);
  });
}

const page = document.getElementById("live-check");
if (page) follow(page);
