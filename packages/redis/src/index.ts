/**
 * Sessions in Redis or Valkey, through ioredis.
 *
 * @module
 */
export type { RedisClient } from './client.ts';
export type {
  RedisSessionStoreOptions,
  RedisStorageOptions,
  ReplicaConfirmation,
} from './options.ts';
export { RedisSession, type RedisSessionOptions } from './redis-session.ts';
export { RedisSessionStore } from './redis-store.ts';
