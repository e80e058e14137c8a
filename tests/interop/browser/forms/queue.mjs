// Forms of the administrator's pages below queue.
export const queue = [
];
