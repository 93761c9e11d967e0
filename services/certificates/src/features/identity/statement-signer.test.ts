import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { type Signer, signStatement, signingKeyOf, verifyStatement } from '@trustcast/schema';
import { statementSigner } from './statement-signer.js';
import { tokenSecretOf } from './token.js';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'trustcast-signing-')));
afterAll(() => rmSync(folder, { recursive: true }));
const { privateKey } = generateKeyPairSync('ed25519');
const key = await signingKeyOf(privateKey);
const publicKey = createPublicKey(privateKey);
writeFileSync(join(folder, 'key.pem'), privateKey.export({ format: 'pem', type: 'pkcs8' }));
const claim = {
  installation: '00000000-0000-4000-8000-000000000001',
  environment: '00000000-0000-4000-8000-000000000002',
  epoch: 1,
  revision: 7,
  digest: 'ab'.repeat(32),
  issuedAt: 1_700_000_000_000,
};

/** A signer whose command is this program, which has `bytes` and the `key` file. */
function signer(name: string, program: string, timeoutMs?: number): Signer {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(
    file,
    `import { createPrivateKey, sign } from 'node:crypto'; import { readFileSync } from 'node:fs';
const bytes = readFileSync(0); const key = createPrivateKey(readFileSync(process.argv[2])); ${program}`,
  );
  const command = [process.execPath, file, join(folder, 'key.pem')];
  return statementSigner({ kid: key.kid, publicKey, command }, timeoutMs) as Signer;
}
const failure = (signing: Signer) => signStatement(claim, signing).catch((error: unknown) => error);

test.each([
  ['the 64 bytes', 'process.stdout.write(sign(null, bytes, key))'],
  ['base64 and a line feed', "console.log(sign(null, bytes, key).toString('base64'))"],
])('a command that answers %s signs what the key itself would have signed', async (_what, program) => {
  const signing = signer('good', program);
  const compact = await signStatement(claim, signing);
  expect(compact).toBe(await signStatement(claim, key));
  expect(verifyStatement(compact, new Map([[key.kid, publicKey]]))).toMatchObject(claim);
  expect(await tokenSecretOf(signing)).toEqual(await tokenSecretOf(signing));
});

test.each([
  ['fails', 'process.exit(3)', 'failed (3)'],
  ['answers nothing', '', 'answered no signature of the key'],
  ['signs other bytes', "process.stdout.write(sign(null, Buffer.from('x'), key))", 'answered no signature of the key'],
  ['answers too much', "process.stdout.write('x'.repeat(100_000))", 'failed'],
])('one that %s signs nothing, and what was asked for may be asked again', async (_what, program, message) => {
  expect(await failure(signer('bad', program))).toMatchObject({
    code: 'SIGNING_COMMAND_FAILED',
    retryable: true,
    message: expect.stringContaining(message) as unknown,
  });
});

test('one that hangs is ended, and one that is not there is told', async () => {
  const hanging = await failure(signer('hang', 'setInterval(() => {}, 1000)', 300));
  expect(hanging).toMatchObject({ message: expect.stringContaining('has not answered within 300 ms') as unknown });
  const missing = statementSigner({ kid: key.kid, publicKey, command: [join(folder, 'nothing')] }) as Signer;
  expect(await failure(missing)).toMatchObject({ message: expect.stringContaining('failed (ENOENT)') as unknown });
});

test('more than four at once wait for each other, and each gets its signature', async () => {
  const signing = signer('many', 'process.stdout.write(sign(null, bytes, key))');
  const compacts = await Promise.all(
    [1, 2, 3, 4, 5, 6].map((revision) => signStatement({ ...claim, revision }, signing)),
  );
  for (const [index, compact] of compacts.entries())
    expect(verifyStatement(compact, new Map([[key.kid, publicKey]])).revision).toBe(index + 1);
});
