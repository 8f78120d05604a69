import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { programOf, UserProject } from './project.ts';
import { type ServerForProgram, skip, startRedis, typesOfNode } from './users.ts';

let server: ServerForProgram;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(async () => {
  if ('stop' in server) await server.stop();
});

// The newest is what users.ts installs.
describe.for(['5.4.1', '5'])('@agent-sessions/redis beside ioredis %s', (version) => {
  let project: UserProject;
  beforeAll(async () => {
    project = await UserProject.create('npm', inject('registryUrl'));
  });
  afterAll(() => project[Symbol.asyncDispose]());

  test('is installed by npm', async () => {
    const names = ['@agent-sessions/redis', `ioredis@${version}`, '@openai/agents', typesOfNode];
    await project.install(...names);
    expect(project.copiesOf('ioredis')).toEqual([expect.stringMatching(`^${version}\\b`)]);
  });

  test('takes its clients, as their types say', async () => {
    await project.compile([programOf('redis')]);
  });

  test('runs', async (context) => {
    if ('why' in server) return skip(server.why, context);
    expect(await project.run(process.execPath, 'out/redis.mjs', server.env)).toContain('"Hello"');
  });
});
