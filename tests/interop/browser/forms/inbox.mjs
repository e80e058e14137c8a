// Forms of the inbox of localserve, which has one message each to some people. What is done with bob's is done on its
// own page, with amy's and that of the lab by ticking them; carol's is left for what deletes all.
const BOB = "bob@example.org";
const SEVERAL = ["amy@example.org", "bob@loop-a.lab.test"];

const chaos = { site: "inbox", page: "chaos", asks: ["localserve", "chaos", "list"] };
const bob = (all) => all.find((it) => it.to === BOB);
const several = (all) => all.filter((it) => SEVERAL.includes(it.to));
const page = (more = "") => (ask) => `message/${bob(ask(["message", "list"])).id}${more}`;
const mail = { site: "inbox", asks: ["message", "list"] };
/** What is done with those that are ticked. */
const selected = (action, more) => ({
  ...mail, page: "", form: "#listing", button: `#bulk [value=${action}]`, ...more,
  fill: (ask) => ({ ...Object.fromEntries(several(ask(["message", "list"])).map((it) => [`id=${it.id}`, true])), ...more.fill }),
});
const seen = (it) => it.flags.includes("\\Seen");

export const inbox = [
  { site: "inbox", page: "", form: "form.pop", fill: { to: BOB }, shows: BOB, lacks: "loop-a" },
  { site: "inbox", page: `?to=${BOB}`, form: "form.search", button: "[name=q]", fill: { q: "nobody wrote this" }, shows: "No message matches" },
  { site: "inbox", page: "", form: "form.search", button: "[name=q]", fill: { q: "loop-a" }, shows: "loop-a", lacks: BOB },
  { site: "inbox", page: "", form: "form.pop", fill: { q: "nobody wrote this" }, shows: "No message matches" },
  selected("seen", { finds: (all) => several(all).length === 2 && several(all).every(seen) }),
  selected("unseen", { finds: (all) => !several(all).some(seen) }),
  selected("tag", { fill: { tag: "several" }, finds: (all) => several(all).every((it) => it.tags.includes("several")) && bob(all).tags.length === 0 }),
  { ...mail, page: page(), form: 'form:has([name="tag"])', fill: { tag: "plain" }, finds: (all) => bob(all).tags.includes("plain") },
  { ...mail, page: page(), form: 'form:has([name="untag"])', finds: (all) => bob(all).tags.length === 0 },
  { ...mail, page: page(), form: 'form:has([name="seen"])', before: (ask) => seen(bob(ask(["message", "list"]))), finds: (all, before) => before && !seen(bob(all)) },
  // What would be done is shown before it is.
  {
    site: "inbox", page: page("/release"), form: 'form[action$="/release"]', fill: { to: "real@example.net" },
    then: 'button[value="send"]', asks: ["queue", "list"], finds: (all) => all.some?.((it) => it.to === "real@example.net"),
  },
  {
    site: "inbox", page: page("/release"), form: 'form[action$="/release"]', fill: { to: "other@example.net" },
    then: ['button[value="plan"]'], shows: "What will happen",
  },
  { ...mail, page: page(), form: 'form[action$="/delete"]', confirm: true, finds: (all) => !bob(all) },
  selected("delete", { confirm: true, finds: (all) => several(all).length === 0 }),
  { ...mail, page: "delete-all?to=carol@example.org", form: "main .problem form", finds: (all) => all.every((it) => it.to !== "carol@example.org") },
  {
    ...chaos, form: 'form.fields[action$="chaos/add"]', fill: { stage: "auth", code: "454", text: "no scripts", probability: "50" },
    finds: (found) => JSON.stringify(found).includes("no scripts"),
  },
  { ...chaos, form: "tr:has-text('no scripts') form", finds: (found) => !JSON.stringify(found).includes("no scripts") },
  { ...chaos, form: "form.preset >> nth=0", before: (ask) => ask(chaos.asks).rules.length, finds: (found, before) => found.rules.length === before + 1 },
  { ...chaos, form: "form.preset >> nth=1", before: (ask) => ask(chaos.asks).rules.length, finds: (found, before) => found.rules.length === before + 1 },
  { ...chaos, form: 'form:has([name="all"])', finds: (found) => found.rules.length === 0 },
];
