/**
 * Encryption for any session: AES-256-GCM, a key for each session, rotation and expiry.
 *
 * @module
 */
export type { EncryptionContext } from './binding.ts';
export { EncryptedSession, type EncryptedSessionConstructor } from './encrypted-session.ts';
export type { ExpiryOptions } from './expiry.ts';
export type { KeyProvider, ProvidedKey } from './keys/key-provider.ts';
export type { KeyRing, RingKey, SecretKey } from './keys/key-ring.ts';
export type { EncryptedSessionOptions, KeyOptions } from './options.ts';
export type { RewriteOptions, RewriteProgress } from './rewrite.ts';
