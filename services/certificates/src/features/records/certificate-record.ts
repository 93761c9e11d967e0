import type { CertificateTexts } from '@trustcast/schema';

export const SOURCES = ['CONNECTION', 'FILE', 'CLIPBOARD'] as const;
export type Source = (typeof SOURCES)[number];

/** How pasted text is to be read. */
export type Encoding = 'BASE64' | 'BASE64PEM';

export interface DefinitionRecord {
  readonly id: string;
  readonly alias: string;
  readonly source: Source;
  /** Of the server that presented it; null: it was not received over a connection, or the server is not known. */
  readonly url: string | null;
  readonly fingerprint: string;
  readonly environmentIds: readonly string[];
}

/** A certificate with its definitions, in their order. Times are ISO 8601. */
export interface CertificateRecord extends CertificateTexts {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly definitions: readonly DefinitionRecord[];
}
