/**
 * For `@agent-sessions/advanced`, which keeps tables of its own beside those of this package: the
 * dialects, and the runner of transactions with its retries. No part of the public interface.
 *
 * @module
 * @internal
 */
export { SessionDatabase } from './database.ts';
export { detectDialect } from './dialects/detect.ts';
export type { Database, Execute, Inspection, SqlDialect, Statement } from './dialects/dialect.ts';
export { labelOf, openSqliteFile, openUrl } from './open-url.ts';
export { executeOn } from './prepare.ts';
export type { Unit } from './records.ts';
export { resolveTables, type Tables } from './tables.ts';
