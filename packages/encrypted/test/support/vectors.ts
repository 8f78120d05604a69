import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One of the published vectors; docs/envelope.md says what they are. */
export interface Vector {
  readonly name: string;
  readonly passphrase?: string;
  readonly key: string;
  readonly kid: string;
  readonly owner: string;
  readonly sessionId: string;
  readonly context: Readonly<Record<string, string>>;
  readonly binding: string;
  readonly recordKey: string;
  readonly commitment: string;
  readonly fingerprintKey: string;
  readonly iv: string;
  readonly ts: number;
  readonly plaintext: string;
  readonly envelope: string;
  readonly operationId: string;
  readonly fingerprint: string;
}

export const DOCS: string = join(import.meta.dirname, '..', '..', 'docs');
export const VECTORS: string = join(DOCS, 'vectors.json');

export function readVectors(): Vector[] {
  return JSON.parse(readFileSync(VECTORS, 'utf8'));
}

/** What the ledger calls an operation. */
export function operationKeyOf(operationId: string): string {
  return createHash('sha256').update(JSON.stringify(operationId)).digest('hex');
}
