import type { Clock, Random } from '../../domain/time.ts';
import { ExecutionRefusedError, Interruption, TaskTokenUnknownError, type InterruptionKind } from './errors.ts';
import type { EngineEvent, ItemCounts, JournalLine, ParentLink, TaskAnswer } from './events.ts';
import { apply } from './fold.ts';
import { HISTORY_EVENTS_MAX } from './history.ts';
import type { JournalStore } from './journal.ts';
import type { ExecutionDescription } from './description.ts';
import type { ExecutionRecord, Scope, StateRun } from './record.ts';
import type { EngineResources } from './resources.ts';
import { isClosing, newController, reasonOf } from './signals.ts';
import type { TaskTokens } from './task-tokens.ts';

/** What every execution of an engine shares. */
export type Services = Readonly<{
  clock: Clock;
  random: Random;
  resources: EngineResources;
  journals: JournalStore;
  children: ChildExecutions;
  tokens: TaskTokens;
  interpreter: Interpreter;
  report: (execution: string, error: unknown) => void;
}>;

/** The interpreter, handed to the states that hold flows of their own. */
export interface Interpreter {
  /** Runs a flow until it has succeeded or failed; throws the signal's reason when interrupted. */
  runScope(run: Run, scope: Scope, signal: AbortSignal): Promise<void>;
  /** Runs an execution until it has ended or the engine closes. */
  conduct(run: Run): Promise<void>;
}

/** The items of a distributed map at work. */
export interface LiveItems {
  counts(): ItemCounts;
  /** those that run or failed, not more than a page can show */
  records(): readonly (readonly [index: number, record: ExecutionRecord])[];
}

/** How a state starts other executions and waits for them. */
export interface ChildExecutions {
  start(child: { execution: string; input: unknown; parent: ParentLink }): Promise<void>;
  describe(execution: string): ExecutionDescription | undefined;
  whenEnded(execution: string): Promise<ExecutionDescription>;
  stop(execution: string, reason: { error: string; cause: string }): Promise<void>;
}

/** Where an execution's events go: a journal of its own, or its part of a map's. */
export type Sink = Readonly<{ append: (line: JournalLine) => void; flush: () => Promise<void> }>;

/** An execution at work: its record, which only `emit` changes, and the means to interrupt it. */
export class Run {
  readonly record: ExecutionRecord;
  readonly journalId: string;
  readonly services: Services;
  /** distributed maps at work, by the state they belong to */
  readonly mapRuns = new Map<StateRun, LiveItems>();
  private readonly sink: Sink;
  private readonly controller = newController();
  private readonly answers = new Map<string, () => void>();

  constructor(record: ExecutionRecord, journalId: string, sink: Sink, services: Services) {
    this.record = record;
    this.journalId = journalId;
    this.sink = sink;
    this.services = services;
    for (const scope of record.scopes.values()) this.registerToken(scope);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** The first interruption stands. */
  interrupt(kind: InterruptionKind): void {
    this.controller.abort(new Interruption(kind));
  }

  /** Applies the event and notes it. Throws an Interruption when that has filled the history. */
  emit(event: EngineEvent): void {
    const line: JournalLine = { ...event, atMs: this.services.clock.nowMs() };
    apply(this.record, line);
    this.sink.append(line);
    const scope = 'scope' in event ? this.record.scopes.get(event.scope) : undefined;
    if (event.event === 'attempted' && scope) this.registerToken(scope);
    if (this.record.historyCount < HISTORY_EVENTS_MAX || this.record.status !== 'RUNNING' || this.signal.aborted)
      return;
    this.interrupt('history');
    throw reasonOf(this.signal);
  }

  /**
   * Resolves when all that was emitted is durable. A disk that is full or gone pauses the execution: it is reported
   * and tried again, for an effect without a journal could not be accounted for after a crash.
   */
  async flush(): Promise<void> {
    for (;;) {
      try {
        return await this.sink.flush();
      } catch (error) {
        this.services.report(this.record.id, error);
        if (isClosing(this.signal)) throw reasonOf(this.signal);
        await this.services.clock.sleep(JOURNAL_RETRY_MS);
      }
    }
  }

  private registerToken(scope: Scope): void {
    const attempt = scope.frame?.attempt;
    if (attempt?.token === undefined || attempt.answer || this.record.status !== 'RUNNING') return;
    const { token } = attempt;
    this.services.tokens.add(token, { answer: (answer) => this.answer(scope.id, token, answer) });
  }

  private async answer(scope: string, token: string, answer: TaskAnswer): Promise<void> {
    this.services.tokens.remove(token);
    if (isClosing(this.signal)) throw new ExecutionRefusedError('The engine is closing; the token stays valid');
    const waitsForIt = this.record.scopes.get(scope)?.frame?.attempt?.token === token;
    if (this.record.status !== 'RUNNING' || !waitsForIt)
      throw new TaskTokenUnknownError('No task waits for this token');
    this.emit({ event: 'answered', scope, answer });
    await this.flush();
    this.answers.get(token)?.();
  }

  /** Calls back once when the token is answered. */
  onAnswer(token: string, callback: () => void): void {
    this.answers.set(token, callback);
  }

  forgetToken(token: string): void {
    this.answers.delete(token);
    if (!isClosing(this.signal)) this.services.tokens.remove(token);
  }
}

const JOURNAL_RETRY_MS = 5000;
