/** Writes the console's files to a folder. Does nothing where they are made of what is there now. */
export function buildConsole(folder: string): Promise<void>;
