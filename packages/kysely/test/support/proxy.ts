import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Stands between a driver and its server, and breaks connections on demand. */
export interface ServerProxy {
  /** The URL of the database, by way of this proxy. */
  readonly url: string;
  /** Once: passes on the next request that contains this text, then loses its answer. */
  loseAnswerTo(text: string): void;
  /** Breaks all connections. */
  breakAll(): void;
  /** Refuses connections, after breaking those there are. */
  stop(): Promise<void>;
  /** Accepts connections again. */
  resume(): Promise<void>;
}

/** Starts a proxy to the server of a URL. */
export async function startProxy(target: string): Promise<ServerProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let losing: string | undefined;

  const accept = (client: Socket): void => {
    const server = connect(Number(port), hostname);
    let lost = false;
    client.on('data', (data) => {
      if (losing !== undefined && data.includes(losing)) {
        losing = undefined;
        lost = true;
      }
      server.write(data);
    });
    server.on('data', (data) => {
      if (lost) client.destroy();
      else client.write(data);
    });
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  };
  const breakAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };

  let listener: Server = createServer(accept).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  const own = typeof address === 'object' && address !== null ? address.port : 0;
  const url = new URL(target);
  url.host = `127.0.0.1:${own}`;
  return {
    url: url.href,
    loseAnswerTo: (text) => {
      losing = text;
    },
    breakAll,
    stop: async () => {
      listener.close();
      breakAll();
      await once(listener, 'close');
    },
    resume: async () => {
      listener = createServer(accept).listen(own, '127.0.0.1');
      await once(listener, 'listening');
    },
  };
}
