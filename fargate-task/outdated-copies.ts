import { readJson } from '../domain/document-access.ts';
import { paths, type JobDocument, type TransferName } from '../domain/job-documents.ts';
import type { FreezeDocument } from '../domain/migration.ts';
import type { ObjectFacts } from '../domain/objects.ts';
import type { DocumentStore } from '../domain/ports.ts';
import { SECOND_MS } from '../domain/time.ts';

/**
 * May what stands there lack headers or tags that its source has now? Equal bytes say nothing of either, so that these
 * are compared. S3 gives times in whole seconds.
 */
export type MayBeOutdated = (wanted: ObjectFacts, there: ObjectFacts) => boolean;

/**
 *   transfer                       what stands there may be outdated when it was written
 *   any                            before the job began: somebody else put it there
 *   into the temporary bucket      before the freeze that holds now, because the source was open until then; or before
 *                                  its source was written, whatever our clock says
 *
 * Tags can be changed without a trace in any listing (S3 API reference, PutObjectTagging).
 */
export async function readMayBeOutdated(
  documents: DocumentStore,
  job: JobDocument,
  transfer: TransferName,
): Promise<MayBeOutdated> {
  const isOlderThanJob: MayBeOutdated = (_wanted, there) => there.modifiedAtMs < job.createdAtMs - SECOND_MS;
  if (job.request.kind !== 'migrate' || transfer !== 'copy') return isOlderThanJob;
  const freeze = await readJson<FreezeDocument>(documents, paths.freeze(job.id));
  const frozenAtMs = freeze ? (freeze.inForceAtMs ?? Infinity) : job.createdAtMs;
  return (wanted, there) =>
    isOlderThanJob(wanted, there) ||
    there.modifiedAtMs < frozenAtMs - SECOND_MS ||
    wanted.modifiedAtMs > there.modifiedAtMs;
}
