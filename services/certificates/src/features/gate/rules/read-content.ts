import { TrustcastError } from '@trustcast/schema';
import { type IntakeItem, decodeBase64, readCertificateItems, refusePrivateKeyText } from '@trustcast/x509';
import type { Encoding, Source } from '../../records/certificate-record.js';
import { refusalOf } from './judge-certificate.js';
import type { FieldPath, Refusal } from '../../records/refusal.js';

/** What a client sent, as it came. */
export interface CertificateContent {
  readonly source: Source;
  /** Of pasted text. */
  readonly encoding?: Encoding | null;
  /** Text; of a file, its bytes or base64 of them. */
  readonly content: string | Uint8Array;
  /** Of a PKCS#12, JKS or JCEKS file. */
  readonly password?: string | null;
}

/** Everything that lies in what a client sent. Nothing of it is repeated in a refusal. */
export function readContent(input: CertificateContent, at: FieldPath): readonly IntakeItem[] | Refusal {
  const { source, encoding, content, password } = input;
  const refuse = (name: string, message: string): Refusal => {
    // A private key is told before anything else that is wrong.
    if (typeof content === 'string') refusePrivateKeyText(content);
    return { code: 'INVALID_INPUT', message, field: [...at, name] };
  };
  try {
    if (source === 'CLIPBOARD')
      return encoding == null
        ? refuse('encoding', 'pasted text needs an encoding: BASE64 or BASE64PEM')
        : readCertificateItems(content, { encoding });
    if (encoding != null) return refuse('encoding', 'only pasted text has an encoding: omit it');
    if (source === 'CONNECTION') return readCertificateItems(content, { encoding: 'BASE64PEM' });
    const file = typeof content === 'string' ? decodeBase64(content) : content;
    if (!file) return refuse('content', 'the content of a file must be the base64 of its bytes');
    return readCertificateItems(file, password == null ? {} : { password });
  } catch (error) {
    if (error instanceof TrustcastError) return refusalOf(error, at);
    throw error;
  }
}
