// Forms of the administrator's pages below server.
import { join } from "node:path";

const destination = (ask) => join(ask(["status"]).data_dir, "../backups/no-scripts");
const backup = { site: "admin", page: "server", form: 'form[action$="server/backup"]', fill: { destination } };
const isWhole = { asks: (ask) => ["verifydata", destination(ask)], finds: (it) => it.accounts > 0 && it.problems.length === 0 };
const level = { site: "admin", page: "server", asks: ["loglevels"] };

export const server = [
  { ...backup, button: "button[value=look]", shows: "nothing was written" },
  { ...backup, button: "button[value=look]", then: "main form.actions button[value=take]", ...isWhole },
  { ...backup, button: "button[value=take]", shows: "taken", ...isWhole },
  { site: "admin", page: "server", form: 'form[action$="server/verify"]', shows: "All of it is in order." },
  { site: "admin", page: "server", form: 'form[action$="server/reload"]', shows: "domains.conf was read again" },
  {
    ...level, form: 'form[action$="server/level"]:has(#package)', fill: { package: "website", level: "debug" },
    finds: (all) => all.some?.((it) => it.package === "website" && it.level === "debug"),
  },
  {
    ...level, form: 'tr[data-key="website"] form:has(select)', fill: { level: "error" },
    finds: (all) => all.some?.((it) => it.package === "website" && it.level === "error"),
  },
  { ...level, form: 'tr[data-key="website"] form:not(:has(select))', finds: (all) => all.every?.((it) => it.package !== "website") },
  { ...level, form: 'tr[data-key=""] form', fill: { level: "debug" }, finds: (all) => all.some?.((it) => !it.package && it.level === "debug") },
  { ...level, form: 'tr[data-key=""] form', fill: { level: "info" }, finds: (all) => all.some?.((it) => !it.package && it.level === "info") },
];
