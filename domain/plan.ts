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

  /** Takes the next object in; true when a new shard begins with it. */
  startsShard(objectBytes: number): boolean {
    const isFull =
      this.objectCount > 0 &&
      (this.objectCount + 1 > this.limits.objectCountMax || this.sizeBytes + objectBytes > this.limits.bytesMax);
    const starts = this.objectCount === 0 || isFull;
    this.objectCount = isFull ? 1 : this.objectCount + 1;
    this.sizeBytes = isFull ? objectBytes : this.sizeBytes + objectBytes;
    return starts;
  }
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
