// Forms of the administrator's pages below logs.
export const logs = [
];
