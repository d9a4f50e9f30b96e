import {
  AccessDeniedError,
  ObjectChangedError,
  ObjectMissingError,
  StorageUnsupportedError,
} from '../domain/errors.ts';
import { displayKey } from '../domain/keys.ts';
import type { ObjectAttributes } from '../domain/objects.ts';
import type { CopyOnto, CopyRequest, ObjectReader } from '../domain/ports.ts';
import type { Place } from './place.ts';
import { hashObject, headObject } from './reading.ts';
import { compareObjects } from './sameness.ts';

/** One object on its way: what was asked, and what the source said just before. */
export type Copying = Readonly<{ request: CopyRequest; source: ObjectAttributes; signal: AbortSignal }>;

/**
 *   free     what the copy is written onto: nothing, or the object or version that the request names
 *   same     what stands there is this object
 *   hidden   the session may not look (a grant lets it write only)
 */
export type Standing = { at: 'free' } | { at: 'hidden' } | { at: 'same'; etag: string };

/**
 *   onto      stands at the destination key          answer
 *   -         nothing                                free
 *   -         this object                            same
 *   -         another object                         ObjectChangedError
 *   replace   the named object                       free
 *   replace   this object, under another ETag        same
 *   replace   nothing, or another object             ObjectChangedError
 *   append    the named version, or nothing if none  free
 *   append    anything else, this object included    ObjectChangedError
 *
 * `ownEtag`: what our own upload would be called.
 */
export async function lookAtDestination(place: Place, copying: Copying, ownEtag?: string): Promise<Standing> {
  const { destination, destinationReader: reader = ownReader(place), onto } = copying.request;
  let found: ObjectAttributes | undefined;
  try {
    found = await reader.headObject(destination.bucket, destination.key);
  } catch (error) {
    if (error instanceof AccessDeniedError) return { at: 'hidden' };
    if (!(error instanceof ObjectMissingError)) throw error;
  }
  if (found?.etag === etagBelow(onto)) return { at: 'free' };
  if (found === undefined) throw anotherObject(copying, 'what the copy was to be written onto is gone');
  if (onto?.kind === 'append') throw anotherObject(copying, 'another version is the newest');
  if (found.etag !== ownEtag && !(await isSame(place, copying, reader, found)))
    throw anotherObject(copying, 'another object is there');
  return { at: 'same', etag: found.etag };
}

const etagBelow = (onto: CopyOnto | undefined): string | undefined =>
  onto?.kind === 'append' ? onto.overEtag : onto?.etag;

/** The condition that makes S3 refuse to write over anything else (S3 user guide, "Conditional requests"). */
export function conditionOf({ request: { onto } }: Copying): { IfMatch: string } | { IfNoneMatch: '*' } {
  const etag = etagBelow(onto);
  return etag === undefined ? { IfNoneMatch: '*' } : { IfMatch: `"${etag}"` };
}

/**
 * A version may be appended once only, and after a lost answer nobody can tell by looking at one version whether it
 * was: the next one may have the same bytes. So it is asked for once, and whoever asks lists the history again.
 */
export const attemptsOf = ({ request: { onto } }: Copying): { attemptsMax?: number } =>
  onto?.kind === 'append' ? { attemptsMax: 1 } : {};

/**
 * For a request that no condition guards: what cannot be seen is not overwritten. Gives the ETag when this object
 * stands there already. Rejects with AccessDeniedError where the look is refused, else as `lookAtDestination`.
 */
export async function lookBeforeUnguarded(place: Place, copying: Copying): Promise<string | undefined> {
  const standing = await lookAtDestination(place, copying);
  if (standing.at !== 'hidden') return standing.at === 'same' ? standing.etag : undefined;
  const { bucket, key } = copying.request.destination;
  throw new AccessDeniedError(
    `${bucket}/${displayKey(key)}: whether something stands there may not be looked at, and this storage would overwrite it`,
    { subject: { bucket, key }, remedy: 'Allow s3:GetObject and s3:ListBucket on the destination to its connection.' },
  );
}

/** The copying session as reader of the destination, whose bucket may belong to another account. */
const ownReader = (place: Place): Pick<ObjectReader, 'headObject' | 'hashObject'> => ({
  headObject: (bucket, key) => headObject(place, { bucket, key, isElsewhere: true }),
  hashObject: (bucket, key, etag, signal) => hashObject(place, { bucket, key, etag, signal, isElsewhere: true }),
});

type DestinationReader = Pick<ObjectReader, 'headObject' | 'hashObject'>;

/** Where neither ETags nor checksums decide, the bytes do: it happens only after a crash, for the objects in flight then. */
async function isSame(
  place: Place,
  { request, source, signal }: Copying,
  reader: DestinationReader,
  found: ObjectAttributes,
): Promise<boolean> {
  const answer = compareObjects(source, found);
  if (answer !== 'unknown') return answer === 'same';
  const [ours, theirs] = await Promise.all([
    hashObject(place, { ...sourceOf(request), etag: source.etag, signal }),
    reader.hashObject(request.destination.bucket, request.destination.key, found.etag, signal),
  ]);
  return ours.sha256 === theirs.sha256;
}

/** The object or version that is copied, as reading it wants it. */
export const sourceOf = ({ source: { bucket, facts, versionId } }: CopyRequest) => ({
  bucket,
  key: facts.key,
  etag: facts.etag,
  versionId,
});

/** Makes S3 refuse to write where another account answers (S3 user guide, "Verifying bucket ownership"). */
export const destinationOwner = (
  place: Pick<Place, 'traits'>,
  { request: { destinationAccountId } }: Copying,
): { ExpectedBucketOwner?: string } =>
  destinationAccountId === undefined || !place.traits.knowsOwners ? {} : { ExpectedBucketOwner: destinationAccountId };

export function anotherObject({ request }: Copying, what: string): ObjectChangedError {
  const { bucket, key } = request.destination;
  return new ObjectChangedError(`${bucket}/${displayKey(key)}: ${what}; it was not overwritten`, {
    subject: { bucket, key },
    remedy: 'Look which of the two objects is wanted, and move or delete the other.',
  });
}

/** What a copy request carries besides its source; a provider or a bucket may refuse either with 501. */
export type CopyForm = Readonly<{ hasCondition: boolean; hasChecksum: boolean }>;

const FORMS: readonly CopyForm[] = [
  { hasCondition: true, hasChecksum: true },
  // Buckets that enforce conditional writes answer 501 to copies that carry one (S3 user guide, "Enforce conditional writes").
  { hasCondition: false, hasChecksum: true },
  { hasCondition: false, hasChecksum: false },
];

/** Remembers per bucket which form was accepted, so that a refusal costs one request and not one per object. */
export class CopyForms {
  private readonly steps = new Map<string, number>();

  of(bucket: string): CopyForm {
    return FORMS[this.steps.get(bucket) ?? 0] ?? { hasCondition: false, hasChecksum: false };
  }

  /** Runs `send` in the form that the bucket takes. `beforeUnconditional` looks first where no condition can be sent. */
  async run<Output>(
    bucket: string,
    send: (form: CopyForm) => Promise<Output>,
    beforeUnconditional: () => Promise<Output | undefined>,
  ): Promise<Output> {
    for (let step = this.steps.get(bucket) ?? 0; ; step += 1) {
      const form = FORMS[step];
      if (form && !form.hasCondition) {
        const found = await beforeUnconditional();
        if (found !== undefined) return found;
      }
      try {
        return await send(form ?? this.of(bucket));
      } catch (error) {
        if (!(error instanceof StorageUnsupportedError) || step + 1 >= FORMS.length) throw error;
        this.steps.set(bucket, Math.max(step + 1, this.steps.get(bucket) ?? 0));
      }
    }
  }
}
