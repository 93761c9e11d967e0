import { byteLiterals } from './literals/byte-literals.js';
import { type IntakeItem, failedItem, isCertificateContent } from './der-items.js';
import { beginsLikeCertificate } from './der-header.js';
import { loneEnds } from './pem-blocks.js';
import { type FoundValue, wrappedBase64 } from './wrapped-base64.js';

/** A value outside of PEM, or what is wrong with it, at its place in the text. */
export interface LooseValue {
  readonly at: number;
  readonly bytes: Buffer | null;
  readonly problem: string | null;
  /** What there is of one that is not whole. */
  readonly start?: Buffer;
  /** Whether it is the END line of a PEM block. */
  readonly isEnd?: boolean;
}

/** Names that only stand before certificates in base64: JWK, kubeconfig, webhooks, SAML, directories, files in a Secret. */
const NAMED =
  /(?<![A-Za-z0-9-])((?<![+/_])x5c|(?:certificate-authority|client-certificate)-data|caBundle|X509Certificate|(?:cA|user)Certificate(?:;binary)?|[A-Za-z0-9_-]{1,64}\.(?:crt|cer|pem))["']?\s{0,8}(?::{1,2}|=)?[ \t]{0,8}(?:[>|][-+0-9]{0,2}\n)?/g;
const NAMES = /x5c|-data|caBundle|Certificate|\.(?:crt|cer|pem)/;
/** Digits of a value that was meant to be base64, with what does not belong there. */
const MEANT = /[\s"',[]{0,64}([A-Za-z0-9+/_=*!?#$%&@.\u2026-]{64,65536})/y;
const LEAST_DIGITS = 0.95;
const MAX_NAMED = 20_001;

/** Values in base64 in a text without PEM, in their order, and what was meant to be one. */
export function looseValues(text: string): LooseValue[] {
  const found = wrappedBase64(text);
  const values: LooseValue[] = found.map(({ from, ...value }) => ({ at: from, ...value }));
  const taken = found.filter(({ bytes, problem }) => bytes !== null || problem !== null);
  values.push(...unreadNamed(text, taken).map(({ from, bytes, problem }) => ({ at: from, bytes, problem })));
  values.push(...unreadEnds(text, taken));
  return values.sort((one, other) => one.at - other.at);
}

/** Certificates that stand in a text as lists of bytes. Numbers that are nothing else may be any numbers. */
export function listedValues(text: string): LooseValue[] {
  const values = byteLiterals(text).flatMap(({ from, bytes }): LooseValue[] => {
    if (isCertificateContent(bytes)) return [{ at: from, bytes, problem: null }];
    return beginsLikeCertificate(bytes)
      ? [{ at: from, bytes: null, problem: 'its bytes end before the certificate does' }]
      : [];
  });
  return values.sort((one, other) => one.at - other.at);
}

/** One certificate cannot be read: where it stands, and why. */
export function unread(line: number, problem: string): IntakeItem {
  return failedItem('MALFORMED_CERTIFICATE', `the certificate in line ${line} cannot be read: ${problem}`);
}

interface Taken {
  readonly from: number;
  readonly to: number;
}

/** Values whose name says that they are certificates and that are not. Both lists are in the order of the text. */
export function unreadNamed(text: string, taken: readonly Taken[]): FoundValue[] {
  const unreadValues: FoundValue[] = [];
  if (!NAMES.test(text)) return unreadValues;
  let next = 0;
  let count = 0;
  let looked = 0;
  for (const { 0: name, 1: word, index } of text.matchAll(NAMED)) {
    if (count++ > MAX_NAMED) break;
    // What stands in a value is no name of another.
    if (index < looked) continue;
    const end = index + name.length;
    for (let at = end; ;) {
      MEANT.lastIndex = skipTag(text, at);
      const value = MEANT.exec(text);
      if (!value) break;
      const to = MEANT.lastIndex;
      looked = to;
      const from = to - (value[1] ?? '').length;
      while (next < taken.length && (taken[next]?.to ?? 0) <= from) next++;
      const isTaken = (taken[next]?.from ?? Infinity) < to;
      // A value in percent-encoding, and one with the soft line breaks of a mail, is looked at when that is undone.
      if (!isTaken && isMeant(value[1] ?? '') && !/%[0-9a-f]{2}/i.test(value[1] ?? '') && !isSoftBroken(text, to))
        unreadValues.push({ from, to, bytes: null, problem: `the value of ${word ?? ''} is no certificate in base64` });
      // x5c is a list.
      if (word !== 'x5c') break;
      at = to;
    }
  }
  return unreadValues;
}

function skipTag(text: string, at: number): number {
  return text[at] === '>' ? at + 1 : at;
}

function isSoftBroken(text: string, to: number): boolean {
  return /[^=]=\n[A-Za-z0-9+/]{16}/.test(text.slice(to - 2, to + 17));
}

function isMeant(value: string): boolean {
  const digits = value.replace(/[^A-Za-z0-9+/=_-]{1,4096}/g, '').length;
  return digits >= value.length * LEAST_DIGITS && !/^[A-Za-z0-9_-]{0,64}[/.]/.test(value);
}

/** END lines to which no BEGIN belongs, and before which no whole value stands. */
function unreadEnds(text: string, taken: readonly Taken[]): LooseValue[] {
  const values: LooseValue[] = [];
  let next = 0;
  for (const at of loneEnds(text)) {
    if (values.length > MAX_NAMED) break;
    while (next + 1 < taken.length && (taken[next + 1]?.to ?? 0) <= at) next++;
    const before = taken[next];
    const isTold =
      before !== undefined && before.to <= at && !/[A-Za-z0-9+/]{16}/.test(text.slice(before.to, at).slice(0, 4_096));
    if (!isTold)
      values.push({
        at,
        bytes: null,
        problem: 'an END line stands there without a BEGIN line of its own',
        isEnd: true,
      });
  }
  return values;
}
