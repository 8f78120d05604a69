import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type Bundles, bundlers } from './bundles/bundlers.ts';
import { type Project, programs, projects } from './bundles/programs.ts';
import { Servers } from './bundles/servers.ts';
import { Workspace } from './bundles/workspace.ts';
import { drivers, skip } from './users.ts';

const oneItem = [
  expect.objectContaining({
    role: 'user',
    content: expect.toSatisfy((content) => JSON.stringify(content).includes('"Hello"')),
  }),
];

const noDriver = projects.find(({ name }) => name === 'no-driver') as Project;

let servers: Servers;
let workspace: Workspace;
beforeAll(async () => {
  servers = await Servers.start();
  workspace = await Workspace.install(inject('registryUrl'));
}, 300_000);
afterAll(async () => {
  await workspace?.[Symbol.asyncDispose]();
  await servers?.[Symbol.asyncDispose]();
});

test.for(projects)('the packages of the project $name find no driver but its own', (project) => {
  for (const name of project.installs.filter((name) => name.startsWith('@agent-sessions/'))) {
    const found = workspace.driversOf(project, name);
    expect(project.installs).toEqual(expect.arrayContaining(found));
  }
});

describe.for(bundlers)('bundled by $name', (bundler) => {
  // Each test fails with what the bundler printed, if it failed.
  let bundling: Promise<Bundles> | undefined;
  const bundled = () => {
    bundling ??= bundler.bundle(workspace, servers.env);
    return bundling;
  };
  afterAll(async () => {
    const bundles = await bundling?.catch(() => undefined);
    await bundles?.[Symbol.asyncDispose]();
  });

  test('nothing is said about a package of ours', async () => {
    const { output } = await bundled();
    expect(output.split('\n').filter((line) => line.includes('/@agent-sessions/'))).toEqual([]);
  });

  for (const program of programs) {
    const driver = program.project.installs.filter(
      (name) => drivers.has(name) && name !== 'kysely',
    );
    const alone = driver.length > 0 ? ` where ${driver} is the only driver` : '';
    test(`${program.entry} runs${alone}`, async (context) => {
      const why = servers.whyNot(program.project);
      if (why !== undefined) return skip(why, context);
      expect(await (await bundled()).run(program)).toEqual(oneItem);
    });
  }

  test('a `url` is refused with the entry to import instead', async () => {
    const refusals = await (await bundled()).run({ project: noDriver, name: 'urls' });
    const naming = (entry: string) =>
      expect.stringMatching(new RegExp(`^unsupported: .*@agent-sessions/${entry}\\b`));
    expect(refusals).toEqual({
      postgres: naming('kysely/postgres'),
      mysql: naming('kysely/mysql'),
      sqlite: naming('kysely/sqlite'),
      'advanced, postgres': naming('advanced/postgres'),
      'advanced, sqlite': naming('advanced/sqlite'),
    });
  });
});
