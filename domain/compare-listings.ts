import { compareKeys } from './keys.ts';
import type { ObjectFacts } from './objects.ts';

/** Whatever stands under a key: an object, or a whole history. */
type Keyed = Readonly<{ key: string }>;

/** One key of either side. `key` is the source's form of it; the destination's own key stands in its facts. */
export type ListingPair<Source extends Keyed = ObjectFacts, Destination extends Keyed = Source> =
  | Readonly<{ side: 'source'; key: string; source: Source }>
  | Readonly<{ side: 'destination'; key: string; destination: Destination }>
  | Readonly<{ side: 'both'; key: string; source: Source; destination: Destination }>;

/**
 * Walks two listings in step and yields every key of either side once, in byte order. Holds one page of each side.
 * `sourceKeyOf` turns a destination key into the source's form (the prefixes change places).
 */
export async function* compareListings<Source extends Keyed, Destination extends Keyed = Source>(
  source: AsyncIterable<readonly Source[]>,
  destination: AsyncIterable<readonly Destination[]>,
  sourceKeyOf: (destinationKey: string) => string = (key) => key,
): AsyncGenerator<ListingPair<Source, Destination>> {
  const left = new Cursor(source);
  const right = new Cursor(destination);
  try {
    let a = await left.next();
    let b = await right.next();
    while (a !== undefined || b !== undefined) {
      const order = orderOf(a, b, sourceKeyOf);
      if (order === 0 && a && b) yield { side: 'both', key: a.key, source: a, destination: b };
      else if (order < 0 && a) yield { side: 'source', key: a.key, source: a };
      else if (b) yield { side: 'destination', key: sourceKeyOf(b.key), destination: b };
      if (order <= 0) a = left.take() ?? (await left.next());
      if (order >= 0) b = right.take() ?? (await right.next());
    }
  } finally {
    await Promise.all([left.close(), right.close()]);
  }
}

function orderOf(a: Keyed | undefined, b: Keyed | undefined, sourceKeyOf: (key: string) => string): number {
  if (!a) return 1;
  if (!b) return -1;
  return Math.sign(compareKeys(a.key, sourceKeyOf(b.key)));
}

/** Reads pages one at a time; `take` answers from the page in hand without a promise, which is most of the calls. */
class Cursor<Item> {
  private readonly pages: AsyncIterator<readonly Item[]>;
  private page: readonly Item[] = [];
  private position = 0;

  constructor(pages: AsyncIterable<readonly Item[]>) {
    this.pages = pages[Symbol.asyncIterator]();
  }

  take(): Item | undefined {
    return this.page[this.position++];
  }

  async next(): Promise<Item | undefined> {
    for (;;) {
      const facts = this.take();
      if (facts) return facts;
      const step = await this.pages.next();
      if (step.done) return undefined;
      this.page = step.value;
      this.position = 0;
    }
  }

  async close(): Promise<void> {
    await this.pages.return?.();
  }
}
