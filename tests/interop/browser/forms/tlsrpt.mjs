// Forms of the administrator's pages below tlsrpt.
const list = ["tlsrpt", "suppress", "list"];
const found = (all) => all.find?.((it) => it.uri === "mailto:no-tls@example.com");
const row = 'tr[data-key="mailto:no-tls@example.com"]';
const filter = (page, fill, more) => ({ site: "admin", page, form: "main form[method=get]", fill, ...more });
const send = { site: "admin", form: 'form[action$="tlsrpt/send"]' };
const now = "button:not([name])";

export const tlsrpt = [
  filter("tlsrpt/reports", { domain: "example.org", failed: true, days: "30" }, { shows: "example.org" }),
  filter("tlsrpt/reports", { domain: "example.net" }, { shows: "No such report" }),
  filter("tlsrpt/collected", { domain: "example.net" }, { lacks: "example.com" }),
  filter("tlsrpt/sent", { domain: "example.net" }, { lacks: "example.com" }),
  filter("tlsrpt/lookup", { domain: "example.com" }, { shows: "mailto:tls@example.com" }),
  {
    site: "admin", page: "tlsrpt/suppressed", form: 'form[action$="suppressed/add"]',
    fill: { uri: "no-tls@example.com", until: "2040-01-02", comment: "asked for none" }, asks: list,
    finds: (all) => found(all)?.until.startsWith("2040-01-02") && found(all).comment === "asked for none",
  },
  {
    site: "admin", page: "tlsrpt/suppressed", form: `${row} form[action$="suppressed/extend"]`, fill: { until: "2041-02-03" }, asks: list,
    finds: (all) => found(all)?.until.startsWith("2041-02-03"),
  },
  {
    site: "admin", page: "tlsrpt/suppressed", form: `${row} form[action$="suppressed/remove"]`, confirm: true, asks: list,
    finds: (all) => !found(all),
  },
  { ...send, page: "tlsrpt/outgoing", button: "[name=dry_run]", shows: "Nothing was sent" },
  { ...send, page: "tlsrpt/outgoing", button: now, confirm: true, shows: "What was sent" },
  { ...send, page: "tlsrpt/about?domain=example.com", button: "[name=dry_run]", shows: "Nothing was sent" },
  {
    ...send, page: "tlsrpt/about?domain=example.com", button: now, fill: { sample: true, to: "mailto:sample@example.com" }, confirm: true,
    asks: ["queue", "list"], finds: (all) => all.some?.((it) => it.to === "sample@example.com"),
  },
];
