// Forms of the administrator's pages below accounts.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const name = "no.scripts";
const address = `${name}@example.org`;
const password = "typed without scripts";
/** The button of the page that shows what would change. */
const then = "main form.actions button";
const all = ["config", "account", "list"];
const one = ["config", "account", "show", name];
const page = `accounts/${name}`;
const keys = ["config", "tlspubkey", "list", name];
const apps = ["config", "account", "apppassword", "list", name];
const attempts = { site: "admin", page: "accounts/.logins", form: 'form[action$="accounts/.logins"]' };

/** Whether somebody gets in where mail is submitted. */
function logsIn({ listeners }, password) {
  const { address: server } = listeners.find((it) => it.service === "submission");
  const login = ["--auth", "PLAIN", "--auth-user", address, "--auth-password", password];
  return spawnSync("swaks", ["--server", server, "--tls", ...login, "--quit-after", "AUTH"]).status === 0;
}

export const accounts = [
  {
    site: "admin", page: "accounts", form: 'form[action$="/accounts"]', fill: { name, address }, shows: "It is shown this once",
    asks: all, finds: (all) => all.some?.((it) => it.name === name),
  },
  {
    site: "admin", page, form: 'form[action$="/address"]', fill: { address: "other@example.org", mailbox: "Other" }, asks: one,
    finds: (it) => it.addresses?.some((it) => it.address === "other@example.org" && it.mailbox === "Other"),
  },
  {
    site: "admin", page, form: 'tr[data-key="other@example.org"] form', then, asks: one,
    finds: (it) => it.addresses?.every((it) => it.address !== "other@example.org"),
  },
  {
    site: "admin", page, form: 'form[action$="/password"]', fill: { password, again: password },
    asks: ["status"], finds: (it) => logsIn(it, password),
  },
  { site: "admin", page, form: "form[action$='/logout']:not(.logout)", shows: "Logged out of all pages" },
  { site: "admin", page, form: 'form[action$="/app"]', fill: { name: "printer" }, asks: apps, finds: ([it]) => it?.name === "printer" },
  { site: "admin", page, form: 'form[action$="/app-remove"]', confirm: true, asks: apps, finds: (all) => all.length === 0 },
  {
    site: "admin", page, form: 'form[action$="/key"]', asks: keys, finds: ([it]) => it?.name === "laptop" && it.address === address,
    fill: { address, name: "laptop", certificate: (ask) => readFileSync(join(ask(["status"]).config, "../../keys/mail.crt"), "utf8") },
  },
  { site: "admin", page, form: 'form[action$="/key-remove"]', confirm: true, asks: keys, finds: (all) => all.length === 0 },
  { ...attempts, fill: { account: name }, shows: "submission", lacks: "webadmin" },
  { ...attempts, fill: { account: name, failed: true }, shows: "Nobody tried to log in like this." },
  // Logins of the administrator are those of no account.
  { ...attempts, fill: { strangers: true }, shows: "webadmin", lacks: "submission" },
  {
    site: "admin", page, form: 'form[action$="/disable"]', fill: { message: "moved away" }, then,
    asks: one, finds: (it) => it.row?.login_disabled === "moved away",
  },
  { site: "admin", page, form: 'form[action$="/enable"]', asks: one, finds: (it) => it.row?.login_disabled === "" },
  {
    site: "admin", page, form: 'form[action$="/remove"]', fill: { purge: true }, then,
    asks: all, finds: (all) => all.every?.((it) => it.name !== name),
  },
  // Settings and limits.
  {
    site: "admin", page: "accounts/a", form: 'form[action$="/settings"]',
    fill: { full_name: "Sent without scripts", description: "by a form", quota: "5000000000", max_outgoing: "900", max_first_time: "90" },
    asks: ["config", "account", "show", "a"],
    finds: (it) => it.row.full_name === "Sent without scripts" && it.row.description === "by a form" && it.quota === 5000000000 && it.limits.max_outgoing === 900 && it.limits.max_first_time === 90,
  },
];
