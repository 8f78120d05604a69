import { globSync, readFileSync, realpathSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { runWithin } from './child.ts';

const root = join(import.meta.dirname, '../..');

export type PackageManager = 'npm' | 'pnpm';

/** What adds packages, and what installs those of the manifest. */
const commands = {
  npm: {
    add: ['install', '--no-audit', '--no-fund', '--prefer-offline'],
    install: ['install', '--no-audit', '--no-fund', '--prefer-offline'],
  },
  pnpm: { add: ['add'], install: ['install', '--no-frozen-lockfile'] },
} as const;

const execute = { npm: ['npx'], pnpm: ['pnpm', 'exec'] } as const;

const compilerOptions = {
  module: 'nodenext',
  target: 'es2023',
  lib: ['es2023', 'esnext.disposable'],
  types: ['node'],
  strict: true,
  // The SDK's declarations take ten times as long as all else. One test checks them as well.
  skipLibCheck: true,
  rootDir: 'src',
  outDir: 'out',
};

/** A program of a user, in TypeScript. */
export interface UserProgram {
  readonly name: string;
  readonly file: string;
}

/** The program that uses a package, `test/installed.ts`. */
export function programOf(packageName: string): UserProgram {
  return { name: packageName, file: join(root, 'packages', packageName, 'test/installed.ts') };
}

/** A user's project: an empty folder outside this repository, in which they install and run things. */
export class UserProject implements AsyncDisposable {
  readonly folder: string;
  readonly #manager: PackageManager;

  private constructor(folder: string, manager: PackageManager) {
    this.folder = folder;
    this.#manager = manager;
  }

  static async create(
    manager: PackageManager,
    registryUrl: string,
    { lockfile = true }: { readonly lockfile?: boolean } = {},
  ): Promise<UserProject> {
    const folder = await mkdtemp(join(tmpdir(), `agent-sessions-${manager}-`));
    const project = new UserProject(folder, manager);
    const registry = `@agent-sessions:registry=${registryUrl}\n`;
    await project.write('package.json', { private: true });
    await project.write('.npmrc', lockfile ? registry : `${registry}package-lock=false\n`);
    if (!lockfile) await project.write('pnpm-workspace.yaml', 'lockfile: false\n');
    return project;
  }

  async write(file: string, content: string | object): Promise<void> {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    await writeFile(join(this.folder, file), text);
  }

  /** Adds packages; without any, it installs those of the manifest. */
  async install(...specifiers: string[]): Promise<void> {
    const { add, install } = commands[this.#manager];
    const args = specifiers.length > 0 ? [...add, ...specifiers] : install;
    await runWithin(240, this.#manager, args, this.#options());
  }

  /** The names of all packages that are installed, whoever asked for them. */
  installed(): Set<string> {
    return new Set(this.#manifests().map(({ name }) => name));
  }

  /** The versions of all copies of a package that are installed. */
  copiesOf(package_: string): string[] {
    return this.#manifests()
      .filter(({ name }) => name === package_)
      .map(({ version }) => version);
  }

  /** The manifests of all packages that are installed, each copy once, however many links it has. */
  #manifests(): { readonly name: string; readonly version: string }[] {
    const home = 'node_modules/{,.pnpm/**/node_modules/,**/node_modules/}';
    const found = globSync([`${home}*/package.json`, `${home}@*/*/package.json`], {
      cwd: this.folder,
    });
    const copies = new Set(found.map((manifest) => realpathSync(join(this.folder, manifest))));
    return [...copies].map((manifest) => JSON.parse(readFileSync(manifest, 'utf8')));
  }

  /** Compiles programs, each twice: as an ES module, and as one of CommonJS, which uses `require`. */
  async compile(programs: readonly UserProgram[], options: object = {}): Promise<void> {
    await mkdir(join(this.folder, 'src'));
    for (const { name, file } of programs) {
      await copyFile(file, join(this.folder, `src/${name}.mts`));
      await copyFile(file, join(this.folder, `src/${name}.cts`));
    }
    const tsconfig = { compilerOptions: { ...compilerOptions, ...options }, include: ['src'] };
    await this.write('tsconfig.json', tsconfig);
    await runWithin(240, join(root, 'node_modules/.bin/tsc'), [], this.#options());
  }

  /** Runs a program in an empty folder, and gives what it printed. */
  async run(node: string, program: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
    const cwd = await mkdtemp(join(this.folder, 'run-'));
    const { stdout } = await runWithin(60, node, [join(this.folder, program)], {
      cwd,
      env: { ...usersEnvironment(), ...env },
    });
    return stdout;
  }

  /** Runs a command that an installed package brings. */
  async execute(...command: string[]): Promise<string> {
    const [program, ...args] = [...execute[this.#manager], ...command];
    const { stdout } = await runWithin(240, program, args, this.#options());
    return stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  #options(): { cwd: string; env: NodeJS.ProcessEnv } {
    return { cwd: this.folder, env: usersEnvironment() };
  }
}

/** The environment without what belongs to this repository's own scripts and test runner. */
export function usersEnvironment(): NodeJS.ProcessEnv {
  const foreign =
    /^(npm_(package|lifecycle|command|execpath|config_local_prefix)|pnpm_|NODE_ENV|NODE_OPTIONS|VITEST|INIT_CWD)/i;
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !foreign.test(name)),
  );
  // npm chooses among versions by the Node that it runs on.
  return { ...env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}` };
}
