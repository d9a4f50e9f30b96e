import type { Expression, Template } from './template.ts';

/** ASL as the engine runs it: parsed, complete and with every expression compiled. Durations keep ASL's seconds. */
export type Machine = Readonly<{
  name: string;
  startAt: string;
  states: ReadonlyMap<string, State>;
  timeoutSeconds: number | undefined;
  /** every state at any depth, for names are unique in a machine */
  everyState: ReadonlyMap<string, State>;
  /** the JSON after substitution: an execution goes on with the definition that it started with */
  source: unknown;
}>;

/** The states of a branch or of an item processor. */
export type Flow = Readonly<{ startAt: string; states: ReadonlyMap<string, State> }>;

export type State =
  TaskState | ChoiceState | WaitState | PassState | SucceedState | FailState | ParallelState | MapState;
export type StateType = State['type'];

/** Where a state goes: `undefined` ends the flow. */
type Next = Readonly<{ next: string | undefined }>;
type Outcome = Readonly<{ output: Template | undefined; assign: Template | undefined }>;
type Recovery = Readonly<{ retriers: readonly Retrier[]; catchers: readonly Catcher[] }>;
type Named = Readonly<{ name: string }>;

/** A number written as such or as an expression that must give one. */
export type NumberSource = number | Expression;

export type TaskKind = 'lambda' | 'lambda-token' | 'ecs' | 'execution';
export type TaskState = Named &
  Next &
  Outcome &
  Recovery &
  Readonly<{
    type: 'Task';
    kind: TaskKind;
    arguments: Template;
    timeoutSeconds: NumberSource | undefined;
    heartbeatSeconds: NumberSource | undefined;
  }>;

export type ChoiceRule = Outcome & Readonly<{ condition: Expression | boolean; next: string }>;
export type ChoiceState = Named &
  Outcome &
  Readonly<{ type: 'Choice'; rules: readonly ChoiceRule[]; otherwise: string | undefined }>;
export type WaitState = Named &
  Next &
  Outcome &
  Readonly<{ type: 'Wait'; until: { seconds: NumberSource } | { timestamp: string | Expression } }>;
export type PassState = Named & Next & Outcome & Readonly<{ type: 'Pass' }>;
export type SucceedState = Named & Readonly<{ type: 'Succeed'; output: Template | undefined }>;
export type FailState = Named & Readonly<{ type: 'Fail'; error: Template | undefined; cause: Template | undefined }>;
export type ParallelState = Named &
  Next &
  Outcome &
  Recovery &
  Readonly<{ type: 'Parallel'; arguments: Template | undefined; branches: readonly Flow[] }>;
export type MapState = Named &
  Next &
  Outcome &
  Recovery &
  Readonly<{
    type: 'Map';
    isDistributed: boolean;
    /** for the context object and the names of child executions */
    processor: Machine;
    items: Template | undefined;
    reader: Template | undefined;
    itemSelector: Template | undefined;
    maxConcurrency: NumberSource | undefined;
    toleratedFailureCount: NumberSource | undefined;
    toleratedFailurePercentage: NumberSource | undefined;
  }>;

export type Retrier = Readonly<{
  errorEquals: readonly string[];
  intervalSeconds: number;
  backoffRate: number;
  attemptsMax: number;
  delaySecondsMax: number | undefined;
  hasFullJitter: boolean;
}>;
export type Catcher = Outcome & Readonly<{ errorEquals: readonly string[]; next: string }>;
