import type { EpochMs } from '../../domain/time.ts';
import type { ParentLink } from './events.ts';
import { HISTORY_EVENTS_OF_REDRIVABLE_MAX } from './history.ts';
import type { ExecutionRecord, ExecutionStatus } from './record.ts';

export type ExecutionDescription = Readonly<{
  execution: string;
  machine: string;
  name: string;
  status: ExecutionStatus;
  input: unknown;
  /** only when it succeeded */
  output?: unknown;
  error?: string;
  cause?: string;
  startedAtMs: EpochMs;
  stoppedAtMs?: EpochMs;
  redriveCount: number;
  /** it can never be redriven any more */
  isHistoryFull: boolean;
  parent?: ParentLink;
}>;

export function describeRecord(record: ExecutionRecord): ExecutionDescription {
  return {
    execution: record.id,
    machine: record.machine.name,
    name: record.name,
    status: record.status,
    input: record.input,
    ...(record.status === 'SUCCEEDED' && { output: record.root.output }),
    ...(record.error !== undefined && { error: record.error }),
    ...(record.cause !== undefined && { cause: record.cause }),
    startedAtMs: record.startedAtMs,
    ...(record.stoppedAtMs !== undefined && { stoppedAtMs: record.stoppedAtMs }),
    redriveCount: record.redriveCount,
    isHistoryFull: record.historyCount >= HISTORY_EVENTS_OF_REDRIVABLE_MAX,
    ...(record.parent && { parent: record.parent }),
  };
}

const ACCOUNT = 'local:000000000000';

/** Named as Step Functions would, so that code which takes an ARN apart runs unchanged. */
export const executionArn = (machine: string, name: string): string =>
  `arn:aws:states:${ACCOUNT}:execution:${machine}:${name}`;
export const machineArn = (machine: string): string => `arn:aws:states:${ACCOUNT}:stateMachine:${machine}`;

/** Machine and name of an execution's ARN. */
export function partsOfExecution(execution: string): Readonly<{ machine: string; name: string }> {
  const [machine = '', name = ''] = execution.split(':').slice(-2);
  return { machine, name };
}

export const journalIdOf = (machine: string, name: string): string => `${machine}/${name}`;
