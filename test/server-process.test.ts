import { describe, expect, test } from 'vitest';
import { startServer } from './support/server-process.ts';

const ready = () => false;

describe('a server that a test starts', () => {
  test('and that ends at once is an error with its last words', async () => {
    const script = 'console.error("the port is taken"); process.exit(3)';
    const started = startServer({ command: process.execPath, args: ['-e', script], ready });
    await expect(started).rejects.toThrow(/ended with 3 the port is taken/);
  });

  test('and whose program is not there is an error that names it', async () => {
    const started = startServer({ command: 'no-such-server', args: [], ready });
    await expect(started).rejects.toThrow(/spawn no-such-server ENOENT/);
  });
});
