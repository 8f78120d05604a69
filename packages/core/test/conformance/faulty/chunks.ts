import type { AgentInputItem } from '@openai/agents';
import { decode, encode, PlainSession } from '../plain-session.ts';
import { type Fault, fault, plain, turn } from './fault.ts';
import { plainSession, table } from './table.ts';

/** Takes what it is given in requests of a limited size. */
abstract class InChunks extends PlainSession {
  override async addItems(items: AgentInputItem[]): Promise<void> {
    const chunks = this.chunksOf(items.map(encode));
    for (const [n, chunk] of chunks.entries()) {
      if (n > 0) await this.pause();
      this.histories.set(this.id, [...(this.histories.get(this.id) ?? []), ...chunk]);
    }
  }

  protected abstract chunksOf(texts: readonly string[]): string[][];

  protected pause(): Promise<void> {
    return turn();
  }
}

function ofItems(size: number, pause: () => Promise<void> = turn): Fault['open'] {
  class OfItems extends InChunks {
    protected override chunksOf(texts: readonly string[]): string[][] {
      const count = Math.ceil(texts.length / size);
      return Array.from({ length: count }, (_, n) => texts.slice(n * size, (n + 1) * size));
    }

    protected override pause(): Promise<void> {
      return pause();
    }
  }
  return plain(OfItems);
}

/** Begins another request before one gets larger than a megabyte. */
class OfMegabytes extends InChunks {
  protected override chunksOf(texts: readonly string[]): string[][] {
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
}

class ReadsInPages extends PlainSession {
  override async getItems(limit?: number): Promise<AgentInputItem[]> {
    if (limit !== undefined) return super.getItems(limit);
    const texts: string[] = [];
    for (;;) {
      const from = texts.length;
      const page = (this.histories.get(this.id) ?? []).slice(from, from + 100);
      texts.push(...page);
      if (page.length < 100) return texts.map(decode);
      await turn();
    }
  }
}

class ClearsInPages extends PlainSession {
  override async clearSession(): Promise<void> {
    for (;;) {
      const texts = this.histories.get(this.id) ?? [];
      if (texts.length <= 100) return super.clearSession();
      texts.splice(0, 100);
      await turn();
    }
  }
}

export const chunkFaults: readonly Fault[] = [
  fault('a batch is written in chunks of 25', ofItems(25), [
    'no reader sees half of a large batch',
    'large batches that two instances add at once',
  ]),
  fault(
    'a batch is written in chunks of 100, without a break',
    ofItems(100, () => Promise.resolve()),
    'no reader sees half of a large batch',
  ),
  fault(
    'a batch is written in chunks of 500',
    ofItems(500),
    'no reader sees half of a large batch',
  ),
  fault('a batch is written in chunks of 1 MB', plain(OfMegabytes), [
    'no reader sees half of a large batch',
    'large batches that two instances add at once',
  ]),
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
  }),
  fault('a history is read in pages', plain(ReadsInPages), 'not parts of two'),
  fault('a history is cleared in pages', plain(ClearsInPages), 'not parts of two'),
  ...table(plainSession, {
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
