import { isDeepStrictEqual } from 'node:util';
import {
  jsonText,
  passMilestone,
  readJob,
  readJson,
  readVersioned,
  type Versioned,
} from '../../domain/document-access.ts';
import { DocumentInvalidError, FreezeNotInForceError, ProofInvalidError } from '../../domain/errors.ts';
import { paths, type HaltDocument, type JobDocument } from '../../domain/job-documents.ts';
import type { FreezeDocument } from '../../domain/migration.ts';
import type { DocumentStore } from '../../domain/ports.ts';
import type { ProofCandidate, ProofDocument } from '../../domain/proof.ts';
import { requireSource, requireTemporary } from './known-buckets.ts';
import { configurationDigestOf, digestOfProof, isProofIntact, readPartsAgain } from './proof-on-disk.ts';
import { TaskHaltedError } from './read-outcomes.ts';
import type { JobInput, StepPorts } from './step-ports.ts';
import { lastVerdict } from './transfer-verdict.ts';

export type Sealing = Readonly<{ outcome: 'sealed'; digest: string } | { outcome: 'changed' }>;

/**
 * Two listings of the frozen source that agree, with everything they list proven in the temporary bucket, become the
 * proof. `changed`: they do not agree, and everything is gone through once more. A proof that says the same is kept as
 * it is, and with it the consent to it. Rejects with the error that ended the task which proves, with
 * ProofInvalidError when its lines are not on disk as it wrote them, and with FreezeNotInForceError.
 */
export async function sealProof({ jobId }: JobInput, ports: StepPorts): Promise<Sealing> {
  const { documents, clock } = ports;
  const job = await readJob(documents, jobId);
  await throwIfHalted(jobId, documents);
  const freeze = await requireFrozen(jobId, documents);
  const candidate = await requireJson<ProofCandidate>(jobId, paths.proofCandidate(jobId), documents);
  const sealed = await readVersioned<ProofDocument>(documents, paths.proof(jobId));
  if (!isNew(candidate, freeze, sealed?.value) || !(await isAgreedWith(jobId, candidate, documents)))
    return { outcome: 'changed' };

  const proof = await proofOf(job, candidate, ports);
  const digest = await keepOrSeal(job, proof, sealed, documents);
  await passMilestone(documents, jobId, 'proof-sealed', clock.nowMs());
  return { outcome: 'sealed', digest };
}

async function throwIfHalted(jobId: string, documents: DocumentStore): Promise<void> {
  const halt = await readJson<HaltDocument>(documents, paths.halt(jobId, 'copy', 'prove'));
  if (halt) throw new TaskHaltedError(halt);
}

async function requireFrozen(
  jobId: string,
  documents: DocumentStore,
): Promise<Required<Pick<FreezeDocument, 'inForceAtMs'>>> {
  const freeze = await readJson<FreezeDocument>(documents, paths.freeze(jobId));
  const { inForceAtMs } = freeze ?? {};
  if (inForceAtMs !== undefined && freeze?.thawedAtMs === undefined) return { inForceAtMs };
  throw new FreezeNotInForceError('The source is not frozen, so nothing about it can be proven.', {
    subject: { job: jobId },
    remedy: 'Redrive the job: it freezes the source again and proves both sides anew.',
  });
}

/** One that was listed before the freeze, or that was sealed already and is void, proves nothing about the source now. */
const isNew = (
  { proof, provedAtMs }: ProofCandidate,
  { inForceAtMs }: Required<Pick<FreezeDocument, 'inForceAtMs'>>,
  sealed: ProofDocument | undefined,
): boolean => provedAtMs >= inForceAtMs && !(sealed?.voidedAtMs !== undefined && sealed.proof >= proof);

/** The verification that came before it found both sides equal, and listed the very same source. */
async function isAgreedWith(jobId: string, candidate: ProofCandidate, documents: DocumentStore): Promise<boolean> {
  const verdict = await lastVerdict(jobId, 'copy', documents);
  const isEqual = candidate.verdict === 'equal' && verdict?.verdict === 'equal';
  return isEqual && verdict.sourceDigest !== undefined && verdict.sourceDigest === candidate.sourceDigest;
}

async function proofOf(
  job: JobDocument,
  { verdict: _, ...candidate }: ProofCandidate,
  { documents, clock }: StepPorts,
): Promise<ProofDocument> {
  const { connection, bucket, region, accountId, carriesVersions } = await requireSource(job.id, documents);
  const temporary = await requireTemporary(job.id, documents);
  const proof: Omit<ProofDocument, 'digest'> = {
    ...candidate,
    jobId: job.id,
    source: { connection, bucket, region, ...(accountId === undefined ? {} : { accountId }) },
    temporaryBucket: temporary.bucket,
    carriesVersions,
    configurationDigest: await requireConfigurationDigest(job.id, documents),
    sealedAtMs: clock.nowMs(),
  };
  return { ...proof, digest: digestOfProof(proof) };
}

async function requireConfigurationDigest(jobId: string, documents: DocumentStore): Promise<string> {
  const digest = await configurationDigestOf(jobId, documents);
  if (digest !== undefined) return digest;
  throw missing(jobId, paths.configuration(jobId));
}

/** Answers the digest of the proof that stands. */
async function keepOrSeal(
  job: JobDocument,
  proof: ProofDocument,
  sealed: Versioned<ProofDocument> | undefined,
  documents: DocumentStore,
): Promise<string> {
  const { evidence } = job.request.options;
  if (sealed && saysTheSame(sealed.value, proof) && (await isProofIntact(job.id, sealed.value, evidence, documents)))
    return sealed.value.digest;
  const { arePartsWhole, lineCount } = await readPartsAgain(job.id, proof, evidence, documents);
  if (!arePartsWhole || lineCount !== proof.lineCount) {
    throw new ProofInvalidError('The lines of the proof are not on disk as they were written.', {
      subject: { job: job.id },
      remedy: 'Redrive the job: it proves both sides anew. Nothing was deleted on the word of this proof.',
    });
  }
  const condition = sealed ? { ifVersion: sealed.version } : ({ ifAbsent: true } as const);
  await documents.write(paths.proof(job.id), jsonText(proof), condition);
  return proof.digest;
}

/** Everything but when it was found, and under which number. */
function saysTheSame(sealed: ProofDocument, proof: ProofDocument): boolean {
  const contentOf = ({ proof: _p, provedAtMs: _at, sealedAtMs: _s, digest: _d, ...content }: ProofDocument) => content;
  return isDeepStrictEqual(contentOf(sealed), contentOf(proof));
}

async function requireJson<T>(jobId: string, path: string, documents: DocumentStore): Promise<T> {
  const value = await readJson<T>(documents, path);
  if (value !== undefined) return value;
  throw missing(jobId, path);
}

const missing = (jobId: string, path: string): DocumentInvalidError =>
  new DocumentInvalidError(`The document ${path} is missing.`, {
    subject: { job: jobId },
    remedy: 'Redrive the job: what is missing is made again.',
  });
