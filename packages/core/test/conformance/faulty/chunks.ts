import { decode, encode } from '../plain-session.ts';
import { type Fault, turn } from './fault.ts';
import { faulty, kinds, table } from './table.ts';
import { plainSession } from './worlds.ts';

type Texts = readonly string[];

/** Sessions that take what they are given in requests of a limited size. */
const inChunks = ([chunksOf, pause = turn]: readonly [
  chunksOf: (texts: Texts) => Texts[],
  pause?: () => Promise<void>,
]): Fault['open'] =>
  faulty(plainSession, {
    addItems: (_real, object) => async (items) => {
      for (const [n, chunk] of chunksOf(items.map(encode)).entries()) {
        if (n > 0) await pause();
        object.texts = [...object.texts, ...chunk];
      }
    },
  });

const ofItems =
  (size: number) =>
  (texts: Texts): Texts[] =>
    Array.from({ length: Math.ceil(texts.length / size) }, (_, n) =>
      texts.slice(n * size, (n + 1) * size),
    );

/** Begins another request before one gets larger than a megabyte. */
function ofMegabytes(texts: Texts): Texts[] {
  const chunks: string[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const text of texts) {
    size += text.length;
    if (size > 1_000_000) {
      chunks.push([]);
      size = text.length;
    }
    chunks.at(-1)?.push(text);
  }
  return chunks;
}

const half = 'no reader sees half of a large batch';
const contiguous = 'large batches that two instances add at once';

export const chunkFaults: readonly Fault[] = [
  ...kinds(inChunks, {
    'a batch is written in chunks of 25': [[half, contiguous], [ofItems(25)]],
    'a batch is written in chunks of 100, without a break': [
      half,
      [ofItems(100), () => Promise.resolve()],
    ],
    'a batch is written in chunks of 500': [half, [ofItems(500)]],
    'a batch is written in chunks of 1 MB': [[half, contiguous], [ofMegabytes]],
  }),
  ...table(plainSession, {
    // Encodes each chunk when its turn comes.
    'a batch is encoded in chunks': {
      breaks: 'a large batch of which one item is refused',
      addItems: (real) => async (items) => {
        if (items.length <= 25) return real(items);
        for (let from = 0; from < items.length; from += 25) {
          await real(items.slice(from, from + 25));
        }
      },
    },
    'a history is read in pages': {
      breaks: 'not parts of two',
      getItems: (real, object) => async (limit) => {
        if (limit !== undefined) return real(limit);
        const texts: string[] = [];
        for (;;) {
          const page = object.texts.slice(texts.length, texts.length + 100);
          texts.push(...page);
          if (page.length < 100) return texts.map(decode);
          await turn();
        }
      },
    },
    'a history is cleared in pages': {
      breaks: 'not parts of two',
      clearSession: (real, object) => async () => {
        while (object.texts.length > 100) {
          object.texts = object.texts.slice(100);
          await turn();
        }
        await real();
      },
    },
    // Asks for a last page only if the one before was not full.
    'a full page lacks an item': {
      breaks: 'exact around every size that a page may have',
      getItems: (real) => async (limit) => {
        if (limit === undefined || limit <= 0 || limit % 50 !== 0) return real(limit);
        return (await real(limit)).slice(1);
      },
    },
  }),
];
