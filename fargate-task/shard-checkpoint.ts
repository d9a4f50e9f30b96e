import { jsonText, readLines, readVersioned } from '../domain/document-access.ts';
import { DocumentConflictError, type MigrationError } from '../domain/errors.ts';
import { paths, type FailureLine, type ShardEntry, type ShardResult } from '../domain/job-documents.ts';
import { compareKeys, fromPercentForm } from '../domain/keys.ts';
import type { Clock } from '../domain/time.ts';
import type { ShardPlace } from './shard-files.ts';

/** A newer attempt has taken the shard: everything this one still does is harmless, and none of it is written down. */
export class ShardTakenOverError extends Error {
  override readonly name = 'ShardTakenOverError';
}

/** Attempts that take a shard at the same instant; each loss means that another has it already. */
const TAKE_TRIES_MAX = 10;

export type Progress = Readonly<{
  copiedCount: number;
  copiedBytes: number;
  skippedCount: number;
  failures: readonly FailureLine[];
  throttledCount: number;
}>;

/**
 * Where a shard stands, as a document whose version is the fence: an attempt takes the shard by writing it, and a
 * checkpoint of an attempt that has lost it is refused. Failures are written before the result that counts them;
 * those of entries that the result does not count are dropped when the shard is taken up again.
 */
export class ShardCheckpoint {
  result: ShardResult;
  private version: string;
  private failures: FailureLine[] = [];
  private failuresVersion: string | undefined;
  private readonly place: ShardPlace;
  private readonly clock: Clock;

  private constructor(place: ShardPlace, clock: Clock, result: ShardResult, version: string) {
    this.place = place;
    this.clock = clock;
    this.result = result;
    this.version = version;
  }

  /** Takes the shard for a new attempt. A shard that is done is left as it is. */
  static async take(place: ShardPlace, shard: number, clock: Clock): Promise<ShardCheckpoint> {
    const path = paths.result(place.jobId, place.transfer, shard);
    for (let tries = 0; tries < TAKE_TRIES_MAX; tries += 1) {
      const before = await readVersioned<ShardResult>(place.documents, path);
      if (before?.value.isDone) return new ShardCheckpoint(place, clock, before.value, before.version);
      const taken = nextAttempt(shard, before?.value, clock);
      try {
        const condition = before ? { ifVersion: before.version } : { ifAbsent: true as const };
        const { version } = await place.documents.write(path, jsonText(taken), condition);
        return new ShardCheckpoint(place, clock, taken, version);
      } catch (error) {
        if (!(error instanceof DocumentConflictError)) throw error;
      }
    }
    throw new ShardTakenOverError(`other attempts keep taking shard ${shard}`);
  }

  /** Keeps the failures of entries that are counted, and takes the document so that an older attempt cannot write it. */
  async keepFailures(entries: readonly ShardEntry[]): Promise<void> {
    const next = entries[this.result.doneCount];
    for await (const line of readLines<FailureLine>(this.place.documents, this.failuresPath())) {
      if (this.result.doneCount === 0) break;
      if (!next || compareKeys(fromPercentForm(line.key), next.key) < 0) this.failures.push(line);
    }
    this.failuresVersion = (await this.place.documents.read(this.failuresPath()))?.version;
    if (this.failuresVersion !== undefined) await this.writeFailures();
  }

  /** Entries before `doneCount` need no further look. Rejects with ShardTakenOverError when another attempt has it. */
  async save(doneCount: number, progress: Progress, isDone: boolean): Promise<void> {
    if (progress.failures.length > 0) {
      this.failures.push(...progress.failures);
      await this.writeFailures();
    }
    const before = this.result;
    await this.write({
      ...before,
      doneCount,
      isDone,
      copiedCount: before.copiedCount + progress.copiedCount,
      copiedBytes: before.copiedBytes + progress.copiedBytes,
      skippedCount: before.skippedCount + progress.skippedCount,
      failedCount: this.failures.length,
      throttledCount: progress.throttledCount,
      updatedAtMs: this.clock.nowMs(),
    });
  }

  async halt(error: MigrationError): Promise<void> {
    const halted = { error: error.name, message: error.message, remedy: error.remedy };
    await this.write({ ...this.result, halted, updatedAtMs: this.clock.nowMs() });
  }

  private async write(result: ShardResult): Promise<void> {
    const path = paths.result(this.place.jobId, this.place.transfer, result.shard);
    try {
      const written = await this.place.documents.write(path, jsonText(result), { ifVersion: this.version });
      this.version = written.version;
      this.result = result;
    } catch (error) {
      if (!(error instanceof DocumentConflictError)) throw error;
      throw new ShardTakenOverError(`another attempt has shard ${result.shard}`);
    }
  }

  private async writeFailures(): Promise<void> {
    const body = this.failures.map((line) => `${JSON.stringify(line)}\n`).join('');
    const write = async (): Promise<string> => {
      const condition =
        this.failuresVersion === undefined ? { ifAbsent: true as const } : { ifVersion: this.failuresVersion };
      return (await this.place.documents.write(this.failuresPath(), body, condition)).version;
    };
    try {
      this.failuresVersion = await write();
    } catch (error) {
      if (!(error instanceof DocumentConflictError)) throw error;
      await this.insistOnOwnership(); // an older attempt's last words may have come in between
      this.failuresVersion = (await this.place.documents.read(this.failuresPath()))?.version;
      this.failuresVersion = await write();
    }
  }

  private async insistOnOwnership(): Promise<void> {
    const path = paths.result(this.place.jobId, this.place.transfer, this.result.shard);
    const current = await this.place.documents.read(path);
    if (current?.version !== this.version)
      throw new ShardTakenOverError(`another attempt has shard ${this.result.shard}`);
  }

  private failuresPath(): string {
    return paths.failures(this.place.jobId, this.place.transfer, this.result.shard);
  }
}

/**
 * A shard that was given up begins anew, because a person has changed something since and its refused objects are to
 * be tried again; what is at the destination already is recognised there.
 */
function nextAttempt(shard: number, before: ShardResult | undefined, clock: Clock): ShardResult {
  const nowMs = clock.nowMs();
  const attempt = (before?.attempt ?? 0) + 1;
  if (before && !before.halted) return { ...before, attempt, updatedAtMs: nowMs };
  return {
    shard,
    attempt,
    doneCount: 0,
    isDone: false,
    copiedCount: 0,
    copiedBytes: 0,
    skippedCount: 0,
    failedCount: 0,
    throttledCount: 0,
    startedAtMs: before?.startedAtMs ?? nowMs,
    updatedAtMs: nowMs,
  };
}
