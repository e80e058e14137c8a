// Forms of the administrator's pages below mtasts.
export const mtasts = [
];
