const UTF16_SHARE = 0.4;

/** Text of an upload: UTF-8 or UTF-16 with or without byte order mark; otherwise every byte is a character. */
export function textOf(bytes: Buffer): string {
  const mark = bytes.length >= 2 ? bytes.readUInt16BE(0) : 0;
  if (mark === 0xfffe) return bytes.toString('utf16le', 2);
  if (mark === 0xfeff) return bigEndian(bytes.subarray(2));
  const sample = bytes.subarray(0, 1_024);
  const zerosAt = (parity: number) => sample.filter((byte, index) => index % 2 === parity && byte === 0).length;
  if (zerosAt(1) > sample.length * UTF16_SHARE) return bytes.toString('utf16le');
  if (zerosAt(0) > sample.length * UTF16_SHARE) return bigEndian(bytes);
  return bytes.toString('latin1').replace(/^\u00ef\u00bb\u00bf/, '');
}

function bigEndian(bytes: Buffer): string {
  return Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 2)))
    .swap16()
    .toString('utf16le');
}

/** Makes what editors, chats, JSON and shells do to PEM undone: literal `\n`, quotes, byte order marks, odd spaces. */
export function plainText(text: string): string {
  return text
    .replace(/\\r\\n|\\n|\\r/g, '\n')
    .replace(/\r\n?/g, '\n')
    .replace(/[\u2010-\u2015\u2212]/g, '-')
    .replace(/[\ufeff\u200b-\u200d\u2060]/g, '')
    .replace(/["'“”‘’`][ \t]{0,8}[+,;]?[ \t]{0,8}$/gm, '')
    .replace(/^[ \t\u00a0>]{1,4096}/gm, '')
    .replace(/^["'“”‘’`]/gm, '')
    .replace(/[\u00a0\u2028\u2029\v\f]/g, ' ');
}
