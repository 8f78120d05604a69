import { expect, inject, test } from 'vitest';
import { programOf, UserProject } from './project.ts';
import { typesOfNode, uses } from './users.ts';

test('all packages are installed side by side, and every declaration of theirs typechecks', async () => {
  await using project = await UserProject.create('pnpm', inject('registryUrl'));
  // Nothing is found that a package does not depend on.
  await project.write('pnpm-workspace.yaml', 'hoist: false\n');
  const names = uses.map(({ name }) => `@agent-sessions/${name}`);
  const beside = new Set(uses.flatMap((use) => use.beside));
  await project.install(...names, ...beside, typesOfNode);
  await project.compile(
    uses.map(({ name }) => programOf(name)),
    // The SDK's own declarations name classes of browsers.
    { skipLibCheck: false, lib: ['esnext', 'dom'] },
  );
  expect([...project.installed()]).toEqual(expect.arrayContaining(names));
});
