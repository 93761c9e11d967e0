import { type Command, EXIT } from '../command.js';
import { UsageError } from '../errors.js';
import { operation } from '../service/operation.js';
import type { Service } from '../service/service.js';
import type { WayToSignIn } from '../sign-in/provider.js';

const ME = operation('SignedInAs', 'query { me { actor name } }');

export const login: Command = {
  name: 'login',
  words: '',
  wordCount: [0, 0],
  withoutToken: true,
  summary: 'signs you in with your own account, which the service knows by OpenID Connect',
  help: 'Shows a page to open, on any device, and a code to enter there. The sign-in is kept in $XDG_STATE_HOME/trustcast, or\n~/.local/state/trustcast, readable by you alone, and refreshed until you log out. A set TRUSTCAST_TOKEN wins over it.',
  options: {
    issuer: { value: 'URL', says: 'provider to sign in at (default: the one that the service names)' },
    'client-id': { value: 'ID', says: 'client to sign in as (default: the one that the service names)' },
  },
  async run({ service, signIn, options, json, out, notify }) {
    const way = await wayOf(service, options.text('issuer'), options.text('client-id'));
    await signIn.begin(way, ({ url, code }) => notify(`open ${url}\nand enter the code ${code}`));
    const { me } = await service.withToken(() => signIn.token()).ask(ME);
    out(json ? JSON.stringify(me, null, 2) : `you are signed in as ${me.name} (${me.actor})`);
    return EXIT.ok;
  },
};

export const logout: Command = {
  name: 'logout',
  words: '',
  wordCount: [0, 0],
  withoutToken: true,
  summary: 'ends your sign-in, here and at the provider',
  help: 'The token that you have ends by itself within minutes; no new one is given for it.',
  options: {},
  async run({ signIn, json, out, notify }) {
    const ended = await signIn.end();
    if (ended?.failed != null) notify(`the sign-in could not be ended at the provider: ${ended.failed}`);
    const signedOut = ended !== null;
    out(json ? JSON.stringify({ signedOut }) : signedOut ? 'you are signed out' : 'you were not signed in');
    return EXIT.ok;
  },
};

async function wayOf(service: Service, issuer: string | undefined, clientId: string | undefined): Promise<WayToSignIn> {
  const ways = await service.waysToSignIn();
  const way = issuer === undefined ? ways[0] : ways.find((each) => each.issuer === issuer);
  if (issuer === undefined && ways.length > 1)
    throw new UsageError(`--issuer is required: one of ${ways.map((each) => each.issuer).join(', ')}`);
  if (way) return { ...way, clientId: clientId ?? way.clientId };
  if (issuer !== undefined && clientId !== undefined)
    return { issuer, clientId, scopes: ['openid', 'profile', 'offline_access'], parameters: {}, token: 'access_token' };
  throw new UsageError(
    issuer === undefined
      ? 'the service names no provider to sign in at: set TRUSTCAST_TOKEN to an API token'
      : `the service does not name ${issuer}: give --client-id as well`,
  );
}
