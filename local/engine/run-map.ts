import { bindingsOf, numberOf, withinLimit, type Place } from './data.ts';
import type { MapState } from './definition.ts';
import { StateFailure } from './errors.ts';
import type { MapPlan } from './events.ts';
import { itemsOf } from './fold.ts';
import type { Scope } from './record.ts';
import { outputsOf, together, type Siblings } from './run-parallel.ts';
import { evaluateTemplate } from './template.ts';

/** Step Functions, "Quotas": an inline map runs at most this many iterations at once. */
const ITERATIONS_AT_ONCE_MAX = 40;

/** The iterations' outputs in the order of the items. The first one that fails aborts the others. */
export async function runInlineMap(place: Place, state: MapState): Promise<unknown> {
  const { run, scope, frame } = place;
  if (!frame.map) run.emit({ event: 'mapped', scope: scope.id, plan: await planItems(place, state) });
  const { total = 0, concurrencyMax = 0 } = frame.map ?? {};
  await together(place, async (siblings) => {
    const iterations = iterationsOf(place, total, siblings);
    const atOnceMax = Math.min(concurrencyMax || ITERATIONS_AT_ONCE_MAX, ITERATIONS_AT_ONCE_MAX);
    await pump(iterations, atOnceMax, (index) => iterate(place, state, index, siblings));
  });
  return withinLimit(outputsOf(frame), 'the result of the iterations');
}

/** Those that had begun come first, for they may hold executions; new ones only while nothing has failed. */
function* iterationsOf({ frame }: Place, total: number, siblings: Siblings): Generator<number> {
  const begun = new Set(frame.scopes.keys());
  yield* begun;
  for (let index = 0; index < total && !siblings.signal.aborted; index += 1) {
    if (!begun.has(index)) yield index;
  }
}

async function iterate(place: Place, state: MapState, index: number, siblings: Siblings): Promise<void> {
  try {
    await siblings.run(place.frame.scopes.get(index) ?? (await beginIteration(place, state, index)));
  } catch (error) {
    siblings.giveUp(error);
  }
}

async function beginIteration(place: Place, state: MapState, index: number): Promise<Scope> {
  const { run, scope, frame } = place;
  const value = itemsOf(frame)[index];
  const input = await inputOfItem(place, state, { index, value });
  run.emit({ event: 'iterated', scope: scope.id, index, ...(state.itemSelector && { input }) });
  const iteration = frame.scopes.get(index);
  if (!iteration) throw new Error(`iteration ${index} did not begin`);
  return iteration;
}

export async function inputOfItem(
  place: Place,
  state: MapState,
  item: Readonly<{ index: number; value: unknown }>,
): Promise<unknown> {
  if (!state.itemSelector) return item.value;
  return withinLimit(await evaluateTemplate(state.itemSelector, bindingsOf(place, { item })), 'the input of an item');
}

/** Evaluates what a map needs to know before it begins. A reader's items are counted by the caller. */
export async function planItems(place: Place, state: MapState): Promise<MapPlan> {
  const bindings = bindingsOf(place);
  const whole = { min: 0, isWhole: true };
  const count = await numberOf(state.toleratedFailureCount, whole, bindings);
  const percentage = await numberOf(state.toleratedFailurePercentage, { min: 0 }, bindings);
  const limits = {
    concurrencyMax: (await numberOf(state.maxConcurrency, whole, bindings)) ?? 0,
    ...(count !== undefined && { toleratedFailureCount: count }),
    ...(percentage !== undefined && { toleratedFailurePercentage: percentage }),
  };
  if (state.reader) return { total: 0, ...limits, reader: readerOf(await evaluateTemplate(state.reader, bindings)) };
  const items = state.items ? await evaluateTemplate(state.items, bindings) : place.frame.input;
  if (!Array.isArray(items))
    throw new StateFailure('States.QueryEvaluationError', 'the items of a map must be an array');
  return {
    total: items.length,
    ...limits,
    ...(state.items && { items: withinLimit(items, 'the items') as unknown[] }),
  };
}

function readerOf(value: unknown): { bucket: string; key: string } {
  const { Bucket: bucket, Key: key } = value as Record<string, unknown>;
  if (typeof bucket === 'string' && typeof key === 'string') return { bucket, key };
  throw new StateFailure('States.ItemReaderFailed', 'an ItemReader needs a Bucket and a Key');
}

/** Works on the entries, `atOnceMax` at a time, in their order. `work` must not reject. */
export async function pump<Entry>(
  entries: Iterable<Entry> | AsyncIterable<Entry>,
  atOnceMax: number,
  work: (entry: Entry) => Promise<void>,
): Promise<void> {
  let runningCount = 0;
  let wake = (): void => undefined;
  const finished = (): void => {
    runningCount -= 1;
    wake();
  };
  for await (const entry of entries) {
    runningCount += 1;
    work(entry).then(finished, finished);
    while (runningCount >= atOnceMax) await new Promise<void>((resolve) => (wake = resolve));
  }
  while (runningCount > 0) await new Promise<void>((resolve) => (wake = resolve));
}
