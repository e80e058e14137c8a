// What every page does when scripts run. Without them all of it still works, with less comfort.

/** Says something to those who listen to the page. */
export function say(text) {
  const said = document.getElementById("said");
  if (said) said.textContent = text;
}

// ---- times, in the reader's zone

const today = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const thisYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const earlier = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const exact = new Intl.DateTimeFormat(undefined, {
  day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit",
  timeZoneName: "short",
});

/** Shows the times within a piece of a page as the reader's clock has them. */
export function showTimes(within) {
  const now = new Date();
  for (const time of within.querySelectorAll("time[data-when]")) {
    const date = new Date(time.dateTime);
    if (Number.isNaN(date.getTime())) continue;
    if (time.dataset.when === "long") {
      time.textContent = exact.format(date);
    } else {
      const format = date.toDateString() === now.toDateString() ? today
        : date.getFullYear() === now.getFullYear() ? thisYear : earlier;
      time.textContent = format.format(date);
      time.title = exact.format(date);
    }
  }
}

// ---- colours

const themes = { auto: "as the system", light: "light", dark: "dark" };

function theme() {
  return document.documentElement.dataset.theme ?? "auto";
}

function labelTheme() {
  for (const label of document.querySelectorAll("[data-theme-label]")) {
    label.textContent = `Colours: ${themes[theme()]}`;
  }
}

function nextTheme() {
  const names = Object.keys(themes);
  const next = names[(names.indexOf(theme()) + 1) % names.length];
  if (next === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  try {
    localStorage.setItem("theme", next);
  } catch {
    // It holds for this page.
  }
  labelTheme();
  say(`Colours: ${themes[next]}`);
}

// ---- dialogs

/** Asks before a form is sent that cannot be undone; its button says what it does. */
function ask(form, button, text) {
  const dialog = document.getElementById("confirm");
  dialog.querySelector("[data-text]").textContent = text;
  const yes = dialog.querySelector("[data-yes]");
  yes.textContent = button?.dataset.yes ?? button?.textContent.trim() ?? "Yes";
  dialog.returnValue = "";
  // Not a listener for one event: the close of an earlier question may come only now.
  dialog.onclose = () => {
    if (dialog.open || dialog.returnValue !== "yes") return;
    const field = Object.assign(document.createElement("input"), { type: "hidden", name: "confirm", value: "yes" });
    form.append(field);
    form.dataset.asked = "yes";
    form.requestSubmit(button ?? undefined);
    delete form.dataset.asked;
    field.remove();
  };
  dialog.showModal();
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  const asks = event.submitter?.dataset.confirm ?? form.dataset.confirm;
  if (!asks || form.dataset.asked) return;
  event.preventDefault();
  ask(form, event.submitter, asks);
});

export function showKeys() {
  document.getElementById("keys")?.showModal();
}

// ---- one listener for all buttons, also for those that come later

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.matches("[data-theme-next]")) nextTheme();
  if (button.matches("[data-keys]")) showKeys();
  if (button.matches("[data-copy]")) {
    const text = document.getElementById(button.dataset.copy)?.textContent ?? "";
    try {
      await navigator.clipboard.writeText(text.trim());
      button.classList.add("done");
      say("Copied");
      setTimeout(() => button.classList.remove("done"), 1500);
    } catch {
      say("The browser does not let pages copy");
    }
  }
});

// ---- lists that can be narrowed

document.addEventListener("input", (event) => {
  const list = event.target.dataset?.narrows && document.getElementById(event.target.dataset.narrows);
  if (!list) return;
  const wanted = event.target.value.trim().toLowerCase();
  for (const item of list.children) {
    item.hidden = !item.textContent.toLowerCase().includes(wanted);
  }
});

/** Whether keys belong to what has the focus, and not to the page. */
export function typing(event) {
  return event.ctrlKey || event.metaKey || event.altKey ||
    event.target.closest?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]") ||
    document.querySelector("dialog[open]");
}

document.addEventListener("keydown", (event) => {
  if (typing(event)) return;
  if (event.key === "?") {
    event.preventDefault();
    showKeys();
  }
});

showTimes(document);
labelTheme();
// On a narrow screen the chosen tab may be beside it.
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// What a page says once stays out of the address that is kept or shared.
if (document.querySelector(".notice") && location.search.includes("note=")) {
  const address = new URL(location.href);
  for (const name of ["note", "count"]) address.searchParams.delete(name);
  history.replaceState(history.state, "", address);
}
