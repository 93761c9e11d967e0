import type { World } from '../world.js';

/** How far a stack goes along with a change. */
export type Support = 'yes' | 'new connections' | 'no';

/** Asks one peer for its verdict on `port`, or of the server under test on a client with `identity`. */
export type Ask = (identity: string, port: string) => Promise<boolean>;

/** Whether the peer was let in; anything that is no verdict on a certificate is an error of the test. */
export function letIn(verdict: string): boolean {
  if (verdict.startsWith('ok')) return true;
  if (/^fail .*(SSL|TLS|certif|PKIX|handshake|reset|closed|Broken pipe)/i.test(verdict)) return false;
  throw new Error(verdict);
}

/** Adds, replaces and removes, and says how far the stack went along. */
export async function follow(world: World, ask: Ask): Promise<Support> {
  await world.deploy();
  if (await ask('partner', 'a')) throw new Error('trusted at first');
  await world.deploy('partner-ca=partner');
  if (!(await ask('partner', 'a'))) return 'no';
  await world.deploy('partner-ca=other');
  if (!(await ask('other', 'a')) || (await ask('partner', 'b'))) return 'no';
  await world.deploy('partner-ca=partner');
  for (const peer of ['a', 'a', 'tls12', 'tls12']) await ask('partner', peer);
  await world.deploy();
  if (await ask('partner', 'c')) return 'no';
  const resumes = [await ask('partner', 'a'), await ask('partner', 'tls12')];
  return resumes.includes(true) ? 'new connections' : 'yes';
}

/** Whether a stack with a truststore of its own, that has the identity other, goes on with it whatever we add and remove. */
export async function keepsItsOwn(world: World, ask: Ask): Promise<boolean> {
  await world.deploy();
  const atFirst = await ask('other', 'a');
  await world.deploy('partner-ca=partner', 'other-ca=other');
  const added = await ask('partner', 'b');
  await world.deploy();
  return atFirst && !added && (await ask('other', 'c')) && !(await ask('partner', 'd'));
}
