// Forms of the pages of an account.
export const account = [
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
