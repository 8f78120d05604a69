import { lookup } from 'node:dns/promises';
import { assertNode, networkFault } from '@agent-sessions/core/backend';
import { describe, expect, test } from 'vitest';

describe('an error of a socket', () => {
  test('of a host name that nobody knows is told from others', async () => {
    const error = await lookup('no-such-host.invalid').catch((reason: unknown) => reason);
    expect(networkFault(error)).toBe('host');
  });

  test.each([
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls'],
    ['CERT_HAS_EXPIRED', 'tls'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls'],
    ['ECONNREFUSED', undefined],
    ['ETIMEDOUT', undefined],
  ])('%s is %s', (code, fault) => {
    expect(networkFault(Object.assign(new Error('refused'), { code }))).toBe(fault);
  });
});

describe('a Node', () => {
  test.each(['20.20.2', '22.13.1'])(
    '%s is refused, and the error says which one is needed',
    (version) => {
      expect(() => assertNode('better-sqlite3', version)).toThrow(
        expect.objectContaining({ code: 'unsupported', message: expect.stringContaining('22.14') }),
      );
    },
  );

  test.each(['22.14.0', '24.21.0', '26.0.0'])('%s is taken', (version) => {
    expect(() => assertNode('better-sqlite3', version)).not.toThrow();
  });
});
