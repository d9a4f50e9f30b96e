import { beforeEach, describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { jsonText, passMilestone } from '../../../domain/document-access.ts';
import { paths, type ReportDocument } from '../../../domain/job-documents.ts';
import type { FlowDescription } from '../../../domain/ports.ts';
import type { ProgressDocument } from '../../../domain/progress.ts';
import { logStreamName, type TaskLogLine } from '../../../domain/task-log.ts';
import { isoTime, SECOND_MS, type EpochMs } from '../../../domain/time.ts';
import type { JobView } from '../../../domain/views.ts';
import { viewJob } from '../../../functions/progress/job-view.ts';
import { updateProgress } from '../../../functions/progress/update-progress.ts';
import { steps } from '../../../functions/steps/index.ts';
import { JOB_ID, JobWorld, manyObjects } from '../../support/a-job.ts';
import { MemoryLogs } from '../../support/memory-logs.ts';

let world: JobWorld;
let logs: MemoryLogs;
let flow: FlowDescription;
let shipped: number;

async function look(): Promise<ProgressDocument> {
  for (const line of world.lines.slice(shipped)) await append(line);
  shipped = world.lines.length;
  world.clock.advance(2 * SECOND_MS);
  return updateProgress(JOB_ID, { documents: world.documents, logs, clock: world.clock });
}

const append = (line: TaskLogLine): Promise<void> =>
  logs.append(logStreamName(JOB_ID, 'copy', line.task, line.shard), JSON.stringify(line), world.clock.nowMs());

const view = (): Promise<JobView> =>
  viewJob(world.job, { documents: world.documents, flows: { describe: async () => flow }, clock: world.clock });

beforeEach(async () => {
  world = new JobWorld({ source: manyObjects(40), options: { shardObjectCountMax: 10 } });
  world.grantByHand();
  logs = new MemoryLogs();
  shipped = 0;
  flow = {
    status: 'running',
    startedAtMs: world.clock.nowMs(),
    redriveCount: 0,
    isRedrivable: true,
    execution: 1,
    machine: 'copy',
  };
  await passMilestone(world.documents, JOB_ID, 'destination-bucket-created', world.clock.nowMs());
  await world.plan();
});

const aLine = (shard: number, attempt: number, second: number, copiedCount: number): TaskLogLine => ({
  time: isoTime((world.clock.nowMs() + second * SECOND_MS) as EpochMs),
  job: JOB_ID,
  transfer: 'copy',
  task: 'copy',
  shard,
  attempt,
  level: 'info',
  event: 'progress',
  copiedCount,
  copiedBytes: copiedCount,
  skippedCount: 0,
  failedCount: 0,
  inFlight: 0,
  throttledCount: 0,
});

describe('the numbers of a job', () => {
  test('do not depend on the order, the repetition or the loss of lines, and the percentage never falls', async () => {
    const lines = [1, 2, 3, 4].flatMap((shard) =>
      [1, 2, 3].map((second) => aLine(shard, 1, second, second === 3 ? 10 : second * 3)),
    );
    const newest = lines.filter((line) => line.copiedCount === 10);
    const arrivals = fc
      .tuple(fc.subarray(lines), fc.array(fc.constantFrom(...lines), { maxLength: 20 }))
      .chain(([some, again]) => {
        const all = [...newest, ...some, ...again];
        return fc.shuffledSubarray(all, { minLength: all.length });
      });

    await fc.assert(
      fc.asyncProperty(arrivals, async (arriving) => {
        world.documents.documents.delete(paths.progress(JOB_ID));
        logs = new MemoryLogs();
        let percent = 0;
        for (const line of arriving) {
          await append(line);
          const seen = await look();
          expect(seen.percent).toBeGreaterThanOrEqual(percent);
          percent = seen.percent;
        }
        expect((await look()).counts.copiedCount).toBe(40);
      }),
      { numRuns: 30 },
    );
  });

  test('of an attempt that was killed give way to those of the one after it, and the percentage stays', async () => {
    await append(aLine(1, 1, 5, 9));
    const before = await look();

    await append(aLine(1, 2, 1, 4)); // the new attempt goes on after the last checkpoint
    const after = await look();

    expect([before.counts.copiedCount, after.counts.copiedCount]).toEqual([9, 4]);
    expect(after.percent).toBe(before.percent);
  });

  test('written by another who was quicker stand, and both are answered alike', async () => {
    await world.copy(1);
    await look();
    let theirs: ProgressDocument | undefined;
    world.documents.beforeWrite = async (path) => {
      if (path !== paths.progress(JOB_ID)) return;
      world.documents.beforeWrite = undefined;
      theirs = await look();
    };

    const ours = await look();

    expect(theirs).toBeDefined();
    expect(ours).toEqual(theirs);
    expect(world.documents.json(paths.progress(JOB_ID))).toEqual(theirs);
  });
});

describe('a job that failed', () => {
  const failure = { Error: 'AccessDeniedError', Cause: 'no\nWhat to do: Allow it.' };
  const ended = (): FlowDescription => ({ ...flow, status: 'failed', endedAtMs: world.clock.nowMs(), error: 'AccessDeniedError' }); // prettier-ignore

  async function fail(): Promise<void> {
    const input = { jobId: JOB_ID, failure, redrivesBefore: 0, redriveCount: 0 };
    await expect(steps.reportFailure(input, world.ports)).rejects.toThrow();
    flow = ended();
  }

  test('says one error, one cause and one thing to do', async () => {
    await fail();

    expect(await view()).toMatchObject({
      status: 'failed',
      problem: { error: 'AccessDeniedError', message: 'no', remedy: 'Allow it.' },
    });
  });

  test('shows what its report counted, also where the log had fallen behind', async () => {
    await look();
    await world.copy(1); // its lines never arrive
    await fail();

    expect(await view()).toMatchObject({ status: 'failed', copiedCount: 10 });
  });

  test('and was redriven shows no problem, counts by its log again, and goes on from its percentage', async () => {
    await world.copy(1);
    const before = await look();
    await fail();

    flow = { ...ended(), status: 'running', redriveCount: 1 };
    await world.copy(2);
    await look();
    const seen = await view();

    expect(seen.problem).toBeUndefined();
    expect(seen).toMatchObject({ status: 'running', redriveCount: 1, copiedCount: 20 });
    expect(seen.percent).toBeGreaterThan(before.percent);
  });
});

describe('a job that finished', () => {
  test('is 100 %, and its report says the counts', async () => {
    for (const shard of world.pending()) await world.copy(shard);
    await world.verify();
    await look();
    expect((await view()).percent).toBe(99);

    await steps.finishJob({ jobId: JOB_ID }, world.ports);
    flow = { ...flow, status: 'succeeded', endedAtMs: world.clock.nowMs() };

    expect(await view()).toMatchObject({ status: 'succeeded', percent: 100, copiedCount: 40, failedCount: 0 });
  });

  test('that was over before its numbers were first looked at has its totals and its verified objects', async () => {
    for (const shard of world.pending()) await world.copy(shard);
    await world.verify();
    await steps.finishJob({ jobId: JOB_ID }, world.ports);
    flow = { ...flow, status: 'succeeded', endedAtMs: world.clock.nowMs() };

    expect(await view()).toMatchObject({ percent: 100, copiedCount: 40, totalCount: 40, verifiedCount: 40 });
  });

  test('never shows 100 % with the counts of seconds ago, while the flow takes its last step', async () => {
    await world.copy(1);
    await look();
    for (const shard of world.pending()) await world.copy(shard);
    await world.verify();
    await steps.finishJob({ jobId: JOB_ID }, world.ports);

    expect(await view()).toMatchObject({ status: 'running', percent: 100, copiedCount: 40 });
  });

  test('while it runs, a report of an earlier end does not speak for it', async () => {
    const stale = { jobId: JOB_ID, outcome: 'failed', copiedCount: 7, copiedBytes: 7, skippedCount: 0, failedCount: 3, blockedCount: 0 } satisfies Partial<ReportDocument>; // prettier-ignore
    await world.documents.write(paths.report(JOB_ID), jsonText(stale));
    await world.copy(1);
    await look();

    expect(await view()).toMatchObject({ copiedCount: 10, failedCount: 0 });
  });
});
