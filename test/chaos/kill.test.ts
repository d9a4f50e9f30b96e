import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BucketView } from '../../domain/views.ts';
import { aBucket, aCopy, contentsOf, policyOf, startCloud, type Cloud } from '../support/cloud.ts';
import { hasEnded, startProduct, until, type Product } from '../support/product.ts';

const KILLS = 50;
const BATCH = 64;
const TASKS = 2;
const OBJECTS = 1500;

/** Long enough to get somewhere, short enough to hit every phase; chance is the point of this test. */
const somewhere = (): Promise<void> => pass(randomInt(50, 1200));

describe('a server that is killed with the storage inside it', () => {
  test('loses neither the sample buckets nor the job: every object is verified at the destination', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'bucket-migrator-kill-'));
    try {
      let product = await startProduct(['--data', directory]);
      const [source, destination] = [
        { connection: 'sandbox-b', bucket: 'sample-logs' },
        { connection: 'sandbox-a', bucket: 'logs-copied' },
      ];
      const { id } = await product.startJob({ kind: 'copy', source, destination });
      for (let kills = 0; kills < 8; kills += 1) {
        await somewhere();
        await product.kill();
        product = await startProduct(['--data', directory]);
      }
      const job = await until(() => product.job(id), hasEnded, 'the end of the job', 3000);

      expect(job).toMatchObject({ status: 'succeeded', percent: 100, failedCount: 0, grantsOutstandingCount: 0 });
      const seen = async ({ connection, bucket }: typeof source) =>
        (await product.request<BucketView>('GET', `/api/connections/${connection}/buckets/${bucket}`)).body;
      const [there, here] = [await seen(destination), await seen(source)];
      expect(there).toMatchObject({ objectCount: here.objectCount, sizeBytes: here.sizeBytes });
      expect(here.objectCount).toBe(10_000);
      expect(await product.stop()).toBe(0);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});

describe('a copy whose server is killed again and again', () => {
  let cloud: Cloud;
  let repeatedCount = 0;

  beforeAll(async () => {
    cloud = await startCloud();
  });
  afterAll(() => cloud.close());

  test(`ends verified after ${KILLS} kills, with every object, no grant, and at most one batch per task copied twice`, async () => {
    const flags = ['--data', cloud.newDataDirectory(), '--connections', cloud.connectionsFile, '--no-sandbox'];
    let kills = 0;
    let jobs = 0;
    repeatedCount = 0;
    while (kills < KILLS) {
      jobs += 1;
      const [from, to] = [`from-${jobs}`, `to-${jobs}`];
      await aBucket(cloud.a, from, OBJECTS);
      kills += await copyWhileKilled(flags, from, to, KILLS - kills);

      expect(await contentsOf(cloud.b, to), `job ${jobs}`).toEqual(await contentsOf(cloud.a, from));
      expect(await policyOf(cloud.b, to), `job ${jobs} leaves no grant`).toBeUndefined();
    }
    expect(kills).toBe(KILLS);
    console.info(`${jobs} jobs of ${OBJECTS} objects, ${kills} kills, ${repeatedCount} copy requests repeated`);
    expect(cloud.world.deletes.filter((target) => !target.includes('?policy'))).toEqual([]);
  });

  /** Runs one job to its verified end, killing the program up to `killsMax` times; answers how often it was killed. */
  async function copyWhileKilled(flags: string[], from: string, to: string, killsMax: number): Promise<number> {
    cloud.world.copies.clear();
    let product = await startProduct(flags);
    const { id } = await product.startJob(
      aCopy(from, to, { batchObjectCountMax: BATCH, inFlightMax: 8, shardsAtOnceMax: TASKS, shardObjectCountMax: 400 }),
      `kill-${from}`,
    );
    let kills = 0;
    let percent = 0;
    for (;;) {
      if (kills < killsMax) await somewhere();
      const job =
        kills < killsMax ? await product.job(id) : await until(() => product.job(id), hasEnded, 'the end of the job');
      expect(job.percent).toBeGreaterThanOrEqual(percent);
      percent = job.percent;
      if (hasEnded(job)) {
        expect(job).toMatchObject({ status: 'succeeded', percent: 100, copiedCount: OBJECTS, failedCount: 0 });
        break;
      }
      product = await killAndStart(product, flags, kills % 2 === 0);
      kills += 1;
    }
    await product.stop();
    const repeated = [...cloud.world.copies.values()].reduce((sum, times) => sum + times - 1, 0);
    expect(repeated, `${kills} kills repeat at most one batch per running task each`).toBeLessThanOrEqual(
      kills * TASKS * BATCH,
    );
    expect(cloud.world.copies.size).toBe(OBJECTS);
    repeatedCount += repeated;
    return kills;
  }

  /** Every other time the tasks die with the server, and nobody is left to write a checkpoint. */
  async function killAndStart(product: Product, flags: string[], withTasks: boolean): Promise<Product> {
    await (withTasks ? product.killWithTasks() : product.kill());
    return await startProduct(flags);
  }
});
