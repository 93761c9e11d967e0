/**
 * Opens a place in the file system without touching what is there: no FIFO waits, no device acts. Node has no name for it;
 * the value is that of every architecture that Node is built for.
 */
export const O_PATH = 0o10000000;
