import type { PlanSummary } from '../../domain/job-documents.ts';
import { newerCounters, type Counts, type ProgressDocument, type ShardCounters } from '../../domain/progress.ts';
import { logStreamName, parseTaskLogLine, type TaskLogLine } from '../../domain/task-log.ts';

export type Newest = ProgressDocument['newest'];

/** Takes one line of a log into the newest counters of its stream; anything that is no log line changes nothing. */
export function takeLine(newest: Record<string, ShardCounters>, jobId: string, text: string): void {
  const line = parseTaskLogLine(text);
  if (!line || line.job !== jobId) return;
  const stream = logStreamName(line.job, line.transfer, line.task, line.shard);
  newest[stream] = newerCounters(newest[stream], countersOf(line));
}

function countersOf(line: TaskLogLine): ShardCounters {
  const { attempt, time, copiedCount, copiedBytes, skippedCount, failedCount, inFlight, throttledCount } = line;
  return { attempt, time, copiedCount, copiedBytes, skippedCount, failedCount, inFlight, throttledCount };
}

const ZERO: ShardCounters = {
  attempt: 0,
  time: '',
  copiedCount: 0,
  copiedBytes: 0,
  skippedCount: 0,
  failedCount: 0,
  inFlight: 0,
  throttledCount: 0,
};

/**
 * The sum over the shards' newest counters. The plan's first round is the denominator; what a later round copies was
 * missing before, so it fills the same total and takes its objects out of the failed ones.
 */
export function addUp(newest: Newest, jobId: string, transfer: string, plan: PlanSummary | undefined): Counts {
  const of = (task: 'plan' | 'copy' | 'verify', shard: number): ShardCounters =>
    newest[logStreamName(jobId, transfer, task, shard)] ?? ZERO;
  const shards = (plan?.shards ?? []).map(({ shard }) => of('copy', shard));
  const sum = (field: Exclude<keyof ShardCounters, 'time'>): number =>
    shards.reduce((total, one) => total + one[field], 0);

  const totalCount = plan?.totalCount ?? 0;
  const totalBytes = plan?.totalBytes ?? 0;
  const triedAgainCount = (plan?.shards ?? []).reduce((total, one) => total + (one.round > 1 ? one.objectCount : 0), 0);
  const verify = of('verify', 0);
  return {
    copiedCount: Math.min(totalCount, sum('copiedCount')),
    copiedBytes: Math.min(totalBytes, sum('copiedBytes')),
    skippedCount: sum('skippedCount'),
    failedCount: Math.max(0, sum('failedCount') - triedAgainCount),
    throttledCount: sum('throttledCount') + of('plan', 0).throttledCount + verify.throttledCount,
    inFlight: sum('inFlight'),
    listedCount: of('plan', 0).copiedCount,
    verifiedCount: verify.copiedCount,
    totalCount,
    totalBytes,
  };
}
