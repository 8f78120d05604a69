/** Reads a session of a file. Argument: the file. Prints the code of the error, and that of its cause. */
import { isSessionError } from '@agent-sessions/core';
import { SQLiteSession } from '@agent-sessions/sqlite';

try {
  await new SQLiteSession({ path: process.argv[2] ?? '', sessionId: 'a' }).getItems();
} catch (error) {
  if (!isSessionError(error)) throw error;
  const { cause } = error;
  process.stdout.write(`${error.code} ${cause instanceof Error && 'code' in cause && cause.code}`);
}
