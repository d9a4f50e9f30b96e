import { AccessDeniedError } from '../../domain/errors.ts';
import type { StepPorts } from './step-ports.ts';
import { withStorage } from './with-storage.ts';

/**
 * Aborts the uploads that stand open in an empty bucket, whoever began them: their parts are billed and go with the
 * bucket anyway. How many. What may not be aborted is left, because only DeleteBucket decides.
 */
export async function abortEveryUpload(
  { connection, bucket }: Readonly<{ connection: string; bucket: string }>,
  jobId: string,
  ports: StepPorts,
): Promise<number> {
  return withStorage({ connection, purpose: 'empty', buckets: [bucket], jobId }, ports, async (storage) => {
    let abortedCount = 0;
    try {
      for (const upload of await storage.listUploads(bucket)) {
        await storage.abortUpload(upload);
        abortedCount += 1;
      }
    } catch (error) {
      if (!(error instanceof AccessDeniedError)) throw error;
    }
    return abortedCount;
  });
}
