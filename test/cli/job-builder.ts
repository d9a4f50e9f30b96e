import type { EpochMs } from '../../domain/time.ts';
import { parseJobRequest } from '../../domain/job-request.ts';
import type { JobView } from '../../domain/views.ts';

const request = parseJobRequest({
  kind: 'copy',
  source: { connection: 'sandbox-a', bucket: 'sample-photos' },
  destination: { connection: 'sandbox-b', bucket: 'photos-copy' },
});

export const aJob = (more: Partial<JobView> = {}): JobView => ({
  id: 'copy-20261120-0123456789ab',
  kind: 'copy',
  source: request.source,
  destination: request.destination,
  request,
  status: 'running',
  phase: 'copying',
  percent: 53.4,
  copiedCount: 5300,
  skippedCount: 0,
  totalCount: 10_000,
  copiedBytes: 5_300_000,
  totalBytes: 10_000_000,
  isCounting: false,
  listedCount: 10_000,
  verifiedCount: 0,
  failedCount: 0,
  throttledCount: 0,
  inFlight: 64,
  objectsPerSecond: 812,
  bytesPerSecond: 1_258_291,
  secondsLeft: { from: 5, to: 9 },
  createdAtMs: 0 as EpochMs,
  asOfMs: 0 as EpochMs,
  redriveCount: 0,
  milestones: {},
  samples: [],
  grantsOutstandingCount: 0,
  ...more,
});
