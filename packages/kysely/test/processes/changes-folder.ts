/**
 * Makes a store with a relative path in one folder, and uses it in another. Arguments: both. Says when
 * it is done.
 */
import { KyselySession } from '@agent-sessions/kysely';

const [first = '', second = ''] = process.argv.slice(2);
process.chdir(first);
const session = new KyselySession({ url: 'sqlite:relative.db', createTables: true });
process.chdir(second);
await session.addItems([{ role: 'user', content: 'Hello' }]);
await session.close();
process.send?.('done');
process.disconnect();
