import { describe, expect, test } from 'vitest';
import type { Milestone } from '../../domain/job-documents.ts';
import { HOUR_MS } from '../../domain/time.ts';
import type { JobStatus, JobView } from '../../domain/views.ts';
import { ApiClient } from '../../local/cli/api-client.ts';
import { exitCodeOf, follow } from '../../local/cli/follow.ts';
import { outcomeLines, progressLine } from '../../local/cli/progress-line.ts';
import { jobsText, jobText } from '../../local/cli/show.ts';
import { MigrationWorld, TEMPORARY } from '../functions/api/migration-world.ts';
import { aJob } from './job-builder.ts';
import { recordedTerminal } from './recorded-terminal.ts';

const width = (text: string): number => Math.max(...text.split('\n').map((line) => [...line].length));

describe('the progress line', () => {
  test.each([
    [aJob(), ['Copying', '[', ' 53 %', '5,300 of 10,000 objects', '812/s', '1.2 MiB/s', '5 s–9 s left']],
    [aJob({ phase: 'planning', percent: 5, listedCount: 1234 }), ['Counting', '1,234 objects so far']],
    [aJob({ phase: 'verifying', percent: 93, verifiedCount: 4 }), ['Verifying', '4 of 10,000 objects verified']],
    [aJob({ failedCount: 3 }), ['3 failed']],
    [aJob({ status: 'succeeded', phase: 'finished', percent: 100 }), ['Verified', '100 %']],
  ])('says what is known', (job, parts) => {
    const line = progressLine(job, 120);

    for (const part of parts) expect(line).toContain(part);
  });

  test.each([10, 20, 40, 60, 80, 200])('fits a terminal of %i columns', (columns) => {
    expect(width(progressLine(aJob({ failedCount: 123_456 }), columns))).toBeLessThanOrEqual(columns);
  });
});

describe('the table of jobs', () => {
  const long = aJob({ source: { connection: 'a', bucket: 'b'.repeat(63), prefix: 'p'.repeat(500) } });

  test.each([80, 120, 200])('fits a terminal of %i columns, however long the names', (columns) => {
    expect(width(jobsText([aJob(), long], columns))).toBeLessThanOrEqual(columns);
  });

  test('a prefix cannot move the cursor, colour the screen or turn the text around', () => {
    const evil = aJob({ source: { connection: 'a', bucket: 'bbb', prefix: '\u001b[2J\r\n\u202e\u0007' } });

    const shown = jobsText([evil], 200) + jobText(evil, 200);

    expect(shown.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f\u202e]/);
  });

  test('without jobs it says how to start one', () => {
    expect(jobsText([], 80)).toContain('copy --help');
  });
});

test('a failure is told with its cause and what to do', () => {
  const problem = { error: 'AccessDeniedError', message: 'The role may not list.', remedy: 'Allow s3:ListBucket.' };

  const told = outcomeLines(aJob({ status: 'failed', failedCount: 2, problem })).join('\n');

  expect(told).toContain('2 objects were not copied.');
  expect(told).toContain('The role may not list.\nAllow s3:ListBucket.');
  expect(told).toContain('redrive');
});

test.each([
  ['succeeded', 0],
  ['failed', 1],
  ['stopped', 3],
  ['running', 3],
] as const)('the exit code of a job that is %s is %i', (status: JobStatus, code) => {
  expect(exitCodeOf(aJob({ status }))).toBe(code);
});

describe('following', () => {
  /** The server's answers one after the other; `undefined` is a server that is not there. */
  function scripted(answers: (JobView | undefined)[], terminalOptions: { isInteractive?: boolean } = {}) {
    const { terminal, written, interrupt } = recordedTerminal(terminalOptions);
    let sleeps = 0;
    const client = new ApiClient(async () => {
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      if (!answer) throw new TypeError('fetch failed');
      return Response.json(answer);
    }, 'token');
    const clock = {
      nowMs: () => aJob().asOfMs,
      sleep: async () => {
        sleeps += 1;
        if (sleeps > 200) interrupt();
      },
    };
    const run = (json = false) => follow('id', { client, terminal, clock, json });
    return { run, written, interrupt };
  }

  const ended = aJob({ status: 'succeeded', phase: 'finished', percent: 100 });

  test('without a terminal every second is one line of JSON, the last one the outcome', async () => {
    const { run, written } = scripted([aJob(), aJob(), ended]);

    await run();

    const lines = written.out.trim().split('\n').map((line) => JSON.parse(line) as JobView); // prettier-ignore
    expect(lines.map((line) => line.status)).toEqual(['running', 'running', 'succeeded']);
  });

  test('on a terminal one line changes in place and the outcome stays', async () => {
    const { run, written } = scripted([aJob(), ended], { isInteractive: true });

    await run();

    expect(written.out.split('\n')[0]?.split('\r')).toHaveLength(3);
    expect(written.out).toContain('is verified: 5,300 objects copied');
  });

  test('a server that is started again meanwhile is found again', async () => {
    const { run } = scripted([aJob(), undefined, undefined, ended]);

    expect((await run(true))?.status).toBe('succeeded');
  });

  test('a server that stays away is given up after a while, and the job is said to go on later', async () => {
    const { run } = scripted([undefined]);

    await expect(run()).rejects.toThrow('goes on when it is started again');
  });

  test('Ctrl-C ends the following', async () => {
    const { run, interrupt } = scripted([aJob()]);
    interrupt();

    expect(await run()).toBeUndefined();
  });
});

describe('a migration', () => {
  const world = (point: Milestone) => MigrationWorld.at(point);

  test.each<[Milestone, string]>([
    ['started', 'Freezing the source'],
    ['verified', 'Proving'],
    ['proof-sealed', 'Needs your decision'],
    ['source-emptied', 'Emptying the source'],
    ['source-deleted', 'Waiting for the name'],
    ['planned-back', 'Copying back'],
    ['configured', 'Verified, in quarantine'],
  ])('after %s is shown as "%s"', async (point, phase) => {
    const job = await (await world(point)).job();

    expect(progressLine(job, 120)).toContain(phase);
    expect(jobsText([job], 120)).toContain(phase);
  });

  test('is shown with its destination, what is proven, what stands of ours and what stopping would do', async () => {
    const shown = jobText(await (await world('source-emptied')).job(), 120);

    expect(shown).toContain('here:photos → elsewhere:photos');
    expect(shown).toContain(`Temporary bucket elsewhere:${TEMPORARY}`);
    expect(shown).toContain('the only whole copy');
    expect(shown).toContain('Stopping: What was deleted is copied back into here:photos');
  });

  test('that waits for its name says for how long, how often it has tried and what AWS says', async () => {
    const waiting = await world('source-deleted');
    await waiting.waitForName({ lastOutcome: 'busy', tryCount: 14 });
    waiting.clock.advance(3 * HOUR_MS);

    expect(progressLine(await waiting.job(), 120)).toContain('3 h  14 tries  AWS still releases it');
  });

  test('that failed half-way says where every object is', async () => {
    const failed = await world('source-deleted');
    failed.flows.end(failed.id, 'failed');

    expect(outcomeLines(await failed.job()).join('\n')).toContain(`whole in the temporary bucket ${TEMPORARY}`);
  });

  test('that was brought back says that the source is as it was', async () => {
    const undone = await world('emptying-began');
    await undone.post('stop');
    await undone.pass('undone');
    undone.flows.end(undone.id, 'succeeded');

    expect(outcomeLines(await undone.job())).toEqual([`Job ${undone.id} was brought back: here:photos is as it was.`]);
  });
});
