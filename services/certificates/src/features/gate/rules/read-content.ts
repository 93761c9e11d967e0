import { TrustcastError } from '@trustcast/schema';
import { type IntakeItem, decodeBase64, readCertificateItems, refusePrivateKeyText } from '@trustcast/x509';
import type { Encoding, Source } from '../../records/certificate-record.js';
import { refusalOf } from './validate-certificate.js';
import type { FieldPath } from '../../records/refusal.js';
import { type Result, accepted, rejected } from '../../records/result.js';

/** The content that a client sent. */
export interface CertificateContent {
  readonly source: Source;
  /** Encoding of pasted text. */
  readonly encoding?: Encoding | null;
  /** Text; for a file its bytes, or base64 of them. */
  readonly content: string | Uint8Array;
  /** Password of a PKCS#12, JKS or JCEKS file. */
  readonly password?: string | null;
}

/** Reads all items of a client's content. No refusal repeats any of it. */
export function readContent(input: CertificateContent, at: FieldPath): Result<readonly IntakeItem[]> {
  const { source, encoding, content, password } = input;
  const refuse = (name: string, message: string) => {
    // A private key is reported before anything else that is wrong.
    if (typeof content === 'string') refusePrivateKeyText(content);
    return rejected({ code: 'INVALID_INPUT', message, field: [...at, name] });
  };
  try {
    if (source === 'CLIPBOARD')
      return encoding == null
        ? refuse('encoding', 'pasted text needs an encoding: BASE64 or BASE64PEM')
        : accepted(readCertificateItems(content, { encoding }));
    if (encoding != null) return refuse('encoding', 'only pasted text has an encoding: omit it');
    if (source === 'CONNECTION') return accepted(readCertificateItems(content, { encoding: 'BASE64PEM' }));
    const file = typeof content === 'string' ? decodeBase64(content) : content;
    if (!file) return refuse('content', 'the content of a file must be the base64 of its bytes');
    return accepted(readCertificateItems(file, password == null ? {} : { password }));
  } catch (error) {
    if (error instanceof TrustcastError) return rejected(refusalOf(error, at));
    throw error;
  }
}
