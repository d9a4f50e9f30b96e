import { beforeEach, describe, expect, test } from 'vitest';
import { passMilestone } from '../../../domain/document-access.ts';
import type { ProgressDocument } from '../../../domain/progress.ts';
import { SECOND_MS } from '../../../domain/time.ts';
import { logStreamName } from '../../../domain/task-log.ts';
import { updateProgress } from '../../../functions/progress/update-progress.ts';
import { JOB_ID, JobWorld, manyObjects } from '../../support/a-job.ts';
import { MemoryLogs } from '../../support/memory-logs.ts';

let world: JobWorld;
let logs: MemoryLogs;
let taken = 0;

/** What the place does: every line a task prints goes to its stream, with the time of its arrival. */
async function ship(which: (index: number) => boolean = () => true): Promise<void> {
  for (const [index, line] of world.lines.slice(taken).entries()) {
    const stream = logStreamName(line.job, line.transfer, line.task, line.shard);
    if (which(index)) await logs.append(stream, JSON.stringify(line), world.clock.nowMs());
  }
  taken = world.lines.length;
}

async function look(): Promise<ProgressDocument> {
  world.clock.advance(2 * SECOND_MS);
  return await updateProgress(JOB_ID, { documents: world.documents, logs, clock: world.clock });
}

beforeEach(async () => {
  world = new JobWorld({ source: manyObjects(40), options: { shardObjectCountMax: 10 } });
  world.grantByHand();
  logs = new MemoryLogs();
  taken = 0;
  await passMilestone(world.documents, JOB_ID, 'destination-bucket-created', world.clock.nowMs());
  await world.plan();
  await ship();
});

describe('progress', () => {
  test('goes from 6 towards 99 as shards are copied and verified, and never back', async () => {
    const percents: number[] = [(await look()).percent];
    for (const shard of world.pending()) {
      await world.copy(shard);
      await ship();
      percents.push((await look()).percent);
    }
    await world.verify();
    await ship();
    percents.push((await look()).percent);

    expect(percents[0]).toBe(6);
    expect(percents).toEqual([...percents].sort((left, right) => left - right));
    expect(percents.at(-1)).toBe(99);
  });

  test('a window that is read twice counts nothing twice', async () => {
    await world.copy(1);
    await ship();
    const first = await look();

    const second = await look();

    expect(second.counts).toEqual(first.counts);
    expect(first.counts.copiedCount).toBe(10);
  });

  test('a line that was lost changes nothing once a later one has come', async () => {
    await world.copy(1);
    await ship((index) => index !== 0);

    expect((await look()).counts.copiedCount).toBe(10);
  });

  test('what a further round copies fills the same total', async () => {
    for (const shard of world.pending()) await world.copy(shard);
    for (const key of ['object-00003', 'object-00004']) world.storage.bucket('destination-bucket').objects.delete(key);
    await world.verify();
    await world.plan();
    for (const shard of world.pending()) await world.copy(shard);
    await ship();

    const { counts, percent } = await look();

    expect(counts).toMatchObject({ copiedCount: 40, totalCount: 40, failedCount: 0 });
    expect(percent).toBeLessThanOrEqual(99);
  });

  test('two looks at once write one document and answer alike', async () => {
    await world.copy(1);
    await ship();

    const [left, right] = await Promise.all([look(), look()]);

    expect(left?.counts).toEqual(right?.counts);
  });

  test('anything else that a task prints is passed over', async () => {
    const stream = logStreamName(JOB_ID, 'copy', 'copy', 1);
    for (const text of ['', '{', '{"job":1}', 'Warning: x', '{"time":"","level":"error","message":"x"}'])
      await logs.append(stream, text, world.clock.nowMs());

    expect((await look()).counts.copiedCount).toBe(0);
  });
});
