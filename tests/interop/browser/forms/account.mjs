// Forms of the pages of an account. Those that end its sessions come last.
const NAME = "a@example.org";
const OWNER = "owner of the walk";
const NEW = "another for the walk";
/** Messages of an import that is stopped. */
const MANY = 40_000;
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBNjCB6aADAgECAhRk9po2yP0nomRQZqjSaAuNfcD64DAFBgMrZXAwETEPMA0G
A1UEAwwGbGFwdG9wMB4XDTI2MTEyNzExNDExOFoXDTM2MTEyNDExNDExOFowETEP
MA0GA1UEAwwGbGFwdG9wMCowBQYDK2VwAyEAs6HEb0s1+agtpWgIFL5muUQjS7JQ
ETxv6/Quwr8hrfqjUzBRMB0GA1UdDgQWBBQSl3W3CQfzDLEIftnixfq06msfhDAf
BgNVHSMEGDAWgBQSl3W3CQfzDLEIftnixfq06msfhDAPBgNVHRMBAf8EBTADAQH/
MAUGAytlcANBAHDsi8AsU1INbDRDHHBw8wacVN5onzHV0QfJ/g0JzlRF+wCKbpBL
I/s+uNB3TeSjW13HHsTVyJOlCq+ig1vQUAM=
-----END CERTIFICATE-----
`;

const configured = { site: "account", asks: ["config", "account", "show", "a"] };
const password = { site: "account", page: "security", form: 'form[action$="security/password"]' };
const suppressed = { site: "account", page: "suppression", asks: ["queue", "suppress", "list"] };
const message = (subject) => `From a@b Thu Jan  1 00:00:00 2026\nSubject: ${subject}\n\nhello\n\n`;
const upload = (text) => ({ name: "old.mbox", mimeType: "application/mbox", text });

/** Holds when a second look finds as many as the first: some, but not all. */
function stopped() {
  let last;
  return (all) => {
    const found = all.filter((it) => it.mailbox === "Stopped").length;
    const still = found === last && found < MANY;
    last = found;
    return still;
  };
}

export const account = [
  { site: "account", page: "webhooks", form: 'form[action$="webhooks/test"]', shows: "How it went" },
  { ...configured, page: "addresses", form: 'form[action$="addresses/name"]', fill: { full_name: "No Scripts" }, finds: (it) => it.row.full_name === "No Scripts" },
  {
    ...configured, page: `addresses/of?address=${NAME}`, form: 'form[action$="addresses/of"]',
    fill: { mailbox: "Plain", full_name: "Plain Name", auth_required_error: "who is that" },
    finds: (it) => it.addresses.some((one) => one.address === NAME && one.mailbox === "Plain")
      && it.config.includes("Plain Name") && it.config.includes("who is that"),
  },
  {
    ...configured, page: `addresses/of?address=${NAME}`, form: 'form[action$="addresses/of"]',
    fill: { mailbox: "", full_name: "", auth_required_error: "" },
    finds: (it) => it.addresses.some((one) => one.address === NAME && one.mailbox === "Inbox") && !it.config.includes("who is that"),
  },
  {
    ...configured, page: `addresses/rule?address=${NAME}`, form: 'form[action$="addresses/rule"]',
    fill: {
      mail_from: "^forward@example\\.net$", verified_domain: "example.net", header_name_1: "^list-id$", header_value_1: "<plain\\.example\\.net>",
      mailbox: "Lists/Plain", is_forward: true, comment: "made without scripts",
    },
    finds: ({ config }) => ["<plain\\.example\\.net>", "Lists/Plain", "IsForward: true", "made without scripts"].every((text) => config.includes(text)),
  },
  {
    ...configured, page: `addresses/of?address=${NAME}`, by: 'a:has-text("Change ruleset 1")', form: 'form[action$="addresses/rule"]',
    fill: { mailbox: "Lists/Other", is_forward: false, header_name_2: "^x-more$", header_value_2: "also" },
    finds: ({ config }) => ["<plain\\.example\\.net>", "^x-more$", "Lists/Other"].every((text) => config.includes(text))
      && !config.includes("IsForward") && !config.includes("Lists/Plain"),
  },
  {
    ...configured, page: `addresses/of?address=${NAME}`, form: 'form[action$="addresses/rule-remove"]', confirm: true,
    finds: (it) => !it.config.includes("made without scripts"),
  },
  {
    site: "account", page: "security", form: 'form[action$="security/app"]', fill: { name: "old printer" }, shows: "shown this once",
    asks: ["config", "account", "apppassword", "list", "a"], finds: (all) => all.some?.((it) => it.name === "old printer"),
  },
  {
    site: "account", page: "security", form: 'tr:has-text("old printer") form', confirm: true,
    asks: ["config", "account", "apppassword", "list", "a"], finds: (all) => all.length === 0,
  },
  {
    site: "account", page: "security", form: 'form[action$="security/key"]', fill: { address: NAME, name: "laptop", certificate: CERTIFICATE },
    asks: ["config", "tlspubkey", "list", "a"], finds: (all) => all.some?.((it) => it.name === "laptop" && it.address === NAME),
  },
  {
    site: "account", page: "security", form: 'tr:has-text("laptop") form', confirm: true,
    asks: ["config", "tlspubkey", "list", "a"], finds: (all) => all.length === 0,
  },
  {
    ...suppressed, form: 'form[action$="suppression/add"]',
    fill: { address: "no-scripts@example.com", reason: "asked for it" },
    finds: (all) => all.some?.((it) => it.account === "a" && it.address === "no-scripts@example.com" && it.reason === "asked for it"),
  },
  {
    site: "account", page: "suppression", form: "main form[method=get]", fill: { address: "No-Scripts+x@example.com" },
    shows: "no-scripts@example.com", lacks: "gone@example.com",
  },
  {
    ...suppressed, form: 'tr[data-key="no-scripts@example.com"] form', confirm: true,
    finds: (all) => all.every?.((it) => it.address !== "no-scripts@example.com"),
  },
  {
    site: "account", page: "mail", form: 'form[action$="mail/import"]',
    fill: { mailbox: "Imported", file: upload(message("uploaded without scripts")) }, asks: ["message", "list"],
    finds: (all) => all.some?.((it) => it.subject === "uploaded without scripts" && it.mailbox === "Imported"),
  },
  {
    site: "account", page: "mail", form: 'form[action$="mail/export"]', fill: { mailbox: "Imported", format: "mbox" },
    saves: (text) => text.startsWith("From ") && text.includes("Subject: uploaded without scripts"),
  },
  {
    site: "account", page: "mail", form: 'form[action$="mail/import"]',
    fill: { mailbox: "Stopped", file: upload(message("one of many").repeat(MANY)) }, then: 'form[action$="mail/stop"] button',
    asks: ["message", "list"], finds: stopped(),
  },
  // The order of rulesets.
  {
    site: "account", page: "addresses/rule?address=a%40example.org", form: 'form[action$="addresses/rule"]',
    fill: { mail_from: "order-1@", mailbox: "Order 1" }, asks: ["config", "address", "rulesets", "a@example.org"],
    finds: (it) => it.rulesets?.some((row) => row.rule.mailbox === "Order 1"),
  },
  {
    site: "account", page: "addresses/rule?address=a%40example.org", form: 'form[action$="addresses/rule"]',
    fill: { mail_from: "order-2@", mailbox: "Order 2" }, asks: ["config", "address", "rulesets", "a@example.org"],
    finds: (it) => it.rulesets?.some((row) => row.rule.mailbox === "Order 2"),
  },
  {
    site: "account", page: "addresses/of?address=a%40example.org", form: 'tr:has(td:text-is("Order 2")) form[action$="addresses/rule-move"]',
    asks: ["config", "address", "rulesets", "a@example.org"],
    finds: ({ rulesets }) => {
      const [one, two] = ["Order 1", "Order 2"].map((name) => rulesets?.findIndex((row) => row.rule.mailbox === name));
      return two >= 0 && two < one;
    },
  },
  { ...password, fill: { current: OWNER, password: NEW, again: NEW }, login: { password: NEW } },
  { ...password, fill: { current: NEW, password: OWNER, again: OWNER }, login: { password: OWNER } },
  { site: "account", page: "security", form: 'form[action$="security/logout-all"]', login: {} },
];
