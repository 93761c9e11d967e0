import { beforeAll, describe, expect, test } from '@jest/globals';
import { textPattern } from '../../src/platform/postgres/text-pattern.js';
import { createJwk } from '../support/jwk-mutations.js';
import { makeCertificate } from '../support/make-certificate.js';
import { createCertificate, pasted } from '../support/mutations.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);
let collations: string[];

beforeAll(async () => {
  const { rows } = await harness.sql.query<{ name: string }>(
    `SELECT quote_ident(collname) AS name FROM pg_collation
     WHERE collname IN ('default', 'C', 'C.utf8', 'en_US.utf8', 'tr_TR.utf8', 'und-x-icu', 'tr-x-icu', 'pg_c_utf8')`,
  );
  collations = rows.map(({ name }) => name);
});

/** What every collation that this PostgreSQL has says of it. */
async function answers(text: string, wanted: string): Promise<boolean[]> {
  const columns = collations.map((name, index) => `$1::text COLLATE ${name} ~ $2 AS a${index}`);
  const { rows } = await harness.sql.query<Record<string, boolean>>(`SELECT ${columns.join(', ')}`, [
    text,
    textPattern(wanted),
  ]);
  return Object.values(rows[0]!);
}

describe('a text, whatever the collation', () => {
  test('is tried with C and others', () => {
    expect(collations).toEqual(expect.arrayContaining(['"default"', '"C"']));
    expect(collations.length).toBeGreaterThan(2);
  });

  test.each([
    ['Ørsta', 'ørsta'],
    ['i Ørsta kommune', 'ØRSTA'],
    ['ÅNGSTRÖM', 'ångström'],
    ['ångström', 'ÅNGSTRÖM'],
    ['ångström', 'A\u030angstro\u0308m'],
    ['ИВАНОВ', 'иванов'],
    ['Straße', 'STRAẞE'],
    ['οδος', 'ΟΔΟΣ'],
    ['ΟΔΟΣ', 'οδος'],
    ['İstanbul', 'istanbul'],
    ['istanbul', 'İSTANBUL'],
    ['Isparta', 'ısparta'],
    ['ısparta', 'ISPARTA'],
    ['ǆ', 'ǅ'],
    ['𐐨', '𐐀'],
    ['anything', ''],
    ['100% sure_of\\it', '100% SURE_OF\\IT'],
    ['^(?i)[a-z]{2}.*+|$', '(?I)[A-Z]{2}.*+|$'],
    ['***=a', '***=A'],
    ['two\nlines', 'TWO\nLINES'],
  ])('%j is found by %j', async (text, wanted) => {
    expect(await answers(text, wanted)).toEqual(collations.map(() => true));
  });

  test.each([
    ['Ørsta', 'orsta'],
    ['Straße', 'strasse'],
    ['иванов', 'ivanov'],
    ['100', '100%'],
    ['axb', 'a_b'],
    ['axb', 'a.b'],
    ['abc', '[abc]'],
    ['a', '***=a'],
    ['ab', 'b$|^'],
  ])('%j is not found by %j', async (text, wanted) => {
    expect(await answers(text, wanted)).toEqual(collations.map(() => false));
  });
});

test('every list with a text filter folds all of Unicode', async () => {
  const { certificate } = await createCertificate(service, {
    name: 'Ørsta',
    description: 'für ИВАНОВ',
    definitions: [pasted(['apimanager'], 'ÅNGSTRÖM', makeCertificate('Εταιρεία').pem)],
  });
  const input = { certificateId: certificate!.id, environment: 'apimanager', use: 'SIGNATURE', algorithm: 'ES256' };
  expect(await createJwk(service, { ...input, name: 'Æsir' })).toMatchObject({ userErrors: [] });
  const count = (list: string, text: string) =>
    service.query<Record<string, { totalCount: number; nodes: object[] }>>(
      `query ($text: String!) { list: ${list} { totalCount nodes { __typename } } }`,
      { text },
    );
  for (const [list, texts] of Object.entries({
    'certificates(filter: { text: $text })': ['ørsta', 'FÜR иванов', 'ångström', 'ΕΤΑΙΡΕΊΑ'],
    'jwks(filter: { text: $text })': ['æSIR'],
    'truststore(environment: "apimanager", filter: { text: $text })': ['ångström', 'ΕΤΑΙΡΕΊΑ'],
  })) {
    for (const text of texts) expect(await count(list, text)).toMatchObject({ list: { totalCount: 1, nodes: [{}] } });
    await expect(count(list, 'x'.repeat(2_001))).rejects.toThrow('2000 characters');
    expect(await count(list, 'ſİß'.repeat(666))).toMatchObject({ list: { totalCount: 0, nodes: [] } });
  }
});
