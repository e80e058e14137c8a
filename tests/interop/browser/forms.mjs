// Forms that are safe to send, for pages.mjs: where each is, what to fill in, and what the command line says then.
// `asks` is a command, `finds` looks at its JSON; `confirm` says that a page asks first.
export const forms = [
  {
    site: "inbox", page: "chaos", form: 'form.fields[action$="chaos/add"]', fill: { stage: "auth", code: "454", text: "no scripts" },
    asks: ["localserve", "chaos", "list"], finds: (chaos) => JSON.stringify(chaos).includes("no scripts"),
  },
  {
    site: "inbox", page: "chaos", form: 'form[action$="chaos/remove"]',
    asks: ["localserve", "chaos", "list"], finds: (chaos) => !JSON.stringify(chaos).includes("no scripts"),
  },
  {
    site: "account", page: "suppression", form: 'form[action$="suppression/add"]',
    fill: { address: "no-scripts@example.com", reason: "asked for it" }, asks: ["queue", "suppress", "list"],
    finds: (all) => all.some?.((it) => it.account === "a" && it.address === "no-scripts@example.com" && it.reason === "asked for it"),
  },
  {
    site: "account", page: "suppression", form: 'tr[data-key="no-scripts@example.com"] form', confirm: true,
    asks: ["queue", "suppress", "list"],
    finds: (all) => all.every?.((it) => it.address !== "no-scripts@example.com"),
  },
  {
    site: "account", page: "mail", form: 'form[action$="mail/import"]',
    fill: { mailbox: "Imported", file: { name: "old.mbox", mimeType: "application/mbox", text: "From a@b Thu Jan  1 00:00:00 2026\nSubject: uploaded without scripts\n\nhello\n" } },
    asks: ["message", "list"],
    finds: (all) => all.some?.((it) => it.subject === "uploaded without scripts" && it.mailbox === "Imported"),
  },
];
