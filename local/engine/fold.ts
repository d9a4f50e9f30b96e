import type { EpochMs } from '../../domain/time.ts';
import type { Machine } from './definition.ts';
import type { EngineEvent, Failure, JournalLine } from './events.ts';
import { eventsOfStepFunctions } from './history.ts';
import { excerptOf, type ExecutionRecord, type Frame, type Scope, type StateRun } from './record.ts';

type Of<Name extends EngineEvent['event']> = Extract<JournalLine, { event: Name }>;

/** The record of an execution that has just started, in the first state of its machine. */
export function recordOf(id: string, machine: Machine, started: Of<'started'>): ExecutionRecord {
  const root = newScope({ id: '', path: '' });
  const record: ExecutionRecord = {
    id,
    machine,
    name: started.name,
    input: started.input,
    parent: started.parent,
    startedAtMs: started.atMs,
    activeSinceMs: started.atMs,
    epoch: started.epoch ?? 0,
    redriveCount: 0,
    status: 'RUNNING',
    stopping: undefined,
    stoppedAtMs: undefined,
    error: undefined,
    cause: undefined,
    root,
    scopes: new Map([['', root]]),
    runs: [],
    framesCount: 0,
    historyCount: eventsOfStepFunctions(started),
  };
  enter(record, root, machine.startAt, started.input, started.atMs);
  return record;
}

/**
 * Brings a record forward by one event. The same events always give the same record: neither clock, randomness nor
 * the outside world is asked, and no expression is evaluated again. The record is changed in place.
 */
export function apply(record: ExecutionRecord, line: JournalLine): void {
  record.historyCount += eventsOfStepFunctions(line);
  switch (line.event) {
    case 'started':
      throw new Error('an execution starts once');
    case 'stopping':
      record.stopping = { ...(line.error && { error: line.error }), ...(line.cause && { cause: line.cause }) };
      return;
    case 'aborted':
      return end(record, 'ABORTED', line.atMs, record.stopping);
    case 'timed-out':
      return end(record, 'TIMED_OUT', line.atMs, {
        error: 'States.Timeout',
        cause: 'the TimeoutSeconds of the state machine passed',
      });
    case 'redriven':
      return redrive(record, line);
    default:
      return applyToScope(record, line);
  }
}

type ScopeLine = Extract<JournalLine, { scope: string }>;

function applyToScope(record: ExecutionRecord, line: ScopeLine): void {
  const scope = record.scopes.get(line.scope);
  const frame = scope?.frame;
  if (!scope || !frame) throw new Error(`${line.event}: the scope "${line.scope}" is not under way`);
  switch (line.event) {
    case 'attempted':
      return attempt(frame, line);
    case 'delivered':
      if (frame.attempt) frame.attempt.isDelivered = true;
      return;
    case 'answered':
      if (frame.attempt) frame.attempt.answer = line.answer;
      return;
    case 'waiting':
      frame.waitUntilMs = line.untilMs;
      frame.run.status = 'waiting';
      return;
    case 'forked':
      return fork(record, scope, frame, line);
    case 'mapped':
      return beginMap(record, frame, line);
    case 'iterated':
      return iterate(record, scope, frame, line);
    case 'counted':
      frame.run.items = line.items;
      return;
    case 'retrying':
      return retry(record, frame, line);
    case 'left':
      return leave(record, scope, frame, line);
    case 'failed':
      return fail(record, scope, frame, line);
  }
}

function newScope(about: Pick<Scope, 'id' | 'path'> & Partial<Scope>): Scope {
  return {
    outer: undefined,
    item: undefined,
    variables: {},
    status: 'running',
    frame: undefined,
    output: undefined,
    ...about,
  };
}

function enter(record: ExecutionRecord, scope: Scope, state: string, input: unknown, atMs: EpochMs): void {
  scope.frame = {
    sequence: record.framesCount,
    state,
    input,
    enteredAtMs: atMs,
    run: newRun(record, scope, state, input, atMs),
    retryCount: 0,
    retriesUsed: [],
    retryAtMs: undefined,
    attempt: undefined,
    waitUntilMs: undefined,
    fork: undefined,
    map: undefined,
    mapNumber: 0,
    scopes: new Map(),
    firstFailure: undefined,
  };
  record.framesCount += 1;
}

function newRun(record: ExecutionRecord, scope: Scope, state: string, input: unknown, atMs: EpochMs): StateRun {
  const type = record.machine.everyState.get(state)?.type;
  if (type === undefined) throw new Error(`the state machine ${record.machine.name} has no state "${state}"`);
  const path = scope.path === '' ? state : `${scope.path}/${state}`;
  const run: StateRun = {
    state,
    type,
    path,
    status: 'running',
    attempts: 0,
    enteredAtMs: atMs,
    input: excerptOf(input),
  };
  record.runs.push(run);
  return run;
}

function attempt(frame: Frame, line: Of<'attempted'>): void {
  const { token, child, timeoutMs, heartbeatMs } = line;
  frame.attempt = {
    arguments: line.arguments,
    ...(token !== undefined && { token }),
    ...(child !== undefined && { child }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(heartbeatMs !== undefined && { heartbeatMs }),
    startedAtMs: line.atMs,
    isDelivered: false,
    answer: undefined,
  };
  frame.run.attempts += 1;
  frame.run.status = token === undefined ? 'running' : 'waiting';
  if (child !== undefined) frame.run.childExecution = child;
}

function openScope(record: ExecutionRecord, outer: Scope, frame: Frame, index: number, item?: Scope['item']): Scope {
  const path = `${outer.path === '' ? '' : `${outer.path}/`}${frame.state}[${index}]`;
  const scope = newScope({ id: `${frame.sequence}:${index}`, path, outer, item });
  frame.scopes.set(index, scope);
  record.scopes.set(scope.id, scope);
  return scope;
}

function fork(record: ExecutionRecord, scope: Scope, frame: Frame, line: Of<'forked'>): void {
  const state = record.machine.everyState.get(frame.state);
  if (state?.type !== 'Parallel') throw new Error(`"${frame.state}" has no branches`);
  const input = line.input === undefined ? frame.input : line.input;
  frame.fork = { count: line.count, input };
  frame.run.attempts += 1;
  frame.run.status = 'running';
  state.branches.forEach((branch, index) => {
    enter(record, openScope(record, scope, frame, index), branch.startAt, input, line.atMs);
  });
}

function beginMap(record: ExecutionRecord, frame: Frame, line: Of<'mapped'>): void {
  const state = record.machine.everyState.get(frame.state);
  frame.map = line.plan;
  frame.mapNumber += 1;
  frame.run.attempts += 1;
  frame.run.status = 'running';
  if (state?.type === 'Map' && state.isDistributed) frame.run.mapRun = `${frame.sequence}.${frame.mapNumber}`;
}

function iterate(record: ExecutionRecord, scope: Scope, frame: Frame, line: Of<'iterated'>): void {
  const state = record.machine.everyState.get(frame.state);
  if (state?.type !== 'Map') throw new Error(`"${frame.state}" has no iterations`);
  const value = itemsOf(frame)[line.index];
  const iteration = openScope(record, scope, frame, line.index, { index: line.index, value });
  enter(record, iteration, state.processor.startAt, line.input === undefined ? value : line.input, line.atMs);
}

/** The items of a Map state that reads none: its own list, or its input when that is the list. */
export const itemsOf = (frame: Frame): readonly unknown[] => frame.map?.items ?? (frame.input as readonly unknown[]);

function retry(record: ExecutionRecord, frame: Frame, line: Of<'retrying'>): void {
  frame.retryCount += 1;
  frame.retriesUsed[line.retrier] = (frame.retriesUsed[line.retrier] ?? 0) + 1;
  frame.retryAtMs = line.untilMs;
  frame.run.status = 'waiting';
  frame.run.error = line.error;
  frame.run.cause = line.cause;
  forgetWork(record, frame, line.atMs);
}

/** What was tried in this state is over; another try begins from its input. */
function forgetWork(record: ExecutionRecord, frame: Frame, atMs: EpochMs): void {
  closeScopes(record, frame, atMs);
  frame.attempt = undefined;
  frame.waitUntilMs = undefined;
  frame.fork = undefined;
  frame.map = undefined;
  frame.firstFailure = undefined;
}

/** Branches and iterations end with the state that holds them; those still at work were aborted by it. */
function closeScopes(record: ExecutionRecord, frame: Frame, atMs: EpochMs): void {
  for (const scope of frame.scopes.values()) {
    if (scope.frame) {
      markAborted(scope.frame.run, atMs);
      closeScopes(record, scope.frame, atMs);
    }
    record.scopes.delete(scope.id);
  }
  frame.scopes.clear();
}

function markAborted(run: StateRun, atMs: EpochMs): void {
  if (run.status !== 'running' && run.status !== 'waiting') return;
  run.status = 'aborted';
  run.exitedAtMs = atMs;
}

function leave(record: ExecutionRecord, scope: Scope, frame: Frame, line: Of<'left'>): void {
  const output = line.output === undefined ? frame.input : line.output;
  const { run } = frame;
  run.status = line.caught ? 'failed' : 'succeeded';
  run.exitedAtMs = line.atMs;
  run.attempts = Math.max(run.attempts, 1);
  run.output = excerptOf(output);
  if (line.caught) Object.assign(run, { error: line.caught.error, cause: line.caught.cause });
  else clearFailure(run);
  Object.assign(scope.variables, line.assigned);
  closeScopes(record, frame, line.atMs);
  if (line.next !== undefined) return enter(record, scope, line.next, output, line.atMs);
  scope.frame = undefined;
  scope.status = 'succeeded';
  scope.output = output;
  if (scope === record.root) end(record, 'SUCCEEDED', line.atMs, undefined);
}

/** What an earlier attempt died of is no property of a state that succeeded in the end. */
function clearFailure(run: StateRun): void {
  delete run.error;
  delete run.cause;
}

function fail(record: ExecutionRecord, scope: Scope, frame: Frame, line: Of<'failed'>): void {
  const failure: Failure = { error: line.error, cause: line.cause };
  scope.status = 'failed';
  Object.assign(frame.run, { status: 'failed', exitedAtMs: line.atMs, ...failure });
  if (scope === record.root) return end(record, 'FAILED', line.atMs, failure);
  const holder = holderOf(scope);
  holder.firstFailure ??= failure;
}

function holderOf(scope: Scope): Frame {
  const frame = scope.outer?.frame;
  if (!frame) throw new Error(`nothing holds the scope "${scope.id}"`);
  return frame;
}

function end(
  record: ExecutionRecord,
  status: ExecutionRecord['status'],
  atMs: EpochMs,
  why: Partial<Failure> | undefined,
): void {
  record.status = status;
  record.stoppedAtMs = atMs;
  record.error = why?.error;
  record.cause = why?.cause;
  for (const scope of record.scopes.values()) if (scope.frame) markAborted(scope.frame.run, atMs);
}

function redrive(record: ExecutionRecord, line: Of<'redriven'>): void {
  record.redriveCount += 1;
  record.epoch = line.epoch ?? record.epoch;
  record.status = 'RUNNING';
  record.activeSinceMs = line.atMs;
  record.stopping = undefined;
  record.stoppedAtMs = undefined;
  record.error = undefined;
  record.cause = undefined;
  reopen(record, record.root, line.atMs);
}

/**
 * Step Functions, "Redriving executions": the failed or aborted state is entered again with its input and fresh retry
 * counts; of a Parallel or Map state only the branches and iterations that did not succeed are.
 */
function reopen(record: ExecutionRecord, scope: Scope, atMs: EpochMs): void {
  const { frame } = scope;
  if (scope.status === 'succeeded' || !frame) return;
  scope.status = 'running';
  frame.retryCount = 0;
  frame.retriesUsed = [];
  frame.retryAtMs = undefined;
  frame.waitUntilMs = undefined;
  frame.attempt = undefined;
  frame.firstFailure = undefined;
  const isHolder = frame.fork !== undefined || frame.map !== undefined;
  if (isHolder) {
    frame.run.status = 'running';
    delete frame.run.exitedAtMs;
    clearFailure(frame.run);
  } else {
    frame.run = newRun(record, scope, frame.state, frame.input, atMs);
  }
  for (const inner of frame.scopes.values()) reopen(record, inner, atMs);
}
