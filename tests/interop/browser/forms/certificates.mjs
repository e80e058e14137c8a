// Forms of the administrator's pages below certificates.
export const certificates = [
  {
    // The authority does not answer: what is asked of it again fails again, and waits longer.
    site: "admin", page: "certificates", form: 'form[action$="certificates/renew"]', confirm: true,
    before: (ask) => ask(["certificates", "list"]), asks: ["certificates", "list"],
    finds: ([now], [before]) => now.error && now.next_try > before.next_try,
  },
];
