import type { EpochMs } from '../../domain/time.ts';
import type { Machine, StateType } from './definition.ts';
import type { AttemptFacts, Failure, ItemCounts, MapPlan, ParentLink, TaskAnswer } from './events.ts';

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** One state entered, as a page shows it. Large inputs and outputs are cut: see `Excerpt`. */
export type StateRun = {
  readonly state: string;
  readonly type: StateType;
  /** where it stands: `Copy shards[3]/Copy one shard` is a state of the fourth item or branch of `Copy shards` */
  readonly path: string;
  status: 'running' | 'waiting' | 'succeeded' | 'failed' | 'aborted';
  attempts: number;
  readonly enteredAtMs: EpochMs;
  exitedAtMs?: EpochMs;
  input?: unknown;
  output?: unknown;
  error?: string;
  cause?: string;
  childExecution?: string;
  items?: ItemCounts;
  /** of a distributed map: where its items' journal is found */
  mapRun?: string;
};

/** Stands for a value that is too large to be shown in a list of states. */
export type Excerpt = Readonly<{ isExcerpt: true; beginning: string }>;

/** What is known of a state that has been entered and not left. */
export type Frame = {
  /** counts the states entered in this execution */
  readonly sequence: number;
  readonly state: string;
  readonly input: unknown;
  readonly enteredAtMs: EpochMs;
  run: StateRun;
  /** retries of this state so far, over all its retriers: `$states.context.State.RetryCount` */
  retryCount: number;
  /** retries by the retrier's place in `Retry` */
  retriesUsed: number[];
  retryAtMs: EpochMs | undefined;
  attempt: Attempt | undefined;
  waitUntilMs: EpochMs | undefined;
  fork: Readonly<{ count: number; input: unknown }> | undefined;
  map: MapPlan | undefined;
  /** tells the map runs of one frame apart: a retried Map begins anew */
  mapNumber: number;
  /** branches, or inline iterations that have begun */
  readonly scopes: Map<number, Scope>;
  /** of the first branch or iteration that failed */
  firstFailure: Failure | undefined;
};

export type Attempt = AttemptFacts & {
  readonly startedAtMs: EpochMs;
  isDelivered: boolean;
  answer: TaskAnswer | undefined;
};

/** One flow under way: the machine's own, a branch, or an inline iteration. */
export type Scope = {
  readonly id: string;
  readonly path: string;
  readonly outer: Scope | undefined;
  /** in an inline iteration */
  readonly item: Readonly<{ index: number; value: unknown }> | undefined;
  readonly variables: Record<string, unknown>;
  status: 'running' | 'succeeded' | 'failed';
  /** present until the flow succeeded; a failed flow stays in its failed state, so that a redrive can go on there */
  frame: Frame | undefined;
  output: unknown;
};

/** Everything an execution's journal says. */
export type ExecutionRecord = {
  readonly id: string;
  readonly machine: Machine;
  readonly name: string;
  readonly input: unknown;
  readonly parent: ParentLink | undefined;
  readonly startedAtMs: EpochMs;
  /** start or latest redrive: the machine's TimeoutSeconds count from here */
  activeSinceMs: EpochMs;
  epoch: number;
  redriveCount: number;
  status: ExecutionStatus;
  stopping: Readonly<{ error?: string; cause?: string }> | undefined;
  stoppedAtMs: EpochMs | undefined;
  error: string | undefined;
  cause: string | undefined;
  readonly root: Scope;
  readonly scopes: Map<string, Scope>;
  readonly runs: StateRun[];
  framesCount: number;
  /** events that Step Functions would have written */
  historyCount: number;
};

/** The variable that a scope sees under this name: its own, or one of the scopes around it. */
export function visibleVariable(scope: Scope, name: string): unknown {
  if (Object.hasOwn(scope.variables, name)) return scope.variables[name];
  return scope.outer && visibleVariable(scope.outer, name);
}

/** The item of the innermost inline iteration around a scope. */
export function itemAround(scope: Scope): Scope['item'] {
  return scope.item ?? (scope.outer && itemAround(scope.outer));
}

const EXCERPT_SIZE_MAX = 4096;

/** The value itself when it is small, its beginning otherwise: histories are kept in memory while executions run. */
export function excerptOf(value: unknown): unknown {
  if (isSmall(value, { leftCount: EXCERPT_SIZE_MAX })) return value;
  const excerpt: Excerpt = { isExcerpt: true, beginning: JSON.stringify(value).slice(0, EXCERPT_SIZE_MAX) };
  return excerpt;
}

/** Gives up as soon as the allowance is used, so that a value of any size is judged quickly. */
export function isSmall(value: unknown, allowance: { leftCount: number }): boolean {
  allowance.leftCount -= typeof value === 'string' ? value.length + 1 : 4;
  if (allowance.leftCount < 0) return false;
  if (typeof value !== 'object' || value === null) return true;
  for (const [name, field] of Object.entries(value)) {
    allowance.leftCount -= name.length;
    if (!isSmall(field, allowance)) return false;
  }
  return true;
}
