import { type Server, createServer } from 'node:https';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Authority } from './authority.js';

/** What stands before a service and speaks TLS for it, as `localhost`. */
export class TlsFront {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(behind: string, authority: Authority): Promise<TlsFront> {
    const { key, pem } = await authority.issue();
    const { hostname, port } = new URL(behind);
    const server = createServer({ key, cert: pem }, (asked, answer) => {
      const { method, url: path, headers } = asked;
      const onward = request({ hostname, port, method, path, headers }, (given) => {
        answer.writeHead(given.statusCode ?? 502, given.headers);
        given.pipe(answer);
      });
      onward.on('error', () => answer.destroy());
      asked.pipe(onward);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new TlsFront(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
