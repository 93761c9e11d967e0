import { createSocket } from 'node:dgram';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';

/**
 * A process that catches SIGQUIT: what a JVM could be made to look like. A line `listen <path> <answer in JSON>` makes it
 * listen, and `open` open sockets of its own; it prints what it receives as JSON, one line a connection.
 */
process.on('SIGQUIT', () => undefined);
process.stdin.setEncoding('utf8');
process.stdin.on('data', (line: string) => {
  if (line === 'open\n') return void setInterval(() => createSocket('udp4').bind(0, '127.0.0.1'), 20);
  const [, path = '', answer = ''] = /^listen (\S+) (.*)\n$/.exec(line) ?? [];
  const { text, endless, backlog } = JSON.parse(answer) as { text: string; endless?: boolean; backlog?: number };
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      process.stdout.write(`${JSON.stringify(chunk.toString())}\n`);
      if (!endless) return void socket.end(text);
      const more = (): void => {
        while (!socket.destroyed && socket.write(text));
        socket.once('drain', more);
      };
      more();
    });
  });
  if (!existsSync(path)) server.listen({ path, backlog }, () => process.stdout.write('listening\n'));
});
process.stdout.write('ready\n');
