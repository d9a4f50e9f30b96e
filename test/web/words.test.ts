import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toPercentForm } from '../../domain/keys.ts';
import type { Phase } from '../../domain/progress.ts';
import { GiB, KiB, MiB } from '../../domain/sizes.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../domain/time.ts';
import type { JobStatus } from '../../domain/views.ts';
import { elapsedMs, isMoving, isStale, jobName, phaseOrProblemText, phaseText } from '../../web/words/job.ts';
import { readKey } from '../../web/words/keys.ts';
import { keepLooks, limitText } from '../../web/words/limits.ts';
import { formatByteRate, formatBytes, formatObjectRate, formatObjects, soFar } from '../../web/words/numbers.ts';
import { phaseBars } from '../../web/words/phases.ts';
import { formatDuration, formatTimeLeft } from '../../web/words/times.ts';
import { at, someJob } from './some-job.ts';

describe('numbers', () => {
  test.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [1023, '1,023 bytes'],
    [KiB, '1 KiB'],
    [1.5 * MiB, '1.5 MiB'],
    [MiB - 1, '1 MiB'],
    [1023.6 * KiB, '1 MiB'],
    [1023.4 * KiB, '1,023 KiB'],
    [512 * MiB, '512 MiB'],
    [5 * GiB, '5 GiB'],
  ])('%d bytes read "%s"', (sizeBytes, text) => {
    expect(formatBytes(sizeBytes)).toBe(text);
  });

  test('a size never shows 1,024 of its unit', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 31 - 1 }), fc.integer({ min: 0, max: 20 }), (mantissa, exponent) => {
        const text = formatBytes(mantissa * 2 ** exponent);

        expect(text).not.toMatch(/^1,0(2[4-9]|[3-9]\d)/);
      }),
    );
  });

  test('a rate keeps its digit after the point, so that it does not jump', () => {
    expect(formatByteRate(2 * GiB)).toBe('2.0 GiB/s');
    expect(formatByteRate(2.1 * GiB)).toBe('2.1 GiB/s');
    expect(formatByteRate(500 * MiB)).toBe('500 MiB/s');
  });

  test('nothing moving is a dash and not a zero', () => {
    expect(formatObjectRate(0)).toBe('–');
    expect(formatByteRate(0)).toBe('–');
    expect(formatObjectRate(1834.2)).toBe('1,834/s');
    expect(formatObjectRate(0.25)).toBe('0.3/s');
  });

  test('one object is not "1 objects", and a number still counted says so', () => {
    expect(formatObjects(1)).toBe('1 object');
    expect(formatObjects(1204)).toBe('1,204 objects');
    expect(soFar('1,204', false)).toBe('1,204 so far');
  });
});

describe('times', () => {
  test.each([
    [400, '0.4 s'],
    [12_400, '12 s'],
    [3 * MINUTE_MS + 20_000, '3 min 20 s'],
    [2 * HOUR_MS, '2 h'],
    [DAY_MS + 3 * HOUR_MS, '1 d 3 h'],
    [-5, '0.0 s'],
  ])('%d ms read "%s"', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  test.each([
    [{ from: 1, to: 4 }, 'less than 5 s'],
    [{ from: 20, to: 45 }, '20–45 s'],
    [{ from: 45, to: 120 }, '45 s – 2 min'],
    [{ from: 350, to: 660 }, '6–11 min'],
    [{ from: 100_000, to: 200_000 }, '28 h – 2 d'],
    [undefined, '–'],
  ])('the time left of %j reads "%s"', (left, text) => {
    expect(formatTimeLeft(left)).toBe(text);
  });
});

describe('a job in words', () => {
  const phases: [Phase, string][] = [
    ['checking', 'Checking the request'],
    ['planning', 'Listing the source: 1,204,118 objects so far'],
    ['copying', 'Copying 412,003 of 1,204,118'],
    ['verifying', 'Verifying 0 of 1,204,118'],
    ['finishing', 'Taking back access and finishing'],
  ];
  test.each(phases)('running and %s reads "%s"', (phase, text) => {
    expect(phaseText(someJob({ phase }))).toBe(text);
  });

  const statuses: [JobStatus, string][] = [
    ['stopping', 'Stopping: running requests are ended'],
    ['stopped', 'Stopped while copying, 412,003 of 1,204,118 done'],
    ['failed', 'Failed while copying, 412,003 of 1,204,118 done'],
    ['succeeded', '412,003 objects copied and verified'],
  ];
  test.each(statuses)('%s reads "%s"', (status, text) => {
    expect(phaseText(someJob({ status }))).toBe(text);
  });

  test('a job that failed in verification does not call done what it only compared', () => {
    const job = someJob({ status: 'failed', phase: 'verifying', totalCount: 13, listedCount: 13, verifiedCount: 13 });

    expect(phaseText(job)).toBe('Failed while verifying, 13 of 13 compared');
  });

  test('in the list, a failed job says why', () => {
    const problem = { error: 'ObjectsDifferError', message: '3 objects differ.', remedy: 'Redrive.' };

    expect(phaseOrProblemText(someJob({ status: 'failed', problem }))).toBe('3 objects differ.');
  });

  test('a total that is still counted says "so far"', () => {
    expect(phaseText(someJob({ isCounting: true }))).toBe('Copying 412,003 of 1,204,118 so far');
  });

  test('objects that were there before count as placed, although the plan leaves them out', () => {
    const job = someJob({ copiedCount: 10, skippedCount: 500, totalCount: 20, listedCount: 520 });

    expect(phaseText(job)).toBe('Copying 510 of 520');
    expect(phaseText({ ...job, phase: 'verifying', verifiedCount: 515 })).toBe('Verifying 515 of 520');
    expect(phaseText({ ...job, status: 'succeeded', copiedCount: 20 })).toBe(
      '520 objects verified: 20 copied, 500 there before',
    );
  });

  test('delete markers are listed and not copied, so that nothing seems to be left out', () => {
    const job = someJob({ copiedCount: 34, skippedCount: 0, totalCount: 34, listedCount: 38 });

    expect(phaseText(job)).toBe('Copying 34 of 34');
  });

  test('never more are verified than there are, also when a redrive has listed nothing anew', () => {
    const merge = someJob({ phase: 'verifying', totalCount: 12, listedCount: 0, verifiedCount: 40 });

    expect(phaseText(merge)).toBe('Verifying 12 of 12');
    expect(phaseBars(merge, at(0)).find(({ phase }) => phase === 'verifying')?.detail).toBe('12 of 12 objects');
  });

  test('a prefix belongs to the name', () => {
    const source = { connection: 'here', bucket: 'photos', prefix: '2026/' };

    expect(jobName(someJob({ source }))).toBe('photos/2026/ → photos-copy');
  });

  test('elapsed time stands still once the job has ended', () => {
    expect(elapsedMs(someJob(), at(1_090_000))).toBe(90_000);
    expect(elapsedMs(someJob({ status: 'failed', endedAtMs: at(1_030_000) }), at(9_000_000))).toBe(30_000);
  });

  test('a job that has just ended is looked at again until it is counted, and not for ever', () => {
    const job = someJob({ status: 'succeeded', asOfMs: at(1_000_000), endedAtMs: at(1_001_000) });

    expect(isMoving(job, at(1_002_000))).toBe(true);
    expect(isMoving({ ...job, asOfMs: at(1_001_500) }, at(1_002_000))).toBe(false);
    expect(isMoving(job, at(1_020_000))).toBe(false);
  });

  test('old numbers of a running job are called old, those of an ended job are not', () => {
    expect(isStale(someJob(), at(1_062_000))).toBe(false);
    expect(isStale(someJob(), at(1_080_000))).toBe(true);
    expect(isStale(someJob({ status: 'succeeded' }), at(9_000_000))).toBe(false);
  });
});

describe('the row of phases', () => {
  test('phases before are done with their durations, the one now moves, the others are to come', () => {
    const bars = phaseBars(someJob({ copiedCount: 50, totalCount: 200, listedCount: 200 }), at(1_020_000));

    expect(bars.map(({ state }) => state)).toEqual(['done', 'done', 'now', 'to-come', 'to-come']);
    expect(bars.map(({ percent }) => percent)).toEqual([100, 100, 25, 0, 0]);
    expect(bars.map(({ durationMs }) => durationMs)).toEqual([2000, 8000, 10_000, undefined, undefined]);
  });

  test('a failed job shows where it ended and its clock stands still', () => {
    const job = someJob({ status: 'failed', endedAtMs: at(1_015_000) });

    expect(phaseBars(job, at(9_000_000))[2]).toMatchObject({ state: 'ended-here', durationMs: 5000 });
  });

  test('a finished job is done in every phase', () => {
    const bars = phaseBars(someJob({ status: 'succeeded', phase: 'finished' }), at(2_000_000));

    expect(bars.every(({ state, percent }) => state === 'done' && percent === 100)).toBe(true);
  });

  test('a phase that goes on never shows 100', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.nat(), (copiedCount, failedCount, totalCount) => {
        const bar = phaseBars(someJob({ copiedCount, failedCount, totalCount }), at(2_000_000))[2];

        expect(bar?.percent).toBeGreaterThanOrEqual(0);
        expect(bar?.percent).toBeLessThan(100);
      }),
    );
  });
});

describe('what limits the speed', () => {
  test('throttling that grows is told, throttling of long ago is not', () => {
    const before = keepLooks([], someJob({ asOfMs: at(1_000_000), throttledCount: 5 }));
    const job = someJob({ asOfMs: at(1_010_000), throttledCount: 12 });
    const later = someJob({ asOfMs: at(1_100_000), throttledCount: 12 });

    expect(limitText(job, keepLooks(before, job))).toContain('S3 asked us to slow down (7 times');
    expect(limitText(later, keepLooks(keepLooks(before, job), later))).toContain('64 requests are in flight');
  });

  test('the same look twice counts once', () => {
    const job = someJob();

    expect(keepLooks(keepLooks([], job), job)).toHaveLength(1);
  });

  test('a job whose objects move waits for nobody, although no request is in flight between two batches', () => {
    expect(limitText(someJob({ inFlight: 0, objectsPerSecond: 522 }), [])).toBe('Nothing holds the job back.');
    expect(limitText(someJob({ inFlight: 0, objectsPerSecond: 0 }), [])).toBe('Waiting for a task to report.');
  });

  test('a job that does not run has no limit', () => {
    expect(limitText(someJob({ status: 'stopped' }), [])).toBe('');
  });
});

describe('keys', () => {
  test('a key with markup, a newline and a change of direction is shown safely and copied exactly', () => {
    const key = '<b>x</b>\n\u202egpj.exe';

    const { exact, shown } = readKey(toPercentForm(key));

    expect(exact).toBe(key);
    expect(shown).toBe('<b>x</b>\\u000a\\u202egpj.exe');
  });

  test('every key comes back exactly', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (key) => {
        expect(readKey(toPercentForm(key)).exact).toBe(key);
      }),
    );
  });

  test('what is not in percent form is shown as it came', () => {
    expect(readKey('100%').shown).toBe('100%');
  });
});
