import type { JobDocument } from '../../domain/job-documents.ts';
import type { JobRequest } from '../../domain/job-request.ts';
import type { CheckStatus, PreflightCheck, PreflightView } from '../../domain/views.ts';
import { COPY_CHECKS, COST_CHECKS, SOURCE_CHECKS } from './preflight-buckets.ts';
import { CONNECTION_CHECKS } from './preflight-connections.ts';
import { CONTENT_CHECKS } from './preflight-contents.ts';
import { lookAtBoth, transientErrorOf, valueOf, type Look } from './preflight-look.ts';
import { MIGRATION_CHECKS } from './preflight-migration.ts';
import { MOVED_CHECKS } from './preflight-moved.ts';
import type { StepPorts } from './step-ports.ts';

/** One question about what was seen. Undefined where it does not arise. Pure. */
export type Check = (look: Look) => PreflightCheck | undefined;

const CHECKS: Readonly<Record<JobRequest['kind'], readonly Check[]>> = {
  copy: [...CONNECTION_CHECKS, ...SOURCE_CHECKS, ...COPY_CHECKS, ...COST_CHECKS, ...CONTENT_CHECKS],
  migrate: [
    ...CONNECTION_CHECKS,
    ...SOURCE_CHECKS,
    ...MIGRATION_CHECKS,
    ...MOVED_CHECKS,
    ...COST_CHECKS,
    ...CONTENT_CHECKS,
  ],
};

/**
 * Everything that can be known before the first write, as checks with a reason and a remedy. Changes nothing. Objects
 * are counted over a bounded number of pages. Rejects only when documents cannot be read.
 */
export async function runPreflight(request: JobRequest, ports: StepPorts): Promise<PreflightView> {
  return viewOf(await lookAtBoth(request, undefined, ports));
}

/** The same for a job that has begun: what it made itself is no obstacle. `transientError` asks to look again later. */
export async function runPreflightOfJob(
  job: JobDocument,
  ports: StepPorts,
): Promise<Readonly<{ view: PreflightView; transientError: Error | undefined }>> {
  const look = await lookAtBoth(job.request, job.id, ports);
  return { view: viewOf(look), transientError: transientErrorOf(look) };
}

export function viewOf(look: Look): PreflightView {
  const checks = CHECKS[look.request.kind].map((check) => check(look)).filter((check) => check !== undefined);
  const counted = valueOf(look.source.counted);
  const found = counted && {
    objectCount: counted.objectCount,
    sizeBytes: counted.sizeBytes,
    isComplete: counted.isComplete,
  };
  return { status: worstOf(checks), checks, ...(found ? { found } : {}) };
}

function worstOf(checks: readonly PreflightCheck[]): CheckStatus {
  if (checks.some((check) => check.status === 'blocked')) return 'blocked';
  return checks.some((check) => check.status === 'warning') ? 'warning' : 'ok';
}
