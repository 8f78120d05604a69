import { sessionKey, splitKey } from '@agent-sessions/core/backend';
import type { MemoryBackend } from '../../../src/memory-backend.ts';
import type { Fault } from './fault.ts';
import { faulty, kinds, table } from './table.ts';
import { backend, store } from './worlds.ts';

/** Backends that take a key for another one. */
const confusing = (confuse: (owner: string, id: string) => string): Fault['open'] => {
  const other = (key: string): string => {
    const { owner, sessionId } = splitKey(key);
    return confuse(owner, sessionId);
  };
  return faulty(backend, {
    append: (real) => (key, append) => real(other(key), append),
    window: (real) => (key, limit) => real(other(key), limit),
    snapshot: (real) => (key, query) => real(other(key), query),
    replaceTail: (real) => (key, replacement) => real(other(key), replacement),
    rewrite: (real) => (key, rewrite) => real(other(key), rewrite),
    clear: (real) => (key) => real(other(key)),
  });
};

/** The keys of all sessions with the id that is in a key. */
async function namesakes(object: MemoryBackend, key: string): Promise<string[]> {
  const { sessionId } = splitKey(key);
  const request = { owner: undefined, prefix: sessionId, limit: 1000, after: undefined };
  const found = await object.listSessions(request);
  return found
    .filter((info) => info.sessionId === sessionId)
    .map(({ owner }) => sessionKey(owner, sessionId));
}

const pages = 'the pages of an owner';
const directory = 'an owner lists, describes and deletes';
const refused = 'what is no owner is refused';

export const ownerFaults: readonly Fault[] = [
  ...kinds(confusing, {
    'owners are not looked at': [
      [
        'equal ids of owners are different',
        'an operation of one owner is none of another',
        'no id of one owner names',
      ],
      (_owner, id) => id,
    ],
    'owner and id are joined by a slash': [
      'no id of one owner names',
      (owner, id) => (owner === '' ? id : `${owner}/${id}`),
    ],
    'owners end at 40 characters': [
      'equal ids of owners are different',
      (owner, id) => sessionKey(owner.slice(0, 40), id),
    ],
  }),
  ...table(backend, {
    'an owner lists all sessions': {
      breaks: [directory, pages],
      listSessions: (real) => (request) => real({ ...request, owner: undefined }),
    },
    'the list of all is that of nobody': {
      breaks: 'lists the sessions of all owners',
      listSessions: (real) => (request) => real({ ...request, owner: request.owner ?? '' }),
    },
    'a page of an owner is cut off from one of all': {
      breaks: pages,
      listSessions: (real) => async (request) => {
        const { owner } = request;
        const all = await real({ ...request, owner: undefined });
        return all.filter((info) => owner === undefined || info.owner === owner);
      },
    },
    'to delete one deletes its namesakes': {
      breaks: directory,
      deleteSession: (real, object) => async (key) => {
        for (const one of await namesakes(object, key)) await real(one);
        return true;
      },
    },
    'a deletion is told to namesakes': {
      breaks: "is not told of another's deletion",
      deleteSession: (real, object) => async (key) => {
        const existed = await real(key);
        for (const one of await namesakes(object, key)) {
          const { records } = await object.snapshot(one);
          await real(one);
          await object.append(one, { records });
        }
        return existed;
      },
    },
  }),
  ...table(store, {
    'any owner will do': {
      breaks: refused,
      forOwner: (real) => (owner) => {
        try {
          return real(owner);
        } catch {
          return real('nobody');
        }
      },
    },
    'an owner can become another one': {
      breaks: refused,
      forOwner: (real) => (owner) =>
        Object.assign(real(owner), { forOwner: (other: string) => real(other) }),
    },
  }),
];
