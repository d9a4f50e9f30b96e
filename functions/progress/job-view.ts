import { readJson, readMilestones } from '../../domain/document-access.ts';
import {
  paths,
  type GrantDocument,
  type JobDocument,
  type ReportDocument,
  type TransferName,
  transferMilestone,
  TRANSFERS,
} from '../../domain/job-documents.ts';
import type { DocumentStore, FlowDescription, Flows } from '../../domain/ports.ts';
import { phaseOf, transferShown, type Milestones } from '../../domain/phases.ts';
import { percentOf, type Counts, type ProgressDocument } from '../../domain/progress.ts';
import type { MigrationDocuments } from '../../domain/questions.ts';
import type { Clock } from '../../domain/time.ts';
import type { JobStatus, JobView } from '../../domain/views.ts';
import { readMigration } from './migration-documents.ts';
import { migrationFacts } from './migration-facts.ts';
import { migrationView } from './migration-view.ts';

export type JobFacts = Readonly<{
  job: JobDocument;
  milestones: Milestones;
  progress: ProgressDocument | undefined;
  flow: FlowDescription | undefined;
  report: ReportDocument | undefined;
  grantsOutstandingCount: number;
  /** Only of migrations. */
  migration?: MigrationDocuments | undefined;
}>;

const NO_COUNTS: Counts = {
  copiedCount: 0,
  copiedBytes: 0,
  skippedCount: 0,
  failedCount: 0,
  throttledCount: 0,
  inFlight: 0,
  listedCount: 0,
  verifiedCount: 0,
  totalCount: 0,
  totalBytes: 0,
};

/** What the page and the command line are told of a job. Pure: the same facts give the same view. */
export function jobView(facts: JobFacts): JobView {
  const { job, milestones, progress, flow, report, migration } = facts;
  const status = statusOf(facts);
  const isMoving = status === 'running';
  const seen = seenOf(facts);
  const { counts } = seen;
  const problem = status === 'failed' ? problemOf(flow, report) : undefined;
  return {
    id: job.id,
    kind: job.request.kind,
    source: job.request.source,
    destination: job.request.destination,
    request: job.request,
    status,
    phase: phaseOf(job.request.kind, seen.milestones, migration && migrationFacts(migration)),
    percent: percentOf(job.request.kind, seen.milestones, counts, {
      counted: seen.counted,
      previousPercent: progress?.percent,
    }),
    ...outcomesOf(facts, counts),
    isCounting: isStillCounting(facts, seen),
    listedCount: counts.listedCount,
    throttledCount: counts.throttledCount,
    inFlight: isMoving ? counts.inFlight : 0,
    objectsPerSecond: isMoving ? (progress?.rates.objectsPerSecond ?? 0) : 0,
    bytesPerSecond: isMoving ? (progress?.rates.bytesPerSecond ?? 0) : 0,
    ...(isMoving && progress?.secondsLeft ? { secondsLeft: progress.secondsLeft } : {}),
    createdAtMs: job.createdAtMs,
    ...(flow?.endedAtMs === undefined ? {} : { endedAtMs: flow.endedAtMs }),
    asOfMs: progress?.asOfMs ?? job.createdAtMs,
    redriveCount: flow?.redriveCount ?? 0,
    ...(problem === undefined ? {} : { problem }),
    milestones: Object.fromEntries(Object.entries(milestones)),
    samples: progress?.samples ?? [],
    grantsOutstandingCount: facts.grantsOutstandingCount,
  };
}

/** Which milestones are shown, and the counts that belong to them; `counted` is whose counts they are. */
type Seen = Readonly<{ milestones: Milestones; counts: Counts; counted: TransferName | 'nothing' }>;

/**
 * Of a copy job the milestones that the numbers were taken at: newer ones would promise a phase whose counts are not
 * there yet, and only the end needs none. A migration is shown as it is now, because what it asks a person for must
 * not lag behind; counts of another transfer, or from before its plan was there, are none.
 */
function seenOf({ job, milestones, progress }: JobFacts): Seen {
  const { kind } = job.request;
  if (kind === 'copy') {
    const seen = milestones.finished === undefined ? (progress?.milestones ?? {}) : milestones;
    return { milestones: seen, counts: progress?.counts ?? NO_COUNTS, counted: 'copy' };
  }
  const transfer = transferShown(kind, milestones);
  const planned = transferMilestone(transfer, 'planned');
  const wasPlanned = planned === undefined || progress?.milestones[planned] !== undefined;
  if (!progress || (progress.transfer ?? 'copy') !== transfer) return { milestones, counts: NO_COUNTS, counted: 'nothing' }; // prettier-ignore
  return { milestones, counts: progress.counts, counted: wasPlanned ? transfer : 'nothing' };
}

/** Until a transfer's plan is there its totals are "so far". */
function isStillCounting({ job }: JobFacts, { milestones }: Seen): boolean {
  const planned = transferMilestone(transferShown(job.request.kind, milestones), 'planned');
  return planned !== undefined && milestones[planned] === undefined;
}

/** While a job runs the log is counted; once it has ended its report is the truth. */
function outcomesOf(
  { progress, flow, report, milestones }: JobFacts,
  counts: Counts,
): Pick<
  JobView,
  'copiedCount' | 'copiedBytes' | 'skippedCount' | 'failedCount' | 'totalCount' | 'totalBytes' | 'verifiedCount'
> {
  if (report && (isOver(flow) || milestones.finished !== undefined)) {
    const { copiedCount, copiedBytes, skippedCount, failedCount, blockedCount, plan, verdict } = report;
    return {
      copiedCount,
      copiedBytes,
      skippedCount,
      failedCount: failedCount + blockedCount,
      totalCount: plan?.totalCount ?? counts.totalCount,
      totalBytes: plan?.totalBytes ?? counts.totalBytes,
      verifiedCount: verdict?.verifiedCount ?? counts.verifiedCount,
    };
  }
  return {
    copiedCount: counts.copiedCount,
    copiedBytes: counts.copiedBytes,
    skippedCount: counts.skippedCount + (progress?.planned?.skippedCount ?? 0),
    failedCount: counts.failedCount + (progress?.planned?.blockedCount ?? 0),
    totalCount: counts.totalCount,
    totalBytes: counts.totalBytes,
    verifiedCount: counts.verifiedCount,
  };
}

/**
 * A stopped job wrote no report at its stop; an older one would speak of an earlier end. The last milestone is passed
 * a moment before the flow ends, and a job at 100 % must not show the counts of seconds ago.
 */
const isOver = (flow: FlowDescription | undefined): boolean =>
  flow?.status === 'succeeded' || flow?.status === 'failed';

/** A migration that was stopped to be brought back has not ended: its undo is about to be started. */
function statusOf({ flow, milestones, migration }: JobFacts): JobStatus {
  const isUndoDue = migration?.undo !== undefined && (flow?.execution ?? Infinity) <= migration.undo.stopsExecution;
  switch (flow?.status) {
    case undefined: // accepted; the flow is about to be started
    case 'running':
      return 'running';
    case 'succeeded':
      return milestones.undone === undefined ? 'succeeded' : 'stopped';
    case 'stopped':
      return isUndoDue ? 'stopping' : 'stopped';
    case 'failed':
    case 'timed-out':
      return 'failed';
  }
}

function problemOf(flow: FlowDescription | undefined, report: ReportDocument | undefined): JobView['problem'] {
  if (report?.failure) return report.failure;
  return {
    error: flow?.error ?? 'Unknown',
    message: flow?.cause ?? 'The flow ended without saying why.',
    remedy: 'Redrive the job: it goes on where it failed, and what is done stays done.',
  };
}

export type JobViewPorts = Readonly<{ documents: DocumentStore; flows: Pick<Flows, 'describe'>; clock: Clock }>;
/** Reads what a view is made of. */
export async function viewJob(job: JobDocument, { documents, flows, clock }: JobViewPorts): Promise<JobView> {
  const [flow, milestones, progress, report, ...found] = await Promise.all([
    flows.describe(job.id),
    readMilestones(documents, job.id),
    readJson<ProgressDocument>(documents, paths.progress(job.id)),
    readJson<ReportDocument>(documents, paths.report(job.id)),
    ...TRANSFERS.map((transfer) => readJson<GrantDocument>(documents, paths.grant(job.id, transfer))),
  ]);
  const migration = job.request.kind === 'migrate' ? await readMigration(documents, job.id, milestones) : undefined;
  const grants = found.flatMap((grant) => (grant && grant.revokedAtMs === undefined ? [grant] : []));
  const view = jobView({ job, flow, milestones, progress, report, grantsOutstandingCount: grants.length, migration });
  if (!migration) return view;
  const isRunning = flow?.status === 'running';
  return {
    ...view,
    migration: migrationView({
      job,
      documents: migration,
      grants,
      newest: progress?.newest ?? {},
      isRunning,
      nowMs: clock.nowMs(),
    }),
  };
}
