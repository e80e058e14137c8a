// Forms of the administrator's pages below domains.
export const domains = [
];
