// Forms of the administrator's pages below accounts.
export const accounts = [
];
