import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { JobListView, JobView, ReportView } from '../../domain/views.ts';
import { hasEnded, PROGRAM, startProduct, until, type Product } from '../support/product.ts';

const root = resolve(import.meta.dirname, '../..');
let folder: string;
let data: string;
let product: Product | undefined;

beforeAll(() => {
  const built = spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: root, encoding: 'utf8' });
  if (built.status !== 0) throw new Error(built.stderr);
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'program-'));
  data = join(folder, 'data');
});
afterEach(async () => {
  await product?.stop();
  product = undefined;
  await rm(folder, { recursive: true, force: true });
});

type Ended = { code: number | null; out: string; err: string };

/** The command line as a person's shell runs it, without a terminal. `seen` may end it early. */
async function run(argv: string[], seen: (out: string, interrupt: () => void) => void = () => {}): Promise<Ended> {
  const child = spawn(process.execPath, [PROGRAM, ...argv, '--data', data], { cwd: folder });
  const ended = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    ended.out += chunk.toString();
    seen(ended.out, () => child.kill('SIGINT'));
  });
  child.stderr.on('data', (chunk: Buffer) => (ended.err += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...ended };
}

const linesOf = (out: string): JobView[] => out.trim().split('\n').map((line) => JSON.parse(line) as JobView); // prettier-ignore
const oneOf = <T>(out: string): T => JSON.parse(out) as T;

describe('without a server', () => {
  test('a copy runs in the program itself, is verified, and can be looked at afterwards', async () => {
    const copy = await run(['copy', 'sandbox-a:sample-photos', 'sandbox-b:photos-copy']);

    const last = linesOf(copy.out).at(-1);
    expect(copy.err).toBe('');
    expect([copy.code, last?.status, last?.percent]).toEqual([0, 'succeeded', 100]);
    const jobs = oneOf<JobListView>((await run(['jobs', '--json'])).out).jobs;
    expect(jobs.map((job) => [job.id, job.status])).toEqual([[last?.id, 'succeeded']]);
    const report = oneOf<ReportView>((await run(['report', last?.id ?? '', '--json'])).out);
    expect(report).toMatchObject({ outcome: 'verified', grantsOutstanding: [], failedCount: 0 });
    expect((await run(['jobs'])).out).toContain('Verified');
  });

  test('Ctrl-C stops the job and leaves no access behind; redrive finishes it', async () => {
    let hasInterrupted = false;
    const copy = await run(
      ['copy', 'sandbox-b:sample-logs', 'sandbox-a:logs-copy', '--in-flight', '2'],
      (out, interrupt) => {
        if (hasInterrupted || !out.includes('"phase":"copying"')) return;
        hasInterrupted = true;
        interrupt();
      },
    );

    expect(copy.code).toBe(3);
    const id = linesOf(copy.out)[0]?.id ?? '';
    const stopped = oneOf<JobView>((await run(['job', id, '--json'])).out);
    expect(stopped).toMatchObject({ status: 'stopped', grantsOutstandingCount: 0 });
    const redriven = await run(['redrive', id]);
    expect([redriven.code, linesOf(redriven.out).at(-1)?.status]).toEqual([0, 'succeeded']);
  });

  const temporaryOf = (job: JobView | undefined): string => job?.migration?.temporaryBucket?.bucket ?? '';

  test('a migration ends with 4 where it asks, 0 in its quarantine, and again 0 when that is ended', async () => {
    const asked = await run(['migrate', 'sandbox-a:sample-photos', 'sandbox-b']);
    const last = linesOf(asked.out).at(-1);
    const { id = '', migration } = last ?? {};
    const digest = migration?.proof?.digest ?? '';
    expect([asked.code, migration?.question?.question, last?.percent]).toEqual([4, 'consent', 49]);
    expect(asked.err).toContain(`bucket-migrator consent ${id} --bucket sample-photos --digest ${digest}`);

    expect((await run(['consent', id, '--bucket', 'sample-logs', '--digest', digest])).code).toBe(1);
    const kept = await run(['consent', id, '--bucket', 'sample-photos', '--digest', digest]);
    expect([kept.code, linesOf(kept.out).at(-1)?.phase]).toEqual([0, 'quarantine']);
    expect(kept.err).toContain(`${temporaryOf(last)} stays until`);

    const moved = await run(['end-quarantine', id, '--bucket', temporaryOf(last)]);
    expect([moved.code, linesOf(moved.out).at(-1)?.percent]).toEqual([0, 100]);
    const percents = [asked, kept, moved].flatMap(({ out }) => linesOf(out)).map((job) => job.percent);
    expect(percents).toEqual([...percents].sort((left, right) => left - right));
    expect((await run(['report', id])).out).toContain('Source deleted');
  });

  test('a migration that is left with Ctrl-C waits where it is, and a stop leaves the source as it was', async () => {
    let hasInterrupted = false;
    const left = await run(['migrate', 'sandbox-a:sample-photos', 'sandbox-b'], (out, interrupt) => {
      if (hasInterrupted || !out.includes('"phase":"copying"')) return;
      hasInterrupted = true;
      interrupt();
    });
    const { id = '' } = linesOf(left.out)[0] ?? {};
    expect(left.code).toBe(3);
    expect(left.err).toContain('waits where it is');

    const stopped = await run(['stop', id]);

    expect(stopped.err).toContain('everything of ours is taken away');
    const last = linesOf(stopped.out).at(-1);
    expect([stopped.code, last?.status, last?.phase]).toEqual([0, 'stopped', 'undone']);
    expect(last?.migration?.outstanding).toEqual([]);
    expect((await run(['copy', 'sandbox-a:sample-photos', 'sandbox-b:photos-copy'])).code).toBe(0);
  });

  test('a job that cannot be done exits 1 and says why', async () => {
    const copy = await run(['copy', 'sandbox-a:no-such-bucket', 'sandbox-b:some-copy']);

    expect(copy.code).toBe(1);
    expect(linesOf(copy.out).at(-1)?.problem?.message).toContain('no-such-bucket');
  });

  test.each([
    [['copy', 'nowhere:sample-photos', 'sandbox-b:copy-of-it'], '"nowhere"'],
    [['copy', 'sandbox-a:UPPER', 'sandbox-b:copy-of-it', '--in-flight', '0'], '--in-flight'],
    [['job', 'copy-20200101-000000000000'], 'There is no job'],
    [['copy', 'sandbox-a:sample-photos', 'sandbox-b:copy-of-it', '--detach'], 'No server runs'],
  ])('%j is wrong usage', async (argv, told) => {
    const { code, err } = await run(argv);

    expect(code).toBe(2);
    expect(err).toContain(told);
  });

  test('a file of connections that is wrong is refused with every field', async () => {
    const file = join(folder, 'connections.json');
    await writeFile(file, JSON.stringify({ connections: [{ name: 'X', kind: 'aws', region: 'nowhere' }] }));

    const { code, err } = await run(['copy', 'a:bucket-one', 'b:bucket-two', '--connections', file]);

    expect(code).toBe(2);
    for (const field of ['connections.0.name', 'connections.0.region']) expect(err).toContain(field);
  });
});

describe('with a server', () => {
  beforeEach(async () => (product = await startProduct(['--data', data])));

  test('the command line finds it; a job is started, stopped and gone on with', async () => {
    const started = await run(['copy', 'sandbox-b:sample-logs', 'sandbox-a:logs-copy', '--in-flight', '2', '--detach']);
    const id = started.out.trim();
    await until(() => product!.job(id), (job) => job.phase === 'copying', 'copying'); // prettier-ignore

    const stopped = oneOf<JobView>((await run(['stop', id, '--json'])).out);
    expect(stopped).toMatchObject({ status: 'stopped', grantsOutstandingCount: 0 });
    const again = await run(['stop', id]);
    expect(again.code).toBe(0);
    const redriven = await run(['redrive', id, '--json']);
    expect([redriven.code, linesOf(redriven.out).at(-1)?.status]).toEqual([0, 'succeeded']);
  });

  test('Ctrl-C while following leaves the job to the server', async () => {
    const copy = await run(['copy', 'sandbox-a:sample-photos', 'sandbox-b:photos-copy'], (_out, interrupt) =>
      interrupt(),
    );

    expect(copy.code).toBe(3);
    const id = linesOf(copy.out)[0]?.id ?? '';
    expect((await until(() => product!.job(id), hasEnded, 'the end')).status).toBe('succeeded');
  });

  test('a second server on the same data is refused and told the address of the first', async () => {
    const second = await run(['start']);

    expect(second.code).toBe(1);
    expect(second.err).toContain(product!.url);
    expect(second.err).not.toContain(product!.token);
  });

  test('everything in the data directory is for its owner only', async () => {
    const entries = await readdir(data, { recursive: true, withFileTypes: true });
    const modes = await Promise.all(
      entries.map(async (entry) => (await stat(join(entry.parentPath, entry.name))).mode),
    );

    expect(modes.filter((mode) => (mode & 0o077) !== 0)).toEqual([]);
  });

  test('SIGTERM ends it cleanly with 0 and its address is gone', async () => {
    expect(await product!.stop()).toBe(0);
    expect(await readdir(data)).not.toContain('server.json');
    expect(await readdir(data)).not.toContain('in-use.json');
  });

  test('killed during a copy, its next start goes on with the job and finishes it', async () => {
    const job = await product!.startJob({
      kind: 'copy',
      source: { connection: 'sandbox-b', bucket: 'sample-logs' },
      destination: { connection: 'sandbox-a', bucket: 'logs-copy' },
      options: { inFlightMax: 4 },
    });
    await until(() => product!.job(job.id), (seen) => seen.phase === 'copying', 'copying'); // prettier-ignore

    await product!.kill();
    product = await startProduct(['--data', data]);

    const ended = await until(() => product!.job(job.id), hasEnded, 'the end');
    expect(ended).toMatchObject({ status: 'succeeded', failedCount: 0, grantsOutstandingCount: 0 });
  });
});

afterAll(async () => {
  await product?.stop();
});
