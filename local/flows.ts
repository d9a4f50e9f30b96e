import { JobStateError } from '../domain/errors.ts';
import type { FlowDescription, Flows, FlowState, Machine } from '../domain/ports.ts';
import {
  TaskTokenUnknownError,
  type Engine,
  type ExecutionDescription,
  type ExecutionStatus,
  type StateRun,
} from './engine/engine.ts';

/** The part of the engine that jobs need. */
export type FlowEngine = Pick<Engine, 'start' | 'describe' | 'states' | 'stop' | 'redrive' | 'sendTaskSuccess'>;

const STATUS: Readonly<Record<ExecutionStatus, FlowDescription['status']>> = {
  RUNNING: 'running',
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  TIMED_OUT: 'timed-out',
  ABORTED: 'stopped',
};

/** The machines that jobs are executions of; the others are called by these. */
const MACHINES: readonly Machine[] = ['copy', 'migrate', 'undo'];

/** A job's first execution is named like it, later ones have a number: only characters that Step Functions allows. */
const nameOf = (jobId: string, number: number): string => (number === 1 ? jobId : `${jobId}-${number}`);

/** The jobs among these executions, each once, whichever of its executions it is. */
export function jobsOf(executions: readonly Pick<ExecutionDescription, 'machine' | 'name'>[]): readonly string[] {
  const names = executions.filter(({ machine }) => MACHINES.some((known) => known === machine)).map(({ name }) => name);
  return [...new Set(names.map((name) => name.replace(/(?<=-[0-9a-f]{12})-\d+$/, '')))];
}

/**
 * The engine as the rest of the product knows it: the executions of a job, of which the newest is the one that counts.
 * `executionOf` tells how the engine names an execution.
 */
export function flowsOf(engine: FlowEngine, executionOf: (machine: Machine, name: string) => string): Flows {
  return new EngineFlows(engine, executionOf);
}

type NumberedExecution = Readonly<{ number: number; machine: Machine; described: ExecutionDescription }>;

class EngineFlows implements Flows {
  private readonly engine: FlowEngine;
  private readonly executionOf: (machine: Machine, name: string) => string;

  constructor(engine: FlowEngine, executionOf: (machine: Machine, name: string) => string) {
    this.engine = engine;
    this.executionOf = executionOf;
  }

  async start(machine: Machine, jobId: string, input: unknown): Promise<void> {
    // One that has ended is still this job's; only a redrive or a new execution goes on with it.
    if (this.newestOf(jobId)) return;
    await this.engine.start(machine, nameOf(jobId, 1), input);
  }

  async startAgain(machine: Machine, jobId: string, input: unknown): Promise<void> {
    const newest = this.newestOf(jobId);
    if (newest?.described.status === 'RUNNING') {
      throw new JobStateError(`Job ${jobId} is running and cannot be started again.`, {
        subject: { job: jobId },
        remedy: 'Wait until it has ended, or stop it.',
      });
    }
    // Nothing may come between the look and the start: two of them would run for one job.
    await this.engine.start(machine, nameOf(jobId, (newest?.number ?? 0) + 1), input);
  }

  async answer(jobId: string, token: string, output: unknown): Promise<void> {
    try {
      await this.engine.sendTaskSuccess(token, output);
    } catch (error) {
      if (!(error instanceof TaskTokenUnknownError)) throw error;
      throw new JobStateError(`Job ${jobId} does not wait for this answer.`, {
        subject: { job: jobId },
        remedy: 'Look at the job again: it was answered already, its time to answer is over, or it has ended.',
        cause: error,
      });
    }
  }

  async describe(jobId: string): Promise<FlowDescription | undefined> {
    const newest = this.newestOf(jobId);
    return newest && descriptionOf(newest);
  }

  async states(jobId: string): Promise<readonly FlowState[]> {
    const paths = new Paths();
    return this.executionsOf(jobId).flatMap(({ described }) =>
      statesOf(this.engine, described.execution, paths, '', 0),
    );
  }

  async stop(jobId: string): Promise<void> {
    await this.engine.stop(this.newestExecution(jobId), { error: 'JobStopped', cause: 'A person stopped the job.' });
  }

  async redrive(jobId: string): Promise<void> {
    await this.engine.redrive(this.newestExecution(jobId));
  }

  private newestExecution(jobId: string): string {
    const newest = this.newestOf(jobId);
    if (newest) return newest.described.execution;
    throw new JobStateError(`Job ${jobId} has not begun yet.`, { subject: { job: jobId } });
  }

  private newestOf(jobId: string): NumberedExecution | undefined {
    return this.executionsOf(jobId).at(-1);
  }

  /** Oldest first; numbers have no gaps, because one is only given when those before it are there. */
  private executionsOf(jobId: string): readonly NumberedExecution[] {
    const found: NumberedExecution[] = [];
    for (let number = 1; ; number += 1) {
      const name = nameOf(jobId, number);
      const [execution] = MACHINES.flatMap((machine) => {
        const described = this.engine.describe(this.executionOf(machine, name));
        return described ? [{ number, machine, described }] : [];
      });
      if (!execution) return found;
      found.push(execution);
    }
  }
}

function descriptionOf({ number, machine, described: found }: NumberedExecution): FlowDescription {
  return {
    status: STATUS[found.status],
    startedAtMs: found.startedAtMs,
    redriveCount: found.redriveCount,
    isRedrivable: !found.isHistoryFull,
    execution: number,
    machine,
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
