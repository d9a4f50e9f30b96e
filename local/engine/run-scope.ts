import { Interruption, StateFailure } from './errors.ts';
import { evaluateExpression, evaluateTemplate, queryFailure, type Template } from './template.ts';
import { decideRetry, findCatcher } from './retry.ts';
import { bindingsOf, numberOf, transitionOf, type Place, type Transition } from './data.ts';
import type { ChoiceRule, ChoiceState, FailState, State, WaitState } from './definition.ts';
import { isTimestamp } from './definition-states.ts';
import type { EpochMs } from '../../domain/time.ts';
import { SECOND_MS } from '../../domain/time.ts';
import type { Scope } from './record.ts';
import type { Run } from './run.ts';
import { runParallel } from './run-parallel.ts';
import { runInlineMap } from './run-map.ts';
import { runDistributedMap } from './map-run.ts';
import { runTask } from './run-task.ts';
import { reasonOf, sleepUntil, throwIfAborted } from './signals.ts';

/**
 * Runs a flow from where its record stands until it has succeeded or failed. Throws the signal's reason, without an
 * event, when it is interrupted. The history limit bounds the loop.
 */
export async function runScope(run: Run, scope: Scope, signal: AbortSignal): Promise<void> {
  while (scope.status === 'running') {
    const { frame } = scope;
    const state = frame && run.record.machine.everyState.get(frame.state);
    if (!frame || !state) throw new Error(`the scope "${scope.id}" of ${run.record.id} is in no state`);
    await runState({ run, scope, frame, signal }, state);
  }
}

async function runState(place: Place, state: State): Promise<void> {
  const { run, scope, frame, signal } = place;
  try {
    if (frame.retryAtMs !== undefined && !holdsWork(place))
      await sleepUntil(run.services.clock, frame.retryAtMs, signal);
    // Recovered in the middle of a stop, a state that holds other work is still entered, to stop that work.
    if (!holdsWork(place)) throwIfAborted(signal);
    const transition = await perform(place, state);
    run.emit({ event: 'left', scope: scope.id, ...transition });
  } catch (error) {
    if (signal.aborted) throw reasonOf(signal);
    if (!(error instanceof StateFailure)) throw error;
    await settleFailure(place, state, error);
  }
}

const holdsWork = ({ frame }: Place): boolean =>
  frame.attempt?.child !== undefined || frame.fork !== undefined || frame.map !== undefined;

async function settleFailure(place: Place, state: State, failure: StateFailure): Promise<void> {
  const { run, scope, frame } = place;
  const { clock, random } = run.services;
  const retriers = 'retriers' in state ? state.retriers : [];
  const retry = decideRetry(failure.error, retriers, frame.retriesUsed, random);
  const told = { error: failure.error, cause: failure.causeText };
  if (retry) {
    const untilMs = (clock.nowMs() + retry.waitMs) as EpochMs;
    return run.emit({ event: 'retrying', scope: scope.id, retrier: retry.retrier, untilMs, ...told });
  }
  const caught = await catchFailure(place, state, failure);
  if (caught instanceof StateFailure) {
    return run.emit({ event: 'failed', scope: scope.id, error: caught.error, cause: caught.causeText });
  }
  run.emit({ event: 'left', scope: scope.id, ...caught, caught: told });
}

/** The way out that a catcher gives, or the failure that stays. */
async function catchFailure(place: Place, state: State, failure: StateFailure): Promise<Transition | StateFailure> {
  const catcher = 'catchers' in state ? findCatcher(failure.error, state.catchers) : undefined;
  if (!catcher) return failure;
  const errorOutput = { Error: failure.error, Cause: failure.causeText };
  try {
    return await transitionOf(place, catcher, catcher.next, errorOutput, { errorOutput });
  } catch (error) {
    if (error instanceof StateFailure) return error;
    throw error;
  }
}

async function perform(place: Place, state: State): Promise<Transition> {
  const { input } = place.frame;
  switch (state.type) {
    case 'Pass':
      return transitionOf(place, state, state.next, input);
    case 'Succeed':
      return transitionOf(place, { output: state.output, assign: undefined }, undefined, input);
    case 'Fail':
      return raise(place, state);
    case 'Choice':
      return choose(place, state);
    case 'Wait':
      await wait(place, state);
      return transitionOf(place, state, state.next, input);
    default: {
      const result = await resultOf(place, state);
      return transitionOf(place, state, state.next, result, { result });
    }
  }
}

function resultOf(place: Place, state: Extract<State, { type: 'Task' | 'Parallel' | 'Map' }>): Promise<unknown> {
  switch (state.type) {
    case 'Task':
      return runTask(place, state);
    case 'Parallel':
      return runParallel(place, state);
    case 'Map':
      return state.isDistributed ? runDistributedMap(place, state) : runInlineMap(place, state);
  }
}

async function raise(place: Place, state: FailState): Promise<never> {
  const textOf = async (template: Template | undefined): Promise<string> => {
    const value = template === undefined ? '' : await evaluateTemplate(template, bindingsOf(place));
    if (typeof value === 'string') return value;
    throw new StateFailure('States.QueryEvaluationError', 'Error and Cause of a Fail state must be texts');
  };
  throw new StateFailure(await textOf(state.error), await textOf(state.cause));
}

async function choose(place: Place, state: ChoiceState): Promise<Transition> {
  const { input } = place.frame;
  for (const rule of state.rules) {
    if (await isChosen(place, rule)) return transitionOf(place, rule, rule.next, input);
  }
  if (state.otherwise !== undefined) return transitionOf(place, state, state.otherwise, input);
  throw new StateFailure('States.NoChoiceMatched', `no choice of "${state.name}" matches and there is no Default`);
}

async function isChosen(place: Place, { condition }: ChoiceRule): Promise<boolean> {
  if (typeof condition === 'boolean') return condition;
  const value = await evaluateExpression(condition, bindingsOf(place));
  if (typeof value === 'boolean') return value;
  throw queryFailure(condition, 'a Condition must be true or false');
}

async function wait(place: Place, state: WaitState): Promise<void> {
  const { run, scope, frame, signal } = place;
  if (frame.waitUntilMs === undefined) {
    run.emit({ event: 'waiting', scope: scope.id, untilMs: await wakeUpAt(place, state) });
    await run.flush();
  }
  if (frame.waitUntilMs !== undefined) await sleepUntil(run.services.clock, frame.waitUntilMs, signal);
}

async function wakeUpAt(place: Place, { until }: WaitState): Promise<EpochMs> {
  const bindings = bindingsOf(place);
  if ('seconds' in until) {
    const seconds = await numberOf(until.seconds, { min: 0, isWhole: true }, bindings);
    return (place.run.services.clock.nowMs() + (seconds ?? 0) * SECOND_MS) as EpochMs;
  }
  const { timestamp } = until;
  const text = typeof timestamp === 'string' ? timestamp : await evaluateExpression(timestamp, bindings);
  if (typeof text === 'string' && isTimestamp(text)) return Date.parse(text) as EpochMs;
  throw new StateFailure('States.QueryEvaluationError', `${JSON.stringify(text)} is not a timestamp`);
}

/** Runs an execution until it has ended, or the engine closes. What is emitted is durable when it resolves. */
export async function conduct(run: Run): Promise<void> {
  try {
    if (run.record.stopping) run.interrupt('stop');
    await runScope(run, run.record.root, run.signal);
  } catch (error) {
    endInterrupted(run, error);
  }
  await run.flush();
}

function endInterrupted(run: Run, error: unknown): void {
  const kind = error instanceof Interruption ? error.kind : undefined;
  switch (kind) {
    case 'close':
      return;
    case 'stop':
    case 'sibling':
      return run.emit({ event: 'aborted' });
    case 'timed-out':
      return run.emit({ event: 'timed-out' });
    case 'history':
      return run.emit({
        event: 'failed',
        scope: '',
        error: 'States.Runtime',
        cause: 'the history is full: 25,000 events',
      });
    case undefined:
      run.services.report(run.record.id, error);
      return run.emit({ event: 'failed', scope: '', error: 'States.Runtime', cause: String(error) });
  }
}
