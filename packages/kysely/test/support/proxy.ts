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
  /** Passes nothing on any more, in neither direction, while connections stay and new ones are accepted. */
  fallSilent(): void;
  /** Closes each connection as soon as it is accepted, and those there are. */
  hangUp(): void;
  /** Passes everything on again, on new connections; those that met silence stay silent. */
  recover(): void;
  /** Sends new connections to another server; those there are stay with theirs. */
  moveTo(target: string): void;
}

type Mood = 'passing' | 'silent' | 'hanging up';

/** Starts a proxy to the server of a URL. */
export async function startProxy(target: string): Promise<ServerProxy> {
  let to = new URL(target);
  let mood: Mood = 'passing';
  const silent = new WeakSet<Socket>();
  const sockets = new Set<Socket>();
  let losing: string | undefined;

  const accept = (client: Socket): void => {
    if (mood === 'hanging up') {
      client.destroy();
      return;
    }
    if (mood === 'silent') silent.add(client);
    const server = connect(Number(to.port), to.hostname);
    let lost = false;
    client.on('data', (data) => {
      if (silent.has(client)) return;
      if (losing !== undefined && data.includes(losing)) {
        losing = undefined;
        lost = true;
      }
      server.write(data);
    });
    server.on('data', (data) => {
      if (silent.has(client)) return;
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
    fallSilent: () => {
      mood = 'silent';
      for (const socket of sockets) silent.add(socket);
    },
    hangUp: () => {
      mood = 'hanging up';
      breakAll();
    },
    recover: () => {
      mood = 'passing';
    },
    moveTo: (other) => {
      to = new URL(other);
    },
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
