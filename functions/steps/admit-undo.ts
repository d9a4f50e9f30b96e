import { readJob, readJson } from '../../domain/document-access.ts';
import { paths } from '../../domain/job-documents.ts';
import type { FreezeDocument } from '../../domain/migration.ts';
import { addStatements } from '../../domain/policy.ts';
import { findConnection } from './job-connections.ts';
import { freezeStatementFor } from './freezing.ts';
import type { JobInput, StepPorts } from './step-ports.ts';
import { withStorage } from './with-storage.ts';

/** Bucket policies take effect late, and no probe can tell that a write is allowed again without writing. */
const SETTLE_SECONDS = 30;

/** The freeze lets our copies in as well, and nobody else, so that the source can be filled again. */
export async function admitUndo({ jobId }: JobInput, ports: StepPorts): Promise<{ waitSeconds: number }> {
  const job = await readJob(ports.documents, jobId);
  const freeze = await readJson<FreezeDocument>(ports.documents, paths.freeze(jobId));
  if (!freeze || freeze.thawedAtMs !== undefined) return { waitSeconds: 0 };
  const { connection, bucket } = job.request.source;
  const statement = await freezeStatementFor(job, 'undo', ports);
  const session = { connection, purpose: 'keep-buckets', buckets: [bucket], jobId } as const;
  await withStorage(session, ports, (keeper) =>
    keeper.changePolicy(bucket, (policy) => addStatements(policy, [statement])),
  );
  const { kind } = await findConnection(connection, ports.connections);
  return { waitSeconds: kind === 's3-compatible' ? 0 : SETTLE_SECONDS };
}
