// Forms of the administrator's pages below config.
import { readFileSync } from "node:fs";
import { join } from "node:path";

const text = (ask) => readFileSync(join(ask(["status"]).config, "../domains.conf"), "utf8");
const version = (age) => (ask) => String(ask(["config", "versions"]).map((it) => it.version).sort((one, two) => two - one)[age]);
const edit = { site: "admin", page: "config/edit", form: 'form[action$="config/edit"]' };
const compare = { site: "admin", page: "config/versions", form: 'form[action$="config/diff"]' };

export const config = [
  { ...edit, button: "button[value=check]", fill: { text: (ask) => `${text(ask)}# no scripts\n` }, shows: "+# no scripts" },
  { ...edit, button: "button[value=check]", fill: { text: (ask) => `${text(ask)}Nonsense: x\n` }, shows: "The text has errors" },
  {
    ...edit, button: "button[value=apply]", fill: { text: (ask) => `${text(ask)}# no scripts\n` },
    asks: ["config", "diff"], finds: (it) => it.diff?.includes("\n+# no scripts"),
  },
  {
    // The newest version is the first.
    site: "admin", page: "config/versions", form: 'form[action$="config/rollback"]', then: "main form.actions button",
    asks: ["config", "diff"], finds: (it) => it.diff?.includes("\n-# no scripts"),
  },
  { ...compare, fill: { version: version(0) }, shows: "-# no scripts" },
  { ...compare, fill: { version: version(1), to: version(0) }, shows: "+# no scripts" },
];
