import type { DifferenceKind, DifferenceLine } from '../domain/job-documents.ts';
import { toPercentForm } from '../domain/keys.ts';
import type { ObjectFacts } from '../domain/objects.ts';
import { MiB } from '../domain/sizes.ts';

/** More differences than fit are counted and not listed; the round after the next one finds those that were left. */
const LISTED_BYTES_MAX = 128 * MiB;

/** The differences as the bytes of their document, which is much smaller than the lines as objects. */
export class DifferenceList {
  readonly counts = { missing: 0, differs: 0, extra: 0, unproven: 0 } satisfies Record<DifferenceKind, number>;
  explainedCount = 0;
  private readonly chunks: Buffer[] = [];
  private sizeBytes = 0;

  add(kind: DifferenceKind, facts: ObjectFacts, key: string, detail: string, isExplained: boolean): void {
    this.counts[kind] += 1;
    if (isExplained) this.explainedCount += 1;
    if (this.sizeBytes >= LISTED_BYTES_MAX) return;
    const { sizeBytes, etag, storageClass, modifiedAtMs } = facts;
    const line: DifferenceLine = {
      kind,
      key: toPercentForm(key),
      sizeBytes,
      etag,
      storageClass,
      modifiedAtMs,
      detail,
      isExplained,
    };
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    this.chunks.push(bytes);
    this.sizeBytes += bytes.length;
  }

  document(): Uint8Array {
    return Buffer.concat(this.chunks);
  }
}
