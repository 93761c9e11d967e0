import { AttachError } from '../../errors.js';

/**
 * Reads the answer to `load instrument`: the first line is the operation's status, the agent's own follows.
 *
 * @throws AttachError where it says that the agent was not loaded
 */
export function parseAttachAnswer(answer: string): void {
  const [status, ...rest] = answer.split('\n');
  const text = rest.join('\n').trim();
  // JDK 21 and later answer 0 although nothing was loaded, so only the text tells.
  if (/dynamic agent loading is not enabled/i.test(answer))
    throw new AttachError('ATTACH_DYNAMIC_LOADING_OFF', '-XX:-EnableDynamicAgentLoading is set; use -javaagent', {
      remember: true,
    });
  if (/operation .* not recognized/i.test(answer))
    throw new AttachError('ATTACH_NOT_RECOGNIZED', 'the JVM does not know the command', { remember: true });
  // JDK 8 answers with the bare number.
  const code = /return code: (-?\d+)/.exec(text)?.[1] ?? /^(-?\d+)$/.exec(text)?.[1];
  if (status === '0' && code === '0') return;
  if (code === '100') throw new AttachError('ATTACH_JAR_REFUSED', 'the JVM found no agent in the jar');
  if (code === '102') throw new AttachError('ATTACH_AGENT_FAILED', 'the Java agent did not start in the JVM');
  throw new AttachError('ATTACH_REFUSED', `the JVM answered ${status ?? ''} ${text}`.slice(0, 300).trim());
}
