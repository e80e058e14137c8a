// Forms of the administrator's pages below queue. What others need stays: c and d wait, the rule and the suppressed.
const HOUR = 3_600_000;

/** The entry to `to`, of what `queue list` says. */
const to = (all, name) => all.find?.((it) => it.to === name);
/** The page of one message. */
const one = (name) => (ask) => `queue/${to(ask(["queue", "list"]), name).id}`;
const change = { site: "admin", form: 'form[action$="queue/change"]', asks: ["queue", "list"] };
/** What is done with the only row that is ticked. */
const ticked = (name, action, more) => ({
  ...change, page: `queue?to=${name}`, button: `[value=${action}]`, ...more, fill: { id: true, ...more.fill },
});
const asked = (name) => (ask) => to(ask(["queue", "list"]), name);
const next = (row) => Date.parse(row.next_attempt);
/** Calls of webhooks that wait, and the first of them, which a list has first, too. */
const calls = ["queue", "webhook", "list"];
const call = (ask) => ask(calls)[0];
const called = { site: "admin", form: 'form[action$="webhooks/change"]', asks: calls, before: call };
const tried = (all, before) => all.find?.((it) => it.id === before.id)?.attempts > before.attempts;
const dropped = (all, before) => all.every?.((it) => it.id !== before.id);
const ended = (name, end) => (all) => all.some?.((it) => it.to === name && it.end === end);

export const queue = [
  {
    site: "admin", page: "queue", form: 'form[method="get"]', fill: { to: "@held.example", hold: "yes", sort: "queued-desc" },
    shows: "c@held.example", lacks: "d@example.com",
  },
  // Some messages, ticked.
  ticked("d@example.com", "hold", { finds: (all) => to(all, "d@example.com").hold }),
  ticked("d@example.com", "unhold", { finds: (all) => !to(all, "d@example.com").hold }),
  ticked("d@example.com", "now", {
    before: asked("d@example.com"), finds: (all, before) => to(all, "d@example.com").attempts > before.attempts,
  }),
  ticked("c@held.example", "schedule", {
    fill: { minutes: "600" }, finds: (all) => next(to(all, "c@held.example")) > Date.now() + 9 * HOUR,
  }),
  ticked("c@held.example", "schedule", {
    fill: { minutes: "60", shift: true }, before: asked("c@held.example"),
    finds: (all, before) => next(to(all, "c@held.example")) === next(before) + HOUR,
  }),
  ticked("c@held.example", "schedule", {
    fill: { at: "2040-05-06T07:08:09" }, finds: (all) => to(all, "c@held.example").next_attempt.startsWith("2040-05-06T07:08:09"),
  }),
  ticked("c@held.example", "transport", {
    fill: { new_transport: "backup" }, finds: (all) => to(all, "c@held.example").transport === "backup",
  }),
  ticked("c@held.example", "requiretls", { fill: { tls: "required" }, finds: (all) => to(all, "c@held.example").tls === "required" }),
  ticked("e@held.example", "fail", {
    confirm: true, asks: ["queue", "retired", "list"], finds: ended("e@held.example", "failed"),
  }),
  // All that match, on whatever page.
  {
    ...change, page: "queue?to=@example.com", button: "[value=hold]", fill: { "all=yes": true }, confirm: true,
    finds: (all) => all.every((it) => it.hold === /@(held\.)?example(\.com)?$/.test(it.to)),
  },
  {
    ...change, page: "queue?to=f@held.example", button: "[value=drop]", fill: { "all=yes": true }, confirm: true,
    asks: ["queue", "retired", "list"], finds: ended("f@held.example", "gone"),
  },
  // One message.
  { ...change, page: one("d@example.com"), button: "[value=unhold]", finds: (all) => !to(all, "d@example.com").hold },
  {
    ...change, page: one("d@example.com"), button: "[value=now]", before: asked("d@example.com"),
    finds: (all, before) => to(all, "d@example.com").attempts > before.attempts,
  },
  {
    ...change, page: one("d@example.com"), button: "[value=schedule]", fill: { minutes: "600" },
    finds: (all) => next(to(all, "d@example.com")) > Date.now() + 9 * HOUR,
  },
  { ...change, page: one("d@example.com"), button: "[value=hold]", finds: (all) => to(all, "d@example.com").hold },
  {
    ...change, page: one("c@held.example"), button: "[value=transport]", fill: { new_transport: "" },
    finds: (all) => to(all, "c@held.example").transport === null,
  },
  {
    ...change, page: one("c@held.example"), button: "[value=requiretls]", fill: { tls: "none" },
    finds: (all) => to(all, "c@held.example").tls === "none",
  },
  {
    ...change, page: one("g@held.example"), button: "[value=fail]", confirm: true,
    asks: ["queue", "retired", "list"], finds: ended("g@held.example", "failed"),
  },
  {
    ...change, page: one("d@example.com"), button: "[value=drop]", confirm: true,
    asks: ["queue", "retired", "list"], finds: ended("d@example.com", "gone"),
  },
  {
    site: "admin", page: "queue/retired", form: 'form[method="get"]', fill: { end: "gone", to: "@held.example" },
    shows: "f@held.example", lacks: "e@held.example",
  },
  {
    site: "admin", page: "queue/holdrules", form: 'form[action$="holdrules/add"]', fill: { to_domain: "quiet.example" }, confirm: true,
    asks: ["queue", "holdrules", "list"], finds: (all) => all.some?.((it) => it.to_domain === "quiet.example" && it.account === null),
  },
  {
    site: "admin", page: "queue/holdrules", form: 'tr:has-text("quiet.example") form', confirm: true,
    asks: ["queue", "holdrules", "list"], finds: (all) => all.length === 1 && all[0].to_domain === "held.example",
  },
  {
    site: "admin", page: "queue/suppress", form: 'form[action$="suppress/add"]',
    fill: { account: "amy", address: "Quiet+x@example.com", reason: "by the administrator" }, asks: ["queue", "suppress", "list"],
    finds: (all) => all.some?.((it) => it.account === "amy" && it.base === "quiet@example.com" && it.reason === "by the administrator"),
  },
  {
    site: "admin", page: "queue/suppress", form: 'form[method="get"]', fill: { account: "amy", address: "quiet@example.com" },
    shows: "by the administrator", lacks: "gone@example.com",
  },
  {
    site: "admin", page: "queue/suppress", form: 'tr[data-key="amy quiet@example.com"] form', confirm: true,
    asks: ["queue", "suppress", "list"], finds: (all) => all.every((it) => it.account !== "amy"),
  },
  {
    site: "admin", page: "queue/webhooks", form: 'form[method=get][action$="queue/webhooks"]', fill: { account: "nobody" },
    shows: "of this account",
  },
  { ...called, page: "queue/webhooks", fill: { id: true }, button: "[value=now]", finds: tried },
  { ...called, page: "queue/webhooks", fill: { id: true }, button: "[value=drop]", confirm: true, finds: dropped },
  { ...called, page: (ask) => `queue/webhooks/${call(ask).id}`, button: "[value=now]", finds: tried },
  { ...called, page: (ask) => `queue/webhooks/${call(ask).id}`, button: "[value=drop]", confirm: true, finds: dropped },
];
