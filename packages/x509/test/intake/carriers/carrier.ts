/** How several PEM blocks are carried: by configuration, programs, mails, proxies, directories, logs. */
export type Carrier = (pems: readonly string[]) => string | Uint8Array;

export const linesOf = (pem: string) => pem.trimEnd().split('\n');
export const base64 = (content: string | Uint8Array) => Buffer.from(content).toString('base64');
/** The base64 of a block, in one line. */
export const bodyOf = (pem: string) => linesOf(pem).slice(1, -1).join('');
export const derOf = (pem: string) => Buffer.from(bodyOf(pem), 'base64');
export const wrapped = (text: string, width: number, end = '\n') =>
  text.match(new RegExp(`.{1,${width}}`, 'g'))!.join(end);
/** Changes every line of every block. */
export const eachLine = (pems: readonly string[], change: (line: string, number: number) => string, between = '') =>
  linesOf(pems.join(between)).map(change).join('\n');
export const indented = (pem: string, by: string) =>
  linesOf(pem)
    .map((line) => by + line)
    .join('\n');
