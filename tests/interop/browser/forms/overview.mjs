// Forms of the administrator's pages below the first.
export const overview = [
];
