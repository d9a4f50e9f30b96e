import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { EpochMs } from '../../domain/time.ts';
import type { JournalLine } from '../../local/engine/events.ts';
import { journalFiles } from '../../local/engine/journal-files.ts';
import { flow, invoke, machine, World } from './world.ts';
import { VirtualClock } from './virtual-clock.ts';
import { WatchedJournals } from './watched-journals.ts';

let directory = '';
beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'journals-'))));
afterEach(() => rm(directory, { recursive: true }));

const line = (scope: string): JournalLine => ({ event: 'delivered', scope, atMs: 1 as EpochMs });
const file = (): string => join(directory, 'main', 'job.jsonl');

async function write(scopes: readonly string[]): Promise<void> {
  const journal = journalFiles(directory).open('main/job');
  for (const scope of scopes) journal.append(line(scope));
  await journal.close();
}

const scopesRead = (): string[] =>
  journalFiles(directory)
    .read('main/job')
    .map((read) => ('scope' in read ? read.scope : ''));

describe('a journal file', () => {
  test('is for its owner only', async () => {
    await write(['a']);

    expect((await stat(file())).mode & 0o777).toBe(0o600);
    expect((await stat(join(directory, 'main'))).mode & 0o777).toBe(0o700);
  });

  test('gives back what was flushed, in order, also from several flushes at once', async () => {
    const journal = journalFiles(directory).open('main/job');
    const flushes: Promise<void>[] = [];
    for (let index = 0; index < 50; index += 1) {
      journal.append(line(String(index)));
      flushes.push(journal.flush().then(() => expect(scopesRead()).toContain(String(index))));
    }

    await Promise.all(flushes);
    await journal.close();

    expect(scopesRead()).toEqual(Array.from({ length: 50 }, (_, index) => String(index)));
    expect(await journalFiles(directory).list()).toEqual(['main/job']);
  });

  test.each(['{"event":"deliv', '{"event":"delivered","scope":"t', '\n', '{"event"\n', '\0\0\0\n'])(
    'ignores a torn last line %j and goes on behind the whole ones',
    async (torn) => {
      await write(['a', 'b']);
      await writeFile(file(), (await readFile(file(), 'utf8')) + torn);
      expect(scopesRead()).toEqual(['a', 'b']);

      await write(['c']);

      expect(scopesRead()).toEqual(['a', 'b', 'c']);
    },
  );

  test('that is damaged in the middle is an error that names the file and the line', async () => {
    await write(['a', 'b', 'c']);
    const [first, , third] = (await readFile(file(), 'utf8')).split('\n');
    await writeFile(file(), `${first}\n{"event":"deli\n${third}\n`);

    expect(scopesRead).toThrow(/job\.jsonl is damaged at line 2/);
  });

  test('that is damaged does not keep other executions from going on', async () => {
    const definitions = { main: machine({ Sleep: { Type: 'Wait', Seconds: 5, End: true } }) };
    const first = new World({ definitions, journals: journalFiles(directory) });
    await first.engine.start('main', 'job', {});
    const { execution } = await first.engine.start('main', 'other', {});
    await first.engine.close();
    await writeFile(file(), `broken\n${await readFile(file(), 'utf8')}`);

    const journals = new WatchedJournals(journalFiles(directory));
    const clock = new VirtualClock(undefined, journals.idle);
    const second = new World({ definitions, journals, clock });
    await second.engine.recover();

    expect(second.problems).toMatchObject([{ name: 'JournalDamagedError' }]);
    await expect(second.engine.start('main', 'job', {})).rejects.toThrow(/damaged/);
    expect(await clock.run(second.engine.whenEnded(execution))).toMatchObject({ status: 'SUCCEEDED' });
    await second.engine.close();
  });
});

test('a payload is written once, however many states hand it on', async () => {
  const big = 'x'.repeat(100_000);
  const states = Object.fromEntries(
    Array.from({ length: 20 }, (_, index) => [`P${index}`, { Type: 'Pass', Next: `P${index + 1}` }]),
  );
  const world = new World({
    definitions: { main: machine({ ...states, P20: { Type: 'Succeed' } }) },
    journals: journalFiles(directory),
  });
  const { execution } = await world.engine.start('main', 'job', { big });

  const ended = await world.engine.whenEnded(execution);

  expect(ended.output).toEqual({ big });
  expect((await readFile(file())).length).toBeLessThan(110_000);
  expect(world.engine.describe(execution)?.output).toEqual({ big });
  expect(world.engine.list()[0]).not.toHaveProperty('output');
});

test('ten thousand items of a distributed map on files take seconds', async () => {
  const each = {
    Type: 'Map',
    ItemReader: {
      Resource: 'arn:aws:states:::s3:getObject',
      ReaderConfig: { InputType: 'JSONL' },
      Arguments: { Bucket: 'b', Key: 'k' },
    },
    ItemProcessor: {
      ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
      ...flow({ Work: invoke('work') }),
    },
    MaxConcurrency: 100,
    Output: '{% $count($states.result) %}',
    End: true,
  };
  const world = new World({
    definitions: { main: machine({ each }) },
    journals: journalFiles(directory),
    functions: { work: () => 1 },
    lines: Array.from({ length: 10_000 }, (_, index) => ({ shard: index })),
  });
  const startedAtMs = performance.now();
  const { execution } = await world.engine.start('main', 'job', {});

  const ended = await world.engine.whenEnded(execution);

  expect(ended.output).toBe(10_000);
  expect(performance.now() - startedAtMs).toBeLessThan(20_000);
  expect(world.engine.states(execution)).toMatchObject([
    { items: { total: 10_000, succeeded: 10_000, failed: 0, running: 0, pending: 0 } },
  ]);
});
