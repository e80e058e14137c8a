// Forms of the administrator's pages below mtasts.
const filter = { site: "admin", page: "mtasts", form: 'form[action$="/mtasts"]' };

export const mtasts = [
  { ...filter, fill: { domain: "example.c" }, shows: "example.com" },
  { ...filter, fill: { domain: "nowhere" }, shows: "None is remembered of a domain with nowhere." },
  {
    site: "admin", page: "mtasts", form: 'tr[data-key="example.com"] form', confirm: true,
    asks: ["mtasts", "list"], finds: (all) => all.every?.((it) => it.domain !== "example.com"),
  },
];
