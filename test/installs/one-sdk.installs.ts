import { afterAll, describe, expect, inject, test } from 'vitest';
import { type PackageManager, UserProject } from './project.ts';

const oldest = '0.17.0';

/** The versions of the SDK that a user may have. */
const versions = [oldest, '0.18.0', '0.19.0', '0.20.0'];

const managers: readonly PackageManager[] = ['npm', 'pnpm'];

const ours = ['@agent-sessions/sqlite', 'better-sqlite3'];

/** Stores an item, and says what a refused transaction is refused with. */
const program = `
import { SQLiteSession } from '@agent-sessions/sqlite';
import { UserError } from '@openai/agents';

const session = new SQLiteSession();
await session.addItems([{ role: 'user', content: 'Hello' }]);
const transaction = { operationId: '', transaction: { type: 'append_items', items: [] } };
const refusal = await session.applyHistoryTransaction(transaction).catch((error) => error);
const items = await session.getItems();
await session.close();
console.log(JSON.stringify({ items, isUserError: refusal instanceof UserError }));
`;

const cases = managers.flatMap((manager) => versions.map((version) => ({ manager, version })));

describe.for(cases)(
  'with @openai/agents $version, installed by $manager',
  ({ manager, version }) => {
    const projects: UserProject[] = [];
    afterAll(async () => {
      for (const project of projects) await project[Symbol.asyncDispose]();
    });
    const create = async (options?: { readonly lockfile: boolean }) => {
      const project = await UserProject.create(manager, inject('registryUrl'), options);
      projects.push(project);
      return project;
    };

    test('there is one SDK where it was installed first', async () => {
      const project = await create();
      await project.install(`@openai/agents@${version}`);
      await project.install(...ours);
      expect(project.copiesOf('@openai/agents-core')).toEqual([version]);
    });

    test('errors are those of that SDK', async () => {
      await projects[0]?.write('program.mjs', program);
      const printed = await projects[0]?.run(process.execPath, 'program.mjs');
      expect(JSON.parse(printed ?? '')).toEqual({
        items: [expect.objectContaining({ role: 'user', content: 'Hello' })],
        isUserError: true,
      });
    });

    // What is installed anew is the newest, so one that came first is the hardest to meet if it is old.
    if (version !== oldest) return;

    test('there is one SDK where it was installed first, without a lockfile', async () => {
      const project = await create({ lockfile: false });
      await project.install(`@openai/agents@${version}`);
      await project.install(...ours);
      expect(project.copiesOf('@openai/agents-core')).toEqual([version]);
    });

    test('there is one SDK where both were in the manifest from the start', async () => {
      const project = await create();
      const dependencies = Object.fromEntries(ours.map((name) => [name, '*']));
      await project.write('package.json', {
        private: true,
        dependencies: { ...dependencies, '@openai/agents': version },
      });
      await project.install();
      expect(project.copiesOf('@openai/agents-core')).toEqual([version]);
    });
  },
);
