import type { JobView, JobStatus } from '../../domain/views.ts';
import type { EpochMs } from '../../domain/time.ts';
import { formatCount, formatObjects } from './numbers.ts';

/** What the page says about a job. Every sentence stands without colour or bar. */

export const STATUS_WORDS: Readonly<Record<JobStatus, string>> = {
  running: 'Running',
  stopping: 'Stopping',
  stopped: 'Stopped',
  failed: 'Failed',
  succeeded: 'Finished',
};

export const KIND_WORDS: Readonly<Record<JobView['kind'], string>> = { copy: 'Copy', migrate: 'Migration' };

export const isActive = (job: Pick<JobView, 'status'>): boolean =>
  job.status === 'running' || job.status === 'stopping';
export const canStop = (job: Pick<JobView, 'status'>): boolean => job.status === 'running';
export const canRedrive = (job: Pick<JobView, 'status'>): boolean =>
  job.status === 'failed' || job.status === 'stopped';

const placeText = (place: { connection: string; bucket: string; prefix?: string | undefined }): string =>
  place.prefix ? `${place.bucket}/${place.prefix}` : place.bucket;

export const sourceText = (job: JobView): string => placeText(job.source);
export const destinationText = (job: JobView): string =>
  placeText({ ...job.destination, bucket: job.destination.bucket ?? job.source.bucket });
/** "photos → photos-copy": what a job is called everywhere. */
export const jobName = (job: JobView): string => `${sourceText(job)} → ${destinationText(job)}`;

/** Every object that the source listing held. The plan's total alone leaves out those that were there before. */
export const objectCount = (job: JobView): number => Math.max(job.totalCount, job.listedCount);
/** Objects that need no further copying: what the first number of "Copying 412,003 of 1,204,118" counts. */
export const placedCount = (job: JobView): number => Math.min(objectCount(job), job.copiedCount + job.skippedCount);

/** Both sides are walked, and a redrive lists nothing anew: more may be looked at than the source is known to hold. */
export const verifiedCount = (job: JobView): number => Math.min(objectCount(job), job.verifiedCount);

export function phaseText(job: JobView): string {
  switch (job.status) {
    case 'succeeded':
      return succeededText(job);
    case 'failed':
      return `Failed while ${doing(job)}`;
    case 'stopped':
      return `Stopped while ${doing(job)}`;
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
      return `Copying ${formatCount(placedCount(job))} of ${formatCount(objectCount(job))}${job.isCounting ? ' so far' : ''}`;
    case 'verifying':
      return `Verifying ${formatCount(verifiedCount(job))} of ${formatCount(objectCount(job))}`;
    case 'finishing':
      return 'Taking back access and finishing';
    case 'finished':
      return 'Finished';
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
