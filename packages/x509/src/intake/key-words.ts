import { piecesOf } from './large-text.js';

/**
 * Words that only stand where a private key is, or is said to be: PEM, OpenSSH, SSH2, PuTTY, PGP, OpenVPN, age, XML, JWK, and what
 * OpenSSL prints. All of a group must be there. Every repetition has a bound: this runs over megabytes of whatever is sent.
 */
const WORDS: readonly (readonly RegExp[])[] = [
  [/PRIVATE[ _+-]{1,4}KEY/i, /(?:BEGIN|END)[ _+-]{1,4}(?:[A-Z0-9]{1,16}[ _+-]{1,4}){0,4}PRIVATE[ _+-]{1,4}KEY/i],
  [/PuTTY-User-Key-File|Private-(?:Lines|MAC):/i],
  [/openssh-key-v1/],
  [/BEGIN OpenVPN (?:Static key|tls-crypt)/i],
  [/AGE-SECRET-KEY-/i],
  [/RSAKeyValue|RSAParameters/i, /<(?:[A-Za-z0-9_-]{1,32}:)?(?:D|P|Q|DP|DQ|InverseQ)(?:[\s][^<>]{0,256})?>/],
  [/DSAKeyValue/i, /<(?:[A-Za-z0-9_-]{1,32}:)?X(?:[\s][^<>]{0,256})?>/],
  [/privateExponent:|\bpriv:\s{0,8}\n\s{0,16}[0-9a-f]{2}:|private-key:\s{0,8}\(/i],
  // What `openssl asn1parse` lists: a version and then a number or octets, a scheme of encryption, or the octets of an Edwards key.
  [
    /:d=\d/,
    /:d=\d[^\n:]{0,32}: {1,32}INTEGER {1,16}:0[01]\s{1,8}\d{1,8}:d=\d[^\n:]{0,32}: {1,32}(?:INTEGER|OCTET STRING)|:d=2[^\n:]{0,32}: {1,32}OBJECT {1,16}:(?:PBES2|pbeWith)|: {1,32}OBJECT {1,16}:(?:ED|X)(?:25519|448)\s{1,8}\d{1,8}:d=\d[^\n:]{0,32}: {1,32}OCTET STRING/,
  ],
  // JWK in JSON, YAML, Python and JavaScript; `oct` keys are the secret itself.
  [
    /kty/,
    /(?<![A-Za-z0-9_])["'\\]{0,4}kty["'\\]{0,4}\s{0,8}[:=]/,
    /(?<![A-Za-z0-9_-])["'\\]{0,4}d["'\\]{0,4}\s{0,8}[:=]\s{0,8}["'\\]{0,4}[A-Za-z0-9+/_-]/,
  ],
  [
    /kty/,
    /(?<![A-Za-z0-9_])["'\\]{0,4}kty["'\\]{0,4}\s{0,8}[:=]\s{0,8}["'\\]{0,4}oct\b/,
    /(?<![A-Za-z0-9_-])["'\\]{0,4}k["'\\]{0,4}\s{0,8}[:=]\s{0,8}["'\\]{0,4}[A-Za-z0-9+/_-]/,
  ],
];

/** `PRIVATE KEY` in base64, at each of its three alignments, and in base64 of that. */
const ENCODED_WORDS: readonly string[] = encodedTwice('PRIVATE KEY');
const LONGEST_WORD = Math.max(...ENCODED_WORDS.map(({ length }) => length));

/** Whether words of a private key stand in a text. */
export function hasKeyWords(text: string): boolean {
  return WORDS.some((group) => group.every((word) => word.test(text))) || hasEncodedWords(text);
}

function hasEncodedWords(text: string): boolean {
  let end = '';
  for (const piece of piecesOf(text)) {
    const digits = end + piece.replace(/[^A-Za-z0-9+/_-]{1,4096}/g, '');
    if (ENCODED_WORDS.some((word) => digits.includes(word))) return true;
    end = digits.slice(-LONGEST_WORD);
  }
  return false;
}

function encodedTwice(word: string): string[] {
  const wide = Buffer.from(word, 'utf16le').subarray(0, -1);
  const once = [Buffer.from(word), wide, Buffer.concat([Buffer.of(0), wide])].flatMap(encodings);
  return [...once, ...once.flatMap((each) => encodings(Buffer.from(each)))];
}

/** The digits that only these bytes decide, wherever they stand. */
function encodings(bytes: Buffer): string[] {
  return [0, 1, 2].map((before) => {
    const padded = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const first = Math.ceil((before * 8) / 6);
    return padded.slice(first, Math.floor(((before + bytes.length) * 8) / 6));
  });
}
