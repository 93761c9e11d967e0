import { spawn } from 'node:child_process';

const script = `
pid=$(head -n 1 "$1")
if [ -n "$pid" ]; then
  kill -s INT "$pid"
  tries=0
  while kill -0 "$pid" && [ $tries -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
  kill -s KILL "$pid"
fi
# What the server was still being made of may be written meanwhile.
tries=0
until rm -rf -- "$2" || [ $tries -ge 100 ]; do sleep 0.1; tries=$((tries + 1)); done
`;

/**
 * Ends a throw-away server and removes its folder when this process dies without doing so.
 * @param {{ folder: string, pidFile: string }} options pidFile: its first line, once there is one, is the server's pid
 * @returns {{ release: () => void }} release: everything was cleaned up, the guard may go
 */
export function guardOrphan({ folder, pidFile }) {
  return whenOrphaned(script, [pidFile, folder]);
}

/**
 * Runs a shell script when this process dies without a release, by kill -9 too: the shell waits on a pipe whose other
 * end the kernel closes with this process.
 * @param {string} orphanScript
 * @param {string[]} args the script's positional parameters
 * @returns {{ release: () => void }}
 */
export function whenOrphaned(orphanScript, args) {
  // Its own session: a Ctrl-C at the terminal must not end the guard before its ward.
  const shell = spawn('/bin/sh', ['-c', `if read -r released; then exit 0; fi\n${orphanScript}`, 'sh', ...args], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  shell.unref();
  const pipe = /** @type {import('node:net').Socket} */ (shell.stdin);
  pipe.unref();
  pipe.on('error', () => undefined);
  return { release: () => void pipe.end('released\n') };
}
