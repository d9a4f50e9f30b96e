import { readJson } from '../../domain/document-access.ts';
import { retryClassOf } from '../../domain/errors.ts';
import type { GateFacts } from '../../domain/gate.ts';
import { paths, type JobDocument } from '../../domain/job-documents.ts';
import type { FreezeDocument, SourceDocument, TemporaryBucketDocument } from '../../domain/migration.ts';
import type { ConsentDocument, ProofDocument } from '../../domain/proof.ts';
import { holdsLeases } from './leases.ts';
import { isFrozen } from './probe-freeze.ts';
import { lookAtProtection } from './probe-protection.ts';
import { configurationDigestOf, digestOfProof, readPartsAgain } from './proof-on-disk.ts';
import type { StepPorts } from './step-ports.ts';
import { requireOurs, temporarySession } from './temporary-bucket.ts';
import { withStorage } from './with-storage.ts';
import { lastVerdict } from './transfer-verdict.ts';

/**
 * Everything that the gate asks, looked at afresh and by itself. Rejects only with what a pause may heal: what cannot
 * be looked at for another reason does not hold.
 */
export async function collectGateFacts(job: JobDocument, hasBegun: boolean, ports: StepPorts): Promise<GateFacts> {
  const { documents } = ports;
  const proof = await readJson<ProofDocument>(documents, paths.proof(job.id));
  const sourceAtBegin = await readJson<SourceDocument>(documents, paths.source(job.id));
  return {
    proof,
    recomputed: await recompute(job, proof, ports),
    consent: proof && (await readJson<ConsentDocument>(documents, paths.consent(job.id, proof.proof))),
    evidence: job.request.options.evidence,
    verification: await verificationOf(job, proof, hasBegun, ports),
    configurationDigest: await configurationDigestOf(job.id, documents),
    holdsLeases: await holdsLeases(job, ports),
    source: await lookAtSource(job, sourceAtBegin, ports),
    sourceAtBegin,
    isFrozen: await lookAtFreeze(job, sourceAtBegin, ports),
    ...(await lookAtTemporary(job, proof, ports)),
  };
}

async function recompute(
  job: JobDocument,
  proof: ProofDocument | undefined,
  { documents }: StepPorts,
): Promise<GateFacts['recomputed']> {
  if (!proof) return { digest: '', arePartsWhole: false, lineCount: 0, refusedGradeCount: 0 };
  const parts = await readPartsAgain(job.id, proof, job.request.options.evidence, documents);
  return { digest: digestOfProof(proof), ...parts };
}

/** Once deletions have begun no listing can be the one that was verified; that they agreed was a condition of sealing. */
async function verificationOf(
  { id }: JobDocument,
  proof: ProofDocument | undefined,
  hasBegun: boolean,
  { documents }: StepPorts,
): Promise<GateFacts['verification']> {
  if (hasBegun && proof) return { isEqual: true, sourceDigest: proof.sourceDigest };
  const verdict = await lastVerdict(id, 'copy', documents);
  return { isEqual: verdict?.verdict === 'equal', sourceDigest: verdict?.sourceDigest };
}

async function lookAtSource(
  { id, request }: JobDocument,
  atBegin: SourceDocument | undefined,
  ports: StepPorts,
): Promise<GateFacts['source']> {
  const { connection, bucket } = request.source;
  const session = { connection, purpose: 'look', buckets: [bucket], jobId: id } as const;
  return await orUndefined(() =>
    withStorage(session, ports, async (storage) => {
      const { region, createdAtMs, versioning } = await storage.identifyBucket(bucket);
      if (versioning !== atBegin?.versioning) return undefined;
      const { accountId } = await storage.identity();
      return {
        region,
        ...(accountId === undefined ? {} : { accountId }),
        ...(createdAtMs === undefined ? {} : { createdAtMs }),
      };
    }),
  );
}

async function lookAtFreeze(job: JobDocument, atBegin: SourceDocument | undefined, ports: StepPorts): Promise<boolean> {
  const freeze = await readJson<FreezeDocument>(ports.documents, paths.freeze(job.id));
  if (!atBegin || freeze?.inForceAtMs === undefined) return false;
  return (await orUndefined(() => isFrozen(job, freeze, ports))) ?? false;
}

type TemporaryFacts = Pick<GateFacts, 'isTemporaryOurs' | 'isTemporaryProtected' | 'isTemporaryDeleteRefused'>;
const NOTHING_SEEN: TemporaryFacts = {
  isTemporaryOurs: false,
  isTemporaryProtected: false,
  isTemporaryDeleteRefused: false,
};

async function lookAtTemporary(
  { id }: JobDocument,
  proof: ProofDocument | undefined,
  ports: StepPorts,
): Promise<TemporaryFacts> {
  const temporary = await readJson<TemporaryBucketDocument>(ports.documents, paths.temporaryBucket(id));
  const isProofs = temporary !== undefined && temporary.bucket === proof?.temporaryBucket;
  if (!isProofs || temporary.removedAtMs !== undefined) return NOTHING_SEEN;
  const ours = await orUndefined(() =>
    withStorage(temporarySession(id, temporary, 'look'), ports, (storage) =>
      requireOurs(id, temporary.bucket, storage),
    ),
  );
  const seen = await orUndefined(() => lookAtProtection(id, temporary, ports));
  return {
    isTemporaryOurs: ours !== undefined,
    isTemporaryProtected: seen?.isProtected === true && seen.isSealed,
    isTemporaryDeleteRefused: seen?.isDeleteRefused === true,
  };
}

async function orUndefined<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (retryClassOf(error) !== 'never') throw error;
    return undefined;
  }
}
