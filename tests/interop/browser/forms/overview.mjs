// Forms of the administrator's pages below the first.
export const overview = [
  { site: "admin", page: "", form: 'form[action$="/doctor"]', shows: "DNS and other hosts were asked on" },
];
