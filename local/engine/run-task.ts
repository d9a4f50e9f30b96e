import type { EpochMs } from '../../domain/time.ts';
import { SECOND_MS } from '../../domain/time.ts';
import { asJson, bindingsOf, numberOf, withinLimit, type Place } from './data.ts';
import type { TaskState } from './definition.ts';
import { machineNameOf } from './definition-parse.ts';
import { executionArn, machineArn, type ExecutionDescription } from './description.ts';
import { ExecutionAlreadyExistsError, ExecutionRefusedError, StateFailure } from './errors.ts';
import type { AttemptFacts } from './events.ts';
import { uuid } from './functions.ts';
import type { Attempt } from './record.ts';
import type { CallContext } from './resources.ts';
import { withTimeLimits, type TimeLimits } from './run-limits.ts';
import { deferred, isClosing, throwIfAborted, whenAborted } from './signals.ts';
import { evaluateTemplate } from './template.ts';

/**
 * The task's result. An attempt is noted with its evaluated arguments before anything is called, so that after a
 * crash the same call is made again under the same attempt.
 */
export async function runTask(place: Place, state: TaskState): Promise<unknown> {
  const isRecovered = place.frame.attempt !== undefined;
  const attempt = place.frame.attempt ?? (await beginAttempt(place, state));
  await place.run.flush();
  const result = await withTimeLimits(place, limitsOf(place, state, attempt), (limits) => {
    switch (state.kind) {
      case 'lambda':
        return invokeFunction(place, attempt, limits.signal);
      case 'lambda-token':
        return waitForToken(place, attempt, limits);
      case 'ecs':
        return runContainer(place, attempt, limits);
      case 'execution':
        return runChild(place, attempt, limits.signal, isRecovered);
    }
  });
  return withinLimit(asJson(result), 'the result of the task');
}

async function beginAttempt(place: Place, state: TaskState): Promise<Attempt> {
  const { run, scope, frame } = place;
  const token = state.kind === 'lambda-token' ? run.services.random.hex(64) : undefined;
  const bindings = bindingsOf(place, token === undefined ? {} : { token });
  const atLeastOne = { min: 1, isWhole: true };
  const timeoutSeconds = await numberOf(state.timeoutSeconds, atLeastOne, bindings);
  const heartbeatSeconds = await numberOf(state.heartbeatSeconds, atLeastOne, bindings);
  const args = withinLimit(await evaluateTemplate(state.arguments, bindings), 'the Arguments');
  const facts: AttemptFacts = {
    arguments: args,
    ...(token !== undefined && { token }),
    ...(state.kind === 'execution' && { child: nameChild(place, args) }),
    ...(timeoutSeconds !== undefined && { timeoutMs: timeoutSeconds * SECOND_MS }),
    ...(heartbeatSeconds !== undefined && { heartbeatMs: heartbeatSeconds * SECOND_MS }),
  };
  throwIfAborted(place.signal);
  run.emit({ event: 'attempted', scope: scope.id, ...facts });
  if (!frame.attempt) throw new Error('the attempt was not noted');
  return frame.attempt;
}

/** A person may take days to answer a token, engine running or not; other work begins anew after a crash, and its time too. */
function limitsOf(place: Place, state: TaskState, attempt: Attempt): TimeLimits {
  if (attempt.answer) return { endsAtMs: undefined, heartbeatMs: undefined }; // answered in time, before a crash
  const sinceMs = state.kind === 'lambda-token' ? attempt.startedAtMs : place.run.services.clock.nowMs();
  return {
    endsAtMs: attempt.timeoutMs === undefined ? undefined : ((sinceMs + attempt.timeoutMs) as EpochMs),
    heartbeatMs: attempt.heartbeatMs,
  };
}

const contextOf = ({ run, frame }: Place, signal: AbortSignal): CallContext => ({
  signal,
  execution: run.record.id,
  state: frame.state,
  attempt: frame.retryCount,
});

// --- functions --------------------------------------------------------------------------------------------------

/** A function that ignores the signal would keep its execution from ever being stopped. */
const FUNCTION_SETTLE_MS = 10 * SECOND_MS;

async function invokeFunction(place: Place, attempt: Attempt, signal: AbortSignal): Promise<unknown> {
  return { ExecutedVersion: '$LATEST', StatusCode: 200, Payload: asJson(await callFunction(place, attempt, signal)) };
}

async function callFunction(place: Place, attempt: Attempt, signal: AbortSignal): Promise<unknown> {
  const { FunctionName: functionName, Payload: payload } = attempt.arguments as Record<string, unknown>;
  if (typeof functionName !== 'string') throw new StateFailure('States.Runtime', 'FunctionName must be a text');
  throwIfAborted(signal);
  const invoke = async (): Promise<unknown> => {
    try {
      return await place.run.services.resources.invokeFunction(
        { functionName, payload: asJson(payload ?? {}) },
        contextOf(place, signal),
      );
    } catch (error) {
      throw functionFailure(error);
    }
  };
  return settledInTime(place, invoke(), signal);
}

async function settledInTime(place: Place, call: Promise<unknown>, signal: AbortSignal): Promise<unknown> {
  const { aborted, dispose } = whenAborted(signal);
  const settled = linkedSleep(place, aborted);
  try {
    return await Promise.race([call, settled.overdue]);
  } finally {
    dispose();
    settled.cancel();
    call.catch(() => undefined); // a function given up may still fail; nobody is left to be told
  }
}

/** A reason of our own, because the one that an abort makes for itself costs a stack trace. */
const CALL_HAS_ENDED = new Error('the function has ended');

function linkedSleep(place: Place, aborted: Promise<void>): Readonly<{ overdue: Promise<never>; cancel: () => void }> {
  const controller = new AbortController();
  const overdue = aborted
    .then(() => place.run.services.clock.sleep(FUNCTION_SETTLE_MS, controller.signal))
    .then(() => Promise.reject(new StateFailure('States.Timeout', 'the function did not end when it was told to')));
  overdue.catch(() => undefined); // cancelled, or the race has been decided
  return { overdue, cancel: () => controller.abort(CALL_HAS_ENDED) };
}

/** As Lambda reports an error: its class is the ASL error, the cause is JSON (Lambda Developer Guide, Node.js errors). */
function functionFailure(thrown: unknown): StateFailure {
  const name = thrown instanceof Error ? thrown.name : 'Error';
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new StateFailure(name, JSON.stringify({ errorType: name, errorMessage: message }));
}

// --- task tokens ------------------------------------------------------------------------------------------------

async function waitForToken(
  place: Place,
  attempt: Attempt,
  limits: { signal: AbortSignal; beat: () => void },
): Promise<unknown> {
  const { run, scope } = place;
  const token = attempt.token ?? '';
  const answered = deferred<undefined>();
  const { aborted, dispose } = whenAborted(limits.signal);
  run.onAnswer(token, () => answered.resolve(undefined));
  run.services.tokens.onBeat(token, limits.beat);
  try {
    if (!attempt.answer && !attempt.isDelivered) await deliver(place, attempt, limits.signal, scope.id);
    if (!attempt.answer) await Promise.race([answered.promise, aborted]);
    throwIfAborted(limits.signal);
    return outputOf(attempt);
  } finally {
    dispose();
    run.forgetToken(token);
  }
}

/** A function that fails after its token was answered changes nothing any more. */
async function deliver(place: Place, attempt: Attempt, signal: AbortSignal, scope: string): Promise<void> {
  try {
    await callFunction(place, attempt, signal);
    place.run.emit({ event: 'delivered', scope });
  } catch (error) {
    if (signal.aborted || !attempt.answer) throw error;
  }
  await place.run.flush();
}

function outputOf({ answer }: Attempt): unknown {
  if (!answer) throw new Error('the token was not answered');
  if ('output' in answer) return answer.output;
  throw new StateFailure(answer.error, answer.cause);
}

// --- containers -------------------------------------------------------------------------------------------------

async function runContainer(
  place: Place,
  attempt: Attempt,
  limits: { signal: AbortSignal; beat: () => void },
): Promise<unknown> {
  throwIfAborted(limits.signal);
  const context = { ...contextOf(place, limits.signal), heartbeat: limits.beat };
  try {
    return await place.run.services.resources.runTask(asJson(attempt.arguments) as Record<string, unknown>, context);
  } catch (error) {
    throw containerFailure(error);
  }
}

function containerFailure(thrown: unknown): StateFailure {
  if (!(thrown instanceof Error)) return new StateFailure('States.TaskFailed', String(thrown));
  const cause = typeof thrown.cause === 'string' ? thrown.cause : JSON.stringify({ errorMessage: thrown.message });
  return new StateFailure(thrown.name === 'Error' ? 'States.TaskFailed' : thrown.name, cause);
}

// --- child executions -------------------------------------------------------------------------------------------

function nameChild(place: Place, args: unknown): string {
  const { StateMachineArn: machine, Name: name } = args as Record<string, unknown>;
  if (typeof machine !== 'string') throw new StateFailure('States.Runtime', 'StateMachineArn must be a text');
  return executionArn(machineNameOf(machine), typeof name === 'string' ? name : uuid(place.run.services.random));
}

async function runChild(place: Place, attempt: Attempt, signal: AbortSignal, isRecovered: boolean): Promise<unknown> {
  const { children } = place.run.services;
  const child = attempt.child ?? '';
  if (!isRecovered || !isMine(place, attempt)) {
    throwIfAborted(signal);
    await startChild(place, attempt, child);
  }
  const { aborted, dispose } = whenAborted(signal);
  try {
    await Promise.race([children.whenEnded(child), aborted]);
    if (signal.aborted && !isClosing(signal))
      await children.stop(child, { error: 'States.TaskFailed', cause: 'the state that waited for it ended' });
    throwIfAborted(signal);
    return childResult(await children.whenEnded(child));
  } finally {
    dispose();
  }
}

/** Started by this very attempt, before the crash. */
function isMine({ run }: Place, attempt: Attempt): boolean {
  const child = run.services.children.describe(attempt.child ?? '');
  return child?.parent?.execution === run.record.id && child.startedAtMs >= attempt.startedAtMs;
}

async function startChild({ run, frame }: Place, attempt: Attempt, child: string): Promise<void> {
  const { Input: input = {} } = attempt.arguments as Record<string, unknown>;
  try {
    await run.services.children.start({
      execution: child,
      input,
      parent: { execution: run.record.id, state: frame.state },
    });
  } catch (error) {
    if (error instanceof ExecutionAlreadyExistsError)
      throw new StateFailure('StepFunctions.ExecutionAlreadyExistsException', error.message);
    if (error instanceof ExecutionRefusedError)
      throw new StateFailure('StepFunctions.ValidationException', error.message);
    throw error;
  }
}

/** What DescribeExecution answers (Step Functions API); with `.sync:2`, input and output are values and not texts. */
function childResult(child: ExecutionDescription): unknown {
  const described = {
    ExecutionArn: child.execution,
    StateMachineArn: machineArn(child.machine),
    Name: child.name,
    Status: child.status,
    StartDate: child.startedAtMs,
    StopDate: child.stoppedAtMs,
    RedriveCount: child.redriveCount,
    Input: child.input,
  };
  if (child.status === 'SUCCEEDED') return { ...described, Output: child.output };
  throw new StateFailure('States.TaskFailed', JSON.stringify({ ...described, Error: child.error, Cause: child.cause }));
}
