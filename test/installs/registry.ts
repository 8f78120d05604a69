import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { basename } from 'node:path';
import { run } from '../../tools/command.ts';
import type { PackedPackage } from '../../tools/pack.ts';

/**
 * A registry of the packed packages, on this machine: they are found as they would be once they are
 * published, by name and range. All others come from where the user's npm takes them.
 */
export class LocalRegistry implements AsyncDisposable {
  readonly url: string;
  readonly #close: () => Promise<void>;

  private constructor(url: string, close: () => Promise<void>) {
    this.url = url;
    this.#close = close;
  }

  static async start(packages: readonly PackedPackage[]): Promise<LocalRegistry> {
    const manifests = new Map(
      await Promise.all(
        packages.map(async (packed) => [packed, await manifestOf(packed)] as const),
      ),
    );
    const server = createServer((request, response) => {
      answer(request, response, manifests).catch((error) => response.destroy(error));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('it listens on a port');
    return new LocalRegistry(
      `http://127.0.0.1:${address.port}/`,
      () => new Promise((resolve) => server.close(() => resolve())),
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }
}

async function manifestOf({ tarball }: PackedPackage): Promise<object> {
  return JSON.parse(await run('tar', ['-xzOf', tarball, 'package/package.json']));
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  manifests: ReadonlyMap<PackedPackage, object>,
): Promise<void> {
  const asked = decodeURIComponent(request.url ?? '').slice(1);
  for (const [packed, manifest] of manifests) {
    const { name, version, integrity, tarball } = packed;
    const file = `${name}/-/${basename(tarball)}`;
    if (asked === file) {
      response.end(await readFile(tarball));
      return;
    }
    if (asked === name) {
      const dist = { integrity, tarball: `http://${request.headers.host}/${file}` };
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({
          name,
          'dist-tags': { latest: version },
          versions: { [version]: { ...manifest, dist } },
        }),
      );
      return;
    }
  }
  response.statusCode = 404;
  response.end('{}');
}
