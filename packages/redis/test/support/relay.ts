import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Stands between a client and a server, and cuts, holds or swallows what they say. */
export class Relay implements AsyncDisposable {
  /** How often the client has waited for the server: what it sent before an answer counts once. */
  roundTrips = 0;
  /** The port of the server that new connections lead to. */
  target: number;
  /** How many calls of scripts the client has sent. */
  calls = 0;
  /** What to do when a reply is cut, before the client can come back. */
  onCut: (() => Promise<void>) | undefined;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #cutAfter: number | undefined;
  #holdUntil = 0;
  readonly #held: (() => void)[] = [];
  #answered = true;
  #fault: 'silent' | 'hanging up' | undefined;

  private constructor(target: number) {
    this.target = target;
    this.#server = createServer((client) => this.#connect(client));
  }

  static async start(target: number): Promise<Relay> {
    const relay = new Relay(target);
    relay.#server.listen(0, '127.0.0.1');
    await once(relay.#server, 'listening');
    return relay;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /**
   * Lets the next call of a script through to the server, and of its reply only so many bytes; then
   * both connections are cut.
   */
  cutNextReplyAfter(bytes: number): void {
    this.#cutAfter = bytes;
  }

  /** Holds all replies back until the client has sent so many calls of scripts. */
  holdRepliesUntil(calls: number): void {
    this.calls = 0;
    this.#holdUntil = calls;
  }

  /** Swallows what is said from now on; a connection that has lost something so stays silent. */
  fallSilent(): void {
    this.#fault = 'silent';
  }

  /** Cuts all connections, and from now on accepts new ones and hangs up. */
  hangUp(): void {
    this.#fault = 'hanging up';
    this.cutAll();
  }

  /** Ends what was begun with {@link fallSilent} or {@link hangUp}. */
  recover(): void {
    this.#fault = undefined;
  }

  /** Cuts all connections, with the replies that were held back. */
  cutAll(): void {
    this.#holdUntil = 0;
    this.#held.length = 0;
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #connect(client: Socket): void {
    if (this.#fault === 'hanging up') {
      client.on('error', () => {}).destroy();
      return;
    }
    const server = connect(this.target, '127.0.0.1');
    let cutting = false;
    let isDeaf = false;
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.once('close', () => {
        this.#sockets.delete(socket);
        if (!cutting) client.destroy();
        server.destroy();
      });
    }
    client.on('data', (data) => {
      isDeaf ||= this.#fault === 'silent';
      if (isDeaf) return;
      const calls = data.toString('latin1').match(/evalsha|\$4\r\neval\r\n/g)?.length ?? 0;
      this.calls += calls;
      if (this.#answered) this.roundTrips += 1;
      this.#answered = false;
      cutting ||= calls > 0 && this.#cutAfter !== undefined;
      server.write(data);
      if (this.calls >= this.#holdUntil) for (const send of this.#held.splice(0)) send();
    });
    server.on('data', (data) => {
      isDeaf ||= this.#fault === 'silent';
      if (isDeaf) return;
      this.#answered = true;
      if (cutting) {
        this.#cut(client, server, data.subarray(0, this.#cutAfter));
      } else if (this.calls < this.#holdUntil) {
        this.#held.push(() => client.write(data));
      } else {
        client.write(data);
      }
    });
  }

  #cut(client: Socket, server: Socket, reply: Buffer): void {
    const { onCut } = this;
    this.#cutAfter = undefined;
    this.onCut = undefined;
    server.destroy();
    const destroy = () => client.write(reply, () => client.destroy());
    if (onCut === undefined) destroy();
    else void onCut().then(destroy, destroy);
  }
}
