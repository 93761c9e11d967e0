import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';

export interface HalfOpenProxy {
  /** The address of the target through the proxy. */
  readonly url: string;
  /** From now on nothing comes through in either direction, and nobody is told: both ends keep their connections. */
  cut(): void;
  /** New connections come through again; those that were cut stay so. */
  heal(): void;
  stop(): Promise<void>;
}

/** A link to a server that can go half-open. */
export async function halfOpenProxy(target: string): Promise<HalfOpenProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const links = new Set<{ swallows: boolean }>();
  let swallowing = false;
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    const link = { swallows: swallowing };
    links.add(link);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (bytes) => link.swallows || to.write(bytes));
      from.on('error', () => undefined);
      from.on('close', () => {
        sockets.delete(from);
        links.delete(link);
        if (!link.swallows) to.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    cut: () => {
      swallowing = true;
      for (const link of links) link.swallows = true;
    },
    heal: () => void (swallowing = false),
    stop: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
