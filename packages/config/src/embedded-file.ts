import { getRawAsset, isSea } from 'node:sea';

/** True where the program is one executable, and false where Node.js runs it from files. */
export const isSingleExecutable: boolean = isSea();

/** Content of a file that a single executable carries inside itself; null where Node.js runs modules from files. */
export function embeddedFile(name: string): Buffer | null {
  return isSea() ? Buffer.from(getRawAsset(name) as ArrayBuffer) : null;
}

/** The text of {@link embeddedFile}. */
export function embeddedText(name: string): string | null {
  return embeddedFile(name)?.toString('utf8') ?? null;
}
