import { BucketReplacedError } from '../../domain/errors.ts';
import type { FinalBucketDocument } from '../../domain/migration.ts';
import type { Storage } from '../../domain/ports.ts';
import { returningCount, type ProofDocument } from '../../domain/proof.ts';
import { isGone } from './bucket-presence.ts';
import type { StepPorts } from './step-ports.ts';
import { withStorage } from './with-storage.ts';

/**
 * The final bucket is ours, under the name, and not blank. What is in it is its users' since it was verified; but one
 * that holds nothing at all was made anew or lost everything, and then the temporary bucket holds the only copy. Asked
 * whenever that one is about to be opened. Rejects with BucketReplacedError.
 */
export async function requireStanding(
  final: FinalBucketDocument,
  proof: ProofDocument,
  ports: Pick<StepPorts, 'storage'>,
): Promise<void> {
  const { connection, bucket } = final;
  const session = { connection, purpose: 'look', buckets: [bucket], jobId: proof.jobId } as const;
  const found = await withStorage(session, ports, async (storage) => {
    try {
      await storage.findBucket(bucket);
      return returningCount(proof) === 0 || (await holdsAnything(bucket, proof, storage)) ? 'whole' : 'empty';
    } catch (error) {
      if (await isGone(error, bucket, storage)) return 'gone';
      throw error;
    }
  });
  if (found !== 'whole') throw lost(final, found);
}

/** Where versions were carried, what is only hidden is still there. */
async function holdsAnything(bucket: string, { carriesVersions }: ProofDocument, storage: Storage): Promise<boolean> {
  const pages = carriesVersions ? storage.listHistories({ bucket }) : storage.listObjects({ bucket });
  for await (const page of pages) {
    if (page.length > 0) return true;
  }
  return false;
}

const lost = ({ connection, bucket }: FinalBucketDocument, found: 'empty' | 'gone'): BucketReplacedError =>
  new BucketReplacedError(`The bucket ${bucket} is ${found}: the temporary bucket holds the only copy, and is kept.`, {
    subject: { connection, bucket },
    remedy:
      'Find out who deleted what was in it. Copy the temporary bucket where the objects are needed; delete it yourself when they are not, then redrive the job.',
  });
