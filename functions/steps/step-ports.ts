import type { TransferName } from '../../domain/job-documents.ts';
import type { ConnectionRegistry, DocumentStore, StorageAccess } from '../../domain/ports.ts';
import type { Clock, Random } from '../../domain/time.ts';

/** Everything a step touches. */
export type StepPorts = Readonly<{
  documents: DocumentStore;
  storage: StorageAccess;
  connections: Pick<ConnectionRegistry, 'find'>;
  clock: Clock;
  random: Random;
}>;

export type JobInput = Readonly<{ jobId: string }>;
export type TransferInput = Readonly<{ jobId: string; transfer: TransferName }>;
export { TRANSFERS } from '../../domain/job-documents.ts';
