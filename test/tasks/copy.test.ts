import { describe, expect, test } from 'vitest';
import {
  AccessDeniedError,
  CredentialsRefusedError,
  ObjectMissingError,
  StorageThrottledError,
  StorageUnavailableError,
} from '../../domain/errors.ts';
import { jsonText } from '../../domain/document-access.ts';
import { paths, type ShardResult } from '../../domain/job-documents.ts';
import { MiB } from '../../domain/sizes.ts';
import { HOUR_MS } from '../../domain/time.ts';
import { EXIT } from '../../fargate-task/task-ports.ts';
import { AnswerError } from '../../s3/answer.ts';
import { JOB_ID, JobWorld, manyObjects, type JobSetup } from '../support/a-job.ts';

const batchesOf = (count: number): NonNullable<JobSetup['options']> => ({ batchObjectCountMax: count, inFlightMax: 2 });

async function planned(setup: JobSetup): Promise<JobWorld> {
  const world = new JobWorld(setup);
  world.grantByHand();
  await world.plan();
  return world;
}

const denied = new AccessDeniedError('s3:GetObject is refused', { remedy: 'Allow s3:GetObject.' });

describe('copying a shard', () => {
  test('every object is copied, and the result says so', async () => {
    const world = await planned({ source: manyObjects(20) });

    expect(await world.copy(1)).toBe(EXIT.done);

    expect(world.destinationKeys()).toEqual(Object.keys(manyObjects(20)));
    expect(world.result(1)).toMatchObject({ attempt: 1, doneCount: 20, isDone: true, copiedCount: 20, failedCount: 0 });
    expect(world.lines.at(-1)).toMatchObject({ event: 'finished', copiedCount: 20, shard: 1, inFlight: 0 });
  });

  test('a line of progress between two batches tells how many copies were under way, and the last line none', async () => {
    const world = await planned({ source: manyObjects(20), options: { batchObjectCountMax: 5, inFlightMax: 4 } });

    await world.copy(1);

    const lines = world.lines.filter(({ task }) => task === 'copy');
    expect(Math.max(...lines.filter(({ event }) => event === 'progress').map(({ inFlight }) => inFlight))).toBe(4);
    expect(lines.at(-1)).toMatchObject({ event: 'finished', inFlight: 0 });
  });

  test('a destination that has come into other hands gets nothing, whatever its policy allows', async () => {
    const world = await planned({ source: manyObjects(3) });
    world.storage.addConnection('stranger', '999999999999');
    const policy = world.storage.bucket('destination-bucket').policy;
    const stolen = world.storage.addBucket('destination-bucket', '999999999999');
    if (policy) stolen.policy = policy;

    await world.copy(1);

    expect(world.destinationKeys()).toEqual([]);
    expect(world.result(1)?.copiedCount).toBe(0);
  });

  test('a shard that is done is not copied again', async () => {
    const world = await planned({ source: manyObjects(5) });
    await world.copy(1);
    const copies = world.storage.callsOf('copyObject').length;

    expect(await world.copy(1)).toBe(EXIT.done);

    expect(world.storage.callsOf('copyObject')).toHaveLength(copies);
  });

  test('no more copies are in flight than the job allows', async () => {
    const world = await planned({ source: manyObjects(30), options: { inFlightMax: 4 } });
    let [inFlight, most] = [0, 0];
    world.storage.fault = async ({ operation }) => {
      if (operation !== 'copyObject') return undefined;
      most = Math.max(most, (inFlight += 1));
      await new Promise((resolve) => setImmediate(resolve));
      inFlight -= 1;
      return undefined;
    };

    await world.copy(1);

    expect(most).toBe(4);
  });

  test('the attempt after a crash goes on after the last checkpoint', async () => {
    const world = await planned({ source: manyObjects(20), options: batchesOf(5) });
    let checkpoints = 0;
    world.documents.beforeWrite = (path) => {
      if (path === paths.result(JOB_ID, 'copy', 1) && (checkpoints += 1) > 3) throw new Error('killed');
    };
    expect(await world.copy(1)).toBe(EXIT.crashed);
    world.documents.beforeWrite = undefined;
    expect(world.result(1)).toMatchObject({ attempt: 1, doneCount: 10, copiedCount: 10 });
    const before = world.storage.callsOf('copyObject').length;

    expect(await world.copy(1)).toBe(EXIT.done);

    expect(world.result(1)).toMatchObject({ attempt: 2, isDone: true, copiedCount: 20 });
    expect(world.storage.callsOf('copyObject').length - before).toBe(10);
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9])(
    'no failure is lost or doubled when the task dies at its write number %i',
    async (fatalWrite) => {
      const world = await planned({ source: manyObjects(12), options: batchesOf(3) });
      world.storage.fault = ({ operation, key }) =>
        operation === 'copyObject' && /[0369]$/.test(key ?? '') ? denied : undefined;
      let writes = 0;
      world.documents.beforeWrite = () => {
        if ((writes += 1) === fatalWrite) throw new Error('killed');
      };

      for (let attempt = 0; attempt < 3 && !world.result(1)?.isDone; attempt += 1) await world.copy(1);

      expect(world.failures(1).map((line) => line.key)).toEqual([
        'object-00000',
        'object-00003',
        'object-00006',
        'object-00009',
        'object-00010',
      ]);
      expect(world.result(1)).toMatchObject({ isDone: true, failedCount: 5, copiedCount: 7 });
    },
  );

  test('an attempt that lost the shard to another stops, and writes down nothing more', async () => {
    const world = await planned({ source: manyObjects(20), options: batchesOf(5) });
    const path = paths.result(JOB_ID, 'copy', 1);
    let isTaken = false;
    world.storage.fault = async ({ operation, key }) => {
      if (operation === 'copyObject' && key === 'object-00007' && !isTaken) {
        isTaken = true;
        await world.documents.write(path, jsonText({ ...(world.result(1) as ShardResult), attempt: 2 }));
      }
      return undefined;
    };

    expect(await world.copy(1)).toBe(EXIT.superseded);

    expect(world.result(1)).toMatchObject({ attempt: 2, doneCount: 5 });
  });

  test('a task that is asked to stop keeps what it has done and says so', async () => {
    const world = await planned({ source: manyObjects(20), options: batchesOf(5) });
    const stop = new AbortController();
    world.storage.fault = ({ operation, key }) => {
      if (operation === 'copyObject' && key === 'object-00007') stop.abort();
      return undefined;
    };

    expect(await world.copy(1, stop.signal)).toBe(EXIT.stopped);

    const result = world.result(1);
    expect(result?.isDone).toBe(false);
    expect(result?.doneCount).toBeGreaterThanOrEqual(8);
    expect(result?.doneCount).toBeLessThan(12);
    expect(world.lines.at(-1)?.event).toBe('stopped');
    expect(await world.copy(1)).toBe(EXIT.done);
    expect(world.result(1)).toMatchObject({ copiedCount: 20, isDone: true });
  });

  test('a copy that does not end in time after a stop is given up, and is taken up by the next attempt', async () => {
    const world = await planned({ source: manyObjects(6), options: batchesOf(3) });
    const stop = new AbortController();
    world.storage.fault = async ({ operation, key }) => {
      if (operation !== 'copyObject' || key !== 'object-00001' || stop.signal.aborted) return undefined;
      stop.abort();
      for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      return undefined;
    };

    expect(await world.copy(1, stop.signal)).toBe(EXIT.stopped);

    expect(world.result(1)).toMatchObject({ doneCount: 1, isDone: false });
  });
});

describe('objects that give trouble', () => {
  test('an object deleted since the listing is counted as gone, and is no failure', async () => {
    const world = await planned({ source: manyObjects(3) });
    world.storage.bucket('source-bucket').objects.delete('object-00001');

    await world.copy(1);

    expect(world.result(1)).toMatchObject({ copiedCount: 2, skippedCount: 1, failedCount: 0, isDone: true });
  });

  test('an object overwritten since the listing is copied as it is now', async () => {
    const world = await planned({ source: { a: 'old' } });
    world.storage.put('source-bucket', 'a', 'a newer one');

    await world.copy(1);

    expect(world.storage.body('destination-bucket', 'a')).toBe('a newer one');
    expect(world.result(1)).toMatchObject({ copiedCount: 1, copiedBytes: 11 });
  });

  test('an object that is overwritten again and again is left to the next round', async () => {
    const world = await planned({ source: { a: '0' } });
    let version = 0;
    world.storage.fault = ({ operation }) => {
      if (operation === 'copyObject') world.storage.put('source-bucket', 'a', `${(version += 1)}`);
      return undefined;
    };

    await world.copy(1);

    expect(world.failures(1)).toMatchObject([{ key: 'a', outcome: 'failed', isFinal: false }]);
  });

  test('a different object that appeared at the destination is never overwritten', async () => {
    const world = await planned({ source: { a: 'ours' } });
    world.storage.put('destination-bucket', 'a', 'theirs');

    await world.copy(1);

    expect(world.storage.body('destination-bucket', 'a')).toBe('theirs');
    expect(world.failures(1)).toMatchObject([{ outcome: 'blocked', error: 'ObjectChangedError', isFinal: true }]);
  });

  test('archived and refused objects are reported for a person, and the others are copied', async () => {
    const world = await planned({ source: { a: '1', b: '2', c: '3' } });
    world.storage.put('source-bucket', 'b', '2', { storageClass: 'DEEP_ARCHIVE' });
    world.storage.fault = ({ operation, key }) => (operation === 'copyObject' && key === 'c' ? denied : undefined);

    await world.copy(1);

    expect(world.failures(1)).toMatchObject([
      { key: 'b', outcome: 'blocked', error: 'ObjectArchivedError', isFinal: true },
      { key: 'c', outcome: 'blocked', error: 'AccessDeniedError', remedy: 'Allow s3:GetObject.', isFinal: true },
    ]);
    expect(world.destinationKeys()).toEqual(['a']);
  });

  test('throttling is answered with patience, and the object is copied', async () => {
    const world = await planned({ source: { a: '1' } });
    let refusals = 0;
    world.storage.fault = ({ operation }) =>
      operation === 'copyObject' && (refusals += 1) <= 4 ? new StorageThrottledError('slow down') : undefined;

    await world.copy(1);

    expect(world.result(1)).toMatchObject({ copiedCount: 1, failedCount: 0 });
  });

  test('an object that no patience helps is a failure that another round may heal', async () => {
    const world = await planned({ source: { a: '1', b: '2' } });
    world.storage.fault = ({ operation, key }) =>
      operation === 'copyObject' && key === 'a' ? new StorageUnavailableError('500') : undefined;

    await world.copy(1);

    expect(world.failures(1)).toMatchObject([{ key: 'a', outcome: 'failed', isFinal: false }]);
    expect(world.result(1)).toMatchObject({ copiedCount: 1, isDone: true });
  });

  test('a source that is not found once and is there is copied, and is not called occupied', async () => {
    const world = await planned({ source: { a: '1' } });
    let misses = 0;
    world.storage.fault = ({ operation }) =>
      operation === 'copyObject' && (misses += 1) === 1 ? new ObjectMissingError('404') : undefined;

    await world.copy(1);

    expect(world.failures(1)).toEqual([]);
    expect(world.result(1)).toMatchObject({ copiedCount: 1, failedCount: 0 });
  });

  test('a failure tells the id of the request, which the support of the provider asks for', async () => {
    const world = await planned({ source: { a: '1' } });
    const cause = new AnswerError({ code: 'AccessDenied', message: 'no', requestId: 'ABC123' });
    world.storage.fault = ({ operation }) =>
      operation === 'copyObject' ? new AccessDeniedError('refused', { cause }) : undefined;

    await world.copy(1);

    expect(world.failures(1)).toMatchObject([{ key: 'a', requestId: 'ABC123' }]);
  });

  test('a refusal right after the grant may only mean that it has not spread yet', async () => {
    const world = await planned({ source: { a: '1' } });
    // The clock of the tests runs on while the shard is unpacked, by as much as the machine is slow.
    const confirmedAtMs = world.clock.nowMs() + HOUR_MS;
    await world.documents.write(paths.grant(JOB_ID, 'copy'), jsonText({ confirmedAtMs, sids: [] }));
    let refusals = 0;
    world.storage.fault = ({ operation }) => (operation === 'copyObject' && (refusals += 1) <= 2 ? denied : undefined);

    await world.copy(1);

    expect(world.result(1)).toMatchObject({ copiedCount: 1, failedCount: 0 });
  });
});

describe('a shard that would only fail', () => {
  test('is given up after a hundred refusals in a row, with what to do', async () => {
    const world = await planned({ source: manyObjects(300), options: { inFlightMax: 10 } });
    world.storage.fault = ({ operation }) => (operation === 'copyObject' ? denied : undefined);

    expect(await world.copy(1)).toBe(EXIT.done);

    expect(world.result(1)).toMatchObject({ isDone: false, halted: { error: 'TooManyFailuresError' } });
    expect(world.storage.callsOf('copyObject').length).toBeLessThan(120);
  });

  test('is given up when more than half of the first thousand are refused', async () => {
    const world = await planned({ source: manyObjects(1200) });
    world.storage.fault = ({ operation, key }) =>
      operation === 'copyObject' && Number(key?.slice(-1)) < 6 ? denied : undefined;

    await world.copy(1);

    expect(world.result(1)?.halted?.error).toBe('TooManyFailuresError');
    expect(world.storage.callsOf('copyObject').length).toBeLessThan(1000);
  });

  test('goes on when fewer are refused', async () => {
    const world = await planned({ source: manyObjects(1200) });
    world.storage.fault = ({ operation, key }) =>
      operation === 'copyObject' && Number(key?.slice(-1)) < 4 ? denied : undefined;

    await world.copy(1);

    expect(world.result(1)).toMatchObject({ isDone: true, copiedCount: 720, failedCount: 480 });
  });

  test('begins anew once a person has mended it, and forgets the refusals', async () => {
    const world = await planned({ source: manyObjects(150), options: batchesOf(50) });
    world.storage.fault = ({ operation, key }) =>
      operation === 'copyObject' && (key ?? '') > 'object-00020' ? denied : undefined;
    await world.copy(1);
    world.storage.fault = undefined;

    await world.copy(1);

    expect(world.result(1)).toMatchObject({ isDone: true, attempt: 2, copiedCount: 150, failedCount: 0 });
    expect(world.result(1)?.halted).toBeUndefined();
    expect(world.failures(1)).toEqual([]);
  });

  test('is given up at once when the keys are refused', async () => {
    const world = await planned({ source: manyObjects(50), options: { inFlightMax: 1 } });
    world.storage.fault = ({ operation }) =>
      operation === 'copyObject' ? new CredentialsRefusedError('InvalidAccessKeyId') : undefined;

    expect(await world.copy(1)).toBe(EXIT.done);

    expect(world.result(1)).toMatchObject({ doneCount: 0, halted: { error: 'CredentialsRefusedError' } });
    expect(world.storage.callsOf('copyObject')).toHaveLength(1);
  });

  test('is given up at once when the role itself is refused, with its reason and no object blamed', async () => {
    const world = await planned({ source: manyObjects(50), options: { inFlightMax: 1 } });
    const refused = new AccessDeniedError('AssumeRole failed', { subject: { connection: 'ours', role: 'the-role' } });
    world.storage.fault = ({ operation }) => (operation === 'copyObject' ? refused : undefined);

    expect(await world.copy(1)).toBe(EXIT.done);

    expect(world.result(1)).toMatchObject({ doneCount: 0, failedCount: 0, halted: { message: 'AssumeRole failed' } });
    expect(world.storage.callsOf('copyObject')).toHaveLength(1);
  });

  test('ends for another try, losing nothing, while the storage is down', async () => {
    const world = await planned({ source: manyObjects(50), options: batchesOf(5) });
    world.storage.fault = ({ operation, key }) =>
      operation === 'copyObject' && (key ?? '') >= 'object-00010' ? new StorageUnavailableError('500') : undefined;

    expect(await world.copy(1)).toBe(EXIT.unavailable);

    world.storage.fault = undefined;
    expect(await world.copy(1)).toBe(EXIT.done);
    expect(world.destinationKeys()).toHaveLength(41);
    expect(world.failures(1).every((line) => !line.isFinal)).toBe(true);
  });
});

describe('uploads in parts', () => {
  const large = { body: 'x'.repeat(6 * MiB) };

  test('an upload is known before its first part, and forgotten after its last', async () => {
    const world = await planned({ source: { big: large.body }, options: { multipartThresholdBytes: 5 * MiB } });
    const path = paths.uploads(JOB_ID, 'copy', 1);
    let registered: unknown;
    world.storage.fault = ({ operation }) => {
      if (operation === 'uploadPart') registered = world.documents.json(path);
      return undefined;
    };

    await world.copy(1);

    expect(registered).toMatchObject({ uploads: [{ bucket: 'destination-bucket', key: 'big' }] });
    expect(world.documents.json(path)).toBeUndefined();
  });

  test('an upload that a killed attempt left behind is aborted by the next', async () => {
    const world = await planned({ source: { a: '1' } });
    const upload = { bucket: 'destination-bucket', key: 'big', uploadId: 'left' };
    world.storage.uploads.set('left', upload);
    await world.documents.write(paths.uploads(JOB_ID, 'copy', 1), jsonText({ uploads: [upload] }));

    await world.copy(1);

    expect(world.storage.uploads.size).toBe(0);
    expect(world.documents.json(paths.uploads(JOB_ID, 'copy', 1))).toBeUndefined();
  });
});
