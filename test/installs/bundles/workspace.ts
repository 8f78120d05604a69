import { existsSync, globSync, realpathSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runWithin } from '../child.ts';
import { usersEnvironment } from '../project.ts';
import { drivers } from '../users.ts';
import { type Project, projects, template } from './programs.ts';

/** A folder with the bundlers, and with projects that each have one driver. */
export class Workspace implements AsyncDisposable {
  readonly folder: string;
  /** Where bundles go: what is not in them is not found from there. */
  readonly bundles: string;

  private constructor(folder: string, bundles: string) {
    this.folder = folder;
    this.bundles = bundles;
  }

  static async install(registryUrl: string): Promise<Workspace> {
    const workspace = new Workspace(
      await mkdtemp(join(tmpdir(), 'agent-sessions-bundlers-')),
      await mkdtemp(join(tmpdir(), 'agent-sessions-bundles-')),
    );
    await workspace.#install(registryUrl);
    return workspace;
  }

  async #install(registryUrl: string): Promise<void> {
    await cp(template, this.folder, { recursive: true });
    await writeFile(join(this.folder, '.npmrc'), `@agent-sessions:registry=${registryUrl}\n`);
    for (const { name, installs } of projects) {
      const dependencies = Object.fromEntries(
        [...installs, '@openai/agents'].map((dependency) => [dependency, '*']),
      );
      const manifest = JSON.stringify({ name, private: true, dependencies });
      await writeFile(join(this.#folderOf(name), 'package.json'), manifest);
    }
    await this.run(240, 'pnpm', 'install', '--no-frozen-lockfile');
    await this.#writeMains();
  }

  /** What prints the result of each program as JSON. */
  async #writeMains(): Promise<void> {
    for (const program of globSync('programs/*/*.mjs', { cwd: this.folder })) {
      const name = program.replace(/^.*\/|\.mjs$/g, '');
      await writeFile(
        join(this.folder, dirname(program), `${name}.main.mjs`),
        `import { use } from './${name}.mjs';
        use(process.env).then(
          (result) => console.log(JSON.stringify(result)),
          (error) => { console.error(error); process.exitCode = 1; },
        );`,
      );
    }
  }

  /** The programs to bundle, as paths in this folder. */
  get mains(): string[] {
    return globSync('programs/*/*.main.mjs', { cwd: this.folder }).sort();
  }

  /** Runs a command here, and gives all that it printed. */
  async run(seconds: number, command: string, ...args: string[]): Promise<string> {
    const options = { cwd: this.folder, env: this.environment };
    const { output } = await runWithin(seconds, command, args, options);
    return output;
  }

  get environment(): NodeJS.ProcessEnv {
    return { ...usersEnvironment(), NEXT_TELEMETRY_DISABLED: '1' };
  }

  command(name: string): string {
    return join(this.folder, 'node_modules/.bin', name);
  }

  /** Puts a package beside the bundles of the project that has it. */
  async putBeside(bundles: string, packageName: string): Promise<void> {
    for (const { name, installs } of projects) {
      if (!installs.includes(packageName)) continue;
      const link = join(bundles, name, 'node_modules', packageName);
      await mkdir(dirname(link), { recursive: true });
      await symlink(realpathSync(join(this.#folderOf(name), 'node_modules', packageName)), link);
    }
  }

  /** The drivers that a package finds which a project has installed. */
  driversOf({ name }: Project, packageName: string): string[] {
    const installed = realpathSync(join(this.#folderOf(name), 'node_modules', packageName));
    const found: string[] = [];
    for (let folder = installed; dirname(folder) !== folder; folder = dirname(folder)) {
      const modules = folder.endsWith('/node_modules') ? folder : join(folder, 'node_modules');
      for (const driver of drivers) {
        if (existsSync(join(modules, driver))) found.push(driver);
      }
    }
    return [...new Set(found)].sort();
  }

  #folderOf(project: string): string {
    return join(this.folder, 'programs', project);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
    await rm(this.bundles, { recursive: true, force: true });
  }
}
