/**
 * Writes the console's files to a folder. Does nothing where they are made of what is there now.
 * @param stamp file that says what they are made of, in `inputs` the paths of all modules
 */
export function buildConsole(folder: string, stamp: string): Promise<void>;
