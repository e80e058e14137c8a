// Forms of the administrator's pages below server.
export const server = [
];
