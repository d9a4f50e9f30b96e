import type { TaskCommand } from './ports.ts';

/** One line of a task's log: JSON, cumulative counts, so that a line seen twice or lost changes nothing. */
export type TaskName = TaskCommand['task'];
export type TaskLogLine = Readonly<{
  time: string; // ISO 8601
  job: string;
  transfer: string;
  task: TaskName;
  /** The shard of `copy`, the part of `empty`; 0 for the others, which have none. */
  shard: number;
  attempt: number;
  level: 'info' | 'warning' | 'error';
  event: 'started' | 'progress' | 'finished' | 'stopped' | 'failure';
  /** Objects listed (plan), copied (copy), verified (verify, prove) or deleted (empty, discard) so far, over all attempts. */
  copiedCount: number;
  copiedBytes: number;
  skippedCount: number;
  failedCount: number;
  /** Requests under way; in a line of progress the most at once since the line before. */
  inFlight: number;
  throttledCount: number;
  /** For people; keys are escaped. */
  message?: string;
}>;

/** Streams are named so that one prefix finds everything of a job. */
export const logStreamName = (jobId: string, transfer: string, task: TaskName, shard: number): string =>
  `${jobId}/${transfer}/${task}/${shard}`;

/**
 * What the lines of a task carry: the transfer it is part of (emptying the source and proving belong to the first one,
 * emptying the temporary bucket to the way back) and the number of its shard or part.
 */
export function logPlaceOf(command: TaskCommand): Readonly<{ transfer: string; task: TaskName; shard: number }> {
  const { task } = command;
  switch (task) {
    case 'plan':
    case 'verify':
      return { transfer: command.transfer, task, shard: 0 };
    case 'copy':
      return { transfer: command.transfer, task, shard: command.shard };
    case 'empty':
      return { transfer: command.bucket === 'source' ? 'copy' : 'copy-back', task, shard: command.part };
    case 'prove':
    case 'discard':
      return { transfer: 'copy', task, shard: 0 };
  }
}

/** A line of ours, or undefined for anything else that a process may print. */
export function parseTaskLogLine(text: string): TaskLogLine | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    const line = JSON.parse(text) as Partial<TaskLogLine>;
    const isOurs =
      typeof line.job === 'string' && typeof line.shard === 'number' && typeof line.copiedCount === 'number';
    return isOurs ? (line as TaskLogLine) : undefined;
  } catch {
    return undefined;
  }
}
