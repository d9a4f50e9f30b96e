import { DEFAULT_OPTIONS } from '../../web/forms/option-fields.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { JobView } from '../../domain/views.ts';

export const at = (ms: number): EpochMs => ms as EpochMs;

/** A running copy of photos to photos-copy, halfway; a test says what is different. */
export function someJob(differences: Partial<JobView> = {}): JobView {
  const source = differences.source ?? { connection: 'here', bucket: 'photos' };
  const destination = differences.destination ?? { connection: 'there', bucket: 'photos-copy' };
  return {
    id: 'copy-20261120-0123456789ab',
    kind: 'copy',
    source,
    destination,
    request: { kind: 'copy', source, destination, options: DEFAULT_OPTIONS },
    status: 'running',
    phase: 'copying',
    percent: 47,
    copiedCount: 412_003,
    skippedCount: 0,
    totalCount: 1_204_118,
    copiedBytes: 1000,
    totalBytes: 2000,
    isCounting: false,
    listedCount: 1_204_118,
    verifiedCount: 0,
    failedCount: 0,
    throttledCount: 0,
    inFlight: 64,
    objectsPerSecond: 100,
    bytesPerSecond: 1000,
    createdAtMs: at(1_000_000),
    asOfMs: at(1_060_000),
    redriveCount: 0,
    milestones: { started: at(1_000_000), 'destination-bucket-created': at(1_002_000), planned: at(1_010_000) },
    samples: [],
    grantsOutstandingCount: 0,
    ...differences,
  };
}
