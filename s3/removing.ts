import { DeleteObjectsCommand, type DeletedObject, type ObjectIdentifier } from '@aws-sdk/client-s3';
import {
  AccessDeniedError,
  ObjectChangedError,
  ObjectMissingError,
  StorageRefusedError,
  StorageUnsupportedError,
} from '../domain/errors.ts';
import type { Removal, RemovalOutcome } from '../domain/ports.ts';
import { readAnswer } from './answer.ts';
import { mapBounded } from './bounded.ts';
import { deleteExactly, lookBeforeDeleting } from './deleting.ts';
import { translateError } from './errors.ts';
import { ownerToExpect } from './identity.ts';
import type { Place } from './place.ts';
import { isWorthRepeating } from './retrying.ts';

/** DeleteObjects takes no more (S3 API reference, DeleteObjects). */
export const REMOVALS_PER_REQUEST_MAX = 1_000;
const SINGLY_AT_ONCE_MAX = 16;

/**
 * What XML 1.0 cannot carry, and CR, which every parser turns into LF (XML 1.0, 2.2 and 2.11). Such a key named in
 * DeleteObjects would be refused, or be another key.
 */
const isUnfitForXml = (key: string): boolean => /[\u0000-\u0008\u000b-\u001f\ufffe\uffff]/.test(key);

/** Looked at right before it goes, so that it goes by itself. */
const canBeWrittenOver = (removal: Removal): boolean => 'versionId' in removal && removal.seenEtag !== undefined;

type Outcome = RemovalOutcome['outcome'];

/** See ObjectRemover.removeObjects. Safe to repeat: what is gone is answered as removed. */
export async function removeObjects(
  place: Place,
  bucket: string,
  removals: readonly Removal[],
  signal: AbortSignal = new AbortController().signal,
): Promise<readonly RemovalOutcome[]> {
  const work = new Removing(place, bucket, signal);
  const settled = new Map<Removal, RemovalOutcome>();
  const settle = (outcomes: readonly RemovalOutcome[]) => outcomes.forEach((one) => settled.set(one.removal, one));

  const isLeft = (removal: Removal) => !settled.has(removal);

  const together = removals.filter((removal) => !isUnfitForXml(removal.key) && !canBeWrittenOver(removal));
  for (let from = 0; from < together.length; from += REMOVALS_PER_REQUEST_MAX) {
    const chunk = together.slice(from, from + REMOVALS_PER_REQUEST_MAX);
    settle(await work.lookAtAll(chunk));
    const asNamed = chunk.filter(isLeft);
    if (asNamed.length > 0) settle(await work.removeTogether(asNamed));
  }
  settle(await work.removeSingly(removals.filter(isLeft)));

  const outcomes = removals.map((removal) => settled.get(removal) ?? unanswered(removal));
  requireSomeAllowed(bucket, outcomes);
  return outcomes;
}

class Removing {
  constructor(
    private readonly place: Place,
    private readonly bucket: string,
    private readonly signal: AbortSignal,
  ) {}

  /** Where conditions are ignored: what is gone or changed is settled before anything is asked to be deleted. */
  async lookAtAll(removals: readonly Removal[]): Promise<RemovalOutcome[]> {
    if (this.place.traits.honoursDeleteConditions) return [];
    const looked = await this.each(removals, async (removal, signal) => {
      await lookBeforeDeleting(this.place, { bucket: this.bucket, removal, signal });
      return undefined;
    });
    return looked.filter((one) => one !== undefined);
  }

  /** One DeleteObjects. Gives the outcomes that are certain; what failed for a passing reason is left to be done singly. */
  async removeTogether(removals: readonly Removal[]): Promise<RemovalOutcome[]> {
    const { bucket, place, signal } = this;
    const Objects = removals.map(identifierOf);
    const owner = await ownerToExpect(place);
    const answer = await place.requests.run(
      { operation: 'DeleteObjects', bucket },
      (client, options) =>
        client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects }, ...owner }), options),
      { signal },
    );
    const deleted = new Map((answer.Deleted ?? []).map((one) => [nameOf(one.Key, one.VersionId), one]));
    const failed = new Map((answer.Errors ?? []).map((one) => [nameOf(one.Key, one.VersionId), one]));
    return removals.flatMap((removal): RemovalOutcome[] => {
      const name = nameOf(removal.key, 'versionId' in removal ? removal.versionId : undefined);
      const error = failed.get(name);
      if (error) return this.outcomeOfError(removal, error.Code ?? '', error.Message ?? '');
      const done = deleted.get(name);
      return done ? [outcomeOfDeleted(removal, done)] : [];
    });
  }

  /** Nothing when a pause may heal it: it is then asked singly. */
  private outcomeOfError(removal: Removal, code: string, message: string): RemovalOutcome[] {
    const said = Object.assign(new Error(message), { name: code });
    const words = { operation: 'DeleteObject', bucket: this.bucket, key: removal.key };
    const error = translateError(said, { ...words, connection: this.place.connection.name });
    const outcome = outcomeOf(removal, error, code, message);
    return outcome && !isWorthRepeating(error) ? [outcome] : [];
  }

  async removeSingly(removals: readonly Removal[]): Promise<RemovalOutcome[]> {
    const done = await this.each(removals, async (removal, signal) => {
      const at = { bucket: this.bucket, removal, signal };
      await lookBeforeDeleting(this.place, at);
      return (await deleteExactly(this.place, at)) ? markerInstead(removal) : { removal, outcome: 'removed' };
    });
    return done.filter((one) => one !== undefined);
  }

  private each(
    removals: readonly Removal[],
    work: (removal: Removal, signal: AbortSignal) => Promise<RemovalOutcome | undefined>,
  ): Promise<(RemovalOutcome | undefined)[]> {
    const settle = async (removal: Removal, signal: AbortSignal) => {
      try {
        return await work(removal, signal);
      } catch (error) {
        const { code, message } = readAnswer(error instanceof Error ? (error.cause ?? error) : error);
        const outcome = outcomeOf(removal, error, code, message);
        if (outcome) return outcome;
        throw error;
      }
    };
    return mapBounded(removals, SINGLY_AT_ONCE_MAX, settle, this.signal);
  }
}

const identifierOf = (removal: Removal): ObjectIdentifier =>
  'versionId' in removal
    ? { Key: removal.key, VersionId: removal.versionId }
    : { Key: removal.key, ETag: `"${removal.etag}"` };

const nameOf = (key = '', versionId: string | undefined): string => JSON.stringify([key, versionId ?? '']);

function outcomeOfDeleted(removal: Removal, done: DeletedObject): RemovalOutcome {
  if (done.DeleteMarker === true && !('versionId' in removal)) return markerInstead(removal);
  return { removal, outcome: 'removed' };
}

/** An object named by its ETag in a bucket with versions is only hidden: that is no deletion, and is said. */
const markerInstead = (removal: Removal): RemovalOutcome => ({
  removal,
  outcome: 'refused',
  error: 'DeleteMarkerLaid',
  message: 'the bucket keeps versions: a delete marker was laid over the object, which is still there',
});

const unanswered = (removal: Removal): RemovalOutcome => ({
  removal,
  outcome: 'refused',
  error: 'NotAnswered',
  message: 'the storage did not say what became of it',
});

/** Undefined for what a pause or another session may heal. */
function outcomeOf(removal: Removal, error: unknown, code: string, message: string): RemovalOutcome | undefined {
  const outcome = kindOf(error);
  if (outcome === undefined) return undefined;
  if (outcome === 'removed') return { removal, outcome };
  return { removal, outcome, error: code, message };
}

function kindOf(error: unknown): Outcome | undefined {
  if (error instanceof ObjectMissingError) return 'removed';
  if (error instanceof ObjectChangedError) return 'changed';
  const refusals = [AccessDeniedError, StorageRefusedError, StorageUnsupportedError];
  return refusals.some((kind) => error instanceof kind) ? 'refused' : undefined;
}

function requireSomeAllowed(bucket: string, outcomes: readonly RemovalOutcome[]): void {
  const [first] = outcomes;
  if (first === undefined || outcomes.some(({ outcome, error }) => outcome !== 'refused' || error !== 'AccessDenied'))
    return;
  throw new AccessDeniedError(`${bucket}: every deletion was refused: ${first.message ?? first.error ?? ''}`, {
    subject: { bucket },
    remedy:
      'Look for a Deny in the policy of the bucket, and allow s3:DeleteObject, s3:DeleteObjectVersion and s3:GetObject.',
  });
}
