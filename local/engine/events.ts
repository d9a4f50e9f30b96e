import type { EpochMs } from '../../domain/time.ts';

/** An ASL error as Catch sees it in `$states.errorOutput`, in lower case. */
export type Failure = Readonly<{ error: string; cause: string }>;

export type ItemCounts = Readonly<{
  total: number;
  succeeded: number;
  failed: number;
  running: number;
  pending: number;
}>;

/** Who started this execution and waits for it. */
export type ParentLink = Readonly<{ execution: string; state: string }>;

/** What a Map state evaluated when it began; kept, because evaluating again could give something else. */
export type MapPlan = Readonly<{
  total: number;
  /** absent when the items are the state's input as it is, or when they are read from `reader` */
  items?: readonly unknown[];
  reader?: Readonly<{ bucket: string; key: string }>;
  /** 0: as many as the engine likes */
  concurrencyMax: number;
  toleratedFailureCount?: number;
  toleratedFailurePercentage?: number;
}>;

/**
 * What an execution's journal is made of. `scope` is '' for the machine's own flow and `<frame>:<index>` for a branch
 * or an inline iteration of the state that was entered as number `frame`. A payload is written once: a state's
 * input is what the state before it left, so entering a state has no event of its own.
 */
export type EngineEvent =
  | Readonly<{
      event: 'started';
      machine: string;
      name: string;
      input: unknown;
      /** absent for the items of a distributed map, whose definition stands in the parent's journal */
      definition?: unknown;
      parent?: ParentLink;
      /** items only: the parent's redrive count at that time */
      epoch?: number;
    }>
  | Readonly<{ event: 'attempted'; scope: string } & AttemptFacts>
  /** a function that was given a task token has returned: it must not be called again */
  | Readonly<{ event: 'delivered'; scope: string }>
  | Readonly<{ event: 'answered'; scope: string; answer: TaskAnswer }>
  | Readonly<{ event: 'waiting'; scope: string; untilMs: EpochMs }>
  | Readonly<{ event: 'forked'; scope: string; count: number; input?: unknown }>
  | Readonly<{ event: 'mapped'; scope: string; plan: MapPlan }>
  /** `input` is absent when the item itself is the input */
  | Readonly<{ event: 'iterated'; scope: string; index: number; input?: unknown }>
  | Readonly<{ event: 'counted'; scope: string; items: ItemCounts }>
  | Readonly<{ event: 'retrying'; scope: string; retrier: number; untilMs: EpochMs } & Failure>
  /** `output` is absent when the state's input goes on unchanged; without `next` the flow of the scope has ended */
  | Readonly<{
      event: 'left';
      scope: string;
      next?: string;
      output?: unknown;
      assigned?: Readonly<Record<string, unknown>>;
      caught?: Failure;
    }>
  /** the flow of the scope failed in its present state; of scope '' the execution did */
  | Readonly<{ event: 'failed'; scope: string } & Failure>
  | Readonly<{ event: 'stopping'; error?: string; cause?: string }>
  | Readonly<{ event: 'aborted' }>
  | Readonly<{ event: 'timed-out' }>
  | Readonly<{ event: 'redriven'; epoch?: number }>;

export type AttemptFacts = Readonly<{
  arguments: unknown;
  token?: string;
  /** execution that was or is about to be started */
  child?: string;
  timeoutMs?: number;
  heartbeatMs?: number;
}>;

export type TaskAnswer = Readonly<{ output: unknown }> | Failure;

/** One line of a journal. `item` is the index of the item when many executions share a file (a distributed map). */
export type JournalLine = EngineEvent & Readonly<{ atMs: EpochMs; item?: number }>;
