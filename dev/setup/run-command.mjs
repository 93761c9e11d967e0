import { spawn } from 'node:child_process';

/**
 * @typedef {object} CommandResult
 * @property {number | null} code null when a signal ended the command
 * @property {string | undefined} signal
 * @property {string} stdout
 * @property {string} output stdout and stderr in the order they came
 */

/**
 * Runs a command to its end without a shell. Rejects only when it cannot be started at all.
 * @param {string} file
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions & { input?: string }} [options]
 * @returns {Promise<CommandResult>}
 */
export function runCommand(file, args, { input, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { ...options, stdio: ['pipe', 'pipe', 'pipe'] });
    let stdout = '';
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      stdout += text;
      output += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal: signal ?? undefined, stdout, output }));
    // A command that never reads its input and exits first would otherwise raise EPIPE.
    child.stdin?.on('error', () => undefined).end(input ?? '');
  });
}

/**
 * @param {string} text
 * @param {number} [count]
 * @returns {string} the last lines, indented for use below a message
 */
export function lastLines(text, count = 15) {
  const lines = text.trimEnd().split('\n').slice(-count);
  return lines.map((line) => `    ${line}`).join('\n');
}
