// Forms of the inbox of localserve.
export const inbox = [
  {
    site: "inbox", page: "chaos", form: 'form.fields[action$="chaos/add"]', fill: { stage: "auth", code: "454", text: "no scripts" },
    asks: ["localserve", "chaos", "list"], finds: (chaos) => JSON.stringify(chaos).includes("no scripts"),
  },
  {
    site: "inbox", page: "chaos", form: 'form[action$="chaos/remove"]',
    asks: ["localserve", "chaos", "list"], finds: (chaos) => !JSON.stringify(chaos).includes("no scripts"),
  },
];
