import type { PlanSummary } from './job-documents.ts';
import { GiB, KiB, MiB } from './sizes.ts';

export type ShardLimits = Readonly<{ objectCountMax: number; bytesMax: number }>;

/**
 * Cuts a stream of sizes into shards. A shard ends before the object that would take it over a limit; an object that
 * is larger than the limit alone has a shard of its own. Knows nothing of keys and holds no list.
 */
export class ShardCutter {
  private objectCount = 0;
  private sizeBytes = 0;
  private readonly limits: ShardLimits;

  constructor(limits: ShardLimits) {
    this.limits = limits;
  }

  /** Takes the next object in, or a key with `objectCount` versions; true when a new shard begins with it. */
  startsShard(objectBytes: number, objectCount = 1): boolean {
    const isFull =
      this.objectCount > 0 &&
      (this.objectCount + objectCount > this.limits.objectCountMax ||
        this.sizeBytes + objectBytes > this.limits.bytesMax);
    const starts = this.objectCount === 0 || isFull;
    this.objectCount = isFull ? objectCount : this.objectCount + objectCount;
    this.sizeBytes = isFull ? objectBytes : this.sizeBytes + objectBytes;
    return starts;
  }
}

/**
 * Where two neighbouring shards, joined, are divided best: the number of objects of the first one. The load of a shard
 * is its share of the nearer limit, and the larger of both loads becomes as small as it can, so no limit that the old
 * division kept is passed.
 */
export function evenDivision(sizesBytes: readonly number[], limits: ShardLimits): number {
  const allBytes = sizesBytes.reduce((sum, sizeBytes) => sum + sizeBytes, 0);
  const loadOf = (objectCount: number, bytes: number): number =>
    Math.max(objectCount / limits.objectCountMax, bytes / limits.bytesMax);
  let best = { firstCount: 1, load: Infinity };
  let firstBytes = 0;
  for (let firstCount = 1; firstCount < sizesBytes.length; firstCount += 1) {
    firstBytes += sizesBytes[firstCount - 1] ?? 0;
    const second = loadOf(sizesBytes.length - firstCount, allBytes - firstBytes);
    const load = Math.max(loadOf(firstCount, firstBytes), second);
    if (load < best.load) best = { firstCount, load };
  }
  return best.firstCount;
}

const HISTOGRAM_LIMITS: readonly (number | null)[] = [KiB, MiB, GiB, 5 * GiB, null];

export class SizeHistogram {
  private readonly counts = HISTOGRAM_LIMITS.map(() => 0);

  add(sizeBytes: number): void {
    const index = HISTOGRAM_LIMITS.findIndex((limit) => limit === null || sizeBytes <= limit);
    this.counts[index] = (this.counts[index] ?? 0) + 1;
  }

  read(): PlanSummary['sizeHistogram'] {
    return HISTOGRAM_LIMITS.map((upToBytes, index) => ({ upToBytes, objectCount: this.counts[index] ?? 0 }));
  }
}
