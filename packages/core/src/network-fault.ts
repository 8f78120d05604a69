/** What keeps a connection from coming about, if it is neither the server nor the way to it. */
export type NetworkFault = 'host' | 'tls';

const UNKNOWN_HOST: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN']);
/** Codes of OpenSSL and of Node, and what drivers call their own refusals. */
const TLS =
  /^(?:CERT_|ERR_SSL_|ERR_TLS_|DEPTH_ZERO_SELF_SIGNED_CERT$|SELF_SIGNED_CERT|UNABLE_TO_(?:GET|VERIFY)_|EPROTO$|HANDSHAKE_(?:NO_)?SSL_)/;
/** What drivers and Node say where they have no code. */
const TLS_TEXT = /does not support SSL connections|before secure TLS connection was established/;

/**
 * Tells from an error of a socket if a host name is not known, or if both sides could not agree on TLS:
 * for these the advice is another one than for a server that does not answer.
 *
 * @example
 * ```ts
 * import { networkFault } from '@agent-sessions/core/backend';
 *
 * function advise(error: unknown): string {
 *   return networkFault(error) === 'host' ? 'Correct the host name.' : 'Start the server.';
 * }
 * ```
 */
export function networkFault(error: unknown): NetworkFault | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error ? String(error.code) : '';
  if (UNKNOWN_HOST.has(code)) return 'host';
  return TLS.test(code) || TLS_TEXT.test(error.message) ? 'tls' : undefined;
}
