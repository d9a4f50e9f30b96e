import { ObjectChangedError, ObjectMissingError } from '../domain/errors.ts';
import type { ShardEntry } from '../domain/job-documents.ts';
import type { VersionFacts } from '../domain/objects.ts';
import { TRIES_MAX } from './backoff.ts';
import { broken, failed, isForGood, OccupiedError, paused, type CopyTools, type ObjectOutcome } from './copy-object.ts';
import { isMarker, reproducible, type Content } from './key-contents.ts';
import { matchContents } from './match-contents.ts';
import { isSameContent } from './same-content.ts';
import { isSameInAttributes } from './verify-object.ts';

/**
 * Copies one key with its history: looks what stands at the destination, and appends what is missing, oldest first,
 * each on condition of the version under it. After anything that went wrong it looks again, because a version whose
 * answer was lost may stand there. Never rejects, and never deletes.
 *
 *   at the destination                      outcome
 *   nothing, or the history's beginning     what is missing is appended: copied
 *   the whole history                       copied
 *   something else, or more                 failed: blocked
 *   a version is gone at the source         gone-at-source
 */
export async function copyHistory(entry: ShardEntry, tools: CopyTools, signal: AbortSignal): Promise<ObjectOutcome> {
  const versions = entry.versions ?? [];
  for (let failedTries = 0; ;) {
    try {
      const isWhole = await appendMissing(entry.key, versions, tools, signal);
      if (!isWhole) return { kind: 'gone-at-source' };
      return { kind: 'copied', sizeBytes: entry.sizeBytes, objectCount: versions.length };
    } catch (error) {
      failedTries += 1;
      if (signal.aborted) return { kind: 'unfinished' };
      const isRace = isOfTheMoment(error);
      if ((!isRace && isForGood(error, tools)) || failedTries >= TRIES_MAX) return failed(entry, tools, error);
      if (!(await paused(tools, failedTries, signal))) return { kind: 'unfinished' };
    }
  }
}

/** Another attempt may be at the same key: what stands there now decides. */
const isOfTheMoment = (error: unknown): boolean =>
  error instanceof ObjectMissingError || (error instanceof ObjectChangedError && !(error instanceof OccupiedError));

async function appendMissing(
  key: string,
  versions: readonly VersionFacts[],
  tools: CopyTools,
  signal: AbortSignal,
): Promise<boolean> {
  const standing = await historyAt(tools, key, signal);
  const missing = await missingOf(versions, standing, tools, signal);
  const newest = standing.at(-1);
  let overEtag = newest === undefined || isMarker(newest) ? undefined : newest.etag;
  for (const version of missing) {
    signal.throwIfAborted();
    if (version.isDeleteMarker) {
      await layMarker(version, overEtag, tools);
      overEtag = undefined;
      continue;
    }
    const etag = await append(version, overEtag, tools, signal);
    if (etag === undefined) return false;
    overEtag = etag;
  }
  return true;
}

/** The whole history of one key: with the key as prefix it is the first that is listed. */
async function historyAt(tools: CopyTools, sourceKey: string, signal: AbortSignal): Promise<readonly Content[]> {
  const { destinationReader, destinationBucket: bucket } = tools;
  const key = tools.destinationKeyOf(sourceKey);
  for await (const [first] of destinationReader.listHistories({ bucket, prefix: key, signal })) {
    if (first) return first.key === key ? first.versions : [];
  }
  return [];
}

async function missingOf(
  versions: readonly VersionFacts[],
  standing: readonly Content[],
  tools: CopyTools,
  signal: AbortSignal,
): Promise<readonly VersionFacts[]> {
  const { storage, destinationReader, sourceBucket, destinationBucket, matching } = tools;
  const { matches, others } = await matchContents(versions, reproducible(standing), matching, {
    compare: async (wanted, there) => {
      const ours = { reader: storage, bucket: sourceBucket, content: wanted };
      const theirs = { reader: destinationReader, bucket: destinationBucket, content: there };
      if (!(await isSameContent(ours, theirs, signal))) return false;
      if (matching !== 'within' || !tools.mayBeOutdated(wanted, there)) return true;
      const source = { storage, bucket: sourceBucket };
      const destination = { storage: destinationReader, bucket: destinationBucket };
      return await isSameInAttributes({ source, destination }, wanted, there);
    },
    isSame: (isSame) => isSame,
  });
  const firstMissing = matches.findIndex(({ there }) => there === undefined);
  const isOther = matches.some(({ judgement }) => judgement === false);
  const isBroken = firstMissing >= 0 && matching === 'beginning' && others.length > 0;
  const isLonger = firstMissing < 0 && matching === 'beginning' && others.length > 0;
  if (isOther || isBroken || isLonger) throw occupied();
  return versions.filter((_, index) => matches[index]?.there === undefined);
}

const occupied = (): OccupiedError =>
  new OccupiedError('Other versions stand under this key at the destination.', {
    remedy: 'Decide which of them are wanted. Remove those at the destination, then redrive the job.',
  });

/** The ETag of the new version; undefined when the source lost it. */
async function append(
  version: VersionFacts,
  overEtag: string | undefined,
  tools: CopyTools,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { storage, sourceBucket, destinationBucket, destinationReader, options, uploads } = tools;
  const owner = tools.destinationAccountId === undefined ? {} : { destinationAccountId: tools.destinationAccountId };
  const source = { bucket: sourceBucket, facts: version, versionId: version.versionId };
  const destination = { bucket: destinationBucket, key: tools.destinationKeyOf(version.key) };
  const onto = { kind: 'append', overEtag } as const;
  try {
    const how = { onto, destinationReader, ...owner, ...options, uploads };
    return (await storage.copyObject({ source, destination, ...how }, signal)).etag;
  } catch (error) {
    if (!(error instanceof ObjectMissingError)) throw error;
    if (tools.isSourceProven) throw broken(version);
    return undefined;
  }
}

/** A marker over nothing is never wanted (`reproducibleHistory`), so there is always a version to lay it over. */
async function layMarker(version: VersionFacts, overEtag: string | undefined, tools: CopyTools): Promise<void> {
  if (overEtag === undefined) throw new ObjectChangedError('There is no version to lay the delete marker over.');
  await tools.marking.markDeleted(tools.destinationBucket, tools.destinationKeyOf(version.key), overEtag);
}
