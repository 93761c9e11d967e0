import 'reflect-metadata';
import { Name } from '@peculiar/x509';
import { nameAttributes } from './distinguished-name.js';

/**
 * A Name (DER) as text by RFC 4514, in the order in which it is encoded. A name with a value that is no text is written
 * in that RFC's numbers.
 */
export function formatName(whole: Uint8Array): string {
  try {
    return new Name(new Uint8Array(whole)).toString();
  } catch {
    return nameAttributes(Buffer.from(whole))
      .map(({ oid, value }) => `${oid}=#${value.toString('hex')}`)
      .join(', ');
  }
}
