import type { Connection } from '../../domain/connection.ts';
import { PreflightBlockedError } from '../../domain/errors.ts';
import type { JobDocument } from '../../domain/job-documents.ts';
import { partitionOf } from '../../domain/names.ts';
import {
  freezeSid,
  freezeStatement,
  type BucketPolicy,
  type FreezeExemption,
  type PolicyStatement,
} from '../../domain/policy.ts';
import { findConnection } from './job-connections.ts';
import type { StepPorts } from './step-ports.ts';
import { withStorage } from './with-storage.ts';

/**
 * Can our own sessions be told apart by their names? Only then does the freeze hold for everybody else with the same
 * role, a probe of ours included. Other providers have no condition on the name of a session.
 */
export const exemptsSessions = ({ kind, roleArn }: Pick<Connection, 'kind' | 'roleArn'>): boolean =>
  kind !== 's3-compatible' && roleArn !== undefined;

/** The Deny that keeps everybody but us from writing to the source. Rejects with PreflightBlockedError where we have no name. */
export async function freezeStatementFor(
  job: JobDocument,
  admits: 'emptying' | 'undo',
  ports: StepPorts,
): Promise<PolicyStatement> {
  const connection = await findConnection(job.request.source.connection, ports.connections);
  const partition = connection.kind === 's3-compatible' ? 'aws' : partitionOf(connection.region);
  const exemption = await exemptionOf(job, connection, admits, ports);
  return freezeStatement(job.id, job.request.source.bucket, partition, exemption, admits);
}

async function exemptionOf(
  job: JobDocument,
  source: Connection,
  admits: 'emptying' | 'undo',
  ports: StepPorts,
): Promise<FreezeExemption> {
  if (exemptsSessions(source)) return { kind: 'sessions' };
  // What is brought back is copied by the destination's principal.
  const names = admits === 'undo' ? [source.name, job.request.destination.connection] : [source.name];
  const principalArns = await Promise.all([...new Set(names)].map((name) => principalOf(name, job, ports)));
  return { kind: 'principal', principalArns, conditions: source.kind === 's3-compatible' ? 'basic' : 'aws' };
}

async function principalOf(connection: string, job: JobDocument, ports: StepPorts): Promise<string> {
  const request = { connection, purpose: 'look', buckets: [job.request.source.bucket], jobId: job.id } as const;
  const { principalArn } = await withStorage(request, ports, (storage) => storage.identity());
  if (principalArn !== undefined) return principalArn;
  throw new PreflightBlockedError(`The provider does not tell who the connection "${connection}" is.`, {
    subject: { connection },
    remedy: `Set principalArn on the connection "${connection}", as the provider's bucket policies name its user.`,
  });
}

/** Ours, and still a Deny. What it denies and to whom is S3's spelling, which is tried and not read. */
export const denies = (policy: BucketPolicy | undefined, sid: string): boolean =>
  (policy?.Statement ?? []).some((statement) => statement.Sid === sid && statement.Effect === 'Deny');

export const isFreezeIn = (policy: BucketPolicy | undefined, jobId: string): boolean =>
  denies(policy, freezeSid(jobId));
