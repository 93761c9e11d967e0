/** Traits of a text that people enter for a certificate. */
interface TextTraits {
  /** Shown by the API. */
  readonly description: string;
  /** In UTF-16 code units. */
  readonly maxLength: number;
}

/**
 * Texts of a certificate besides its name; empty where nothing was entered. Columns, the GraphQL types and inputs, exports,
 * manifests and history follow from the rows. New rows come last: exports carry the texts in this order.
 */
export const CERTIFICATE_TEXTS = {
  description: { description: 'Description of the certificate: free text', maxLength: 2_000 },
} as const satisfies Record<string, TextTraits>;

/** Name of a text of a certificate. */
export type CertificateText = keyof typeof CERTIFICATE_TEXTS;

/** All texts of a certificate. */
export type CertificateTexts = Readonly<Record<CertificateText, string>>;

/** Texts of a request or a file; one that is absent or null stays as it is. */
export type GivenTexts = Readonly<Partial<Record<CertificateText, string | null | undefined>>>;

export const certificateTexts = Object.keys(CERTIFICATE_TEXTS) as readonly CertificateText[];

/** Makes an object with a member for each text. */
export function eachText<Value>(valueOf: (name: CertificateText) => Value): Record<CertificateText, Value> {
  return Object.fromEntries(certificateTexts.map((name) => [name, valueOf(name)])) as Record<CertificateText, Value>;
}

/** Picks the texts of what has more members. */
export function textsOf(certificate: CertificateTexts): CertificateTexts {
  return eachText((name) => certificate[name]);
}

/** Applies given texts to those of a certificate as it is, or to those of a new one. */
export function withTexts(current: CertificateTexts | null | undefined, given: GivenTexts): CertificateTexts {
  return eachText((name) => given[name] ?? current?.[name] ?? '');
}

/** Names of the texts that differ. */
export function differingTexts(a: CertificateTexts, b: CertificateTexts): readonly CertificateText[] {
  return certificateTexts.filter((name) => a[name] !== b[name]);
}
