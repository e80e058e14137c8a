// Forms of the administrator's pages below domains.
const domain = "no-scripts.example";
const page = `domains/${domain}`;
/** The button of the page that shows what would change. */
const then = "main form.actions button";
const all = ["config", "domain", "list"];
const one = ["config", "domain", "show", domain];
const alias = { site: "admin", page: `${page}/alias?name=team@${domain}`, asks: ["config", "alias", "show", `team@${domain}`] };
const isDisabled = (is) => (all) => all.some?.((it) => it.domain === domain && it.disabled === is);

export const domains = [
  {
    site: "admin", page: "domains", form: 'form[action$="domains/add"]', fill: { domain, account: "amy", localpart: "info", disabled: true }, then,
    asks: all, finds: isDisabled(true),
  },
  { site: "admin", page, form: 'form[action$="/state"]', then, asks: all, finds: isDisabled(false) },
  { site: "admin", page, form: 'form[action$="/state"]', then, asks: all, finds: isDisabled(true) },
  {
    site: "admin", page, form: 'form[action$="/address-add"]', fill: { localpart: "sales", account: "amy", mailbox: "Sales" }, asks: one,
    finds: (it) => it.addresses?.some((it) => it.address === `sales@${domain}` && it.account === "amy" && it.mailbox === "Sales"),
  },
  {
    site: "admin", page, form: 'form[action$="/address-add"]', fill: { account: "amy", catchall: true }, asks: one,
    finds: (it) => it.addresses?.some((it) => it.address === `@${domain}`),
  },
  {
    site: "admin", page, form: `tr[data-key="sales@${domain}"] form`, then, asks: one,
    finds: (it) => it.addresses?.every((it) => it.address !== `sales@${domain}`),
  },
  {
    site: "admin", page, form: 'form[action$="/alias-add"]', fill: { localpart: "team", members: "a@example.org\namy@example.org" }, asks: one,
    finds: (it) => it.aliases?.some((it) => it.alias === `team@${domain}` && it.addresses.join() === "a@example.org,amy@example.org"),
  },
  { ...alias, form: 'tr:has-text("amy@example.org") form', finds: (it) => it.addresses?.join() === "a@example.org" },
  {
    ...alias, form: 'form[action$="/alias-members"]:has(textarea)', fill: { add: "amy@example.org" },
    finds: (it) => it.addresses?.join() === "a@example.org,amy@example.org",
  },
  {
    ...alias, form: 'form[action$="/alias-update"]', fill: { post_public: true, list_members: true, allow_msg_from: false },
    finds: (it) => it.post_public && it.list_members && !it.allow_msg_from,
  },
  { ...alias, form: 'form[action$="/alias-remove"]', then, asks: one, finds: (it) => it.aliases?.length === 0 },
  // It is not removed while there are addresses.
  { site: "admin", page, form: `tr[data-key="@${domain}"] form`, then, asks: one, finds: (it) => it.addresses?.length === 1 },
  { site: "admin", page, form: `tr[data-key="info@${domain}"] form`, then, asks: one, finds: (it) => it.addresses?.length === 0 },
  { site: "admin", page, form: 'form[action$="/remove"]', then, asks: all, finds: (all) => all.every?.((it) => it.domain !== domain) },
  // Settings.
  {
    site: "admin", page: "domains/example.net", form: 'form[action$="/settings"]',
    fill: { description: "set without scripts", separators: "+ -", case_sensitive: true },
    asks: ["config", "domain", "show", "example.net"],
    finds: (it) => it.row.description === "set without scripts" && it.separators.join(" ") === "+ -" && it.case_sensitive === true,
  },
];
