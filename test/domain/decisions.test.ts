import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareListings } from '../../domain/compare-listings.ts';
import { decideCopy } from '../../domain/copy-decision.ts';
import { gradeByChecksums, gradeByListing, isAccepted, type Grade } from '../../domain/evidence.ts';
import { formatShardEntry, parseShardEntry, type Verdict } from '../../domain/job-documents.ts';
import { compareKeys } from '../../domain/keys.ts';
import { checkRegion, isJobId, parseRoleArn, partitionOf } from '../../domain/names.ts';
import type { Checksum, ObjectFacts } from '../../domain/objects.ts';
import { evenDivision, ShardCutter, SizeHistogram } from '../../domain/plan.ts';
import {
  COPY_OBJECT_BYTES_MAX,
  GiB,
  MiB,
  partSizeBytes,
  PARTS_MAX,
  PART_SIZE_BYTES_MAX,
  planParts,
  TiB,
} from '../../domain/sizes.ts';
import { formatTaskCommand, parseTaskCommand } from '../../domain/task-command.ts';
import { parseTaskLogLine } from '../../domain/task-log.ts';
import type { EpochMs } from '../../domain/time.ts';
import { decideVerdict, summariseVerdict } from '../../domain/verdict.ts';

const MD5 = (letter: string) => letter.repeat(32);
const facts = (change: Partial<ObjectFacts> = {}): ObjectFacts => ({
  key: 'k',
  sizeBytes: 10,
  etag: MD5('a'),
  storageClass: 'STANDARD',
  modifiedAtMs: 0 as EpochMs,
  ...change,
});

describe('must this object be copied?', () => {
  test.each<[string, Partial<ObjectFacts> | undefined, boolean, ReturnType<typeof decideCopy>]>([
    ['absent', undefined, false, { action: 'copy', because: 'absent-at-destination' }],
    ['of another size', { sizeBytes: 11 }, false, { action: 'block', because: 'different-object-at-destination' }],
    ['equal', {}, false, { action: 'skip', because: 'identical' }],
    [
      'of equal size and another MD5',
      { etag: MD5('b') },
      false,
      { action: 'block', because: 'different-object-at-destination' },
    ],
    [
      'of equal size and another ETag that KMS may have made',
      { etag: MD5('b') },
      true,
      { action: 'compare', because: 'etags-prove-nothing' },
    ],
    ['made of parts', { etag: `${MD5('a')}-3` }, false, { action: 'compare', because: 'etags-prove-nothing' }],
  ])('when the destination is %s', (_, destination, mayUseKms, decision) => {
    expect(decideCopy(facts(), destination && facts(destination), mayUseKms)).toEqual(decision);
  });

  test('two equal composite ETags are never proof', () => {
    const composite = facts({ etag: `${MD5('a')}-3` });

    expect(decideCopy(composite, composite, false).action).toBe('compare');
    expect(gradeByListing(composite, composite)).toBe('unknown');
  });
});

describe('two listings walked in step', () => {
  const listing = (keys: string[], pageSize: number): AsyncIterable<ObjectFacts[]> => ({
    async *[Symbol.asyncIterator]() {
      const sorted = [...new Set(keys)].sort(compareKeys).map((key) => facts({ key }));
      for (let index = 0; index < sorted.length; index += pageSize) yield sorted.slice(index, index + pageSize);
    },
  });
  const anyKeys = fc.array(fc.string({ unit: 'binary', maxLength: 3 }), { maxLength: 40 });

  test('name every key of either side exactly once, in byte order, whatever the pages', async () => {
    await fc.assert(
      fc.asyncProperty(anyKeys, anyKeys, fc.integer({ min: 1, max: 7 }), async (left, right, pageSize) => {
        const seen: [string, string][] = [];
        for await (const pair of compareListings(listing(left, pageSize), listing(right, pageSize)))
          seen.push([pair.key, pair.side]);

        const wanted = [...new Set([...left, ...right])]
          .sort(compareKeys)
          .map((key) => [key, left.includes(key) ? (right.includes(key) ? 'both' : 'source') : 'destination']);
        expect(seen).toEqual(wanted);
      }),
    );
  });

  test('meet across prefixes', async () => {
    const seen: string[] = [];
    for await (const pair of compareListings(
      listing(['in/a', 'in/b'], 1),
      listing(['out/b', 'out/c'], 1),
      (key) => `in/${key.slice(4)}`,
    )) {
      seen.push(`${pair.side} ${pair.key}`);
    }

    expect(seen).toEqual(['source in/a', 'both in/b', 'destination in/c']);
  });

  test('that break off are an error, never an end', async () => {
    const broken: AsyncIterable<ObjectFacts[]> = {
      async *[Symbol.asyncIterator]() {
        yield [facts()];
        throw new Error('cut');
      },
    };
    const walk = async () => {
      for await (const _ of compareListings(broken, listing([], 1)));
    };

    await expect(walk()).rejects.toThrow('cut');
  });
});

describe('evidence', () => {
  const sum = (value: string, type: Checksum['type'] = 'FULL_OBJECT'): Checksum => ({
    algorithm: 'CRC64NVME',
    value,
    type,
  });
  const began = 10_000 as EpochMs;

  test.each<[string, Checksum[], Checksum[], number, ReturnType<typeof gradeByChecksums>]>([
    ['equal and computed in this job', [sum('x')], [sum('x')], 12_000, 'B'],
    ['equal and inherited', [sum('x')], [sum('x')], 5_000, 'unknown'],
    ['different', [sum('x')], [sum('y')], 12_000, 'differs'],
    ['equal and composite', [sum('x', 'COMPOSITE')], [sum('x', 'COMPOSITE')], 12_000, 'unknown'],
    ['missing at the source', [], [sum('x')], 12_000, 'unknown'],
  ])('of stored checksums that are %s', (_, source, destination, modifiedAt, grade) => {
    expect(gradeByChecksums(source, destination, modifiedAt as EpochMs, began)).toBe(grade);
  });

  test.each<[Grade, boolean, boolean]>([
    ['A', true, true],
    ['B', true, true],
    ['C', true, false],
    ['D', false, false],
  ])('of grade %s is taken by the standard rule: %s, by the strict one: %s', (grade, standard, strict) => {
    expect([isAccepted(grade, 'standard'), isAccepted(grade, 'strict')]).toEqual([standard, strict]);
  });
});

describe('the verdict', () => {
  const none = {
    missingCount: 0,
    differsCount: 0,
    extraCount: 0,
    unprovenCount: 0,
    explainedCount: 0,
    grades: { A: 0, B: 0, C: 5, D: 0 },
  };
  const rule = { evidence: 'standard', allowsExtra: false, someShardWasHalted: false } as const;

  test.each<
    [
      string,
      Partial<typeof none>,
      Partial<{ evidence: 'strict'; allowsExtra: boolean; someShardWasHalted: boolean }>,
      Verdict,
    ]
  >([
    ['nothing', {}, {}, 'equal'],
    ['something missing', { missingCount: 2 }, {}, 'differences-found'],
    ['something missing, all of it explained', { missingCount: 2, explainedCount: 2 }, {}, 'cannot-go-on'],
    ['something missing, some of it explained', { missingCount: 2, explainedCount: 1 }, {}, 'differences-found'],
    ['something missing after a halted shard', { missingCount: 2 }, { someShardWasHalted: true }, 'cannot-go-on'],
    ['something extra', { extraCount: 1 }, {}, 'differences-found'],
    ['something extra in a merge', { extraCount: 1 }, { allowsExtra: true }, 'equal'],
    ['a grade D', { grades: { A: 0, B: 0, C: 5, D: 1 } }, {}, 'differences-found'],
    ['a grade C under the strict rule', {}, { evidence: 'strict' }, 'differences-found'],
  ])('when %s is found', (_, counts, change, verdict) => {
    expect(decideVerdict({ ...none, ...counts }, { ...rule, ...change })).toBe(verdict);
  });

  test('says its numbers in one sentence', () => {
    expect(summariseVerdict('equal', 1204, none)).toBe('1,204 objects verified on both sides.');
    expect(summariseVerdict('cannot-go-on', 9, { ...none, missingCount: 1, differsCount: 2 })).toBe(
      '1 object missing at the destination, 2 objects different at the destination; 9 objects verified.',
    );
  });
});

describe('shards', () => {
  test('hold every object once, within both limits unless one object alone is larger', () => {
    const anySizes = fc.array(fc.nat(50), { maxLength: 100 });

    fc.assert(
      fc.property(
        anySizes,
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 1, max: 60 }),
        (sizes, objectCountMax, bytesMax) => {
          const cutter = new ShardCutter({ objectCountMax, bytesMax });
          const shards: number[][] = [];
          for (const size of sizes) {
            if (cutter.startsShard(size)) shards.push([]);
            shards.at(-1)?.push(size);
          }

          expect(shards.flat()).toEqual(sizes);
          for (const shard of shards) {
            const bytes = shard.reduce((sum, size) => sum + size, 0);
            expect(shard.length).toBeLessThanOrEqual(objectCountMax);
            expect(shard.length === 1 || bytes <= bytesMax).toBe(true);
          }
        },
      ),
    );
  });

  test('the last two shards share their objects as evenly as the limits of the plan let them', () => {
    const limits = { objectCountMax: 10, bytesMax: 100 };
    expect(evenDivision([...Array<number>(10).fill(1), 1, 1], limits)).toBe(6);
    expect(evenDivision([50, 50, 0, 0], limits)).toBe(1);
    const loadOf = (sizes: readonly number[]): number =>
      Math.max(sizes.length / limits.objectCountMax, sizes.reduce((sum, size) => sum + size, 0) / limits.bytesMax);
    fc.assert(
      fc.property(fc.array(fc.nat(120), { minLength: 2, maxLength: 20 }), fc.nat(), (sizes, seed) => {
        const other = 1 + (seed % (sizes.length - 1));

        const firstCount = evenDivision(sizes, limits);

        const worst = (count: number): number => Math.max(loadOf(sizes.slice(0, count)), loadOf(sizes.slice(count)));
        expect(firstCount).toBeGreaterThan(0);
        expect(firstCount).toBeLessThan(sizes.length);
        expect(worst(firstCount)).toBeLessThanOrEqual(worst(other));
      }),
    );
  });

  test('entries survive being written, whatever the key', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.nat(),
        fc.constantFrom('STANDARD', 'GLACIER'),
        (key, sizeBytes, storageClass) => {
          const entry = facts({ key, sizeBytes, storageClass });

          expect(parseShardEntry(formatShardEntry(entry))).toEqual(entry);
          expect(formatShardEntry(entry)).not.toContain('\n');
        },
      ),
    );
  });

  test('count objects by size', () => {
    const histogram = new SizeHistogram();
    for (const size of [0, 1024, 1025, MiB, GiB, 5 * GiB, 5 * GiB + 1]) histogram.add(size);

    expect(histogram.read().map((bin) => bin.objectCount)).toEqual([2, 2, 1, 1, 1]);
  });
});

describe('parts', () => {
  test.each([
    [1, 512 * MiB, 1],
    [5 * MiB, 5 * MiB, 1],
    [5 * MiB + 1, 5 * MiB, 2],
    [10 * MiB, 5 * MiB, 2],
    [COPY_OBJECT_BYTES_MAX, 512 * MiB, 10],
    [COPY_OBJECT_BYTES_MAX + 1, 512 * MiB, 11],
    [48.8 * TiB, 512 * MiB, PARTS_MAX],
  ])('of %d bytes, %d preferred, are %d and tile the object', (bytes, preferred, count) => {
    const parts = planParts(Math.floor(bytes), preferred);

    expect(parts).toHaveLength(count);
    expect(parts[0]?.firstByte).toBe(0);
    expect(parts.at(-1)?.lastByte).toBe(Math.floor(bytes) - 1);
    parts.forEach((part, index) => index > 0 && expect(part.firstByte).toBe((parts[index - 1]?.lastByte ?? 0) + 1));
  });

  test('of nothing, or of more than S3 can hold, are refused', () => {
    expect(() => planParts(0, 5 * MiB)).toThrow(RangeError);
    expect(() => planParts(PARTS_MAX * PART_SIZE_BYTES_MAX + 1, 5 * MiB)).toThrow(RangeError);
    expect(partSizeBytes(50 * 10 ** 12, 5 * MiB)).toBe(5_000_000_000);
  });
});

describe('what tasks are told', () => {
  test.each([
    { task: 'plan', jobId: 'copy-20261120-0123456789ab', transfer: 'copy' } as const,
    { task: 'copy', jobId: 'copy-20261120-0123456789ab', transfer: 'copy-back', shard: 12 } as const,
  ])('is understood as it was meant: $task', (command) => {
    expect(parseTaskCommand(formatTaskCommand(command))).toEqual(command);
  });

  test.each([
    [['delete', '--job', 'copy-20261120-0123456789ab', '--transfer', 'copy'], /not a task/],
    [['copy', '--job', '../../etc', '--transfer', 'copy', '--shard', '1'], /not a job/],
    [['copy', '--job', 'copy-20261120-0123456789ab', '--transfer', 'copy', '--shard', '0'], /not a shard/],
    [['plan', '--job', 'copy-20261120-0123456789ab', '--transfer', 'x'], /copy, copy-back or undo/],
    [[], /not a job/],
  ])('%j is refused by the word that is wrong', (words, message) => {
    expect(() => parseTaskCommand(words)).toThrow(message);
  });

  test('a line that a process printed beside its log is no log line', () => {
    expect(parseTaskLogLine('Warning: something')).toBeUndefined();
    expect(parseTaskLogLine('{"half":')).toBeUndefined();
    expect(parseTaskLogLine('{"job":"j","shard":1,"copiedCount":2}')).toMatchObject({ copiedCount: 2 });
  });
});

describe('names', () => {
  test.each([
    ['eu-west-1', 'aws'],
    ['cn-north-1', 'aws-cn'],
    ['us-gov-west-1', 'aws-us-gov'],
    ['eusc-de-east-1', 'aws-eusc'],
  ])('%s is in %s', (region, partition) => {
    expect(checkRegion(region).ok).toBe(true);
    expect(partitionOf(region)).toBe(partition);
  });

  test('a role keeps its path', () => {
    expect(parseRoleArn('arn:aws:iam::123456789012:role/team/a/reader')).toEqual({
      ok: true,
      role: { partition: 'aws', accountId: '123456789012', path: '/team/a/', name: 'reader' },
    });
  });

  test.each(['copy-20261120-0123456789ab', 'migrate-20261120-0123456789ab'])('%s is a job', (id) =>
    expect(isJobId(id)).toBe(true),
  );
  test.each(['copy-x', '../copy-20261120-0123456789ab', 'copy-20261120-0123456789AB', ''])('%j is no job', (id) =>
    expect(isJobId(id)).toBe(false),
  );
});
