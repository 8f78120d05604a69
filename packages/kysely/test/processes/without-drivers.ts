/**
 * Opens a session by a URL in a process in which no driver is installed. Argument: the URL. Says
 * which error there was.
 */
import { registerHooks } from 'node:module';

registerHooks({
  resolve: (specifier, context, nextResolve) => {
    if (['pg', 'mysql2', 'better-sqlite3'].includes(specifier)) {
      throw new Error(`Cannot find package '${specifier}'`);
    }
    return nextResolve(specifier, context);
  },
});

const { KyselySession } = await import('@agent-sessions/kysely');
const session = new KyselySession({ url: process.argv[2] ?? '' });
const { code, message } = await session.getItems().then(
  () => ({ code: 'none', message: '' }),
  (error) => error,
);
process.send?.({ code, message });
process.disconnect();
