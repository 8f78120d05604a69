import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Resolves to what a command printed. @throws an error with its output, if it failed. */
export async function run(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(command, args, {
      ...options,
      maxBuffer: 2 ** 26,
    });
    return stdout;
  } catch (cause) {
    const { code, signal, stdout = '', stderr = '' } = cause as ExecFileFailure;
    const parts = [`${command} ${args.join(' ')}: ended with ${signal ?? code}`, stdout, stderr];
    throw new Error(parts.filter((part) => part.trim() !== '').join('\n'), { cause });
  }
}

/** What `execFile` rejects with. */
interface ExecFileFailure {
  /** The exit code, or why the command did not start. */
  readonly code?: number | string;
  readonly signal?: string;
  readonly stdout?: string;
  readonly stderr?: string;
}
