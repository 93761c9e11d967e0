import { bmpPassword } from './pkcs12-kdf.js';

/** A password as the two families of key derivation want it. */
export interface PasswordBytes {
  /** UTF-16BE with its terminator; some writers leave an empty password empty. */
  readonly bmp: Buffer;
  readonly utf8: Buffer;
}

/** Encodings under which writers have used a password. */
export function passwordEncodings(password: string): PasswordBytes[] {
  const utf8 = Buffer.from(password);
  const terminated = { bmp: bmpPassword(password), utf8 };
  return password === '' ? [terminated, { bmp: Buffer.alloc(0), utf8 }] : [terminated];
}
