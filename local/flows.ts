import type { FlowDescription, Flows, FlowState } from '../domain/ports.ts';
import type { Engine, ExecutionDescription, ExecutionStatus, StateRun } from './engine/engine.ts';

/** The part of the engine that jobs need. */
export type FlowEngine = Pick<Engine, 'start' | 'describe' | 'states' | 'stop' | 'redrive'>;

const STATUS: Readonly<Record<ExecutionStatus, FlowDescription['status']>> = {
  RUNNING: 'running',
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  TIMED_OUT: 'timed-out',
  ABORTED: 'stopped',
};

/**
 * The engine as the rest of the product knows it: one execution of the machine `copy` per job, named like it.
 * `executionOf` tells how the engine names the execution of a job.
 */
export function flowsOf(engine: FlowEngine, executionOf: (machine: 'copy', jobId: string) => string): Flows {
  const execution = (jobId: string): string => executionOf('copy', jobId);
  return {
    start: async (machine, jobId, input) => {
      // One that has ended is still this job's; only a redrive begins it again.
      if (engine.describe(executionOf(machine, jobId))) return;
      await engine.start(machine, jobId, input);
    },
    describe: async (jobId) => {
      const found = engine.describe(execution(jobId));
      return found && descriptionOf(found);
    },
    states: async (jobId) => {
      if (!engine.describe(execution(jobId))) return [];
      return statesOf(engine, execution(jobId), new Paths(), '', 0);
    },
    stop: (jobId) => engine.stop(execution(jobId), { error: 'JobStopped', cause: 'A person stopped the job.' }),
    redrive: (jobId) => engine.redrive(execution(jobId)),
  };
}

function descriptionOf(found: ExecutionDescription): FlowDescription {
  return {
    status: STATUS[found.status],
    startedAtMs: found.startedAtMs,
    redriveCount: found.redriveCount,
    ...(found.stoppedAtMs === undefined ? {} : { endedAtMs: found.stoppedAtMs }),
    ...(found.error === undefined ? {} : { error: found.error }),
    ...(found.cause === undefined ? {} : { cause: found.cause }),
  };
}

/** Flows call flows one or two deep; more would be a flow that calls itself. */
const DEPTH_MAX = 16;

/** The states of an execution, each followed by those of the execution that it started. */
function statesOf(
  engine: FlowEngine,
  execution: string,
  paths: Paths,
  pathBefore: string,
  depthBefore: number,
): FlowState[] {
  return engine.states(execution).flatMap((run) => {
    const path = paths.unique(pathBefore + run.path);
    const depth = depthBefore + run.path.split('/').length - 1;
    const shown = stateOf(run, path, depth);
    const child = run.childExecution;
    if (child === undefined || depth >= DEPTH_MAX || !engine.describe(child)) return [shown];
    return [shown, ...statesOf(engine, child, paths, `${path}/`, depth + 1)];
  });
}

/** A loop or a redrive enters a state again; the page needs to tell the times apart. */
class Paths {
  private readonly timesOf = new Map<string, number>();

  unique(path: string): string {
    const times = (this.timesOf.get(path) ?? 0) + 1;
    this.timesOf.set(path, times);
    return times === 1 ? path : `${path}#${times}`;
  }
}

function stateOf(run: StateRun, path: string, depth: number): FlowState {
  const { state, type, status, attempts, enteredAtMs, items, exitedAtMs, input, output, error, cause } = run;
  return {
    path,
    depth,
    name: state,
    type,
    status: status === 'aborted' ? 'stopped' : status,
    attempts,
    enteredAtMs,
    ...(exitedAtMs === undefined ? {} : { exitedAtMs }),
    ...(input === undefined ? {} : { input }),
    ...(output === undefined ? {} : { output }),
    ...(error === undefined ? {} : { error }),
    ...(cause === undefined ? {} : { cause }),
    ...(items === undefined
      ? {}
      : {
          items: {
            totalCount: items.total,
            succeededCount: items.succeeded,
            failedCount: items.failed,
            runningCount: items.running,
            pendingCount: items.pending,
          },
        }),
  };
}
