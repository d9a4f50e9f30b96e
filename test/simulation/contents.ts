import type { KeyBytes } from '../../local/sandbox/key-order.ts';
import type { Bucket, ObjectVersion, Storage } from '../../local/sandbox/storage.ts';
import { OURS } from './accounts.ts';

const known = new WeakMap<ObjectVersion, string>();

/** Everything that belongs to an object, as one text: bytes, headers, metadata, tags and class. */
export function contentOf(version: ObjectVersion): string {
  const before = known.get(version);
  if (before !== undefined) return before;
  const { headers, metadata, tags, storageClass, content } = version;
  const bytes = content.pieces.map((piece) => ('bytes' in piece ? Buffer.from(piece.bytes).toString('latin1') : '?'));
  const sorted = (fields: Readonly<Record<string, string>>) => Object.entries(fields).sort();
  const text = JSON.stringify([bytes.join(''), sorted(headers), sorted(metadata), tags, storageClass]);
  known.set(version, text);
  return text;
}

export const isOwnedByPerson = (bucket: Bucket): boolean =>
  Object.values<string>(OURS).includes(bucket.facts.accountId);

/**
 * What the person must still have: every object that was there or came in, until they themselves overwrote or deleted
 * it under the name of their bucket. Knows nothing of the product.
 */
export class Belongings {
  private readonly contents = new Map<KeyBytes, Set<string>>();

  constructor(
    private readonly storage: Storage,
    private readonly bucketName: string,
  ) {}

  /** Call around each of the person's own writes: what they replaced is theirs to lose, what they wrote is to be kept. */
  async during(bucketName: string, key: KeyBytes, write: () => Promise<void>): Promise<void> {
    if (bucketName !== this.bucketName) return write();
    const before = this.versionsOf(key);
    await write();
    const after = this.versionsOf(key);
    const contents = this.contents.get(key) ?? new Set();
    for (const version of before) if (!after.includes(version)) contents.delete(contentOf(version));
    for (const version of after) if (!before.includes(version)) contents.add(contentOf(version));
    this.contents.set(key, contents);
  }

  private versionsOf(key: KeyBytes): ObjectVersion[] {
    const versions = this.storage.buckets.get(this.bucketName)?.versions.get(key) ?? [];
    return versions.filter((version) => !version.isDeleteMarker);
  }

  /** The first object of theirs that stands in no bucket of theirs; undefined when all is there. */
  lost(): string | undefined {
    return this.missingFrom([...this.storage.buckets.values()].filter(isOwnedByPerson));
  }

  missingFrom(buckets: readonly Bucket[]): string | undefined {
    for (const [key, contents] of this.contents) {
      for (const content of contents)
        if (!buckets.some((bucket) => holds(bucket, key, content))) return `${key} ${content}`;
    }
    return undefined;
  }
}

const holds = (bucket: Bucket, key: KeyBytes, content: string): boolean =>
  (bucket.versions.get(key) ?? []).some((version) => !version.isDeleteMarker && contentOf(version) === content);

/** The whole bucket as one text: every key's history, oldest first, as far as it can be made again elsewhere. */
export function wholeOf(bucket: Bucket | undefined): string {
  if (!bucket) return 'absent';
  const histories = [...bucket.versions].map(([key, versions]) => {
    const oldestFirst = [...versions].reverse();
    const kept = oldestFirst.filter((version, index) => !version.isDeleteMarker || isOverAnObject(oldestFirst, index));
    return [key, kept.map((version) => (version.isDeleteMarker ? 'marker' : contentOf(version)))] as const;
  });
  const written = histories.filter(([, history]) => history.length > 0);
  return JSON.stringify(written.sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** A marker over a marker, or with nothing under it, hides nothing. */
const isOverAnObject = (oldestFirst: readonly ObjectVersion[], index: number): boolean =>
  oldestFirst[index - 1]?.isDeleteMarker === false;
