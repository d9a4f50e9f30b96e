import { jsonText, readJson, readMilestones, readVersioned } from '../../domain/document-access.ts';
import { DocumentConflictError } from '../../domain/errors.ts';
import { paths, type JobDocument, type PlanSummary, type TransferName } from '../../domain/job-documents.ts';
import type { JobRequest } from '../../domain/job-request.ts';
import { isCopyingPhase, phaseOf, transferShown } from '../../domain/phases.ts';
import type { DocumentStore, TaskLogs } from '../../domain/ports.ts';
import {
  keepSamples,
  percentOf,
  ratesOf,
  secondsLeft,
  type ProgressDocument,
  type Sample,
  type ShardCounters,
} from '../../domain/progress.ts';
import { SECOND_MS, type Clock, type EpochMs } from '../../domain/time.ts';
import { addUp, takeLine } from './add-up.ts';
import { readMigrationFacts } from './migration-facts.ts';

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
  // In this order: a plan is written before its milestone is passed, so a passed one always finds its plan.
  const milestones = await readMilestones(documents, jobId);
  const kind = kindOf(await readJson<JobDocument>(documents, paths.request(jobId)));
  const facts = kind === 'migrate' ? await readMigrationFacts(documents, jobId) : undefined;
  const transfer = transferShown(kind, milestones);
  const plan = await readJson<PlanSummary>(documents, paths.planSummary(jobId, transfer));
  const counts = addUp(newest, jobId, transfer, plan);
  const samples = keepSamples(samplesOf(previous, transfer), {
    atMs: nowMs,
    copiedCount: counts.copiedCount,
    copiedBytes: counts.copiedBytes,
  });
  const phase = phaseOf(kind, milestones, facts);
  const rates = isCopyingPhase(phase) ? ratesOf(samples) : { objectsPerSecond: 0, bytesPerSecond: 0 };
  const left = secondsLeft(counts, rates);
  return {
    jobId,
    phase,
    percent: percentOf(kind, milestones, counts, { counted: transfer, previousPercent: previous?.percent }),
    ...(kind === 'copy' ? {} : { transfer }),
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

/** A job has its request before it has anything else; without one there is nothing to show either. */
const kindOf = (job: JobDocument | undefined): JobRequest['kind'] => job?.request.kind ?? 'copy';

/** Another transfer counts from nothing again: a rate across the two would be nonsense. */
const samplesOf = (previous: ProgressDocument | undefined, transfer: TransferName): readonly Sample[] =>
  previous && (previous.transfer ?? 'copy') === transfer ? previous.samples : [];
