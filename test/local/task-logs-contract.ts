import { describe, expect, test } from 'vitest';
import type { LogEvent, TaskLogs } from '../../domain/ports.ts';
import type { EpochMs } from '../../domain/time.ts';

const ms = (value: number): EpochMs => value as EpochMs;

export type AppendableLogs = TaskLogs & {
  append(stream: string, message: string, atMs: EpochMs): Promise<void>;
};

async function window(logs: TaskLogs, prefix: string, since: number, until: number): Promise<LogEvent[]> {
  const events: LogEvent[] = [];
  for await (const event of logs.read(prefix, ms(since), ms(until))) events.push(event);
  return events;
}

/** What every keeper of task logs promises. `openLogs` gives empty ones. */
export function describeTaskLogsContract(name: string, openLogs: () => Promise<AppendableLogs>): void {
  describe(`task logs: ${name}`, () => {
    test('a window holds its first instant and not its last', async () => {
      const logs = await openLogs();
      for (const at of [10, 20, 30]) await logs.append('job/copy/copy/1', `at ${at}`, ms(at));

      expect((await window(logs, 'job/', 10, 30)).map((event) => event.message)).toEqual(['at 10', 'at 20']);
    });

    test('a prefix finds all streams of a job and no stream of another', async () => {
      const logs = await openLogs();
      await logs.append('job-1/copy/copy/1', 'one', ms(1));
      await logs.append('job-1/copy/copy/10', 'ten', ms(1));
      await logs.append('job-10/copy/copy/1', 'other', ms(1));

      expect((await window(logs, 'job-1/', 0, 9)).map((event) => event.message).sort()).toEqual(['one', 'ten']);
      expect(await window(logs, 'job-1/copy/copy/10', 0, 9)).toEqual([
        { stream: 'job-1/copy/copy/10', atMs: 1, message: 'ten' },
      ]);
    });

    test('what is appended after a look is found by the next look', async () => {
      const logs = await openLogs();
      await logs.append('job/copy/copy/1', 'first', ms(1));
      await window(logs, 'job/', 0, 100);

      await logs.append('job/copy/copy/1', 'second', ms(2));

      expect((await window(logs, 'job/', 0, 100)).map((event) => event.message)).toEqual(['first', 'second']);
    });

    test('thousands of events are all found, each once and unaltered', async () => {
      const logs = await openLogs();
      const messages = Array.from({ length: 3000 }, (_, at) => `${at} ${'é\n"'.repeat(at % 50)}`);

      await Promise.all(messages.map((message, at) => logs.append('job/copy/copy/1', message, ms(at))));

      expect((await window(logs, 'job/', 0, 3000)).map((event) => event.message)).toEqual(messages);
      expect(await window(logs, 'job/', 1500, 1600)).toHaveLength(100);
    });

    test('events whose clock went back are found in their own window', async () => {
      const logs = await openLogs();
      for (const at of [100, 50, 120]) await logs.append('job/copy/copy/1', `at ${at}`, ms(at));

      expect((await window(logs, 'job/', 40, 60)).map((event) => event.message)).toEqual(['at 50']);
    });

    test('the tail is the newest events of all streams, oldest first', async () => {
      const logs = await openLogs();
      for (let at = 0; at < 40; at += 1) await logs.append(`job/copy/copy/${at % 2}`, `at ${at}`, ms(at));

      expect((await logs.tail('job/', 3)).map((event) => event.message)).toEqual(['at 37', 'at 38', 'at 39']);
      expect(await logs.tail('nothing/', 3)).toEqual([]);
    });

    test('a job without logs has an empty window', async () => {
      expect(await window(await openLogs(), 'job/', 0, 100)).toEqual([]);
    });
  });
}
