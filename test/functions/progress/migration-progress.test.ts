import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jsonText, passMilestone } from '../../../domain/document-access.ts';
import { paths, type JobDocument, type Milestone, type PlanSummary, type TransferName } from '../../../domain/job-documents.ts'; // prettier-ignore
import { parseJobRequest } from '../../../domain/job-request.ts';
import { logStreamName, type TaskLogLine, type TaskName } from '../../../domain/task-log.ts';
import { isoTime, SECOND_MS, type EpochMs } from '../../../domain/time.ts';
import type { JobView } from '../../../domain/views.ts';
import { viewJob } from '../../../functions/progress/job-view.ts';
import { updateProgress } from '../../../functions/progress/update-progress.ts';
import { MemoryLogs } from '../../support/memory-logs.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const JOB: JobDocument = {
  id: 'migrate-20261120-0123456789ab',
  request: parseJobRequest({
    kind: 'migrate',
    source: { connection: 'here', bucket: 'photos' },
    destination: { connection: 'there' },
  }),
  createdAtMs: 0 as EpochMs,
  createdBy: 'operator',
};

/** A migration as its documents and logs tell of it, with a clock that moves a second for everything that happens. */
class Told {
  readonly documents = new MemoryStore();
  private readonly logs = new MemoryLogs();
  private nowIsMs = 1_000_000;
  private readonly clock = { nowMs: () => this.nowIsMs as EpochMs, sleep: async () => undefined };

  async begin(): Promise<this> {
    await this.documents.write(paths.request(JOB.id), jsonText(JOB));
    return this;
  }

  async pass(name: Milestone): Promise<void> {
    this.nowIsMs += SECOND_MS;
    if (name === 'planned') await this.plan('copy', 100);
    if (name === 'planned-back') await this.plan('copy-back', 100);
    await passMilestone(this.documents, JOB.id, name, this.clock.nowMs());
  }

  async plan(transfer: TransferName, totalCount: number): Promise<void> {
    const shards = [{ shard: 1, round: 1, firstKey: 'a', lastKey: 'z', objectCount: totalCount, sizeBytes: 0, sha256: '' }]; // prettier-ignore
    const plan: Partial<PlanSummary> = {
      round: 1,
      totalCount,
      totalBytes: 0,
      skippedCount: 0,
      blockedCount: 0,
      shards,
    };
    await this.documents.write(paths.planSummary(JOB.id, transfer), jsonText(plan));
  }

  async log(transfer: TransferName, task: TaskName, copiedCount: number, part = 1): Promise<void> {
    this.nowIsMs += SECOND_MS;
    const shard = task === 'copy' || task === 'empty' ? part : 0;
    const counters = { copiedCount, copiedBytes: 0, skippedCount: 0, failedCount: 0, inFlight: 0, throttledCount: 0 };
    const line: TaskLogLine = { time: isoTime(this.clock.nowMs()), job: JOB.id, transfer, task, shard, attempt: 1, level: 'info', event: 'progress', ...counters }; // prettier-ignore
    await this.logs.append(logStreamName(JOB.id, transfer, task, shard), JSON.stringify(line), this.clock.nowMs());
  }

  async look(): Promise<void> {
    this.nowIsMs += SECOND_MS;
    await updateProgress(JOB.id, { documents: this.documents, logs: this.logs, clock: this.clock });
  }

  view(): Promise<JobView> {
    const flow = {
      status: 'running',
      startedAtMs: 0 as EpochMs,
      redriveCount: 0,
      isRedrivable: true,
      execution: 1,
      machine: 'migrate',
    } as const;
    const flows = { describe: async () => flow };
    return viewJob(JOB, { documents: this.documents, flows, clock: this.clock });
  }
}

type Event = Milestone | readonly [TransferName, TaskName, number];
const transferred = (transfer: TransferName, milestones: readonly Milestone[]): Event[] => [
  [transfer, 'plan', 100],
  milestones[0] ?? 'planned',
  [transfer, 'copy', 40],
  [transfer, 'copy', 100],
  milestones[1] ?? 'copied',
  [transfer, 'verify', 50],
  [transfer, 'verify', 100],
  milestones[2] ?? 'verified',
];
const WHOLE: readonly Event[] = [
  'started',
  'source-frozen',
  'temporary-bucket-created',
  ...transferred('copy', ['planned', 'copied', 'verified']),
  'proof-sealed',
  'consented',
  'emptying-began',
  'source-emptied',
  'source-deleted',
  'destination-bucket-created',
  ...transferred('copy-back', ['planned-back', 'copied-back', 'verified-back']),
  'returned',
  'configured',
  'quarantine-over',
  'temporary-bucket-deleted',
  'finished',
];

const happen = (told: Told, event: Event): Promise<void> =>
  typeof event === 'string' ? told.pass(event) : told.log(...event);

describe('the numbers of a migration', () => {
  test('never fall, whenever they are counted and whenever somebody looks, and are 100 at the end only', async () => {
    const looks = fc.array(fc.record({ isCounted: fc.boolean(), isSeen: fc.boolean() }), {
      minLength: WHOLE.length,
      maxLength: WHOLE.length,
    });

    await fc.assert(
      fc.asyncProperty(looks, async (when) => {
        const told = await new Told().begin();
        let percent = 0;
        for (const [index, event] of WHOLE.entries()) {
          await happen(told, event);
          if (when[index]?.isCounted) await told.look();
          if (!when[index]?.isSeen) continue;
          const seen = await told.view();
          expect(seen.percent).toBeGreaterThanOrEqual(percent);
          expect(seen.percent === 100).toBe(event === 'finished');
          percent = seen.percent;
        }
      }),
      { numRuns: 40 },
    );
  });

  test('on the way back are those of the way back, from nothing on', async () => {
    const told = await new Told().begin();
    for (const event of WHOLE.slice(0, WHOLE.indexOf('planned-back') + 1)) await happen(told, event);
    await told.look();
    expect(await told.view()).toMatchObject({ phase: 'copying-back', percent: 56, copiedCount: 0, totalCount: 100 });

    await told.log('copy-back', 'copy', 50);
    await told.look();

    expect(await told.view()).toMatchObject({ percent: 75, copiedCount: 50, verifiedCount: 0 });
  });

  test('give no rate across two transfers', async () => {
    const told = await new Told().begin();
    for (const event of WHOLE.slice(0, WHOLE.indexOf('planned-back') + 1)) {
      await happen(told, event);
      await told.look();
    }
    await told.log('copy-back', 'copy', 10);
    await told.look();

    const { samples, objectsPerSecond } = await told.view();
    expect(Math.max(...samples.map(({ copiedCount }) => copiedCount))).toBe(10);
    expect(objectsPerSecond).toBeGreaterThan(0);
  });

  test('give no time left while the name is waited for', async () => {
    const told = await new Told().begin();
    for (const event of WHOLE.slice(0, WHOLE.indexOf('source-deleted') + 1)) {
      await happen(told, event);
      await told.look();
    }

    expect(await told.view()).toMatchObject({ phase: 'waiting-for-name', percent: 50, objectsPerSecond: 0 });
    expect((await told.view()).secondsLeft).toBeUndefined();
  });

  test('say what is being asked at once, however old the last count is', async () => {
    const told = await new Told().begin();
    for (const event of WHOLE.slice(0, WHOLE.indexOf('copied'))) await happen(told, event);
    await told.look();
    for (const name of ['copied', 'verified', 'proof-sealed'] as const) await told.pass(name);
    await told.documents.write(paths.proof(JOB.id), jsonText({ proof: 1, sealedAtMs: 1, grades: {}, parts: [] }));

    expect(await told.view()).toMatchObject({ phase: 'waiting-for-consent', percent: 49 });
  });

  test('tell how much is deleted at the source, and never more than is proven', async () => {
    const told = await new Told().begin();
    for (const event of WHOLE.slice(0, WHOLE.indexOf('source-emptied'))) await happen(told, event);
    const proof = { proof: 1, sealedAtMs: 1, grades: {}, lineCount: 100, parts: [{ part: 1 }, { part: 2 }] };
    await told.documents.write(paths.proof(JOB.id), jsonText(proof));
    const emptied = async () => {
      await told.look();
      return (await told.view()).migration?.emptiedCount;
    };
    expect(await emptied()).toBe(0);

    await told.log('copy', 'empty', 50, 1);
    await told.log('copy', 'empty', 20, 2);
    expect(await emptied()).toBe(70);

    await told.log('copy', 'empty', 90, 2);
    expect(await emptied()).toBe(100);
  });

  test('of a job that is brought back are those of what is copied back into the source; the percentage stays', async () => {
    const told = await new Told().begin();
    for (const event of WHOLE.slice(0, WHOLE.indexOf('source-emptied'))) {
      await happen(told, event);
      await told.look();
    }
    await told.pass('undo-began');
    expect(await told.view()).toMatchObject({ phase: 'undoing', percent: 49, copiedCount: 0, isCounting: false });

    await told.plan('undo', 30);
    await told.log('undo', 'copy', 12);
    await told.look();
    expect(await told.view()).toMatchObject({ phase: 'undoing', percent: 49, copiedCount: 12, totalCount: 30 });

    await told.pass('undone');
    await told.look();
    expect(await told.view()).toMatchObject({ phase: 'undone', percent: 49 });
  });
});
