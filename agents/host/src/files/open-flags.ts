/**
 * Opens a path without touching its file: no FIFO blocks, no device acts. Node has no name for the flag; the value is the same on
 * every architecture that Node supports.
 */
export const O_PATH = 0o10000000;
