/**
 * Does what a page tells its reader to do, and says what comes out. On the page, in this order:
 *
 * - code below a line that ends with a file's name (`quickstart.ts`:) goes into that file;
 * - a block of `sh` is run line by line, except for what installs packages or sets up a server;
 * - the block of `text` below it is what the commands print; a line `…` stands for any lines.
 */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { inReadersFolder } from './readers-folder.ts';

const root = join(import.meta.dirname, '..');
const BLOCK = /^```(\w+)\n(.*?)^```$/gms;
const LEFT_TO_THE_READER = /^(?:npm|docker|export) /;

/** Gives the page back; where it did not tell the truth, with what was printed instead. */
export function walkThrough(
  page: string,
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  return inReadersFolder(async (folder) => {
    await installCommand(folder);
    const run = (command: string): Promise<string> => runIn(folder, command, environment);
    const walked: string[] = [];
    let end = 0;
    let printed: string | undefined;
    for (const { index, 0: block, 1: language, 2: text = '' } of page.matchAll(BLOCK)) {
      const before = page.slice(end, index);
      end = index + block.length;
      let shown = block;
      if (language === 'sh') {
        const commands = text.split('\n').filter((line) => line && !LEFT_TO_THE_READER.test(line));
        const outputs: string[] = [];
        for (const command of commands) outputs.push(await run(command));
        printed = commands.length > 0 ? outputs.join('') : undefined;
      } else if (language === 'text' && printed !== undefined) {
        if (!asPattern(text).test(printed)) shown = `\`\`\`text\n${printed}\`\`\``;
        printed = undefined;
      } else {
        const [, file] = /`([^`\s]+\.\w+)`:\s*$/.exec(before) ?? [];
        if (file !== undefined) await writeFile(join(folder, file), text);
      }
      walked.push(before, shown);
    }
    return walked.join('') + page.slice(end);
  });
}

/** The command of `@agent-sessions/core`, which npm links; ours is not built. */
async function installCommand(folder: string): Promise<void> {
  const cli = join(root, 'packages/core/src/conformance/cli.ts');
  const script = `#!/usr/bin/env node
import { main } from ${JSON.stringify(cli)};
await main(process.argv.slice(2));
`;
  await mkdir(join(folder, 'node_modules/.bin'));
  await writeFile(join(folder, 'node_modules/.bin/session-conformance'), script, { mode: 0o755 });
}

/** What a command prints, whether it succeeds or not. */
async function runIn(
  folder: string,
  command: string,
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  const { OPENAI_API_KEY: _, ...inherited } = process.env;
  const env = {
    ...inherited,
    ...environment,
    NO_COLOR: '1',
    NODE_OPTIONS: '--conditions=@agent-sessions/source',
    PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
  };
  try {
    const { stdout } = await promisify(execFile)('sh', ['-c', command], { cwd: folder, env });
    return stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    return stdout || stderr;
  }
}

function asPattern(expected: string): RegExp {
  const lines = expected
    .split('\n')
    .map((line) => (line === '…' ? '(?:.*\\n)*?' : `${escapeForPattern(line)}\\n`));
  // The last line break is that of the fence.
  return new RegExp(`^${lines.slice(0, -1).join('')}$`);
}

function escapeForPattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
