/** The version of the envelope, which is authenticated with its content. */
export const ENVELOPE_VERSION = 1;

/** What a sealed record consists of; see docs/envelope.md. */
export interface Envelope {
  /** The id of the key that it was sealed with. */
  readonly kid: string;
  /** The commitment to that key and to what the record is bound to: 24 bytes in base64. */
  readonly kc: string;
  /** 12 bytes in base64. */
  readonly iv: string;
  /** When the text was sealed first, in milliseconds since 1970; expiry counts from here. */
  readonly ts: number;
  /** Ciphertext and the tag of 16 bytes, in base64. */
  readonly ct: string;
}

/** A key id stands in the envelope as it is, so it has nothing that JSON escapes. */
const KEY_ID = /^[!#-[\]-~]{1,512}$/;
const HEAD =
  /^\{"v":1,"kid":"([!#-[\]-~]{1,512})","kc":"([A-Za-z0-9+/]{32})","iv":"([A-Za-z0-9+/]{16})","ts":(0|[1-9]\d{0,14}),"ct":"/;
const END = '"}';

/** True for 1 to 512 visible ASCII characters without `"` and `\`. */
export function isKeyId(kid: unknown): kid is string {
  return typeof kid === 'string' && KEY_ID.test(kid);
}

/** The one spelling of an envelope; a record is this text. */
export function formatEnvelope({ kid, kc, iv, ts, ct }: Envelope): string {
  return `{"v":${ENVELOPE_VERSION},"kid":"${kid}","kc":"${kc}","iv":"${iv}","ts":${ts},"ct":"${ct}"}`;
}

/**
 * Reads a record, or gives `undefined` if it is not an envelope in its one spelling. Others are
 * refused though JSON may mean the same by them: then each byte of a record counts.
 */
export function parseEnvelope(record: string): Envelope | undefined {
  const head = HEAD.exec(record);
  if (head === null || !record.endsWith(END)) return undefined;
  const [start, kid = '', kc = '', iv = '', ts] = head;
  return { kid, kc, iv, ts: Number(ts), ct: record.slice(start.length, -END.length) };
}

/** True if a record is an item in plain text. */
export function isPlainItem(record: string): boolean {
  try {
    const value: unknown = JSON.parse(record);
    if (typeof value !== 'object' || value === null) return false;
    const { type, role } = value as Readonly<Record<string, unknown>>;
    return typeof type === 'string' || typeof role === 'string';
  } catch {
    return false;
  }
}
