import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { DocumentInvalidError } from '../domain/errors.ts';
import {
  entryVersionCount,
  formatShardEntry,
  parseShardEntry,
  paths,
  type ShardEntry,
  type ShardSummary,
  type TransferName,
} from '../domain/job-documents.ts';
import { toPercentForm } from '../domain/keys.ts';
import { evenDivision, ShardCutter, type ShardLimits } from '../domain/plan.ts';
import type { DocumentStore } from '../domain/ports.ts';

const compress = promisify(gzip);
const decompress = promisify(gunzip);

export type ShardPlace = Readonly<{ documents: DocumentStore; jobId: string; transfer: TransferName }>;
const FAST = { level: 3 }; // keys compress well at any level, and planning waits for it

/**
 * Cuts a stream of entries, given in key order, into shard documents. Holds two shards: the last two share their
 * entries evenly, because a full one beside a tiny one keeps a single task busy at the end.
 */
export class ShardWriter {
  private readonly place: ShardPlace;
  private readonly limits: ShardLimits;
  private readonly cutter: ShardCutter;
  private readonly round: number;
  private nextShard: number;
  /** Full, and not written before it is known whether the next one is the last. */
  private full: ShardEntry[] = [];
  private entries: ShardEntry[] = [];
  private readonly written: ShardSummary[] = [];

  constructor(place: ShardPlace, limits: ShardLimits, round: number, firstShard: number) {
    this.place = place;
    this.limits = limits;
    this.cutter = new ShardCutter(limits);
    this.round = round;
    this.nextShard = firstShard;
  }

  async add(entry: ShardEntry): Promise<void> {
    if (this.cutter.startsShard(entry.sizeBytes, entryVersionCount(entry))) {
      await this.write(this.full);
      this.full = this.entries;
      this.entries = [];
    }
    this.entries.push(entry);
  }

  async finish(): Promise<readonly ShardSummary[]> {
    const left = [...this.full, ...this.entries];
    const isOne = this.full.length === 0 || this.entries.length === 0;
    const sizes = left.map(({ sizeBytes }) => sizeBytes);
    const firstCount = isOne ? left.length : evenDivision(sizes, this.limits);
    await this.write(left.slice(0, firstCount));
    await this.write(left.slice(firstCount));
    return this.written;
  }

  private async write(entries: readonly ShardEntry[]): Promise<void> {
    const [first, last] = [entries[0], entries.at(-1)];
    if (!first || !last) return;
    const lines = Buffer.from(entries.map((entry) => `${formatShardEntry(entry)}\n`).join(''));
    const shard = this.nextShard;
    const path = paths.shard(this.place.jobId, this.place.transfer, shard);
    await this.place.documents.write(path, await compress(lines, FAST));
    this.written.push({
      shard,
      round: this.round,
      firstKey: toPercentForm(first.key),
      lastKey: toPercentForm(last.key),
      objectCount: entries.reduce((sum, entry) => sum + entryVersionCount(entry), 0),
      sizeBytes: entries.reduce((sum, entry) => sum + entry.sizeBytes, 0),
      sha256: digestOf(lines),
    });
    this.nextShard += 1;
  }
}

/** The entries of a shard. Rejects with DocumentInvalidError when they are missing or not those that were planned. */
export async function readShard(place: ShardPlace, summary: ShardSummary): Promise<ShardEntry[]> {
  const path = paths.shard(place.jobId, place.transfer, summary.shard);
  const stored = await place.documents.read(path);
  if (!stored) throw invalid(path, 'is missing');
  const lines = await decompress(stored.body).catch((cause: unknown) => {
    throw invalid(path, 'is damaged', cause);
  });
  if (digestOf(lines) !== summary.sha256) throw invalid(path, 'is not the one that was planned');
  return lines.toString('utf8').trimEnd().split('\n').map(parseShardEntry);
}

const digestOf = (lines: Uint8Array): string => createHash('sha256').update(lines).digest('hex');

const invalid = (path: string, what: string, cause?: unknown): DocumentInvalidError =>
  new DocumentInvalidError(`The shard ${path} ${what}.`, {
    remedy:
      'Start the copy again as a new job that merges into the destination: what is copied already is found and kept.',
    cause,
  });
