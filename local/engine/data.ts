import { isoTime } from '../../domain/time.ts';
import type { NumberSource } from './definition.ts';
import { isNumberWithin } from './definition-fields.ts';
import { machineArn } from './description.ts';
import { StateFailure } from './errors.ts';
import type { EngineEvent } from './events.ts';
import { functionOf, type Occasion } from './functions.ts';
import { isSmall, itemAround, visibleVariable, type Frame, type Scope } from './record.ts';
import type { Run } from './run.ts';
import { evaluateExpression, evaluateTemplate, queryFailure, type Bindings, type Template } from './template.ts';

/** Step Functions, "Quotas": the most that an input, output, argument or variable may hold, as UTF-8 JSON. */
export const DATA_SIZE_BYTES_MAX = 262_144;

/** What has so few characters fits, even if every one of them needs six bytes in JSON, as control characters do. */
const SURELY_SMALL_LENGTH_MAX = DATA_SIZE_BYTES_MAX / 8;

export const sizeOfJson = (value: unknown): number => Buffer.byteLength(JSON.stringify(value) ?? '');

/** What a journal would give back: memory and replay must never differ, nor share a value with the outside. */
export const asJson = (value: unknown): unknown =>
  value === undefined ? null : (JSON.parse(JSON.stringify(value)) as unknown);

/** Returns the value; throws States.DataLimitExceeded when it is too large. */
export function withinLimit(value: unknown, what: string): unknown {
  if (isSmall(value, { leftCount: SURELY_SMALL_LENGTH_MAX })) return value;
  const sizeBytes = sizeOfJson(value);
  if (sizeBytes <= DATA_SIZE_BYTES_MAX) return value;
  throw new StateFailure(
    'States.DataLimitExceeded',
    `${what} has ${sizeBytes} bytes; ${DATA_SIZE_BYTES_MAX} are allowed`,
  );
}

/** A state at work: what evaluating one of its fields needs. */
export type Place = Readonly<{ run: Run; scope: Scope; frame: Frame; signal: AbortSignal }>;

/** What `$states` holds beyond input and context, and the item under an ItemSelector or token under Arguments. */
export type Extra = Readonly<{
  result?: unknown;
  errorOutput?: unknown;
  item?: Readonly<{ index: number; value: unknown }>;
  token?: string;
}>;

export function bindingsOf(place: Place, extra: Extra = {}): Bindings {
  const { run, scope, frame } = place;
  const { item, token, ...more } = extra;
  const { clock, random } = run.services;
  const occasion: Occasion = { atMs: clock.nowMs(), random };
  let states: unknown;
  return (name) => {
    if (name === 'states')
      return (states ??= { ...more, input: frame.input, context: contextOf(place, item ?? itemAround(scope), token) });
    const variable = visibleVariable(scope, name);
    return variable === undefined ? functionOf(name, occasion) : variable;
  };
}

/** The context object (Developer Guide, "Accessing execution data from the Context object"). */
function contextOf({ run: { record }, frame }: Place, item: Extra['item'], token: string | undefined): unknown {
  return {
    Execution: {
      Id: record.id,
      Input: record.input,
      Name: record.name,
      RoleArn: 'arn:aws:iam::000000000000:role/local',
      get StartTime() {
        return isoTime(record.startedAtMs);
      },
      RedriveCount: record.redriveCount,
      ...(record.redriveCount > 0 && { RedriveTime: isoTime(record.activeSinceMs) }),
    },
    State: {
      get EnteredTime() {
        return isoTime(frame.enteredAtMs);
      },
      Name: frame.state,
      RetryCount: frame.retryCount,
    },
    StateMachine: { Id: machineArn(record.machine.name), Name: record.machine.name },
    ...(item && { Map: { Item: { Index: item.index, Value: item.value } } }),
    ...(token !== undefined && { Task: { Token: token } }),
  };
}

/** Rejects with States.QueryEvaluationError when an expression gives no number within the bounds. */
export async function numberOf(
  source: NumberSource | undefined,
  bounds: Readonly<{ min: number; isWhole?: boolean }>,
  bindings: Bindings,
): Promise<number | undefined> {
  if (source === undefined || typeof source === 'number') return source;
  const value = await evaluateExpression(source, bindings);
  if (isNumberWithin(value, bounds)) return value;
  throw queryFailure(
    source,
    `${JSON.stringify(value)} is not ${bounds.isWhole ? 'an integer' : 'a number'} of at least ${bounds.min}`,
  );
}

/** How a state is left. */
export type Transition = Omit<Extract<EngineEvent, { event: 'left' }>, 'event' | 'scope'>;

/**
 * Output and Assign see the same values: those from before the state (States Language, "Variables"). Without Output
 * the `otherwise` goes on.
 */
export async function transitionOf(
  place: Place,
  outcome: Readonly<{ output: Template | undefined; assign: Template | undefined }>,
  next: string | undefined,
  otherwise: unknown,
  extra: Extra = {},
): Promise<Transition> {
  const bindings = bindingsOf(place, extra);
  const output = outcome.output ? await evaluateTemplate(outcome.output, bindings) : otherwise;
  const assigned = outcome.assign && ((await evaluateTemplate(outcome.assign, bindings)) as Record<string, unknown>);
  for (const [name, value] of Object.entries(assigned ?? {})) withinLimit(value, `the variable ${name}`);
  return {
    ...(next !== undefined && { next }),
    ...(output !== place.frame.input && { output: withinLimit(output, 'the output') }),
    ...(assigned && { assigned }),
  };
}
