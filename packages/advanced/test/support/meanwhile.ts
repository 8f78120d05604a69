import type { RecordCipher } from '@agent-sessions/core/backend';
import type { TestKysely } from '../../../kysely/test/support/backends.ts';

/** Something that others do at a certain moment. */
export type Meanwhile = () => Promise<unknown>;

/** A cipher that leaves records as they are; before it gives some, `meanwhile` happens. */
export function readingSlowly(meanwhile: Meanwhile): RecordCipher {
  return {
    seal: async (texts) => [...texts],
    unseal: async (records) => {
      await meanwhile();
      return [...records];
    },
    fingerprint: async (text) => text,
    isFingerprintOf: async (stored, text) => stored === text,
    cleared: () => {},
  };
}

/** Has `meanwhile` happen before each transaction that an instance begins. */
export function beginningSlowly(db: TestKysely, meanwhile: Meanwhile): TestKysely {
  const begin = db.transaction.bind(db);
  type Builder = ReturnType<typeof begin>;
  const slow = (builder: Builder): Pick<Builder, 'setIsolationLevel' | 'execute'> => ({
    setIsolationLevel: (level) => slow(builder.setIsolationLevel(level)) as Builder,
    execute: async (work) => {
      await meanwhile();
      return builder.execute(work);
    },
  });
  return Object.assign(db, { transaction: () => slow(begin()) as Builder });
}
