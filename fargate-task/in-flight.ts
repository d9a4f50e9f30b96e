/** Applies `work` to the items with at most `inFlightMax` of them under way, and yields the results in their order. */
export async function* mapInOrder<From, To>(
  items: AsyncIterable<From>,
  inFlightMax: number,
  work: (item: From) => To | Promise<To>,
): AsyncGenerator<To> {
  const underWay: Promise<To>[] = [];
  try {
    for await (const item of items) {
      const result = Promise.resolve(work(item));
      result.catch(() => undefined); // it is awaited below, in its turn
      underWay.push(result);
      if (underWay.length >= inFlightMax) yield await takeFirst(underWay);
    }
    while (underWay.length > 0) yield await takeFirst(underWay);
  } finally {
    await Promise.allSettled(underWay);
  }
}

async function takeFirst<T>(queue: Promise<T>[]): Promise<T> {
  const first = queue.shift();
  if (!first) throw new RangeError('nothing is under way');
  return await first;
}

/** Runs `work` over the items in lanes, until all are taken or `shouldStop` says so. `work` must not reject. */
export async function forEachInFlight<T>(
  items: readonly T[],
  inFlightMax: number,
  shouldStop: () => boolean,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  const queue = items.entries();
  const lane = async (): Promise<void> => {
    while (!shouldStop()) {
      const next = queue.next();
      if (next.done) return;
      await work(next.value[1], next.value[0]);
    }
  };
  await Promise.all(Array.from({ length: Math.min(inFlightMax, items.length) }, lane));
}
