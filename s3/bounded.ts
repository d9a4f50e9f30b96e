import { setMaxListeners } from 'node:events';

/**
 * Runs `work` for every item, at most `atOnceMax` at a time, and gives the results in order. The first error stops the
 * others through their signal and is thrown once all have ended, so that nothing goes on behind the caller's back.
 */
export async function mapBounded<Item, Result>(
  items: readonly Item[],
  atOnceMax: number,
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
  signal: AbortSignal,
): Promise<Result[]> {
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  setMaxListeners(0, both); // each request under way listens to it, which Node would take for a leak
  const results: Result[] = [];
  const failures: unknown[] = [];
  let next = 0;
  const runOne = async (): Promise<void> => {
    while (next < items.length && failures.length === 0) {
      const index = next++;
      try {
        results[index] = await work(items[index] as Item, both);
      } catch (error) {
        failures.push(error);
        stop.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnceMax, items.length) }, runOne));
  if (failures.length > 0) throw failures[0];
  return results;
}
