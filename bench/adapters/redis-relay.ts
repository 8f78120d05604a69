import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';

/** A relay to a server, and how often its client has waited for an answer so far. */
export interface Relay extends AsyncDisposable {
  readonly port: number;
  readonly roundTrips: () => number;
}

/** Stands between a client and a server, and counts: what is sent before an answer counts once. */
export async function startRelay(host: string, port: number): Promise<Relay> {
  let roundTrips = 0;
  let answered = true;
  const server = createServer((client) => {
    const target = connect(port, host);
    client.on('data', (data) => {
      if (answered) roundTrips += 1;
      answered = false;
      target.write(data);
    });
    target.on('data', (data) => {
      answered = true;
      client.write(data);
    });
    client.once('close', () => target.destroy());
    target.once('close', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    roundTrips: () => roundTrips,
    [Symbol.asyncDispose]: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}
