import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Child, runWithin } from '../child.ts';
import type { Program } from './programs.ts';
import type { Workspace } from './workspace.ts';

/** A native module cannot be in a bundle: every bundler leaves it outside. */
const NATIVE = 'better-sqlite3';

/** Its WebAssembly files are beside its modules: what copies modules alone leaves it outside. */
const WITH_FILES = '@electric-sql/pglite';

/** All programs, bundled. */
export interface Bundles extends AsyncDisposable {
  /** What the bundler printed. */
  readonly output: string;
  /** Runs a program, and gives what its `use` resolved to. */
  run(program: Pick<Program, 'project' | 'name'>): Promise<unknown>;
}

export interface Bundler {
  readonly name: string;
  /** @param env - The environment in which the programs run. */
  bundle(workspace: Workspace, env: NodeJS.ProcessEnv): Promise<Bundles>;
}

/** A bundler that makes a file of each program. */
interface FileBundler {
  readonly name: string;
  readonly extension: 'cjs' | 'mjs';
  /** What it leaves outside. */
  readonly external: readonly string[];
  /** The command that bundles everything into a folder. */
  command(workspace: Workspace, into: string): [command: string, ...args: string[]];
}

function intoFiles({ name, extension, external, command }: FileBundler): Bundler {
  return {
    name,
    async bundle(workspace, env) {
      const folder = await mkdtemp(join(workspace.bundles, 'bundles-'));
      const output = await workspace.run(180, ...command(workspace, folder));
      for (const outside of external) await workspace.putBeside(folder, outside);
      return {
        output,
        async run(program) {
          const file = join(folder, program.project.name, `${program.name}.main.${extension}`);
          const options = { cwd: folder, env: { ...workspace.environment, ...env } };
          const { stdout } = await runWithin(60, process.execPath, [file], options);
          return JSON.parse(stdout);
        },
        async [Symbol.asyncDispose]() {},
      };
    },
  };
}

function esbuild(format: 'esm' | 'cjs'): Bundler {
  const extension = format === 'esm' ? 'mjs' : 'cjs';
  const external = [NATIVE, WITH_FILES];
  // Modules of CommonJS, some of the SDK's among them, require those of Node.
  const banner = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`;
  return intoFiles({
    name: `esbuild, as ${format}`,
    extension,
    external,
    command: (workspace, into) => [
      workspace.command('esbuild'),
      ...workspace.mains,
      '--bundle',
      '--platform=node',
      `--format=${format}`,
      ...(format === 'esm' ? [`--banner:js=${banner}`] : []),
      ...external.map((outside) => `--external:${outside}`),
      '--outbase=programs',
      `--outdir=${into}`,
      `--out-extension:.js=.${extension}`,
      '--log-level=warning',
    ],
  });
}

const webpack: Bundler = intoFiles({
  name: 'webpack',
  extension: 'cjs',
  external: [NATIVE],
  command: (workspace, into) => [process.execPath, 'webpack.mjs', into, ...workspace.mains],
});

const bun: Bundler = intoFiles({
  name: 'bun build',
  extension: 'mjs',
  external: [NATIVE, WITH_FILES],
  command: (workspace, into) => [
    workspace.command('bun'),
    'build',
    ...workspace.mains,
    '--target=node',
    `--external=${NATIVE}`,
    `--external=${WITH_FILES}`,
    '--root=programs',
    `--outdir=${into}`,
    '--entry-naming=[dir]/[name].mjs',
  ],
});

/** One application of Next.js, with a route for each program. */
const turbopack: Bundler = {
  name: 'Turbopack, in Next.js',
  async bundle(workspace, env) {
    for (const main of workspace.mains) {
      const path = main.replace(/^programs\/|\.main\.mjs$/g, '');
      const route = join(workspace.folder, 'app', path, 'route.js');
      await mkdir(dirname(route), { recursive: true });
      await writeFile(
        route,
        `import { use } from '../../../programs/${path}.mjs';
        export const dynamic = 'force-dynamic';
        export const GET = async () => Response.json(await use(process.env));`,
      );
    }
    const next = workspace.command('next');
    const output = await workspace.run(240, next, 'build', '--turbopack');
    const server = new Child(next, ['start', '--hostname', '127.0.0.1', '--port', '0'], {
      cwd: workspace.folder,
      env: { ...workspace.environment, ...env },
    });
    const [, url] = await server.prints(/(http:\/\/127\.0\.0\.1:\d+)/, 60);
    return {
      output,
      async run({ project, name }) {
        const signal = AbortSignal.timeout(60_000);
        const response = await fetch(`${url}/${project.name}/${name}`, { signal });
        if (!response.ok) throw server.failure(`answered ${response.status}`);
        return await response.json();
      },
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
};

export const bundlers: readonly Bundler[] = [
  esbuild('esm'),
  esbuild('cjs'),
  webpack,
  turbopack,
  bun,
];
