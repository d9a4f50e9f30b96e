import type { EngineEvent } from './events.ts';

/** Step Functions, "Quotas": a Standard execution's history holds this many events, then the execution fails. */
export const HISTORY_EVENTS_MAX = 25_000;

/** API reference, RedriveExecution: the history must have fewer events than this. */
export const HISTORY_EVENTS_OF_REDRIVABLE_MAX = 24_999;

/**
 * How many events Step Functions would have written where we write one, so that a flow that would fill its history
 * there fails here too:
 *
 *   started    ExecutionStarted, StateEntered
 *   attempted  TaskScheduled, TaskStarted, TaskSucceeded or TaskFailed; TaskSubmitted too with .sync or a token
 *   forked     ParallelStateStarted, ParallelStateSucceeded, a StateEntered for each branch
 *   mapped     MapStateStarted, MapStateSucceeded; MapRunStarted, MapRunSucceeded too (counted always)
 *   iterated   MapIterationStarted, MapIterationSucceeded, StateEntered
 *   left       StateExited, and StateEntered or ExecutionSucceeded
 */
export function eventsOfStepFunctions(event: EngineEvent): number {
  switch (event.event) {
    case 'started':
      return 2;
    case 'attempted':
      return event.token === undefined && event.child === undefined ? 3 : 4;
    case 'forked':
      return 2 + event.count;
    case 'mapped':
      return 4;
    case 'iterated':
      return 3;
    case 'left':
      return event.next === undefined && event.scope !== '' ? 1 : 2;
    case 'failed':
    case 'aborted':
    case 'timed-out':
    case 'redriven':
      return 1;
    case 'delivered':
    case 'answered':
    case 'waiting':
    case 'counted':
    case 'retrying':
    case 'stopping':
      return 0;
  }
}
