import { jsonText, readJson, readMilestones, readVersioned } from '../../domain/document-access.ts';
import { DocumentConflictError } from '../../domain/errors.ts';
import { paths, type PlanSummary } from '../../domain/job-documents.ts';
import type { DocumentStore, TaskLogs } from '../../domain/ports.ts';
import {
  keepSamples,
  percentOf,
  phaseOf,
  ratesOf,
  secondsLeft,
  type ProgressDocument,
  type ShardCounters,
} from '../../domain/progress.ts';
import { SECOND_MS, type Clock, type EpochMs } from '../../domain/time.ts';
import { addUp, takeLine } from './add-up.ts';

export type ProgressPorts = Readonly<{ documents: DocumentStore; logs: TaskLogs; clock: Clock }>;

/** How far a look reaches back before the last one: lines arrive late, and reading one twice changes nothing. */
export const OVERLAP_MS = 30 * SECOND_MS;

/**
 * Looks at the job's log since the last look and at the object counts of its plan, and writes `progress.json`.
 * The percentage never falls and is 100 only when the job is finished. When another look was quicker its document
 * stands, and that one is answered.
 */
export async function updateProgress(jobId: string, ports: ProgressPorts): Promise<ProgressDocument> {
  const { documents, clock } = ports;
  const previous = await readVersioned<ProgressDocument>(documents, paths.progress(jobId));
  const nowMs = clock.nowMs();
  const newest = await readWindow(jobId, previous?.value, nowMs, ports);
  const next = await compute(jobId, previous?.value, newest, nowMs, documents);
  try {
    await documents.write(
      paths.progress(jobId),
      jsonText(next),
      previous ? { ifVersion: previous.version } : { ifAbsent: true },
    );
    return next;
  } catch (error) {
    if (!(error instanceof DocumentConflictError)) throw error;
    return (await readJson<ProgressDocument>(documents, paths.progress(jobId))) ?? next;
  }
}

async function readWindow(
  jobId: string,
  previous: ProgressDocument | undefined,
  nowMs: EpochMs,
  { logs }: ProgressPorts,
): Promise<Record<string, ShardCounters>> {
  const newest: Record<string, ShardCounters> = { ...previous?.newest };
  const sinceMs = previous ? Math.max(0, previous.lookedUntilMs - OVERLAP_MS) : 0;
  for await (const event of logs.read(`${jobId}/`, sinceMs as EpochMs, (nowMs + 1) as EpochMs)) {
    takeLine(newest, jobId, event.message);
  }
  return newest;
}

async function compute(
  jobId: string,
  previous: ProgressDocument | undefined,
  newest: Record<string, ShardCounters>,
  nowMs: EpochMs,
  documents: DocumentStore,
): Promise<ProgressDocument> {
  // In this order: the plan is written before its milestone is passed, so a passed one always finds its plan.
  const milestones = await readMilestones(documents, jobId);
  const plan = await readJson<PlanSummary>(documents, paths.planSummary(jobId, 'copy'));
  const counts = addUp(newest, jobId, 'copy', plan);
  const samples = keepSamples(previous?.samples ?? [], {
    atMs: nowMs,
    copiedCount: counts.copiedCount,
    copiedBytes: counts.copiedBytes,
  });
  const phase = phaseOf(milestones);
  const rates = phase === 'copying' ? ratesOf(samples) : { objectsPerSecond: 0, bytesPerSecond: 0 };
  const left = secondsLeft(counts, rates);
  return {
    jobId,
    phase,
    percent: percentOf(milestones, counts, previous?.percent),
    counts,
    rates,
    ...(left === undefined ? {} : { secondsLeft: left }),
    ...(plan === undefined ? {} : { planned: { skippedCount: plan.skippedCount, blockedCount: plan.blockedCount } }),
    milestones,
    newest,
    samples,
    lookedUntilMs: nowMs,
    asOfMs: nowMs,
  };
}
