import { globSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { run } from '../../tools/command.ts';

const root = join(import.meta.dirname, '../..');

export type PackageManager = 'npm' | 'pnpm';

const install = {
  npm: ['install', '--no-audit', '--no-fund', '--prefer-offline'],
  pnpm: ['add'],
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

/** A user's project: an empty folder outside this repository, in which they install and run things. */
export class UserProject implements AsyncDisposable {
  readonly folder: string;
  readonly #manager: PackageManager;

  private constructor(folder: string, manager: PackageManager) {
    this.folder = folder;
    this.#manager = manager;
  }

  static async create(manager: PackageManager, registryUrl: string): Promise<UserProject> {
    const folder = await mkdtemp(join(tmpdir(), `agent-sessions-${manager}-`));
    const project = new UserProject(folder, manager);
    await project.write('package.json', { private: true });
    await project.write('.npmrc', `@agent-sessions:registry=${registryUrl}\n`);
    return project;
  }

  async write(file: string, content: string | object): Promise<void> {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    await writeFile(join(this.folder, file), text);
  }

  async install(...specifiers: string[]): Promise<void> {
    await run(this.#manager, [...install[this.#manager], ...specifiers], this.#options());
  }

  /** The names of all packages that are installed, whoever asked for them. */
  installed(): Set<string> {
    const home = 'node_modules/{,.pnpm/**/node_modules/,**/node_modules/}';
    const manifests = globSync([`${home}*/package.json`, `${home}@*/*/package.json`], {
      cwd: this.folder,
    });
    return new Set(
      manifests.map((manifest) => {
        const { name }: { name: string } = JSON.parse(
          readFileSync(join(this.folder, manifest), 'utf8'),
        );
        return name;
      }),
    );
  }

  /**
   * Compiles the programs `test/installed.ts` of packages, each twice: as an ES module, and as one of
   * CommonJS, which uses `require`.
   */
  async compile(packages: readonly string[], options: object = {}): Promise<void> {
    await mkdir(join(this.folder, 'src'));
    for (const name of packages) {
      const program = join(root, 'packages', name, 'test/installed.ts');
      await copyFile(program, join(this.folder, `src/${name}.mts`));
      await copyFile(program, join(this.folder, `src/${name}.cts`));
    }
    const tsconfig = { compilerOptions: { ...compilerOptions, ...options }, include: ['src'] };
    await this.write('tsconfig.json', tsconfig);
    await run(join(root, 'node_modules/.bin/tsc'), [], this.#options());
  }

  /** Runs a compiled program in an empty folder, and gives what it printed. */
  async run(node: string, program: string, env: NodeJS.ProcessEnv): Promise<string> {
    const cwd = await mkdtemp(join(this.folder, 'run-'));
    return run(node, [join(this.folder, 'out', program)], {
      cwd,
      env: { ...usersEnvironment(), ...env },
    });
  }

  /** Runs a command that an installed package brings. */
  async execute(...command: string[]): Promise<string> {
    const [program, ...args] = [...execute[this.#manager], ...command];
    return run(program, args, this.#options());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  #options(): { cwd: string; env: NodeJS.ProcessEnv } {
    return { cwd: this.folder, env: usersEnvironment() };
  }
}

/** The environment without what belongs to this repository's own scripts and test runner. */
function usersEnvironment(): NodeJS.ProcessEnv {
  const foreign =
    /^(npm_(package|lifecycle|command|execpath|config_local_prefix)|pnpm_|NODE_ENV|NODE_OPTIONS|VITEST|INIT_CWD)/i;
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !foreign.test(name)),
  );
  // npm chooses among versions by the Node that it runs on.
  return { ...env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}` };
}
