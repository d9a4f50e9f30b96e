import { jsonText, readJson, readMilestones } from '../domain/document-access.ts';
import { GateClosedError, TaskStoppedError } from '../domain/errors.ts';
import { paths, type DiscardResult, type PlanSummary, type VerdictDocument } from '../domain/job-documents.ts';
import type { Removal, Storage } from '../domain/ports.ts';
import { withBackoff } from './backoff.ts';
import type { DiscardTask } from './task-ports.ts';
import { openTransfer, type TransferSides } from './transfer-sides.ts';
import { verifyKeys, type VerifiedKey } from './verify-keys.ts';

/** DeleteObjects takes as many (S3 API reference, DeleteObjects). */
const CHUNK_MAX = 1000;

/**
 * Deletes from the temporary bucket the copies of what the source is proven to hold now, each on condition of its ETag
 * or by its version id. What the source lacks or holds differently stays and is counted. Rejects with GateClosedError
 * where deletions in the source began and nothing proves that everything was brought back.
 */
export async function discardCopies(task: DiscardTask): Promise<void> {
  const { ports, job, reporter } = task;
  await insistOnWholeSource(task);
  const sides = await openTransfer(task, 'copy', 'as-it-is');
  const { connection, bucket } = sides.route.destination;
  const storage = await ports.storage.open({ connection, purpose: 'empty', buckets: [bucket], jobId: job.id });
  try {
    const discarding = new Discarding(task, sides, storage);
    const counts = await discarding.run();
    const result: DiscardResult = { ...counts, finishedAtMs: ports.clock.nowMs() };
    await ports.documents.write(paths.discard(job.id), jsonText(result));
    reporter.say('finished');
  } finally {
    storage.close();
    sides.close();
  }
}

async function insistOnWholeSource({ ports, job }: DiscardTask): Promise<void> {
  const { documents } = ports;
  const passed = await readMilestones(documents, job.id);
  if (passed['source-deleted'] === undefined) {
    if (passed['emptying-began'] === undefined) return;
    const plan = await readJson<PlanSummary>(documents, paths.planSummary(job.id, 'undo'));
    const verdict = plan && (await readJson<VerdictDocument>(documents, paths.verdict(job.id, 'undo', plan.round)));
    if (verdict?.verdict === 'equal') return;
  }
  throw new GateClosedError('The temporary bucket may hold the only copy: not everything is proven to be back.', {
    remedy: 'Nothing is deleted. Redrive the job: it brings back what is missing and proves it.',
  });
}

class Discarding {
  private readonly task: DiscardTask;
  private readonly sides: TransferSides;
  private readonly storage: Storage;
  private readonly counts = { removedCount: 0, keptCount: 0 };
  private waiting: Removal[] = [];

  constructor(task: DiscardTask, sides: TransferSides, storage: Storage) {
    this.task = task;
    this.sides = sides;
    this.storage = storage;
  }

  async run(): Promise<Omit<DiscardResult, 'finishedAtMs'>> {
    for await (const verified of verifyKeys(this.task, this.sides)) {
      if (this.task.signal.aborted) throw new TaskStoppedError('The clean-up was asked to stop.');
      this.note(verified);
      if (this.waiting.length >= CHUNK_MAX) await this.remove();
    }
    await this.remove();
    return this.counts;
  }

  private note({ verified, others }: VerifiedKey): void {
    this.counts.keptCount += others.length;
    for (const { there, verdict } of verified) {
      if (!there) continue;
      if (verdict.kind === 'equal') this.waiting.push(this.removalOf(there));
      else this.counts.keptCount += 1;
    }
  }

  private removalOf({ key, etag, versionId }: NonNullable<VerifiedKey['verified'][number]['there']>): Removal {
    return this.sides.route.carriesVersions && versionId !== undefined ? { key, versionId } : { key, etag };
  }

  private async remove(): Promise<void> {
    const { ports, signal, reporter } = this.task;
    const removals = this.waiting.splice(0);
    for (let from = 0; from < removals.length; from += CHUNK_MAX) {
      const chunk = removals.slice(from, from + CHUNK_MAX);
      const { bucket } = this.sides.route.destination;
      const outcomes = await withBackoff(ports, signal, () => this.storage.removeObjects(bucket, chunk, signal));
      const removedCount = outcomes.filter(({ outcome }) => outcome === 'removed').length;
      this.counts.removedCount += removedCount;
      this.counts.keptCount += outcomes.length - removedCount;
      reporter.counts.copiedCount = this.counts.removedCount;
    }
  }
}
