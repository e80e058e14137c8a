// Forms of the administrator's pages below logs.
const filter = { site: "admin", page: "logs", form: 'form[action$="/logs"]' };

export const logs = [
  { ...filter, fill: { level: "info", text: "serve is ready" }, shows: "mox serve is ready" },
  { ...filter, fill: { level: "error", text: "serve is ready" }, shows: "No line fits." },
];
