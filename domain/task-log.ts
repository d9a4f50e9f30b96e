/** One line of a task's log: JSON, cumulative counts, so that a line seen twice or lost changes nothing. */
export type TaskName = 'plan' | 'copy' | 'verify';
export type TaskLogLine = Readonly<{
  time: string; // ISO 8601
  job: string;
  transfer: string;
  task: TaskName;
  /** 0 for plan and verify, which have no shard. */
  shard: number;
  attempt: number;
  level: 'info' | 'warning' | 'error';
  event: 'started' | 'progress' | 'finished' | 'stopped' | 'failure';
  /** Objects listed (plan), copied (copy) or verified (verify) so far, over all attempts of this shard. */
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
