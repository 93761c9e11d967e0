/** Files of ours that tools are asked to read, in the order of the page's columns. */
export const OUR_FILES = {
  plain: { name: 'ours-plain.p12', says: 'PKCS#12, plain', certificates: 2 },
  mac: { name: 'ours-mac.p12', says: 'PKCS#12, password and MAC', certificates: 2 },
  encrypted: { name: 'ours-encrypted.p12', says: 'PKCS#12, encrypted', certificates: 2 },
  pem: { name: 'ours.pem', says: 'PEM', certificates: 2 },
  der: { name: 'ours.der', says: 'DER', certificates: 1 },
  p7b: { name: 'ours.p7b', says: 'P7B', certificates: 2 },
} as const;
export type OurFile = keyof typeof OUR_FILES;

export const PASSWORD = 'changeit';

/** One thing that a tool did. Programs of tools print one a line, its fields between tabs and in this order. */
export type ToolRecord =
  | { readonly did: 'version'; readonly tool: string; readonly version: string }
  /** A file of the workshop, its password (empty: none) and how many certificates lie in it. */
  | {
      readonly did: 'wrote';
      readonly tool: string;
      readonly form: string;
      readonly name: string;
      readonly password: string;
      readonly certificates: number;
    }
  /** The tool does not write this form in this version. */
  | { readonly did: 'failed'; readonly tool: string; readonly form: string; readonly reason: string }
  | { readonly did: 'read'; readonly tool: string; readonly file: OurFile; readonly certificates: number }
  | { readonly did: 'unread'; readonly tool: string; readonly file: OurFile; readonly reason: string };

/** Records of what a program printed. @throws Error for a line that is none */
export function parseRecords(printed: string): ToolRecord[] {
  return printed
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [did = '', tool = '', first = '', second = '', third = '', fourth = ''] = line.split('\t');
      switch (did) {
        case 'version':
          return { did, tool, version: first };
        case 'wrote':
          return { did, tool, form: first, name: second, password: third, certificates: Number(fourth) };
        case 'failed':
          return { did, tool, form: first, reason: second };
        case 'read':
          return { did, tool, file: ourFile(first), certificates: Number(second) };
        case 'unread':
          return { did, tool, file: ourFile(first), reason: second };
        default:
          throw new Error(`a program of a tool printed: ${line}`);
      }
    });
}

function ourFile(name: string): OurFile {
  if (!(name in OUR_FILES)) throw new Error(`there is no file of ours named ${name}`);
  return name as OurFile;
}
