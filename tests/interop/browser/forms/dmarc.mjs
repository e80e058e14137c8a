// Forms of the administrator's pages below dmarc.
export const dmarc = [
];
