import { MigrationError, ObjectMissingError, StorageUnsupportedError } from '../domain/errors.ts';
import { gradeByChecksums, gradeByListing, isAccepted, type Grade } from '../domain/evidence.ts';
import type { JobOptions } from '../domain/job-request.ts';
import type { ObjectAttributes, ObjectTags } from '../domain/objects.ts';
import type { Storage } from '../domain/ports.ts';
import type { EpochMs } from '../domain/time.ts';
import type { BothSides, Side } from './both-sides.ts';
import { attributeDifferences, type WithTags } from './compare-attributes.ts';
import type { Content } from './key-contents.ts';
import type { MayBeOutdated } from './outdated-copies.ts';

/** What verification says of one key that both listings hold. `gone`: deleted at the source since; nothing to prove. */
export type ObjectVerdict =
  | Readonly<{ kind: 'equal'; grade: Grade; comparedAttributes: boolean }>
  | Readonly<{ kind: 'missing' | 'differs' | 'unproven'; detail: string; comparedAttributes: boolean }>
  | Readonly<{ kind: 'gone' }>;

export type VerifyRule = Readonly<{
  options: Pick<JobOptions, 'evidence' | 'compareAttributes' | 'multipartThresholdBytes'>;
  jobBeganAtMs: EpochMs;
  mayBeOutdated: MayBeOutdated;
}>;

/**
 * Proves one object, by the cheapest evidence that the rule accepts: the listings, then stored checksums, then both
 * sides' bytes. Rejects only with what a pause may heal or what concerns every object.
 */
export async function verifyObject(
  sides: BothSides,
  source: Content,
  destination: Content,
  rule: VerifyRule,
  signal: AbortSignal,
): Promise<ObjectVerdict> {
  const byListing = gradeByListing(source, destination);
  if (byListing === 'differs')
    return differs(`${source.sizeBytes} bytes at the source, ${destination.sizeBytes} at the destination`);
  const { options } = rule;
  const mustCompare =
    options.compareAttributes === 'every' ||
    source.sizeBytes > options.multipartThresholdBytes ||
    rule.mayBeOutdated(source, destination);
  if (byListing === 'C' && isAccepted('C', options.evidence) && !mustCompare)
    return { kind: 'equal', grade: 'C', comparedAttributes: false };

  const heads = await headBoth(sides, source, destination);
  if ('kind' in heads) return heads;
  if (mustCompare) {
    const both = await withTags(sides, source, destination, heads);
    if ('kind' in both) return both;
    const names = attributeDifferences(both.ours, both.theirs);
    if (names.length > 0) return { ...differs(`not the same: ${names.join(', ')}`), comparedAttributes: true };
  }
  const grading =
    byListing === 'C' && isAccepted('C', options.evidence)
      ? ({ kind: 'equal', grade: 'C', comparedAttributes: false } as const)
      : await gradeByContent(sides, source, destination, heads, rule, signal);
  return grading.kind === 'gone' ? grading : { ...grading, comparedAttributes: mustCompare };
}

const differs = (detail: string) => ({ kind: 'differs', detail, comparedAttributes: false }) as const;
const unproven = (detail: string) => ({ kind: 'unproven', detail, comparedAttributes: false }) as const;

/** As much of the two sides as their attributes need. */
type Look = Readonly<{ storage: Pick<Storage, 'headObject' | 'readTags'>; bucket: string }>;
type BothLooks = Readonly<{ source: Look; destination: Look }>;

type Heads = Readonly<{ ours: ObjectAttributes; theirs: ObjectAttributes }>;

async function headBoth(sides: BothLooks, source: Content, destination: Content): Promise<Heads | ObjectVerdict> {
  const ours = await ofOne(() => headOf(sides.source, source), { kind: 'gone' });
  if ('kind' in ours) return ours;
  const theirs = await ofOne(() => headOf(sides.destination, destination), missingSince);
  if ('kind' in theirs) return theirs;
  return { ours, theirs };
}

const missingSince = { kind: 'missing', detail: 'removed since it was listed', comparedAttributes: false } as const;
const headOf = ({ storage, bucket }: Look, { key, etag, versionId }: Content) =>
  storage.headObject(bucket, key, etag, versionId);

async function withTags(
  sides: BothLooks,
  source: Content,
  destination: Content,
  { ours, theirs }: Heads,
): Promise<Readonly<{ ours: WithTags; theirs: WithTags }> | ObjectVerdict> {
  const left = await ofOne(() => tagsOf(sides.source, source, ours), { kind: 'gone' });
  if ('kind' in left) return left;
  const right = await ofOne(() => tagsOf(sides.destination, destination, theirs), missingSince);
  if ('kind' in right) return right;
  return { ours: { attributes: ours, ...left }, theirs: { attributes: theirs, ...right } };
}

/** Are headers, metadata and tags the same? False too where that cannot be looked at. */
export async function isSameInAttributes(sides: BothLooks, source: Content, destination: Content): Promise<boolean> {
  const heads = await headBoth(sides, source, destination);
  if ('kind' in heads) return false;
  const both = await withTags(sides, source, destination, heads);
  return !('kind' in both) && attributeDifferences(both.ours, both.theirs).length === 0;
}

/** HEAD leaves the count out for no tag and for no permission to count, so only asking tells (S3 API reference, HeadObject). */
async function tagsOf(
  { storage, bucket }: Look,
  { key, versionId }: Content,
  { tagCount }: ObjectAttributes,
): Promise<Readonly<{ tags: ObjectTags }>> {
  if (tagCount === 0) return { tags: {} };
  try {
    return { tags: await storage.readTags(bucket, key, versionId) };
  } catch (error) {
    if (error instanceof StorageUnsupportedError) return { tags: {} }; // a provider without tags
    throw error;
  }
}

async function gradeByContent(
  sides: BothSides,
  source: Content,
  destination: Content,
  { ours, theirs }: Heads,
  rule: VerifyRule,
  signal: AbortSignal,
): Promise<ObjectVerdict> {
  const byChecksums = gradeByChecksums(ours.checksums, theirs.checksums, theirs.modifiedAtMs, rule.jobBeganAtMs);
  if (byChecksums === 'differs') return differs('the stored checksums are not the same');
  if (byChecksums === 'B') return { kind: 'equal', grade: 'B', comparedAttributes: false };

  const hashOf = ({ storage, bucket }: Side, { key, etag, versionId }: Content) =>
    storage.hashObject(bucket, key, etag, signal, versionId);
  const left = await ofOne(() => hashOf(sides.source, source), { kind: 'gone' });
  if ('kind' in left) return left;
  const right = await ofOne(() => hashOf(sides.destination, destination), missingSince);
  if ('kind' in right) return right;
  return left.sha256 === right.sha256 && left.sizeBytes === right.sizeBytes
    ? { kind: 'equal', grade: 'A', comparedAttributes: false }
    : differs('the bytes are not the same');
}

/** Turns an error about this object alone into its verdict: it could not be proven, which is never "equal". */
async function ofOne<T>(look: () => Promise<T>, whenMissing: ObjectVerdict): Promise<T | ObjectVerdict> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof ObjectMissingError) return whenMissing;
    if (!(error instanceof MigrationError) || error.retry !== 'never') throw error;
    return unproven(error.message);
  }
}
