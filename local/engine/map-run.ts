import { createHash } from 'node:crypto';
import { DATA_SIZE_BYTES_MAX, sizeOfJson, type Place } from './data.ts';
import type { MapState } from './definition.ts';
import { executionArn } from './description.ts';
import { Interruption, StateFailure } from './errors.ts';
import type { ItemCounts, JournalLine, MapPlan } from './events.ts';
import { apply, itemsOf, recordOf } from './fold.ts';
import type { JournalStore, JournalWriter } from './journal.ts';
import { inputOfItem, planItems, pump } from './run-map.ts';
import { Run, type LiveItems } from './run.ts';
import type { ExecutionRecord, Frame } from './record.ts';
import { isClosing, linkedController, throwIfAborted, type LinkedController } from './signals.ts';

/** Step Functions runs 10,000 items at once; one machine has no use for so many. */
const ITEMS_AT_ONCE_MAX = 1000;
/** Items that did not succeed, as many as a page can show; their journal keeps them all. */
export const RECORDS_SHOWN_MAX = 100;

/** The outputs of the items that succeeded, in order. Each item is an execution of its own, with its own history. */
export async function runDistributedMap(place: Place, state: MapState): Promise<unknown> {
  const { run, scope, frame } = place;
  if (!frame.map) {
    const plan = await planItems(place, state);
    const total = plan.reader ? await countItems(place, plan.reader) : plan.total;
    run.emit({ event: 'mapped', scope: scope.id, plan: { ...plan, total } });
    await run.flush();
  }
  const map = new MapRun(place, state, frame.map ?? { total: 0, concurrencyMax: 0 });
  run.mapRuns.set(frame.run, map);
  try {
    await map.work();
    return map.result();
  } finally {
    if (!isClosing(place.signal)) run.emit({ event: 'counted', scope: scope.id, items: map.counts() });
    run.mapRuns.delete(frame.run);
    await map.close();
  }
}

/** The journal that the items of one run of a distributed map share. */
export const journalIdOfItems = (journalId: string, frame: Pick<Frame, 'sequence' | 'mapNumber'>): string =>
  `${journalId}#${frame.sequence}.${frame.mapNumber}`;

type Item = Readonly<{ index: number; value: unknown }>;
type BegunItem = Readonly<{ index: number; record: ExecutionRecord }>;

class MapRun implements LiveItems {
  private readonly place: Place;
  private readonly state: MapState;
  private readonly plan: MapPlan;
  private readonly journalId: string;
  private readonly journal: JournalWriter;
  private readonly controller: LinkedController;
  /** begun and not succeeded; of the failed ones only some */
  private readonly children: Map<number, ExecutionRecord>;
  private readonly begun: Set<number>;
  private readonly outputs: Map<number, unknown>;
  private outputsSizeBytes = 0;
  private succeededCount: number;
  private failedCount = 0;
  private runningCount = 0;
  private error: Error | undefined;

  constructor(place: Place, state: MapState, plan: MapPlan) {
    this.place = place;
    this.state = state;
    this.plan = plan;
    this.journalId = journalIdOfItems(place.run.journalId, place.frame);
    this.controller = linkedController(place.signal);
    const found = readItemRecords(place.run.services.journals, this.journalId, (started, index) =>
      recordOf(this.executionOf(index), state.processor, started),
    );
    this.children = found.unfinished;
    this.outputs = found.outputs;
    this.begun = new Set([...found.unfinished.keys(), ...found.outputs.keys()]);
    this.succeededCount = found.outputs.size;
    for (const output of found.outputs.values()) this.noteSize(output);
    this.journal = place.run.services.journals.open(this.journalId);
  }

  counts(): ItemCounts {
    const { succeededCount: succeeded, failedCount: failed, runningCount: running } = this;
    const { total } = this.plan;
    return { total, succeeded, failed, running, pending: Math.max(0, total - succeeded - failed - running) };
  }

  records(): readonly (readonly [number, ExecutionRecord])[] {
    return [...this.children].slice(0, RECORDS_SHOWN_MAX);
  }

  /** Throws States.ExceedToleratedFailureThreshold, or the interruption, after every item at work has ended. */
  async work(): Promise<void> {
    for (const child of this.children.values()) if (this.hasFailedForGood(child)) this.failedCount += 1;
    this.checkTolerance();
    const atOnceMax = Math.min(this.plan.concurrencyMax || ITEMS_AT_ONCE_MAX, ITEMS_AT_ONCE_MAX);
    await pump(this.items(), atOnceMax, (item) => this.runItem(item));
    this.controller.unlink();
    throwIfAborted(this.place.signal);
    if (this.error !== undefined) throw this.error;
  }

  /** Throws States.DataLimitExceeded like Step Functions, where larger results need a ResultWriter. */
  result(): unknown[] {
    if (this.outputsSizeBytes > DATA_SIZE_BYTES_MAX) {
      throw new StateFailure(
        'States.DataLimitExceeded',
        `the results of the items have more than ${DATA_SIZE_BYTES_MAX} bytes`,
      );
    }
    return [...this.outputs].sort(([left], [right]) => left - right).map(([, output]) => output);
  }

  async close(): Promise<void> {
    await this.journal
      .close()
      .catch((error: unknown) => this.place.run.services.report(this.place.run.record.id, error));
  }

  /** Of an earlier attempt at the whole map, before the latest redrive, nothing is final but success. */
  private hasFailedForGood(child: ExecutionRecord): boolean {
    const isOfThisEpoch = child.epoch === this.place.run.record.redriveCount;
    return isOfThisEpoch && (child.status === 'FAILED' || child.status === 'TIMED_OUT');
  }

  /** Those that had begun come first, even when all is being given up: they may hold executions to be stopped. */
  private async *items(): AsyncGenerator<Item | BegunItem> {
    for (const [index, record] of [...this.children]) if (!this.hasFailedForGood(record)) yield { index, record };
    try {
      yield* this.newItems();
    } catch (error) {
      this.giveUp(readerFailure(error));
    }
  }

  private async *newItems(): AsyncGenerator<Item> {
    if (this.controller.signal.aborted) return;
    let index = 0;
    for await (const value of this.values()) {
      if (this.controller.signal.aborted) return;
      if (!this.begun.has(index)) yield { index, value };
      index += 1;
    }
    if (index !== this.plan.total) throw new Error(`the list had ${this.plan.total} items and has ${index} now`);
  }

  private values(): AsyncIterable<unknown> | Iterable<unknown> {
    const { reader } = this.plan;
    return reader ? readItems(this.place, reader) : itemsOf(this.place.frame);
  }

  private async runItem(item: Item | BegunItem): Promise<void> {
    this.runningCount += 1;
    let record: ExecutionRecord | undefined;
    try {
      const run = 'record' in item ? this.resume(item) : await this.begin(item);
      ({ record } = run);
      await this.conductItem(run);
    } catch (error) {
      this.giveUp(error);
    }
    this.runningCount -= 1;
    if (record) this.settle(item.index, record);
  }

  private async begin(item: Item): Promise<Run> {
    const input = await inputOfItem(this.place, this.state, item);
    const { clock } = this.place.run.services;
    const name = this.nameOf(item.index);
    const epoch = this.place.run.record.redriveCount;
    const started = {
      event: 'started',
      machine: this.state.processor.name,
      name,
      input,
      epoch,
      atMs: clock.nowMs(),
    } as const;
    const record = recordOf(this.executionOf(item.index), this.state.processor, started);
    this.journal.append({ ...started, item: item.index });
    this.children.set(item.index, record);
    return this.runOf(record, item.index);
  }

  private resume({ index, record }: BegunItem): Run {
    const run = this.runOf(record, index);
    const epoch = this.place.run.record.redriveCount;
    if (record.status !== 'RUNNING' || record.epoch !== epoch) run.emit({ event: 'redriven', epoch });
    return run;
  }

  private runOf(record: ExecutionRecord, index: number): Run {
    const append = (line: JournalLine): void => this.journal.append({ ...line, item: index });
    const sink = { append, flush: () => this.journal.flush() };
    return new Run(record, `${this.journalId}.${index}`, sink, this.place.run.services);
  }

  private async conductItem(run: Run): Promise<void> {
    const { signal } = this.controller;
    const follow = (): void => run.interrupt(isClosing(signal) ? 'close' : 'sibling');
    if (signal.aborted) follow();
    else signal.addEventListener('abort', follow, { once: true });
    try {
      await this.place.run.services.interpreter.conduct(run);
    } finally {
      signal.removeEventListener('abort', follow);
    }
  }

  private settle(index: number, record: ExecutionRecord): void {
    if (record.status === 'SUCCEEDED') {
      this.children.delete(index);
      this.succeededCount += 1;
      this.outputs.set(index, record.root.output);
      this.noteSize(record.root.output);
    } else if (record.status === 'FAILED' || record.status === 'TIMED_OUT') {
      this.failedCount += 1;
      if (this.failedCount > RECORDS_SHOWN_MAX) this.children.delete(index);
      this.checkTolerance();
    }
  }

  /** A result that is too large is not kept in memory: the map fails at its end whatever follows. */
  private noteSize(output: unknown): void {
    this.outputsSizeBytes += sizeOfJson(output) + 1;
    if (this.outputsSizeBytes > DATA_SIZE_BYTES_MAX) this.outputs.clear();
  }

  private checkTolerance(): void {
    const { total, toleratedFailureCount, toleratedFailurePercentage } = this.plan;
    const isNothingSaid = toleratedFailureCount === undefined && toleratedFailurePercentage === undefined;
    const countMax = toleratedFailureCount ?? (isNothingSaid ? 0 : Infinity);
    const percentageMax = toleratedFailurePercentage ?? 100;
    const isExceeded = this.failedCount > countMax || this.failedCount * 100 > percentageMax * total;
    if (!isExceeded) return;
    const cause = `The specified tolerated failure threshold was exceeded: ${this.failedCount} of ${total} items failed`;
    this.giveUp(new StateFailure('States.ExceedToleratedFailureThreshold', cause));
  }

  private giveUp(error: unknown): void {
    this.error ??= error instanceof Error ? error : new Error(String(error));
    this.controller.abort(new Interruption('sibling'));
  }

  /** The same after a crash, and as long as Step Functions makes them. */
  private nameOf(index: number): string {
    const digits = createHash('sha256').update(`${this.journalId}.${index}`).digest('hex');
    return [
      digits.slice(0, 8),
      digits.slice(8, 12),
      digits.slice(12, 16),
      digits.slice(16, 20),
      digits.slice(20, 32),
    ].join('-');
  }

  private executionOf(index: number): string {
    return executionArn(this.state.processor.name, this.nameOf(index));
  }
}

export type ItemRecords = Readonly<{ unfinished: Map<number, ExecutionRecord>; outputs: Map<number, unknown> }>;

/** What the journal says of each item; a succeeded one is reduced to its output at once. */
export function readItemRecords(
  journals: JournalStore,
  journalId: string,
  begin: (started: Extract<JournalLine, { event: 'started' }>, index: number) => ExecutionRecord,
): ItemRecords {
  const unfinished = new Map<number, ExecutionRecord>();
  const outputs = new Map<number, unknown>();
  for (const line of journals.read(journalId)) {
    const index = line.item ?? 0;
    if (line.event === 'started') {
      unfinished.set(index, begin(line, index));
      continue;
    }
    const record = unfinished.get(index);
    if (!record) continue;
    apply(record, line);
    if (record.status !== 'SUCCEEDED') continue;
    outputs.set(index, record.root.output);
    unfinished.delete(index);
  }
  return { unfinished, outputs };
}

async function countItems(place: Place, reader: { bucket: string; key: string }): Promise<number> {
  let total = 0;
  try {
    for await (const _value of readItems(place, reader)) total += 1;
  } catch (error) {
    throwIfAborted(place.signal);
    throw readerFailure(error);
  }
  return total;
}

async function* readItems(place: Place, reader: { bucket: string; key: string }): AsyncGenerator<unknown> {
  const lines = place.run.services.resources.readItems(reader, { signal: place.signal });
  for await (const line of lines) {
    if (typeof line !== 'string') yield line;
    else if (line.trim() !== '') yield JSON.parse(line) as unknown;
  }
}

const readerFailure = (error: unknown): StateFailure =>
  error instanceof StateFailure
    ? error
    : new StateFailure('States.ItemReaderFailed', error instanceof Error ? error.message : String(error));
