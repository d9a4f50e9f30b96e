import { afterEach, describe, expect, test, vi } from 'vitest';
import { displayKey } from '../../domain/keys.ts';
import type { MigrationStage } from '../../domain/migration.ts';
import { logStreamName } from '../../domain/task-log.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../domain/time.ts';
import { updateProgress } from '../../functions/progress/update-progress.ts';
import { isStale } from '../../web/words/job.ts';
import { namedError } from '../engine/world.ts';
import { VirtualClock } from '../engine/virtual-clock.ts';
import { MigrationWorld as ShownMigration } from '../functions/api/migration-world.ts';
import { startDouble, storageAt } from '../s3/s3-double.ts';
import { JOB_ID, JobWorld, manyObjects } from '../support/a-job.ts';
import { MemoryLogs } from '../support/memory-logs.ts';
import { Flow, at } from './flow.ts';

const stop = (): never => {
  throw new Error('far enough');
};

describe('a flow', () => {
  test.each<[MigrationStage, string]>([
    ['beginning', 'captureConfiguration'],
    ['emptying', 'lookAtEmptiedSource'],
    ['deleted', 'claimName'],
    ['returning', 'prepareDestinationBucket'],
    ['returned', 'applyConfiguration'],
    ['clearing', 'openTemporaryBucket'],
  ])('111: that is too old for AWS to redrive goes on in a new execution: at "%s" with %s', async (stage, first) => {
    const flow = new Flow('migrate', { ...at(stage), [first]: stop });

    await flow.run();

    expect(flow.called()[1]).toBe(first);
  });

  test.each<[MigrationStage, string]>([
    ['finished', 'SUCCEEDED'],
    ['undone', 'FAILED'],
  ])('111: of a job that is %s does nothing more', async (stage, status) => {
    const flow = new Flow('migrate', at(stage));

    expect(await flow.run()).toMatchObject({ status });

    expect(flow.called()).toEqual(['checkMigration']);
  });

  test('114: a task that cannot be started is tried again, later and later, and goes on once there is room', async () => {
    const startedAtMs: number[] = [];
    const clock = new VirtualClock();
    const runTask = async (): Promise<object> => {
      startedAtMs.push(clock.nowMs());
      if (startedAtMs.length < 15) throw namedError('States.TaskFailed', 'no capacity');
      return {};
    };
    const flow = new Flow('transfer', { keepAccessGranted: () => ({}), readPlan: stop }, { runTask, clock });

    await flow.run({ transfer: 'copy', shardsAtOnceMax: 4, roundsMax: 3 });

    expect(startedAtMs).toHaveLength(15);
    const waitsMs = startedAtMs.slice(1).map((atMs, index) => atMs - (startedAtMs[index] ?? 0));
    expect(new Set(waitsMs).size).toBeGreaterThan(10);
    expect(Math.max(...waitsMs)).toBeLessThanOrEqual(60 * SECOND_MS);
    expect(flow.callsOf('readPlan')).toBe(1);
  });

  test('114: a task that can never be started ends the job with that reason, after twenty tries', async () => {
    let tries = 0;
    const runTask = (): never => {
      tries += 1;
      throw namedError('States.TaskFailed', 'no capacity');
    };
    const flow = new Flow('transfer', { keepAccessGranted: () => ({}) }, { runTask });

    const ended = await flow.run({ transfer: 'copy', shardsAtOnceMax: 4, roundsMax: 3 });

    expect(ended).toMatchObject({ status: 'FAILED', error: 'States.TaskFailed' });
    expect(ended.cause).toContain('no capacity');
    expect(tries).toBe(21);
  });

  test('116: a task that neither ends nor dies is stopped when its time is over, and replaced', async () => {
    const clock = new VirtualClock();
    const stopped: unknown[] = [];
    let count = 0;
    const runTask = (_: unknown, { signal }: { signal: AbortSignal }): Promise<unknown> => {
      if ((count += 1) > 1) return Promise.resolve({});
      return clock.sleep(365 * DAY_MS, signal).catch((error: unknown) => {
        stopped.push(error);
        throw error;
      });
    };
    const flow = new Flow('transfer', { keepAccessGranted: () => ({}), readPlan: stop }, { runTask, clock });

    const ended = await flow.run({ transfer: 'copy', shardsAtOnceMax: 4, roundsMax: 3 });

    expect(stopped).toHaveLength(1);
    expect(count).toBe(2);
    expect((ended.stoppedAtMs ?? 0) - ended.startedAtMs).toBeLessThan(3 * DAY_MS + HOUR_MS);
  });

  test('130: rounds that repair what differs are bounded, so that no repetition runs up costs for ever', async () => {
    const answers = {
      keepAccessGranted: () => ({}),
      readPlan: () => ({ pendingShardCount: 0 }),
      readVerdict: () => ({ verdict: 'differences-found', summary: '7 objects differ.' }),
    };
    const flow = new Flow('transfer', answers, { runTask: async () => ({}) });

    const ended = await flow.run({ transfer: 'copy', shardsAtOnceMax: 4, roundsMax: 3 });

    expect(ended).toMatchObject({ status: 'FAILED', error: 'ObjectsDifferError', cause: '7 objects differ.' });
    expect(flow.callsOf('readVerdict')).toBe(3);
  });
});

/** Lets real requests come and go, and the timers of the sockets run, until it is so or these minutes are over. */
async function within(minutes: number, isSo: () => boolean): Promise<boolean> {
  for (let minute = 0; minute <= minutes && !isSo(); minute += 1) {
    if (minute > 0) vi.advanceTimersByTime(MINUTE_MS);
    for (let turn = 0; turn < 2000 && !isSo(); turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }
  return isSo();
}

describe('a server that takes a request and never answers', () => {
  afterEach(() => void vi.useRealTimers());

  test('116: holds a task for ten minutes and not for ever: it is asked again, then the task ends for another try', async () => {
    const double = await startDouble(() => 'silence');
    const storage = await storageAt(double.endpoint);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    let error: unknown;
    const asking = storage.readPolicy('photos').catch((thrown: unknown) => (error = thrown));
    await vi.waitUntil(() => double.asked.length === 1);

    expect(await within(9, () => double.asked.length > 1)).toBe(false);
    expect(await within(2, () => double.asked.length > 1)).toBe(true);
    expect(await within(HOUR_MS / MINUTE_MS, () => error !== undefined)).toBe(true);

    expect(error).toMatchObject({ name: 'StorageUnavailableError', retry: 'after-backoff' });
    await asking;
    storage.close();
    await double.close();
  });
});

test('130: a further round copies again only what differs', async () => {
  const world = new JobWorld({ source: manyObjects(40), options: { shardObjectCountMax: 10, batchObjectCountMax: 5 } });
  world.grantByHand();
  await world.plan();
  for (const shard of world.pending()) await world.copy(shard);
  world.storage.bucket('destination-bucket').objects.delete('object-00003');
  await world.verify();
  await world.plan();
  const before = world.storage.callsOf('copyObject').length;

  for (const shard of world.pending()) await world.copy(shard);

  expect(before).toBe(40);
  expect(world.storage.callsOf('copyObject').length - before).toBe(1);
});

describe('the numbers of a job', () => {
  test('119: stay where they were when the logs are deleted, and go on with the next line', async () => {
    const world = new JobWorld({ source: manyObjects(40), options: { shardObjectCountMax: 10 } });
    world.grantByHand();
    const logs = new MemoryLogs();
    const ship = async (): Promise<void> => {
      for (const line of world.lines.splice(0)) {
        const stream = logStreamName(line.job, line.transfer, line.task, line.shard);
        await logs.append(stream, JSON.stringify(line), world.clock.nowMs());
      }
    };
    const look = () => updateProgress(JOB_ID, { documents: world.documents, logs, clock: world.clock });
    await world.plan();
    for (const shard of [1, 2]) await world.copy(shard);
    await ship();
    expect((await look()).counts.copiedCount).toBe(20);

    logs.events.length = 0;
    world.clock.advance(HOUR_MS);
    const without = await look();
    await world.copy(3);
    await ship();
    world.clock.advance(MINUTE_MS);

    expect(without.counts.copiedCount).toBe(20);
    expect((await look()).counts.copiedCount).toBe(30);
  });

  test('120: that nobody has counted for a while say so; the job itself goes on', async () => {
    const world = await ShownMigration.at('copied');
    const job = await world.job();

    expect(isStale(job, job.asOfMs)).toBe(false);
    expect(isStale(job, (job.asOfMs + MINUTE_MS) as typeof job.asOfMs)).toBe(true);
  });
});

test('125: markup, control characters, changes of direction and line breaks of a key are shown and never obeyed', () => {
  const shown = displayKey('<b>\u202Egpj.exe\u0000\n\u001B[31m');

  expect(shown).toContain('<b>'); // as text: nothing of ours puts keys into markup
  expect(shown).not.toMatch(/[\u0000-\u001f\u202a-\u202e\u2066-\u2069]/u);
});

describe('what nobody is told of outside of the page', () => {
  test('129: a question that no message announces waits on the page, and its answer counts days later', async () => {
    const world = await ShownMigration.at('proof-sealed');
    world.clock.advance(30 * DAY_MS);

    expect((await world.migration()).question).toMatchObject({ question: 'consent' });
    expect((await world.post('consent', { bucket: 'photos', digest: 'd'.repeat(64) })).status).toBe(200);
  });
});
