import type { JobView, JobStatus } from '../../domain/views.ts';
import type { EpochMs } from '../../domain/time.ts';
import { copiedText, objectCount, placedCount, verifiedCount, verifiedText } from './counts.ts';
import { doingOfMigration, migrationText, movedText, needsDecision } from './migration.ts';
import { formatCount, formatObjects } from './numbers.ts';

/** What the page says about a job. Every sentence stands without colour or bar. */

export const STATUS_WORDS: Readonly<Record<JobStatus, string>> = {
  running: 'Running',
  stopping: 'Stopping',
  stopped: 'Stopped',
  failed: 'Failed',
  succeeded: 'Finished',
};

/** The status, or what a person looks for first in a migration. */
export function statusText(job: Pick<JobView, 'status' | 'phase' | 'migration'>): string {
  if (needsDecision(job)) return 'Needs your decision';
  if (job.phase === 'undone' && job.status === 'stopped') return 'Brought back';
  if (job.phase === 'undoing' && job.status === 'running') return 'Being brought back';
  if (job.phase === 'quarantine' && job.status === 'running') return 'In quarantine';
  return STATUS_WORDS[job.status];
}

export const KIND_WORDS: Readonly<Record<JobView['kind'], string>> = { copy: 'Copy', migrate: 'Migration' };

export const isActive = (job: Pick<JobView, 'status'>): boolean =>
  job.status === 'running' || job.status === 'stopping';
/** A migration may be brought back also after it failed, as long as there is something to bring back. */
export const canStop = ({ status, migration }: Pick<JobView, 'status' | 'migration'>): boolean =>
  migration
    ? migration.stopEffect !== 'nothing' && status !== 'stopping' && status !== 'succeeded'
    : status === 'running';
export const canRedrive = ({ status, phase }: Pick<JobView, 'status' | 'phase'>): boolean =>
  (status === 'failed' || status === 'stopped') && phase !== 'undone';

const placeText = (place: { connection: string; bucket: string; prefix?: string | undefined }): string =>
  place.prefix ? `${place.bucket}/${place.prefix}` : place.bucket;

export const sourceText = (job: JobView): string => placeText(job.source);
export const destinationText = (job: JobView): string =>
  placeText({ ...job.destination, bucket: job.destination.bucket ?? job.source.bucket });
/** What a job is called everywhere: "photos → photos-copy"; of a migration, which keeps the name, "photos: here → there". */
export const jobName = (job: JobView): string =>
  job.kind === 'copy'
    ? `${sourceText(job)} → ${destinationText(job)}`
    : `${job.source.bucket}: ${job.source.connection} → ${job.destination.connection}`;

export function phaseText(job: JobView): string {
  switch (job.status) {
    case 'succeeded':
      return job.kind === 'migrate' ? movedText(job) : succeededText(job);
    case 'failed':
      return `Failed while ${doing(job)}`;
    case 'stopped':
      return job.phase === 'undone' ? runningText(job) : `Stopped while ${doing(job)}`;
    case 'stopping':
      return 'Stopping: running requests are ended';
    case 'running':
      return runningText(job);
  }
}

function succeededText(job: JobView): string {
  if (job.skippedCount === 0) return `${formatObjects(job.copiedCount)} copied and verified`;
  return `${formatObjects(objectCount(job))} verified: ${formatCount(job.copiedCount)} copied, ${formatCount(job.skippedCount)} there before`;
}

function runningText(job: JobView): string {
  switch (job.phase) {
    case 'checking':
      return 'Checking the request';
    case 'planning':
      return job.listedCount > 0
        ? `Listing the source: ${formatObjects(job.listedCount)} so far`
        : 'Listing the source';
    case 'copying':
      return `Copying ${copiedText(job)}`;
    case 'verifying':
      return `Verifying ${verifiedText(job)}`;
    case 'finishing':
      return 'Taking back access and finishing';
    case 'finished':
      return 'Finished';
    default:
      return migrationText(job, job.phase);
  }
}

function doing(job: JobView): string {
  switch (job.phase) {
    case 'checking':
      return 'checking the request';
    case 'planning':
      return 'listing the source';
    case 'copying':
      return `copying, ${formatCount(placedCount(job))} of ${formatCount(objectCount(job))} done`;
    case 'verifying':
      return `verifying, ${formatCount(verifiedCount(job))} of ${formatCount(objectCount(job))} compared`;
    case 'finishing':
    case 'finished':
      return 'finishing';
    default:
      return doingOfMigration(job.phase);
  }
}

/** For the list, where nothing else says why a job failed. */
export const phaseOrProblemText = (job: JobView): string =>
  job.status === 'failed' && job.problem ? job.problem.message : phaseText(job);

/** Its numbers may still change: it runs, or it has just ended and is counted once more. */
export const isMoving = (job: JobView, nowMs: EpochMs): boolean =>
  isActive(job) || (job.endedAtMs !== undefined && job.asOfMs < job.endedAtMs && nowMs - job.endedAtMs < STALE_MS);

/** From the start to the end, or to now. */
export const elapsedMs = (job: JobView, nowMs: EpochMs): number =>
  Math.max(0, (isActive(job) ? nowMs : (job.endedAtMs ?? job.asOfMs)) - job.createdAtMs);

/** A running job's numbers are taken every two seconds; older than a few of those they need their time beside them. */
const STALE_MS = 10_000;
export const isStale = (job: JobView, nowMs: EpochMs): boolean => isActive(job) && nowMs - job.asOfMs > STALE_MS;
