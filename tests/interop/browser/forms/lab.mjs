// Forms of the lab of localserve.
const all = (words) => (shown) => JSON.stringify(shown).includes(words);

export const lab = [
  {
    site: "inbox", page: "lab", form: 'tr[data-key="dane-mismatch.lab.test"] form[action$="lab/try"]', shows: "The server took the message",
    asks: ["queue", "list"], finds: all("bob@dane-mismatch.lab.test"),
  },
  {
    site: "inbox", page: "lab", form: 'tr[data-key="sts-gone.lab.test"] form[action$="lab/step"]', shows: "does what comes next",
    asks: ["lab", "show"], before: (ask) => JSON.stringify(ask(["lab", "show"])), finds: (shown, before) => JSON.stringify(shown) !== before,
  },
  ...["2h", "1d", "midnight", "7d"].map((by) => ({
    site: "inbox", page: "lab", form: 'form[action$="lab/advance"]', button: `button[value="${by}"]`, shows: "Time was moved on",
    before: (ask) => Date.parse(ask(["lab", "show"]).now), asks: ["lab", "show"],
    finds: (shown, before) => (by === "midnight" ? new Date(shown.now).getUTCHours() === 0 : Date.parse(shown.now) - before > 3_600_000),
  })),
];
