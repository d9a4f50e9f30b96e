import { jsonText } from '../../domain/document-access.ts';
import { RequestInvalidError } from '../../domain/errors.ts';
import { paths, type JobDocument } from '../../domain/job-documents.ts';
import type { NameDecision } from '../../domain/migration.ts';
import { checkBucketName, isAccountRegionalName } from '../../domain/names.ts';
import type { ProofDocument } from '../../domain/proof.ts';
import type { DecisionInput } from '../../domain/views.ts';
import { leaseOfDecision } from './job-places.ts';
import { acquireLeases } from './leases.ts';
import { notNow, requireMigration, tellFlow, whereItIs, type MigrationNow } from './migration-now.ts';
import type { JobPorts, Operator } from './ports.ts';

/**
 * Keeps what a person decides about the name; the flow's next try reads it, and one that waits is told. The last
 * decision counts until the name is got. Rejects with JobMissingError, RequestInvalidError, BucketLeasedError, and with
 * a 409 when there is no name to decide about.
 */
export async function decideOnName(
  jobId: string,
  input: DecisionInput,
  operator: Operator,
  ports: JobPorts,
): Promise<JobDocument> {
  const now = await requireMigration(ports.documents, jobId);
  const choice = checkedChoice(input, now);
  if (now.stage !== 'deleted' || now.documents.final) throw tooLate(now);
  await keepDecision(now, choice, operator, ports);
  return now.job;
}

/** Also how a stop brings the bucket back anew. */
export async function keepDecision(
  { job, documents }: MigrationNow,
  choice: Pick<NameDecision, 'choice' | 'bucket'>,
  operator: Operator,
  ports: JobPorts,
): Promise<void> {
  await acquireLeases(job.id, await leaseOfDecision(job, choice, ports.connections), ports);
  const decision: NameDecision = { ...choice, by: operator.name, atMs: ports.clock.nowMs() };
  await ports.documents.write(paths.answer(job.id, 'name'), jsonText(decision));
  await tellFlow(job.id, documents.questions.name?.token, { choice: decision.choice }, ports);
}

function tooLate(now: MigrationNow) {
  const { final } = now.documents;
  const message = final
    ? `The name is ours already: the objects of job ${now.job.id} go to "${final.bucket}".`
    : `There is no name to decide about: ${whereItIs(now)}.`;
  return notNow(now, message, 'Look at the job as it is now.');
}

/** Names are needed, allowed or refused by the choice. Throws RequestInvalidError. */
function checkedChoice(
  { choice, bucket }: DecisionInput,
  { job, documents }: MigrationNow,
): Pick<NameDecision, 'choice' | 'bucket'> {
  const oldName = job.request.source.bucket;
  switch (choice) {
    case 'keep-waiting':
    case 'keep-temporary':
      if (bucket !== undefined) throw wrongBucket('This choice needs no name. Leave it out.');
      if (choice === 'keep-temporary') requireExactCopy(documents.proof);
      return { choice };
    case 'other-name':
      if (bucket === undefined) throw wrongBucket('Give the other name.');
      if (bucket === oldName) throw wrongBucket(`"${oldName}" is the name that is waited for. Choose another one.`);
      return { choice, bucket: checkedName(bucket, documents.temporary?.bucket) };
    case 'rebuild-source':
      return { choice, bucket: checkedName(bucket ?? oldName, documents.temporary?.bucket) };
  }
}

/**
 * The temporary bucket keeps no delete markers and no order of versions, and what went from the source after it was
 * copied is still in it: used as it is, it would show what was deleted, and old versions in the place of newer ones.
 */
function requireExactCopy(proof: ProofDocument | undefined): void {
  const because = proof?.carriesVersions
    ? 'it holds the versions without their order and without the delete markers'
    : (proof?.extraCount ?? 0) > 0
      ? 'it holds objects too that were deleted at the source'
      : undefined;
  if (because === undefined) return;
  const message = `The temporary bucket cannot be used as it is: ${because}. Choose "other-name": everything is copied as it was.`;
  throw new RequestInvalidError([{ field: 'choice', message }]);
}

function checkedName(bucket: string, temporaryBucket: string | undefined): string {
  const verdict = checkBucketName(bucket);
  if (!verdict.ok) throw wrongBucket(verdict.reason);
  if (bucket === temporaryBucket) throw wrongBucket(`"${bucket}" is the temporary bucket. Choose "keep-temporary" to keep it.`); // prettier-ignore
  if (isAccountRegionalName(bucket)) throw wrongBucket(`"${bucket}" is a name of one account and Region only.`);
  return bucket;
}

const wrongBucket = (message: string) => new RequestInvalidError([{ field: 'bucket', message }]);
