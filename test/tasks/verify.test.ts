import { describe, expect, test } from 'vitest';
import { jsonText } from '../../domain/document-access.ts';
import { AccessDeniedError, ListingInvalidError, ObjectMissingError } from '../../domain/errors.ts';
import { paths, type MilestoneDocument } from '../../domain/job-documents.ts';
import { MiB } from '../../domain/sizes.ts';
import type { EpochMs } from '../../domain/time.ts';
import { EXIT } from '../../fargate-task/task-ports.ts';
import { JOB_ID, JobWorld, manyObjects, type JobSetup } from '../support/a-job.ts';

async function copied(setup: JobSetup): Promise<JobWorld> {
  const world = new JobWorld(setup);
  world.grantByHand();
  await world.plan();
  for (const shard of world.pending()) await world.copy(shard);
  return world;
}

const verified = (world: JobWorld): MilestoneDocument | undefined =>
  world.documents.json(paths.milestone(JOB_ID, 'verified'));

describe('verifying both sides', () => {
  test('two equal sides are equal, by the listings alone where those prove it', async () => {
    const world = await copied({ source: manyObjects(20) });

    expect(await world.verify()).toBe(EXIT.done);

    expect(world.verdict()).toMatchObject({
      verdict: 'equal',
      verifiedCount: 20,
      sourceCount: 20,
      destinationCount: 20,
    });
    expect(world.verdict()?.grades).toEqual({ A: 0, B: 0, C: 20, D: 0 });
    expect(verified(world)).toBeDefined();
    expect(world.storage.callsOf('headObject')).toHaveLength(0);
  });

  test('two empty buckets are equal', async () => {
    const world = await copied({});

    await world.verify();

    expect(world.verdict()?.verdict).toBe('equal');
  });

  test.each([
    ['one byte', (world: JobWorld) => world.storage.put('destination-bucket', 'object-00003', 'body X'), 'differs'],
    ['the length', (world: JobWorld) => world.storage.put('destination-bucket', 'object-00003', 'more'), 'differs'],
    [
      'its absence',
      (world: JobWorld) => world.storage.bucket('destination-bucket').objects.delete('object-00003'),
      'missing',
    ],
    ['an extra object', (world: JobWorld) => world.storage.put('destination-bucket', 'object-00003x', '1'), 'extra'],
  ])('a destination that differs in %s is never called equal', async (_, change, kind) => {
    const world = await copied({ source: manyObjects(9) });
    change(world);

    expect(await world.verify()).toBe(EXIT.done);

    expect(world.verdict()?.verdict).not.toBe('equal');
    expect(world.differences()).toMatchObject([{ kind }]);
    expect(verified(world)).toBeUndefined();
  });

  test('what others keep at a destination that is merged into is no difference', async () => {
    const world = await copied({
      source: { a: '1' },
      destination: { theirs: '2' },
      options: { whenDestinationHasObjects: 'merge' },
    });

    await world.verify();

    expect(world.verdict()).toMatchObject({ verdict: 'equal', extraCount: 0, destinationCount: 2 });
  });

  test('checksums that S3 computed in this job are a B; without them both sides are read for an A', async () => {
    const world = await copied({ source: { a: '1', b: '2' } });
    for (const key of ['a', 'b']) {
      const object = world.storage.bucket('destination-bucket').objects.get(key);
      if (object) object.etag = `${object.etag}-2`;
      if (object && key === 'b') object.checksums = [];
    }

    await world.verify();

    expect(world.verdict()).toMatchObject({ verdict: 'equal', grades: { A: 1, B: 1, C: 0, D: 0 } });
    expect(world.storage.callsOf('hashObject')).toHaveLength(2);
  });

  test('the strict rule takes no ETags for proof', async () => {
    const world = await copied({ source: { a: '1' }, options: { evidence: 'strict' } });

    await world.verify();

    expect(world.verdict()).toMatchObject({ verdict: 'equal', grades: { B: 1, C: 0 } });
  });

  test('an object of equal size whose bytes differ is found though no checksum tells', async () => {
    const world = await copied({ source: { a: '1' } });
    const object = world.storage.bucket('destination-bucket').objects.get('a');
    if (object) Object.assign(object, { body: '2', etag: 'x-2', checksums: [] });

    await world.verify();

    expect(world.differences()).toMatchObject([{ kind: 'differs', detail: 'the bytes are not the same' }]);
  });

  test.each([
    ['a header', { systemHeaders: { 'content-type': 'text/html' } }, 'content-type'],
    ['metadata', { userMetadata: { owner: 'me' } }, 'x-amz-meta-owner'],
    ['a tag', { tags: { team: 'x' } }, 'tag team'],
    ['the storage class', { storageClass: 'STANDARD_IA' }, 'storage class'],
  ])('%s that was lost is found where every object is compared', async (_, change, name) => {
    const world = await copied({ source: { a: '1' }, options: { compareAttributes: 'every' } });
    Object.assign(world.storage.bucket('destination-bucket').objects.get('a') ?? {}, change);

    await world.verify();

    expect(world.differences()).toMatchObject([{ kind: 'differs', detail: `not the same: ${name}` }]);
    expect(world.verdict()?.attributesComparedCount).toBe(1);
  });

  test('an object that was there before the job is equal only with its headers, metadata and tags', async () => {
    const world = new JobWorld({ source: { a: '1', b: '2' }, options: { whenDestinationHasObjects: 'merge' } });
    const before = { modifiedAtMs: (world.job.createdAtMs - 60_000) as EpochMs };
    world.storage.put('destination-bucket', 'a', '1', { ...before, userMetadata: { owner: 'somebody else' } });
    world.storage.put('destination-bucket', 'b', '2', before);
    await world.plan();

    await world.verify();

    expect(world.verdict()).toMatchObject({ verdict: 'cannot-go-on', verifiedCount: 1, differsCount: 1 });
    expect(world.differences()).toMatchObject([{ key: 'a', detail: 'not the same: x-amz-meta-owner' }]);
  });

  test('tags that may not be read are not called equal, and keep no other object from being judged', async () => {
    const world = await copied({ source: { a: '1', b: '2' }, options: { compareAttributes: 'every' } });
    world.storage.fault = ({ operation, key }) =>
      operation === 'readTags' && key === 'a' ? new AccessDeniedError('s3:GetObjectTagging is refused') : undefined;

    expect(await world.verify()).toBe(EXIT.done);

    expect(world.verdict()).toMatchObject({ verdict: 'differences-found', unprovenCount: 1, verifiedCount: 1 });
  });

  test('an object that is deleted while its tags are read does not end the verification', async () => {
    const world = await copied({ source: { a: '1', b: '2' }, options: { compareAttributes: 'every' } });
    world.storage.fault = ({ operation, key }) =>
      operation === 'readTags' && key === 'a' ? new ObjectMissingError('no a') : undefined;

    expect(await world.verify()).toBe(EXIT.done);

    expect(world.halt('verify')).toBeUndefined();
    expect(world.verdict()).toMatchObject({ verifiedCount: 1 });
  });

  test('objects that were made of parts have their attributes compared without being asked', async () => {
    const world = await copied({
      source: { big: 'x'.repeat(6 * MiB), small: 'y' },
      options: { multipartThresholdBytes: 5 * MiB },
    });

    await world.verify();

    expect(world.verdict()).toMatchObject({ verdict: 'equal', attributesComparedCount: 1 });
  });

  test('what only a person can change ends the rounds', async () => {
    const world = await copied({ source: { a: '1', b: '2' } });
    world.storage.bucket('destination-bucket').objects.delete('b');
    const line = { key: 'b', isFinal: true, atMs: world.clock.nowMs() };
    await world.documents.write(paths.failures(JOB_ID, 'copy', 1), `${JSON.stringify(line)}\n`);

    await world.verify();

    expect(world.verdict()).toMatchObject({ verdict: 'cannot-go-on', explainedCount: 1, missingCount: 1 });
  });

  test('a reason from before a person took the job up again ends no rounds: it may be gone', async () => {
    const world = await copied({ source: { a: '1', b: '2' } });
    world.storage.bucket('destination-bucket').objects.delete('b');
    const line = { key: 'b', isFinal: true, atMs: world.clock.nowMs() };
    await world.documents.write(paths.failures(JOB_ID, 'copy', 1), `${JSON.stringify(line)}\n`);
    await world.documents.write(paths.redrive(JOB_ID), jsonText({ atMs: world.clock.nowMs() + 1 }));

    await world.verify();

    expect(world.verdict()).toMatchObject({ verdict: 'differences-found', explainedCount: 0, missingCount: 1 });
  });

  test('a side that cannot be listed is an error and not a verdict', async () => {
    const world = await copied({ source: { a: '1' } });
    world.storage.fault = ({ operation }) =>
      operation === 'listObjects' ? new ListingInvalidError('a blank page') : undefined;
    expect(await world.verify()).toBe(EXIT.unavailable);

    world.storage.fault = ({ operation }) =>
      operation === 'listObjects' ? new AccessDeniedError('refused') : undefined;
    expect(await world.verify()).toBe(EXIT.done);

    expect(world.halt('verify')?.error).toBe('AccessDeniedError');
    expect(world.verdict()).toBeUndefined();
  });

  test('it tells how many keys it has compared', async () => {
    const world = await copied({ source: manyObjects(20) });

    await world.verify();

    expect(world.lines.at(-1)).toMatchObject({ task: 'verify', event: 'finished', copiedCount: 20 });
  });
});

describe('a further round', () => {
  test('copies what is missing, and only that', async () => {
    const world = await copied({ source: manyObjects(9) });
    world.storage.bucket('destination-bucket').objects.delete('object-00004');
    await world.verify();
    expect(world.verdict()?.verdict).toBe('differences-found');

    await world.plan();

    expect(world.summary()).toMatchObject({ round: 2, totalCount: 9 });
    expect(world.pending()).toEqual([2]);
    await world.copy(2);
    await world.verify();
    expect(world.verdict(2)).toMatchObject({ verdict: 'equal', verifiedCount: 9 });
  });

  test('leaves alone what only a person can change, until a person tries again', async () => {
    const world = await copied({ source: { a: '1', b: '2', c: '3' } });
    for (const key of ['b', 'c']) world.storage.bucket('destination-bucket').objects.delete(key);
    await world.documents.write(
      paths.failures(JOB_ID, 'copy', 1),
      `${JSON.stringify({ key: 'b', isFinal: true, atMs: world.clock.nowMs() })}\n`,
    );
    await world.verify();
    await world.plan();
    expect(world.summary()?.shards.at(-1)).toMatchObject({ round: 2, objectCount: 1, firstKey: 'c' });
    await world.copy(2);
    await world.verify();
    expect(world.verdict(2)?.verdict).toBe('cannot-go-on');

    await world.plan();

    expect(world.summary()?.shards.at(-1)).toMatchObject({ round: 3, objectCount: 1, firstKey: 'b' });
    await world.copy(3);
    await world.verify();
    expect(world.verdict(3)?.verdict).toBe('equal');
  });

  test('after the job has failed takes what only a person can change as well', async () => {
    const world = await copied({ source: { a: '1', b: '2', c: '3' } });
    for (const key of ['b', 'c']) world.storage.bucket('destination-bucket').objects.delete(key);
    await world.documents.write(
      paths.failures(JOB_ID, 'copy', 1),
      `${JSON.stringify({ key: 'b', isFinal: true, atMs: world.clock.nowMs() })}\n`,
    );
    await world.verify();
    expect(world.verdict()?.verdict).toBe('differences-found');
    await world.documents.write(paths.report(JOB_ID), JSON.stringify({ finishedAtMs: world.clock.nowMs() }));

    await world.plan();

    expect(world.summary()?.shards.at(-1)).toMatchObject({ round: 2, objectCount: 2, firstKey: 'b', lastKey: 'c' });
  });

  test('a shard that was given up makes no further round by itself', async () => {
    const world = new JobWorld({ source: manyObjects(150) });
    await world.plan();
    await world.copy(1); // nothing is granted

    await world.verify();

    expect(world.verdict()?.verdict).toBe('cannot-go-on');
    await world.plan();
    expect(world.pending()).toEqual([1]);
  });

  test('a list of differences that is gone stops the job; it is not read as none', async () => {
    const world = await copied({ source: { a: '1' } });
    world.storage.bucket('destination-bucket').objects.delete('a');
    await world.verify();
    world.documents.documents.delete(paths.differences(JOB_ID, 'copy', 1));

    await world.plan();

    expect(world.halt('plan')?.error).toBe('DocumentInvalidError');
  });
});
