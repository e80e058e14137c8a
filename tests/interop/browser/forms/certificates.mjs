// Forms of the administrator's pages below certificates.
export const certificates = [
];
