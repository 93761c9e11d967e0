import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';

/** A way to a server that can be cut without a word: nothing passes any more, and nobody is told. */
export class TcpLink {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #frozen = false;

  private constructor(host: string, port: number) {
    this.#server = createServer((client) => {
      const server = connect({ host, port });
      for (const [from, to] of [
        [client, server],
        [server, client],
      ] as const) {
        this.#sockets.add(from);
        from.on('data', (bytes) => {
          if (!this.#frozen) to.write(bytes);
        });
        from.on('error', () => undefined);
        from.on('close', () => {
          this.#sockets.delete(from);
          if (!this.#frozen) to.destroy();
        });
      }
    });
  }

  static async to(url: string): Promise<TcpLink> {
    const { hostname, port } = new URL(url);
    const link = new TcpLink(hostname, Number(port));
    await new Promise<void>((resolve) => link.#server.listen(0, '127.0.0.1', resolve));
    return link;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  freeze(): void {
    this.#frozen = true;
  }

  /** What was on its way is lost; new connections pass. */
  thaw(): void {
    this.#frozen = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.thaw();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
