import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ChangeMessage,
  type SetScope,
  type SigningKey,
  EMPTY_SET,
  applyDelta,
  digestOf,
  signStatement,
  signingKeyOf,
  verifyStatement,
} from '@trustcast/schema';
import fc from 'fast-check';
import { type Accepted, StateStore } from '../../src/state/state-store.js';
import { temporaryDirectory } from '../support/fixtures.js';

const scope: SetScope = {
  installation: '11111111-1111-4111-8111-111111111111',
  environment: '22222222-2222-4222-8222-222222222222',
};
const pair = generateKeyPairSync('ed25519');
let key: SigningKey;
let folder: ReturnType<typeof temporaryDirectory>;
const verify = (compact: string) => verifyStatement(compact, new Map([[key.kid, pair.publicKey]]));
const open = () => {
  const store = new StateStore(folder.path);
  return { store, ...store.load(verify) };
};
const journal = (): string => join(folder.path, 'set.journal');

/** A whole set at revision 0, then one certificate more with every revision. */
async function history(length: number): Promise<{ accepted: Accepted; message: ChangeMessage }[]> {
  const steps: { accepted: Accepted; message: ChangeMessage }[] = [];
  let set = EMPTY_SET;
  for (let revision = 0; revision < length; revision += 1) {
    const delta = { upserts: [{ alias: `ca-${revision}`, der: new Uint8Array(200).fill(revision) }], removals: [] };
    set = applyDelta(set, delta);
    const compact = await signStatement(
      { ...scope, epoch: 1, revision, digest: digestOf(scope, set), issuedAt: Date.now() },
      key,
    );
    const from = revision === 0 ? null : { epoch: 1, revision: revision - 1 };
    steps.push({
      accepted: { statement: verify(compact), compact, set },
      message: { statement: compact, from, ...delta },
    });
  }
  return steps;
}

beforeEach(async () => {
  key = await signingKeyOf(pair.privateKey);
  folder = temporaryDirectory();
});
afterEach(() => {
  folder.remove();
});

describe('state', () => {
  test('is empty at first', () => {
    expect(open()).toMatchObject({ accepted: null, damaged: false });
  });

  test('comes back as it was saved, also after its statement has expired', async () => {
    const steps = await history(5);
    const { store } = open();
    for (const { accepted, message } of steps) store.save(accepted, [message]);
    store.close();
    const { accepted, damaged } = open();
    expect(accepted).toEqual(steps[4]!.accepted);
    expect(damaged).toBe(false);
  });

  test('a change costs its own size, not the set’s', async () => {
    const steps = await history(50);
    const { store } = open();
    store.save(steps[48]!.accepted, [
      { ...steps[48]!.message, from: null, upserts: [...steps[48]!.accepted.set.values()] },
    ]);
    const before = readFileSync(journal()).length;
    store.save(steps[49]!.accepted, [steps[49]!.message]);
    expect(readFileSync(journal()).length - before).toBeLessThan(1_500);
    store.close();
  });

  test('cut off anywhere, it is some revision that was saved, and the next change is kept', async () => {
    const steps = await history(4);
    const { store } = open();
    for (const { accepted, message } of steps) store.save(accepted, [message]);
    store.close();
    const whole = readFileSync(journal());
    const firstLine = whole.indexOf(0x0a) + 1;
    fc.assert(
      fc.property(fc.integer({ min: firstLine, max: whole.length }), (length) => {
        writeFileSync(journal(), whole);
        truncateSync(journal(), length);
        const { store: torn, accepted } = open();
        const at = accepted!.statement.revision;
        expect(accepted).toEqual(steps[at]!.accepted);
        if (at < 3) torn.save(steps[at + 1]!.accepted, [steps[at + 1]!.message]);
        torn.close();
        expect(open().accepted).toEqual(steps[Math.min(at + 1, 3)]!.accepted);
      }),
      { numRuns: 40 },
    );
  });

  test('damaged at any byte, it is never something that was not signed', async () => {
    const steps = await history(3);
    const { store } = open();
    for (const { accepted, message } of steps) store.save(accepted, [message]);
    store.close();
    const whole = readFileSync(journal());
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = Buffer.from(whole);
        damaged[at] = damaged[at]! ^ flip;
        writeFileSync(journal(), damaged);
        const { store: other, accepted } = open();
        // Damage behind the first message costs what follows it, and not that.
        if (at > whole.indexOf(0x0a)) expect(accepted).not.toBeNull();
        if (accepted) expect(accepted).toEqual(steps[accepted.statement.revision]!.accepted);
        other.close();
      }),
      { numRuns: 100 },
    );
  });

  test('falls back to the generation before, which is then kept', async () => {
    const steps = await history(3);
    const { store } = open();
    store.save(steps[0]!.accepted, [steps[0]!.message]);
    store.save(steps[1]!.accepted, [{ ...steps[1]!.message, from: null }]);
    store.close();
    writeFileSync(journal(), 'damaged');
    const { store: fallen, accepted, damaged } = open();
    expect(damaged).toBe(true);
    expect(accepted).toEqual(steps[0]!.accepted);
    fallen.save(steps[1]!.accepted, [{ ...steps[1]!.message, from: null }]);
    fallen.close();
    expect(open().accepted).toEqual(steps[1]!.accepted);
    expect(readFileSync(`${journal()}.previous`, 'utf8')).not.toContain('damaged');
  });

  test('with both generations bad there is none, and it says so', () => {
    writeFileSync(journal(), 'damaged');
    writeFileSync(`${journal()}.previous`, 'damaged');
    expect(open()).toMatchObject({ accepted: null });
  });

  test('signed by a key that is no longer pinned is not believed, and not damaged', async () => {
    const [step] = await history(1);
    const { store } = open();
    store.save(step!.accepted, [step!.message]);
    store.close();
    const nobody = new StateStore(folder.path).load((compact) => verifyStatement(compact, new Map()));
    expect(nobody).toEqual({ accepted: null, damaged: false, isDisowned: true });
  });

  test('deltas are folded into a whole set once they weigh a megabyte more', async () => {
    const steps = await history(3);
    const { store } = open();
    store.save(steps[0]!.accepted, [steps[0]!.message]);
    store.save(steps[1]!.accepted, [steps[1]!.message]);
    store.compact(steps[1]!.accepted);
    expect(existsSync(`${journal()}.previous`)).toBe(false);
    const big = Array.from({ length: 20 }, (_, n) => ({ alias: `big-${n}`, der: new Uint8Array(60_000) }));
    const set = applyDelta(steps[1]!.accepted.set, { upserts: big, removals: [] });
    const compact = await signStatement(
      { ...scope, epoch: 1, revision: 2, digest: digestOf(scope, set), issuedAt: Date.now() },
      key,
    );
    const heavy = { statement: verify(compact), compact, set };
    store.save(heavy, [{ statement: compact, from: { epoch: 1, revision: 1 }, upserts: big, removals: [] }]);
    store.compact(heavy);
    expect(existsSync(`${journal()}.previous`)).toBe(true);
    expect(readFileSync(journal(), 'latin1').split('\n')).toHaveLength(2);
    store.close();
    expect(open().accepted).toEqual(heavy);
  });

  test('what others append is cut off', async () => {
    const [step] = await history(1);
    const { store } = open();
    store.save(step!.accepted, [step!.message]);
    store.close();
    const before = readFileSync(journal());
    appendFileSync(journal(), 'half a li');
    const { store: again, accepted } = open();
    again.close();
    expect(accepted).toEqual(step!.accepted);
    expect(readFileSync(journal())).toEqual(before);
  });
});
