import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MILESTONES, type Milestone, type TransferName } from '../../domain/job-documents.ts';
import { phaseOf, transferShown, type Milestones, type Phase } from '../../domain/phases.ts';
import {
  keepSamples,
  newerCounters,
  percentOf,
  ratesOf,
  secondsLeft,
  type Counts,
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
const COPY_ORDER: readonly Milestone[] = ['started', 'destination-bucket-created', 'planned', 'copied', 'verified', 'finished']; // prettier-ignore
const MIGRATE_ORDER = MILESTONES.filter((name) => name !== 'undo-began' && name !== 'undone');
const passed = (order: readonly Milestone[], last: Milestone | undefined): Milestones =>
  last === undefined ? {} : Object.fromEntries(order.slice(0, order.indexOf(last) + 1).map((name) => [name, at(1)]));

const half = { copiedCount: 50, copiedBytes: 500 };
const all = { copiedCount: 100, copiedBytes: 1000 };
const anyCounts = fc
  .record({
    copiedCount: fc.nat(200),
    copiedBytes: fc.nat(2000),
    failedCount: fc.nat(50),
    verifiedCount: fc.nat(200),
    totalCount: fc.nat(100),
    totalBytes: fc.nat(1000),
  })
  .map(some);

describe('the percentage of a copy', () => {
  test.each<[string, Milestone | undefined, Partial<Counts>, number]>([
    ['nothing yet', undefined, {}, 0],
    ['started', 'started', {}, 0],
    ['bucket created', 'destination-bucket-created', {}, 5],
    ['planned, nothing copied', 'planned', {}, 6],
    ['half copied', 'planned', half, 47],
    ['all copied, not verified', 'planned', all, 89],
    ['all failed', 'planned', { failedCount: 100 }, 47],
    ['verification began', 'copied', all, 89],
    ['all compared, verdict not yet given', 'copied', { ...all, verifiedCount: 100 }, 98],
    ['verified', 'verified', { ...all, verifiedCount: 100 }, 99],
    ['finished', 'finished', {}, 100],
    ['an empty bucket, planned', 'planned', { totalCount: 0, totalBytes: 0 }, 89],
    ['zero-byte objects, half copied', 'planned', { totalBytes: 0, copiedCount: 50 }, 47],
  ])('with %s', (_, milestone, counts, percent) => {
    expect(percentOf('copy', passed(COPY_ORDER, milestone), some(counts))).toBe(percent);
  });
});

describe('the percentage of a migration', () => {
  test.each<[string, Milestone | undefined, Partial<Counts>, TransferName, number]>([
    ['nothing yet', undefined, {}, 'copy', 0],
    ['started', 'started', {}, 'copy', 0],
    ['the source frozen', 'source-frozen', {}, 'copy', 0],
    ['the temporary bucket created', 'temporary-bucket-created', {}, 'copy', 5],
    ['nothing copied', 'planned', {}, 'copy', 6],
    ['half copied', 'planned', half, 'copy', 25],
    ['all copied, not verified', 'planned', all, 'copy', 44],
    ['verification began', 'copied', all, 'copy', 44],
    ['all compared, verdict not yet given', 'copied', { ...all, verifiedCount: 100 }, 'copy', 48],
    ['verified, being proven', 'verified', all, 'copy', 49],
    ['the proof sealed', 'proof-sealed', all, 'copy', 49],
    ['consent given', 'consented', all, 'copy', 49],
    ['the source being emptied', 'emptying-began', all, 'copy', 49],
    ['the source emptied', 'source-emptied', all, 'copy', 49],
    ['the source deleted, its name waited for', 'source-deleted', all, 'copy', 50],
    ['the destination bucket created', 'destination-bucket-created', {}, 'copy-back', 55],
    ['counts of the way there left over', 'planned-back', all, 'copy', 56],
    ['nothing copied back', 'planned-back', {}, 'copy-back', 56],
    ['half copied back', 'planned-back', half, 'copy-back', 75],
    ['all copied back, not verified', 'planned-back', all, 'copy-back', 94],
    ['all compared again, verdict not yet given', 'copied-back', { ...all, verifiedCount: 100 }, 'copy-back', 98],
    ['verified again', 'verified-back', all, 'copy-back', 99],
    ['everything returned', 'returned', all, 'copy-back', 99],
    ['quarantine', 'configured', all, 'copy-back', 99],
    ['the temporary bucket deleted', 'temporary-bucket-deleted', all, 'copy-back', 99],
    ['finished', 'finished', {}, 'copy-back', 100],
  ])('with %s', (_, milestone, counts, transfer, percent) => {
    expect(percentOf('migrate', passed(MIGRATE_ORDER, milestone), some(counts), { counted: transfer })).toBe(percent);
  });

  test('stays where it was while the job is brought back', () => {
    const milestones = { ...passed(MIGRATE_ORDER, 'source-emptied'), 'undo-began': at(2) };

    for (const undone of [{}, { undone: at(3) }]) {
      const percent = percentOf('migrate', { ...milestones, ...undone }, some(half), { counted: 'undo', previousPercent: 49 }); // prettier-ignore
      expect(percent).toBe(49);
    }
  });

  test('is that of the kept temporary bucket’s end, where nothing is copied back', () => {
    const milestones = { ...passed(MIGRATE_ORDER, 'source-deleted'), returned: at(2) };

    expect(percentOf('migrate', milestones, some())).toBe(99);
  });
});

describe('whatever is counted and in whatever order points are passed, the percentage', () => {
  const TRANSFER = fc.constantFrom<TransferName>('copy', 'copy-back', 'undo');

  test.each([
    ['copy', COPY_ORDER],
    ['migrate', MIGRATE_ORDER],
  ] as const)('of a %s never falls, and is 100 exactly when it has finished', (kind, order) => {
    const moments = fc.array(fc.tuple(fc.constantFrom(...order), anyCounts, TRANSFER), { maxLength: 40 });

    fc.assert(
      fc.property(moments, (passing) => {
        let percent = 0;
        let milestones: Milestones = {};
        for (const [name, counts, transfer] of passing) {
          milestones = { ...milestones, [name]: at(1) };
          const next = percentOf(kind, milestones, counts, { previousPercent: percent, counted: transfer });

          expect(next).toBeGreaterThanOrEqual(percent);
          expect(next === 100).toBe(milestones.finished !== undefined);
          percent = next;
        }
      }),
    );
  });
});

describe('the phase', () => {
  test('of a copy follows its milestones', () => {
    expect([undefined, ...COPY_ORDER].map((last) => phaseOf('copy', passed(COPY_ORDER, last)))).toEqual([
      'checking',
      'checking',
      'planning',
      'copying',
      'verifying',
      'finishing',
      'finished',
    ]);
  });

  test.each<[Milestone | undefined, Phase]>([
    [undefined, 'checking'],
    ['started', 'freezing'],
    ['source-frozen', 'freezing'],
    ['temporary-bucket-created', 'planning'],
    ['planned', 'copying'],
    ['copied', 'verifying'],
    ['verified', 'proving'],
    ['proof-sealed', 'waiting-for-consent'],
    ['consented', 'emptying'],
    ['emptying-began', 'emptying'],
    ['source-emptied', 'emptying'],
    ['source-deleted', 'waiting-for-name'],
    ['destination-bucket-created', 'planning-back'],
    ['planned-back', 'copying-back'],
    ['copied-back', 'verifying-back'],
    ['verified-back', 'configuring'],
    ['returned', 'configuring'],
    ['configured', 'quarantine'],
    ['quarantine-over', 'cleaning-up'],
    ['temporary-bucket-deleted', 'finishing'],
    ['finished', 'finished'],
  ])('of a migration after %s is %s', (last, phase) => {
    expect(phaseOf('migrate', passed(MIGRATE_ORDER, last))).toBe(phase);
  });

  test('does not ask for consent to a proof that was voided', () => {
    const facts = { isProofValid: false, isNameOurs: false, isUndoAsked: false };

    expect(phaseOf('migrate', passed(MIGRATE_ORDER, 'proof-sealed'), facts)).toBe('proving');
  });

  test('says that the bucket is being made once its name was got', () => {
    const facts = { isProofValid: true, isNameOurs: true, isUndoAsked: false };

    expect(phaseOf('migrate', passed(MIGRATE_ORDER, 'source-deleted'), facts)).toBe('creating-bucket');
  });

  test('of a job that is brought back says so, unless its source was deleted in that moment', () => {
    const began = { 'undo-began': at(2) };

    expect(phaseOf('migrate', { ...passed(MIGRATE_ORDER, 'copied'), ...began })).toBe('undoing');
    expect(phaseOf('migrate', { ...passed(MIGRATE_ORDER, 'copied'), ...began, undone: at(3) })).toBe('undone');
    expect(phaseOf('migrate', { ...passed(MIGRATE_ORDER, 'source-deleted'), ...began })).toBe('waiting-for-name');
  });

  test('has the transfer whose numbers it speaks of', () => {
    expect(transferShown('copy', passed(COPY_ORDER, 'planned'))).toBe('copy');
    expect(transferShown('migrate', passed(MIGRATE_ORDER, 'source-deleted'))).toBe('copy');
    expect(transferShown('migrate', passed(MIGRATE_ORDER, 'destination-bucket-created'))).toBe('copy-back');
    expect(transferShown('migrate', { ...passed(MIGRATE_ORDER, 'emptying-began'), 'undo-began': at(2) })).toBe('undo');
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
