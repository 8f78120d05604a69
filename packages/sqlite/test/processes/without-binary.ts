/**
 * Opens a session in a process whose driver has no native part for this machine, as in a bundle. Says
 * which error there was.
 */
Object.defineProperty(process, 'arch', { value: 'none' });

const { SQLiteSession } = await import('@agent-sessions/sqlite');
let told = { code: 'none', message: '' };
try {
  new SQLiteSession();
} catch (error) {
  if (error instanceof Error && 'code' in error) {
    told = { code: String(error.code), message: error.message };
  }
}
process.send?.(told);
process.disconnect();
