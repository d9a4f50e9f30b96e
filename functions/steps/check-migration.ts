import { jsonText, passMilestone, readJob, readJson, readMilestones } from '../../domain/document-access.ts';
import {
  BucketReplacedError,
  DocumentConflictError,
  JobStateError,
  PreflightBlockedError,
} from '../../domain/errors.ts';
import { paths, type JobDocument } from '../../domain/job-documents.ts';
import { stageOf, type MigrationStage, type SourceDocument } from '../../domain/migration.ts';
import { isBeingUndone } from '../../domain/phases.ts';
import { findConnection } from './job-connections.ts';
import { holdLeases, releaseLeases } from './leases.ts';
import { runPreflightOfJob } from './preflight.ts';
import type { JobInput, StepPorts } from './step-ports.ts';
import { withStorage } from './with-storage.ts';

export type CheckedMigration = Readonly<{ stage: MigrationStage; shardsAtOnceMax: number; roundsMax: number }>;

/**
 * Where a migration is taken up, from its documents alone. Before the first deletion everything that can be known is
 * checked, and what the source is is written down once. Later the source may be gone and is not looked at. Rejects
 * with BucketLeasedError, PreflightBlockedError, BucketReplacedError when the name leads to another bucket by now,
 * JobStateError while it is being undone, or the error of a storage that did not answer.
 */
export async function checkMigration({ jobId }: JobInput, ports: StepPorts): Promise<CheckedMigration> {
  const job = await readJob(ports.documents, jobId);
  const milestones = await readMilestones(ports.documents, jobId);
  const stage = stageOf(milestones);
  const { shardsAtOnceMax, roundsMax } = job.request.options;
  if (stage === 'finished' || stage === 'undone') {
    await releaseLeases(jobId, ports.documents); // who redrives a job takes them first
    return { stage, shardsAtOnceMax, roundsMax };
  }
  if (isBeingUndone(milestones)) throw isBroughtBack(jobId);
  await holdLeases(job, ports);
  if (stage === 'beginning') await begin(job, ports);
  return { stage, shardsAtOnceMax, roundsMax };
}

async function begin(job: JobDocument, ports: StepPorts): Promise<void> {
  const { view, transientError } = await runPreflightOfJob(job, ports);
  if (transientError) throw transientError;
  const blocked = view.checks.filter((check) => check.status === 'blocked');
  if (blocked.length > 0) {
    throw new PreflightBlockedError(blocked.map((check) => check.reason).join(' '), {
      subject: { job: job.id },
      remedy: blocked.map((check) => check.remedy).join(' '),
    });
  }
  await keepSource(job, ports);
  await passMilestone(ports.documents, job.id, 'started', ports.clock.nowMs());
}

async function keepSource(job: JobDocument, ports: StepPorts): Promise<void> {
  const now = await lookAtSource(job, ports);
  const path = paths.source(job.id);
  try {
    await ports.documents.write(path, jsonText(now), { ifAbsent: true });
  } catch (error) {
    if (!(error instanceof DocumentConflictError)) throw error;
    requireSame(job.id, await readJson<SourceDocument>(ports.documents, path), now);
  }
}

async function lookAtSource({ id, request }: JobDocument, ports: StepPorts): Promise<SourceDocument> {
  const { connection, bucket } = request.source;
  const { kind } = await findConnection(connection, ports.connections);
  const session = { connection, purpose: 'look', buckets: [bucket], jobId: id } as const;
  return await withStorage(session, ports, async (storage) => {
    const { region, createdAtMs, versioning } = await storage.identifyBucket(bucket);
    const { accountId } = await storage.identity();
    // AWS changes the date when the policy is edited, which freezing does (S3 API reference, Bucket, CreationDate).
    const isDateKept = kind !== 'aws' && createdAtMs !== undefined;
    return {
      connection,
      bucket,
      region,
      ...(accountId === undefined ? {} : { accountId }),
      ...(isDateKept ? { createdAtMs } : {}),
      versioning,
      carriesVersions: versioning !== 'off' && request.options.versions === 'all',
      seenAtMs: ports.clock.nowMs(),
    };
  });
}

function requireSame(jobId: string, before: SourceDocument | undefined, now: SourceDocument): void {
  if (!before) return;
  const differing = (['accountId', 'region', 'createdAtMs', 'versioning'] as const).filter(
    (fact) => before[fact] !== undefined && now[fact] !== undefined && before[fact] !== now[fact],
  );
  if (differing.length === 0) return;
  throw new BucketReplacedError(
    `"${now.bucket}" is not the bucket that job ${jobId} began with, or was changed: ${differing.map((fact) => WORDS[fact]).join(', ')} differs.`,
    {
      subject: { job: jobId, bucket: now.bucket },
      remedy: 'Stop this job and start a new one for the bucket as it is.',
    },
  );
}

const WORDS = { accountId: 'its account', region: 'its Region', createdAtMs: 'its date', versioning: 'its versioning' };

const isBroughtBack = (jobId: string): JobStateError =>
  new JobStateError(`Job ${jobId} is being brought back.`, {
    subject: { job: jobId },
    remedy: 'Let that end. Then start a new migration, if the bucket is to move after all.',
  });
