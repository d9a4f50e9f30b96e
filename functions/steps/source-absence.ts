import { jsonText, readJson } from '../../domain/document-access.ts';
import { BucketReplacedError } from '../../domain/errors.ts';
import { paths } from '../../domain/job-documents.ts';
import type { SourceDeletionDocument } from '../../domain/migration.ts';
import { isGone } from './bucket-presence.ts';
import { requireSource } from './known-buckets.ts';
import type { StepPorts } from './step-ports.ts';
import { withStorage } from './with-storage.ts';

/**
 * The source is gone. We had asked for it: an answer that was lost. Nobody of us had: that is told once, with
 * BucketReplacedError; who redrives the job then has said that it was meant, and everything that the proof lists is in
 * the temporary bucket.
 */
export async function requireMeantAbsence(
  jobId: string,
  bucket: string,
  { documents, clock }: Pick<StepPorts, 'documents' | 'clock'>,
): Promise<void> {
  const path = paths.sourceDeletion(jobId);
  if ((await readJson<SourceDeletionDocument>(documents, path)) !== undefined) return;
  const found: SourceDeletionDocument = { bucket, foundAbsentAtMs: clock.nowMs(), abortedUploadCount: 0 };
  await documents.write(path, jsonText(found), { ifAbsent: true });
  throw new BucketReplacedError(`The source ${bucket} is gone, and this job has not deleted it.`, {
    subject: { bucket, job: jobId },
    remedy:
      'Find out who deleted it. Everything that was proven is in the temporary bucket. If it was meant, redrive the job: it goes on to the name.',
  });
}

/** Is the bucket that the job began with certainly no longer ours? Rejects with what a pause may heal. */
export async function isSourceGone(jobId: string, ports: StepPorts): Promise<boolean> {
  const { connection, bucket } = await requireSource(jobId, ports.documents);
  return withStorage({ connection, purpose: 'look', buckets: [bucket], jobId }, ports, async (storage) => {
    try {
      await storage.identifyBucket(bucket);
      return false;
    } catch (error) {
      if (await isGone(error, bucket, storage)) return true;
      throw error;
    }
  });
}
