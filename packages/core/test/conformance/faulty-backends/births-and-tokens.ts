import { newToken } from '@agent-sessions/core/backend';
import { type BackendFault, now, replaceNow, telling, touch, wrong, wrongWorld } from './fault.ts';

export const birthAndTokenFaults: Readonly<Record<string, BackendFault>> = {
  'metadata counts as a record': wrong('starts at revision 0', (real) => ({
    setMetadata: async (id, metadata) => {
      await real.setMetadata(id, metadata);
      await touch(real, id);
    },
  })),
  'all births are one': wrong(
    'a birth of its own',
    telling((state) => ({ ...state, birth: 'birth' })),
  ),
  'a deletion gives no new birth': wrong(
    [
      'has another birth and counts anew',
      'a birth that is over',
      'is none of the one begun after it',
    ],
    telling((state, id) => ({ ...state, birth: id })),
  ),
  'a write gives a new birth': wrong(
    'every write keeps the birth',
    telling((state) => ({ ...state, birth: `${state.birth} ${state.revision}` })),
  ),
  'clear() gives a new birth': wrong('clear() removes the records', (real) => ({
    clear: async (id) => {
      if (await real.deleteSession(id)) await real.setMetadata(id, null);
    },
  })),
  'clear() takes the metadata': wrong('keeps the birth and the metadata', (real) => ({
    clear: async (id) => {
      await real.clear(id);
      if (await real.getSession(id)) await real.setMetadata(id, null);
    },
  })),
  'clear() leaves the revision': wrongWorld('clear() removes the records', () => {
    const cleared = new Map<string, number>();
    return (real) => ({
      ...telling((state, id) => ({
        ...state,
        revision: state.revision - (cleared.get(state.birth + id) ?? 0),
      }))(real),
      clear: async (id) => {
        const state = await now(real, id);
        await real.clear(id);
        const key = `${state?.birth}${id}`;
        cleared.set(key, (cleared.get(key) ?? 0) + 1);
      },
    });
  }),
  'clear() makes the session': wrong('clear() makes no session', (real) => ({
    clear: async (id) => {
      if ((await now(real, id)) === undefined) await real.setMetadata(id, null);
      await real.clear(id);
    },
  })),
  'a deletion only clears': wrong('deleteSession() leaves nothing', (real) => ({
    deleteSession: async (id) => {
      await real.clear(id);
      return (await now(real, id)) !== undefined;
    },
  })),
  'a deletion has always deleted': wrong('says whether there was something', (real) => ({
    deleteSession: async (id) => {
      await real.deleteSession(id);
      return true;
    },
  })),
  'append() ignores the birth': wrong(['a birth that is over', 'to a birth makes no'], (real) => ({
    append: (id, { birth: _, ...append }) => real.append(id, append),
  })),
  'append() with an operation ignores the birth': wrong('a birth that is over', (real) => ({
    append: (id, { birth, ...append }) =>
      real.append(id, append.operation ? append : { ...append, birth }),
  })),
  'append() compares the birth with one that is there': wrong('to a birth makes no', (real) => ({
    append: async (id, { birth, ...append }) =>
      real.append(id, (await now(real, id)) ? { ...append, birth } : append),
  })),
  'append() to a birth is refused': wrong('the birth of the session is written', (real) => ({
    append: async (id, append) => (append.birth ? undefined : real.append(id, append)),
  })),
  'no state is any state': wrong('replaceTail() without a state', (real) => ({
    replaceTail: (id, replacement) =>
      replacement.state ? real.replaceTail(id, replacement) : replaceNow(real, id, replacement),
  })),
  'an empty session is none': wrong('replaceTail() without a state', (real) => ({
    replaceTail: async (id, replacement) => {
      const isEmpty = (await real.snapshot(id)).records.length === 0;
      return isEmpty && replacement.state === undefined
        ? replaceNow(real, id, replacement)
        : real.replaceTail(id, replacement);
    },
  })),
  'a token is made of the revision': wrong(
    'leaves another token',
    telling((state) => ({ ...state, token: `${state.birth} ${state.revision}` })),
  ),
  'rewrite() leaves the token': wrongWorld('leaves another token', () => {
    const tokens = new Map<string, string>();
    return (real) => {
      const told = telling((state) => ({
        ...state,
        token: tokens.get(state.token) ?? state.token,
      }))(real);
      return {
        ...told,
        rewrite: async (id, rewrite) => {
          const before = await now(real, id);
          const written = await told.rewrite?.(id, rewrite);
          if (written === undefined || before === undefined) return undefined;
          tokens.set(written.state.token, tokens.get(before.token) ?? before.token);
          return { state: { ...written.state, token: rewrite.state.token } };
        },
      };
    };
  }),
  'a write returns the state before it': wrong('a write returns the state', (real) => ({
    replaceTail: async (id, replacement) => {
      const state = await now(real, id);
      const written = await real.replaceTail(id, replacement);
      return written && { ...written, state: state ?? written.state };
    },
  })),
  'append() returns the revision before it': wrong('a write returns the state', (real) => ({
    append: async (id, append) => {
      const revision = (await now(real, id))?.revision ?? 0;
      const added = await real.append(id, append);
      return added && { ...added, revision };
    },
  })),
  'a read leaves another token': wrong('reads change nothing', (real) => ({
    window: async (id, limit) => {
      const operation = { key: newToken(), fingerprint: '' };
      if (await now(real, id)) await real.append(id, { records: [], operation });
      return real.window(id, limit);
    },
  })),
  'metadata raises the revision': wrong('metadata is no write', (real) => ({
    setMetadata: async (id, metadata) => {
      const isNew = (await now(real, id)) === undefined;
      await real.setMetadata(id, metadata);
      if (!isNew) await touch(real, id);
    },
  })),
};
