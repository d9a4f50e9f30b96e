import { isDeepStrictEqual } from 'node:util';
import type { Clock, EpochMs, Random } from '../../domain/time.ts';
import { SECOND_MS } from '../../domain/time.ts';
import { asJson, DATA_SIZE_BYTES_MAX, sizeOfJson } from './data.ts';
import type { Machine } from './definition.ts';
import { machineNameOf, parseMachine, parseMachines } from './definition-parse.ts';
import {
  describeRecord,
  executionArn,
  journalIdOf,
  partsOfExecution,
  type ExecutionDescription,
} from './description.ts';
import {
  DefinitionRefusedError,
  ExecutionAlreadyExistsError,
  ExecutionMissingError,
  ExecutionRefusedError,
  ExecutionStateError,
  JournalDamagedError,
} from './errors.ts';
import type { JournalLine, ParentLink } from './events.ts';
import { apply, recordOf } from './fold.ts';
import type { JournalStore, JournalWriter } from './journal.ts';
import type { ExecutionRecord, StateRun } from './record.ts';
import type { EngineResources } from './resources.ts';
import { Run, type Services } from './run.ts';
import { conduct, runScope } from './run-scope.ts';
import { deferred, sleepUntil, type Deferred } from './signals.ts';
import { statesOf } from './states.ts';
import { TaskTokens } from './task-tokens.ts';

export type { ExecutionDescription } from './description.ts';
export type { JournalStore } from './journal.ts';
export type { ExecutionStatus, StateRun } from './record.ts';
export type { EngineResources } from './resources.ts';
export * from './errors.ts';

export type EngineOptions = Readonly<{
  /** machine name → ASL definition as parsed JSON, before substitutions */
  definitions: Readonly<Record<string, unknown>>;
  /** DefinitionSubstitutions: replaces `${name}` in any string of a definition */
  substitutions: Readonly<Record<string, string>>;
  resources: EngineResources;
  journals: JournalStore;
  clock: Clock;
  random: Random;
  /** what went wrong that is no failure of an execution: a full disk, a damaged journal, a defect of the engine */
  onProblem?: (problem: { execution: string; error: unknown }) => void;
}>;

/** An execution that runs, or what is kept in memory of one that has ended. */
type Entry = {
  readonly execution: string;
  readonly journalId: string;
  /** without input and output when they are large and the execution has ended */
  description: ExecutionDescription;
  isLightened: boolean;
  live: Readonly<{ run: Run; journal: JournalWriter; work: Promise<void> }> | undefined;
  ended: Deferred<ExecutionDescription>;
};

/** A reason of our own, because the one that an abort makes for itself costs a stack trace. */
const EXECUTION_HAS_ENDED = new Error('the execution has ended');

/** Larger inputs and outputs of executions that ended are read from the journal when they are asked for. */
const KEPT_SIZE_BYTES_MAX = 4096;

/** Names as Step Functions accepts them, less what would make trouble in a file's name. */
const NAME = /^[0-9A-Za-z_-][0-9A-Za-z._-]{0,79}$/;

/**
 * Runs state machines of the Amazon States Language (JSONata) so that a crash at any instant loses nothing: every
 * step is in an append-only journal before anything that depends on it happens. Leaves behind one journal for each
 * execution and one for each run of a distributed map. Only one engine at a time may use a journal store.
 */
export class Engine {
  private readonly machines: ReadonlyMap<string, Machine>;
  private readonly options: EngineOptions;
  private readonly services: Services;
  private readonly entries = new Map<string, Entry>();
  private readonly damaged = new Map<string, unknown>();
  private isClosed = false;

  private constructor(options: EngineOptions, machines: ReadonlyMap<string, Machine>) {
    this.options = options;
    this.machines = machines;
    this.services = {
      clock: options.clock,
      random: options.random,
      resources: options.resources,
      journals: options.journals,
      children: {
        start: (child) => this.startChild(child),
        describe: (execution) => this.describe(execution),
        whenEnded: (execution) => this.whenEnded(execution),
        stop: (execution, reason) => this.stop(execution, reason),
      },
      tokens: new TaskTokens(),
      interpreter: { runScope, conduct },
      report: (execution, error) => options.onProblem?.({ execution, error }),
    };
  }

  /** Throws DefinitionRefusedError that names machine, state and what is lacking, everything at once. */
  static load(options: EngineOptions): Engine {
    const unnameable = Object.keys(options.definitions).filter((name) => !NAME.test(name));
    if (unnameable.length > 0)
      throw new DefinitionRefusedError(unnameable.map((name) => `${name}: cannot be a machine's name`));
    return new Engine(options, parseMachines(options.definitions, options.substitutions));
  }

  /**
   * Goes on with every execution that was running; call it once, before anything else. A journal that is damaged or
   * cannot be run does not hold the others up: it is reported, or without `onProblem` thrown once the others run.
   */
  async recover(): Promise<void> {
    const found: { entry: Entry; record: ExecutionRecord }[] = [];
    for (const journalId of await this.options.journals.list()) {
      if (journalId.includes('#')) continue; // items of a distributed map, which their parent reads
      try {
        const record = this.readRecord(journalId);
        if (record) found.push({ record, entry: this.addEntry(record, journalId) });
      } catch (error) {
        this.damaged.set(journalId, error);
        this.services.report(journalId, error);
      }
    }
    for (const { entry, record } of found) {
      if (record.status === 'RUNNING') this.launch(entry, record, this.options.journals.open(entry.journalId));
      else this.retire(entry, record);
    }
    const [firstDamage] = this.damaged.values();
    if (firstDamage && !this.options.onProblem) throw firstDamage as Error;
  }

  private readRecord(journalId: string): ExecutionRecord | undefined {
    const [started, ...rest] = this.options.journals.read(journalId);
    if (!started) return undefined; // a crash came before the start was durable: nobody was told of it
    if (started.event !== 'started')
      throw new JournalDamagedError(`The journal ${journalId} does not begin with a start`);
    const record = recordOf(executionArn(started.machine, started.name), this.machineOf(started), started);
    for (const line of rest) apply(record, line);
    return record;
  }

  /** The definition that the execution started with, as in Step Functions, whatever is deployed meanwhile. */
  private machineOf(started: Extract<JournalLine, { event: 'started' }>): Machine {
    const present = this.machines.get(started.machine);
    if (present && isDeepStrictEqual(present.source, started.definition)) return present;
    return parseMachine(started.machine, started.definition);
  }

  /**
   * Resolves when the start survives a crash. The same name and input again, while it runs, is the same execution
   * (`isNew: false`). Rejects with ExecutionAlreadyExistsError or ExecutionRefusedError. (Step Functions API, StartExecution.)
   */
  async start(machine: string, name: string, input: unknown): Promise<{ execution: string; isNew: boolean }> {
    return this.begin(machine, name, input, undefined);
  }

  private async startChild(child: { execution: string; input: unknown; parent: ParentLink }): Promise<void> {
    const { machine, name } = partsOfExecution(child.execution);
    const { isNew } = await this.begin(machine, name, child.input, child.parent);
    if (!isNew) throw new ExecutionAlreadyExistsError(`The execution ${child.execution} exists already`);
  }

  private async begin(
    machineName: string,
    name: string,
    input: unknown,
    parent: ParentLink | undefined,
  ): Promise<{ execution: string; isNew: boolean }> {
    const machine = this.machines.get(machineNameOf(machineName));
    if (!machine) throw new ExecutionRefusedError(`There is no state machine ${machineName}`);
    if (this.isClosed) throw new ExecutionRefusedError('The engine is closing');
    if (!NAME.test(name)) throw new ExecutionRefusedError(`An execution cannot be named ${JSON.stringify(name)}`);
    if (input === undefined || sizeOfJson(input) > DATA_SIZE_BYTES_MAX) {
      throw new ExecutionRefusedError(`The input must be JSON of at most ${DATA_SIZE_BYTES_MAX} bytes`);
    }
    const execution = executionArn(machine.name, name);
    if (this.entries.has(execution)) return this.joinExisting(execution, input);
    const damage = this.damaged.get(journalIdOf(machine.name, name));
    if (damage) throw damage as Error;
    await this.create(machine, name, input, parent);
    return { execution, isNew: true };
  }

  private async joinExisting(execution: string, input: unknown): Promise<{ execution: string; isNew: false }> {
    const entry = this.entryOf(execution);
    const isSame = entry.live !== undefined && isDeepStrictEqual(entry.live.run.record.input, input);
    if (!isSame) throw new ExecutionAlreadyExistsError(`The execution ${execution} exists already`);
    await entry.live?.journal.flush();
    return { execution, isNew: false };
  }

  private async create(machine: Machine, name: string, input: unknown, parent: ParentLink | undefined): Promise<void> {
    const journalId = journalIdOf(machine.name, name);
    const started = {
      event: 'started',
      machine: machine.name,
      name,
      input: asJson(input),
      definition: machine.source,
      ...(parent && { parent }),
      atMs: this.options.clock.nowMs(),
    } as const;
    const record = recordOf(executionArn(machine.name, name), machine, started);
    const journal = this.options.journals.open(journalId);
    journal.append(started);
    const entry = this.addEntry(record, journalId);
    const durable = journal.flush();
    this.launch(entry, record, journal, durable);
    try {
      await durable;
    } catch (error) {
      this.entries.delete(entry.execution); // nothing has been done, and nobody was told that it started
      throw error;
    }
  }

  private addEntry(record: ExecutionRecord, journalId: string): Entry {
    const description = describeRecord(record);
    const entry: Entry = {
      execution: record.id,
      journalId,
      description,
      isLightened: false,
      live: undefined,
      ended: deferred(),
    };
    this.entries.set(record.id, entry);
    return entry;
  }

  private launch(entry: Entry, record: ExecutionRecord, journal: JournalWriter, isReady = Promise.resolve()): void {
    const sink = { append: (line: JournalLine): void => journal.append(line), flush: () => journal.flush() };
    const run = new Run(record, entry.journalId, sink, this.services);
    const timer = new AbortController();
    this.watchTimeout(run, timer.signal);
    const work = isReady
      .then(() => conduct(run))
      .then(async () => {
        await journal.close();
        if (record.status !== 'RUNNING') this.retire(entry, record);
      })
      .catch((error: unknown) => this.services.report(entry.execution, error))
      .finally(() => timer.abort(EXECUTION_HAS_ENDED));
    entry.live = { run, journal, work };
  }

  private watchTimeout(run: Run, ended: AbortSignal): void {
    const { timeoutSeconds } = run.record.machine;
    if (timeoutSeconds === undefined) return;
    const endsAtMs = (run.record.activeSinceMs + timeoutSeconds * SECOND_MS) as EpochMs;
    sleepUntil(this.options.clock, endsAtMs, ended).then(
      () => run.interrupt('timed-out'),
      () => undefined, // the execution ended first
    );
  }

  private retire(entry: Entry, record: ExecutionRecord): void {
    const description = describeRecord(record);
    entry.live = undefined;
    entry.isLightened = sizeOfJson([description.input, description.output]) > KEPT_SIZE_BYTES_MAX;
    const { output: _output, ...withoutOutput } = description;
    entry.description = entry.isLightened ? { ...withoutOutput, input: undefined } : description;
    entry.ended.resolve(description);
  }

  private entryOf(execution: string): Entry {
    const entry = this.entries.get(execution);
    if (!entry) throw new ExecutionMissingError(`There is no execution ${execution}`);
    return entry;
  }

  describe(execution: string): ExecutionDescription | undefined {
    const entry = this.entries.get(execution);
    return entry && this.describeEntry(entry);
  }

  private describeEntry(entry: Entry): ExecutionDescription {
    if (entry.live) return describeRecord(entry.live.run.record);
    const record = entry.isLightened ? this.readRecord(entry.journalId) : undefined;
    return record ? describeRecord(record) : entry.description;
  }

  /** Oldest first. Large inputs and outputs of executions that ended are left out: ask `describe` for them. */
  list(): ExecutionDescription[] {
    return [...this.entries.values()]
      .map((entry) => (entry.live ? describeRecord(entry.live.run.record) : entry.description))
      .sort((left, right) => left.startedAtMs - right.startedAtMs);
  }

  /**
   * Every state entered, in order, with those of distributed items that run or did not succeed. Inputs and outputs
   * above 4 KB are an Excerpt. Throws ExecutionMissingError.
   */
  states(execution: string): StateRun[] {
    const { live, journalId } = this.entryOf(execution);
    const { journals } = this.options;
    if (live) return statesOf({ record: live.run.record, journalId, journals, live: live.run.mapRuns });
    const record = this.readRecord(journalId);
    return record ? statesOf({ record, journalId, journals }) : [];
  }

  /** Resolves when the execution has ended. Rejects with ExecutionMissingError. */
  async whenEnded(execution: string): Promise<ExecutionDescription> {
    const entry = this.entryOf(execution);
    if (!entry.live && entry.description.status !== 'RUNNING') return this.describeEntry(entry);
    return entry.ended.promise;
  }

  /** Aborts tasks and the executions they wait for, and resolves when all have ended. Does nothing to one that ended. */
  async stop(execution: string, reason: { error?: string; cause?: string } = {}): Promise<void> {
    const { live, ended } = this.entryOf(execution);
    if (!live) return;
    if (!live.run.record.stopping && live.run.record.status === 'RUNNING') {
      live.run.emit({ event: 'stopping', ...reason });
      await live.run.flush();
    }
    live.run.interrupt('stop');
    await Promise.race([ended.promise, live.work]); // a closing engine lets go before the end; recovery completes the stop
  }

  /**
   * Continues a failed, stopped or timed-out execution at the state where it ended. Rejects with ExecutionStateError
   * when it runs, succeeded or has a full history. (Step Functions API, RedriveExecution.)
   */
  async redrive(execution: string): Promise<void> {
    const entry = this.entryOf(execution);
    const record = entry.live ? undefined : this.readRecord(entry.journalId);
    if (!record || record.status === 'SUCCEEDED' || this.isClosed) {
      throw new ExecutionStateError(`${execution} is ${this.describeEntry(entry).status} and cannot be redriven`);
    }
    if (describeRecord(record).isHistoryFull) {
      throw new ExecutionStateError(`${execution} cannot be redriven: its history is full`, {
        remedy: 'Start a new execution.',
      });
    }
    const line: JournalLine = { event: 'redriven', atMs: this.options.clock.nowMs() };
    apply(record, line);
    const journal = this.options.journals.open(entry.journalId);
    journal.append(line);
    entry.ended = deferred();
    const durable = journal.flush();
    this.launch(entry, record, journal, durable);
    try {
      await durable;
    } catch (error) {
      this.retire(entry, this.readRecord(entry.journalId) ?? record);
      throw error;
    }
  }

  /** Resolves when the answer survives a crash. Rejects with TaskTokenUnknownError. */
  async sendTaskSuccess(token: string, output: unknown): Promise<void> {
    await this.services.tokens.answer(token, { output: asJson(output) });
  }

  /** Like `sendTaskSuccess`; `error` is what Retry and Catch match. */
  async sendTaskFailure(token: string, failure: { error: string; cause: string }): Promise<void> {
    await this.services.tokens.answer(token, { error: failure.error, cause: failure.cause });
  }

  /** Begins the token's HeartbeatSeconds anew. Rejects with TaskTokenUnknownError. */
  async sendTaskHeartbeat(token: string): Promise<void> {
    this.services.tokens.beat(token);
  }

  /** Stops working without ending executions: tasks are aborted, and a later `recover` goes on. */
  async close(): Promise<void> {
    this.isClosed = true;
    const live = [...this.entries.values()].flatMap((entry) => entry.live ?? []);
    for (const { run } of live) run.interrupt('close');
    await Promise.all(live.map(({ work }) => work));
  }
}
