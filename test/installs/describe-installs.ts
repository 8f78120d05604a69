import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type PackageManager, programOf, UserProject } from './project.ts';
import {
  drivers,
  type PackageUse,
  type ServerForProgram,
  skip,
  typesOfNode,
  uses,
} from './users.ts';

const root = join(import.meta.dirname, '../..');

/** The oldest Node that is supported, the one of this repository, and the newest. */
const nodes = [
  'test/installs/nodes/node_modules/node-22',
  'node_modules/node',
  'test/installs/nodes/node_modules/node-26',
].map((path) => {
  const manifest = readFileSync(join(root, path, 'package.json'), 'utf8');
  const { version }: { version: string } = JSON.parse(manifest);
  return { version, binary: join(root, path, 'bin/node') };
});

/** What each program prints: the one item that it stored, as JSON. */
const oneItem = /^\[\{[^\n]*"role":"user"[^\n]*"Hello"[^\n]*\}\]\n$/;

/** Tests each package in a project of its own, which has nothing else of this repository. */
export function describeInstalls(manager: PackageManager): void {
  for (const use of uses) {
    describe(`@agent-sessions/${use.name}, installed by ${manager}`, () => {
      let project: UserProject;
      beforeAll(async () => {
        project = await UserProject.create(manager, inject('registryUrl'));
      });
      afterAll(() => project[Symbol.asyncDispose]());
      describeInstall(use, () => project);
      describeProgram(use, () => project);
      if (use.name === 'core') describeCommand(() => project);
    });
  }
}

function describeInstall({ name, beside, brings }: PackageUse, project: () => UserProject): void {
  const packageName = `@agent-sessions/${name}`;

  test(`brings ${brings.join(', ') || 'nothing'} along, and no other driver`, async () => {
    await project().install(packageName);
    const ours = [...project().installed()].filter(
      (installed) => installed.startsWith('@agent-sessions/') || drivers.has(installed),
    );
    expect(ours.sort()).toEqual([packageName, ...brings].sort());
  });

  test('is installed by a command of its README', async () => {
    const readme = readFileSync(join(root, 'packages', name, 'README.md'), 'utf8');
    expect(readme).toContain(`npm install ${[packageName, ...beside].join(' ')}`);
    await project().install(packageName, ...beside, typesOfNode);
  });

  test('typechecks where it is imported and where it is required', async () => {
    await project().compile([programOf(name)]);
  });
}

function describeProgram({ name, startServer }: PackageUse, project: () => UserProject): void {
  describe('runs', () => {
    let server: ServerForProgram = { env: {}, stop: async () => {} };
    beforeAll(async () => {
      if (startServer) server = await startServer();
      if ('why' in server) console.log(`The program of ${name} is not run: ${server.why}`);
    });
    afterAll(async () => {
      if ('stop' in server) await server.stop();
    });

    for (const { version, binary } of nodes) {
      test.for([
        { how: 'imported', program: `out/${name}.mjs` },
        { how: 'required', program: `out/${name}.cjs` },
      ])(`on Node ${version}, $how`, async ({ program }, context) => {
        if ('why' in server) return skip(server.why, context);
        expect(await project().run(binary, program, server.env)).toMatch(oneItem);
      });
    }
  });
}

function describeCommand(project: () => UserProject): void {
  test('brings the command that tests a session', async () => {
    await project().write(
      'harness.mjs',
      `import { MemorySessionStore } from '@agent-sessions/core';
      const store = new MemorySessionStore();
      export const harness = { name: 'memory', open: (sessionId) => store.session(sessionId) };`,
    );
    const report = await project().execute('session-conformance', './harness.mjs');
    expect(report).toMatch(/\n[1-9]\d+ passed, 0 failed, \d+ skipped\n$/);
  });
}
