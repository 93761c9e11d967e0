import { type KeyObject, generateKeyPairSync } from 'node:crypto';
import { createLog } from '@trustcast/config';
import {
  type CertificateSet,
  type Delta,
  EMPTY_SET,
  type SigningKey,
  applyDelta,
  digestOf,
  encodeChangeMessage,
  signStatement,
  signingKeyOf,
  verifyStatement,
} from '@trustcast/schema';
import { Distribution } from '../../src/distribution/distribution.js';
import { Standing } from '../../src/distribution/standing.js';
import type { Accepted } from '../../src/state/state-store.js';

export const SCOPE = {
  installation: '11111111-1111-4111-8111-111111111111',
  environment: '22222222-2222-4222-8222-222222222222',
};

/** A history of sets, one certificate more each, and an agent's distribution that listens to it. */
export class DistributionBench {
  /** Key of the service. */
  readonly key: SigningKey;
  readonly #keys: ReadonlyMap<string, KeyObject>;
  readonly sets: CertificateSet[] = [EMPTY_SET];
  readonly commits: { revision: number; messages: number }[] = [];
  readonly pulls: (number | null)[] = [];
  answer: () => Promise<Uint8Array> = () => Promise.reject(new Error('service is down'));
  commitFails = false;
  unknownKeys = 0;
  doubts = 0;
  behind = 0;
  nowMs = Date.now();
  distribution!: Distribution;

  private constructor(key: SigningKey, publicKey: KeyObject) {
    this.key = key;
    this.#keys = new Map([[key.kid, publicKey]]);
  }

  /** @param revision what was accepted before; null: nothing */
  static async at(revision: number | null): Promise<DistributionBench> {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const bench = new DistributionBench(await signingKeyOf(privateKey), publicKey);
    for (let next = 1; next <= 9; next += 1) bench.sets.push(applyDelta(bench.sets[next - 1]!, bench.delta(next)));
    bench.distribution = new Distribution(
      {
        scope: SCOPE,
        verify: (compact) => verifyStatement(compact, bench.#keys),
        pull: (after) => {
          bench.pulls.push(after?.revision ?? null);
          return bench.answer();
        },
        heartbeat: () => bench.answer(),
        commit: (next, messages) => {
          if (bench.commitFails) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
          bench.commits.push({ revision: next.statement.revision, messages: messages.length });
        },
        takeKeys: () => undefined,
        isBelieved: () => true,
        signedAgain: () => undefined,
        keyUnknown: () => (bench.unknownKeys += 1),
        clockDoubtful: () => (bench.doubts += 1),
        serviceBehind: () => (bench.behind += 1),
        changed: () => undefined,
        log: createLog('silent'),
        now: () => bench.nowMs,
      },
      new Standing(revision === null ? null : await bench.accepted(revision), null, null),
    );
    bench.distribution.noteRegistration({});
    return bench;
  }

  delta(revision: number): Delta {
    return { upserts: [{ alias: `ca-${revision}`, der: Uint8Array.of(revision) }], removals: [] };
  }

  statement(
    revision: number,
    over: { digest?: string; issuedAt?: number; key?: SigningKey; environment?: string } = {},
  ): Promise<string> {
    const { key: signer = this.key, ...claims } = over;
    const digest = digestOf(SCOPE, this.sets[revision]!);
    return signStatement({ ...SCOPE, epoch: 1, revision, digest, issuedAt: this.nowMs, ...claims }, signer);
  }

  async event(revision: number, delta = this.delta(revision)): Promise<Uint8Array> {
    return encodeChangeMessage({
      statement: await this.statement(revision),
      from: { epoch: 1, revision: revision - 1 },
      ...delta,
    });
  }

  async whole(revision: number): Promise<Uint8Array> {
    const upserts = [...this.sets[revision]!.values()];
    return encodeChangeMessage({ statement: await this.statement(revision), from: null, upserts, removals: [] });
  }

  async heartbeat(revision: number, over: Parameters<DistributionBench['statement']>[1] = {}): Promise<Uint8Array> {
    const statement = await this.statement(revision, over);
    return encodeChangeMessage({ statement, from: { epoch: 1, revision }, upserts: [], removals: [] });
  }

  async accepted(revision: number): Promise<Accepted> {
    const compact = await this.statement(revision);
    return { statement: verifyStatement(compact, this.#keys), compact, set: this.sets[revision]! };
  }

  get revision(): number | undefined {
    return this.distribution.accepted?.statement.revision;
  }
}
