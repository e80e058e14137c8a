// Forms of the administrator's pages below tlsrpt.
export const tlsrpt = [
];
