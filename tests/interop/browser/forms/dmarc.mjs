// Forms of the administrator's pages below dmarc.
const list = ["dmarc", "suppress", "list"];
const found = (all) => all.find?.((it) => it.uri === "mailto:no-dmarc@example.com");
const row = 'tr[data-key="mailto:no-dmarc@example.com"]';
/** The filter of a page, which leaves a row or takes it away. */
const filter = (page, fill, more) => ({ site: "admin", page, form: "main form[method=get]", fill, ...more });
const sent = { site: "admin", form: 'form[action$="dmarc/send"]', confirm: true, asks: ["dmarc", "history"], before: (ask) => ask(["dmarc", "history"]).length };

export const dmarc = [
  filter("dmarc", { days: "7" }, { shows: "example.org" }),
  filter("dmarc/domain/example.org", { days: "7" }, { shows: "The last 7 days" }),
  filter("dmarc/reports", { domain: "example.net", days: "90" }, { lacks: "example.org" }),
  filter("dmarc/failures", { domain: "example.net", days: "90" }, { lacks: "example.org" }),
  filter("dmarc/collected", { domain: "example.net" }, { lacks: "example.com" }),
  filter("dmarc/outlook", { domain: "example.net" }, { lacks: "example.com" }),
  filter("dmarc/readiness", { domain: "example.org" }, { shows: "Reports\n1" }),
  {
    site: "admin", page: "dmarc/suppressed", form: 'form[action$="dmarc/suppress"]',
    fill: { uri: "mailto:no-dmarc@example.com", until: "2040-01-02", comment: "asked for none" }, asks: list,
    finds: (all) => found(all)?.until.startsWith("2040-01-02") && found(all).comment === "asked for none",
  },
  {
    site: "admin", page: "dmarc/suppressed", form: `${row} form[action$="dmarc/extend"]`, fill: { until: "2041-02-03" }, asks: list,
    finds: (all) => found(all)?.until.startsWith("2041-02-03"),
  },
  {
    site: "admin", page: "dmarc/suppressed", form: `${row} form[action$="dmarc/unsuppress"]`, confirm: true, asks: list,
    finds: (all) => !found(all),
  },
  { ...sent, page: "dmarc/explain/example.com", finds: (all, before) => all.length > before },
  {
    ...sent, page: (ask) => `dmarc/preview/${ask(["dmarc", "results"]).find((it) => it.policy_domain === "example.com").day}/example.com`,
    finds: (all, before) => all.length > before,
  },
  filter("dmarc/sent", { domain: "example.net" }, { lacks: "example.com" }),
];
