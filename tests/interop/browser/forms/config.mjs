// Forms of the administrator's pages below config.
export const config = [
];
