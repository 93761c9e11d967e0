import type { Config } from '../config.js';
import { StartError } from '../platform/start-error.js';
import { readKeyFile } from '../features/identity/signing-key.js';

/** The RFC 7638 thumbprint of the signing key in the file of the settings. @throws StartError */
export async function thumbprintCommand({ signingKeyFile }: Config): Promise<string> {
  const key = await readKeyFile(signingKeyFile);
  if (key) return key.kid;
  throw new StartError(
    'SIGNING_KEY_MISSING',
    `there is no signing key at ${signingKeyFile} (TRUSTCAST_SIGNING_KEY_FILE); the first start of serve makes one`,
  );
}
