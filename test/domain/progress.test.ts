import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Milestone } from '../../domain/job-documents.ts';
import {
  keepSamples,
  newerCounters,
  percentOf,
  phaseOf,
  ratesOf,
  secondsLeft,
  type Counts,
  type Milestones,
  type ShardCounters,
} from '../../domain/progress.ts';
import type { EpochMs } from '../../domain/time.ts';

const at = (ms: number) => ms as EpochMs;
const some = (change: Partial<Counts> = {}): Counts => ({
  copiedCount: 0,
  copiedBytes: 0,
  skippedCount: 0,
  failedCount: 0,
  throttledCount: 0,
  inFlight: 0,
  listedCount: 0,
  verifiedCount: 0,
  totalCount: 100,
  totalBytes: 1000,
  ...change,
});
const ORDER: Milestone[] = ['started', 'destination-bucket-created', 'planned', 'copied', 'verified', 'finished'];
const passed = (last: Milestone | undefined): Milestones =>
  last === undefined ? {} : Object.fromEntries(ORDER.slice(0, ORDER.indexOf(last) + 1).map((name) => [name, at(1)]));

describe('the percentage', () => {
  test.each<[string, Milestone | undefined, Partial<Counts>, number]>([
    ['nothing yet', undefined, {}, 0],
    ['started', 'started', {}, 0],
    ['bucket created', 'destination-bucket-created', {}, 5],
    ['planned, nothing copied', 'planned', {}, 6],
    ['half copied', 'planned', { copiedCount: 50, copiedBytes: 500 }, 47],
    ['all copied, not verified', 'planned', { copiedCount: 100, copiedBytes: 1000 }, 89],
    ['all failed', 'planned', { failedCount: 100 }, 47],
    ['verification began', 'copied', { copiedCount: 100, copiedBytes: 1000 }, 89],
    ['all compared, verdict not yet given', 'copied', { copiedCount: 100, copiedBytes: 1000, verifiedCount: 100 }, 98],
    ['verified', 'verified', { copiedCount: 100, copiedBytes: 1000, verifiedCount: 100 }, 99],
    ['finished', 'finished', {}, 100],
    ['an empty bucket, planned', 'planned', { totalCount: 0, totalBytes: 0 }, 89],
    ['zero-byte objects, half copied', 'planned', { totalBytes: 0, copiedCount: 50 }, 47],
  ])('with %s', (_, milestone, counts, percent) => {
    expect(percentOf(passed(milestone), some(counts))).toBe(percent);
  });

  test('never falls, and is 100 only when finished, whatever is counted', () => {
    const anyCounts = fc.record({
      copiedCount: fc.nat(200),
      copiedBytes: fc.nat(2000),
      failedCount: fc.nat(50),
      verifiedCount: fc.nat(200),
      totalCount: fc.nat(100),
      totalBytes: fc.nat(1000),
    });
    const anyMoment = fc.tuple(fc.nat(ORDER.length - 1), anyCounts);

    fc.assert(
      fc.property(fc.array(anyMoment, { maxLength: 30 }), (moments) => {
        let previous = 0;
        for (const [index, counts] of [...moments].sort(([a], [b]) => a - b)) {
          const milestone = ORDER[index];
          const percent = percentOf(passed(milestone), some(counts), previous);

          expect(percent).toBeGreaterThanOrEqual(previous);
          expect(percent === 100).toBe(milestone === 'finished');
          previous = percent;
        }
      }),
    );
  });

  test('has a phase in words for every milestone', () => {
    expect([undefined, ...ORDER].map((last) => phaseOf(passed(last)))).toEqual([
      'checking',
      'checking',
      'planning',
      'copying',
      'verifying',
      'finishing',
      'finished',
    ]);
  });
});

describe('counters of a shard', () => {
  const counters = (attempt: number, time: string, copiedCount: number): ShardCounters => ({
    attempt,
    time,
    copiedCount,
    copiedBytes: 0,
    skippedCount: 0,
    failedCount: 0,
    inFlight: 0,
    throttledCount: 0,
  });

  test('give the same sum in whatever order and however often their lines are read', () => {
    const lines = [counters(1, '10:00', 5), counters(1, '10:02', 9), counters(2, '10:01', 7), counters(2, '10:03', 12)];

    fc.assert(
      fc.property(fc.shuffledSubarray([...lines, ...lines], { minLength: 8 }), (order) => {
        const newest = order.reduce<ShardCounters | undefined>((kept, line) => newerCounters(kept, line), undefined);

        expect(newest?.copiedCount).toBe(12);
      }),
    );
  });
});

describe('rates', () => {
  test('come from the last half minute', () => {
    const samples = [0, 10, 20, 30, 40, 50].reduce<ReturnType<typeof keepSamples>>(
      (kept, second) =>
        keepSamples(kept, { atMs: at(second * 1000), copiedCount: second * second, copiedBytes: second * 100 }),
      [],
    );

    expect(samples[0]?.atMs).toBe(10_000);
    expect(ratesOf(samples)).toEqual({ objectsPerSecond: (2500 - 100) / 40, bytesPerSecond: 100 });
  });

  test('are zero before there are two looks, and never negative', () => {
    expect(ratesOf([])).toEqual({ objectsPerSecond: 0, bytesPerSecond: 0 });
    expect(
      ratesOf([
        { atMs: at(0), copiedCount: 9, copiedBytes: 9 },
        { atMs: at(1000), copiedCount: 3, copiedBytes: 3 },
      ]).objectsPerSecond,
    ).toBe(0);
  });

  test('give the time left as a range, and none when nothing moves', () => {
    expect(
      secondsLeft(some({ copiedCount: 50, copiedBytes: 500 }), { objectsPerSecond: 5, bytesPerSecond: 50 }),
    ).toEqual({ from: 8, to: 15 });
    expect(secondsLeft(some(), { objectsPerSecond: 0, bytesPerSecond: 0 })).toBeUndefined();
  });
});
