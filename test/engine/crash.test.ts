import { describe, expect, test } from 'vitest';
import { MemoryJournals } from '../../local/engine/journal.ts';
import { flow, invoke, machine, namedError, World, type FakeFunction } from './world.ts';
import { VirtualClock } from './virtual-clock.ts';

/** One machine with everything whose progress could be lost. */
const definitions = {
  main: machine({
    Begin: { Type: 'Pass', Assign: { mark: 'm' }, Output: { n: [1, 2, 3] }, Next: 'Flaky' },
    Flaky: invoke('flaky', {
      Retry: [{ ErrorEquals: ['Busy'], IntervalSeconds: 60, MaxAttempts: 5 }],
      Output: '{% $states.input %}',
      Next: 'Sleep',
    }),
    Sleep: { Type: 'Wait', Seconds: 3600, Next: 'Both' },
    Both: {
      Type: 'Parallel',
      Branches: [
        flow({
          Ask: {
            Type: 'Task',
            Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
            Arguments: { FunctionName: 'ask', Payload: { token: '{% $states.context.Task.Token %}' } },
            End: true,
          },
        }),
        flow({
          Each: {
            Type: 'Map',
            Items: '{% $states.input.n %}',
            ItemProcessor: flow({ Inline: invoke('inline') }),
            End: true,
          },
        }),
        flow({
          Child: {
            Type: 'Task',
            Resource: 'arn:aws:states:::states:startExecution.sync:2',
            Arguments: { StateMachineArn: 'child', Input: { c: 1 } },
            Output: '{% $states.result.Output %}',
            End: true,
          },
        }),
      ],
      Next: 'Shards',
    },
    Shards: {
      Type: 'Map',
      ItemReader: {
        Resource: 'arn:aws:states:::s3:getObject',
        ReaderConfig: { InputType: 'JSONL' },
        Arguments: { Bucket: 'b', Key: 'k' },
      },
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
        ...flow({ Shard: invoke('shard', { Next: 'Rest' }), Rest: { Type: 'Wait', Seconds: 10, End: true } }),
      },
      MaxConcurrency: 2,
      Assign: { shards: '{% $states.result %}' },
      Output: '{% $states.input %}',
      Next: 'Finish',
    },
    Finish: {
      Type: 'Pass',
      Output: { mark: '{% $mark %}', both: '{% $states.input %}', shards: '{% $shards %}' },
      End: true,
    },
  }),
  child: machine({ Work: invoke('childWork', { Next: 'Nap' }), Nap: { Type: 'Wait', Seconds: 5, End: true } }),
};
const output = { mark: 'm', both: ['yes', [10, 20, 30], 'child'], shards: ['s1', 's2', 's3'] };

/** What the outside world remembers across crashes: how often each thing was begun. */
class Outside {
  readonly tokens: string[] = [];
  readonly begun = new Map<string, number>();
  private flakyCount = 0;

  readonly functions: Record<string, FakeFunction> = {
    flaky: () => {
      this.note('flaky');
      this.flakyCount += 1;
      if (this.flakyCount < 3) throw namedError('Busy');
      return null;
    },
    ask: (payload) => void this.tokens.push((payload as { token: string }).token),
    inline: (payload) => this.note(`inline ${String(payload)}`, Number(payload) * 10),
    childWork: () => this.note('childWork', 'child'),
    shard: (payload) => this.note(`shard ${String(payload)}`, `s${String(payload)}`),
  };

  private note(name: string, answer?: unknown): unknown {
    this.begun.set(name, (this.begun.get(name) ?? 0) + 1);
    return answer;
  }
}

async function finish(world: World, outside: Outside): Promise<unknown> {
  const [main] = world.engine.list().filter((execution) => execution.machine === 'main');
  if (!main) throw new Error('there is no execution');
  const ended = world.engine.whenEnded(main.execution);
  for (const token of outside.tokens) await world.engine.sendTaskSuccess(token, 'yes').catch(() => undefined);
  void answerTokens(world, outside);
  const description = await world.clock.run(ended);
  return description.output;
}

/** A person who answers twenty minutes after being asked. */
async function answerTokens(world: World, outside: Outside): Promise<void> {
  for (let round = 0; round < 20; round += 1) {
    await world.clock.sleep(20 * 60 * 1000);
    for (const token of outside.tokens.splice(0))
      await world.engine.sendTaskSuccess(token, 'yes').catch(() => undefined);
  }
}

/** Runs to the end and gives all journals with the number of lines that existed whenever one was flushed. */
async function recordWholeRun(): Promise<{ journals: RecordingJournals; startedAt: string }> {
  const journals = new RecordingJournals();
  const outside = new Outside();
  const world = new World({ definitions, functions: outside.functions, lines: [1, 2, 3], journals });
  await world.engine.start('main', 'job', {});
  expect(await finish(world, outside)).toEqual(output);
  return { journals, startedAt: '2026-01-01T00:00:00Z' };
}

/** Notes after each flush what would be found after a crash at that instant, and one line earlier for each line. */
class RecordingJournals extends MemoryJournals {
  readonly snapshots: { lines: Record<string, string[]>; atMs: number }[] = [];

  override open(id: string): ReturnType<MemoryJournals['open']> {
    const inner = super.open(id);
    let lastAtMs = 0;
    return {
      append: (line) => {
        lastAtMs = line.atMs;
        inner.append(line);
      },
      flush: async () => {
        const before = this.lines(id).length;
        await inner.flush();
        await this.noteEveryCut(id, before, lastAtMs);
      },
      close: () => inner.flush(),
    };
  }

  private async noteEveryCut(id: string, before: number, atMs: number): Promise<void> {
    const others = Object.fromEntries((await this.list()).map((other) => [other, [...this.lines(other)]]));
    for (let count = before + 1; count <= this.lines(id).length; count += 1) {
      this.snapshots.push({ lines: { ...others, [id]: this.lines(id).slice(0, count) }, atMs });
    }
  }
}

describe('a crash after any line of any journal', () => {
  test('changes neither the result nor what had been finished', async () => {
    const { journals } = await recordWholeRun();
    expect(journals.snapshots.length).toBeGreaterThan(40);

    for (const [index, snapshot] of journals.snapshots.entries()) {
      const finished = finishedWork(snapshot.lines);
      const outside = new Outside();
      const world = new World({
        definitions,
        functions: outside.functions,
        lines: [1, 2, 3],
        journals: MemoryJournals.of(snapshot.lines),
        clock: new VirtualClock(new Date(snapshot.atMs).toISOString()),
        seed: index,
      });
      for (const token of tokensIn(snapshot.lines)) outside.tokens.push(token);

      await world.engine.recover();
      await world.clock.settle();

      expect(await finish(world, outside), `cut ${index}`).toEqual(output);
      for (const name of finished) expect(outside.begun.get(name) ?? 0, `cut ${index}: ${name} was finished`).toBe(0);
      for (const [name, count] of outside.begun) if (name !== 'flaky') expect(count, `cut ${index}: ${name}`).toBe(1);
      expect(world.engine.list().filter((execution) => execution.machine === 'child')).toHaveLength(1);
      expect(world.problems).toEqual([]);
    }
  });
});

type Line = { event: string; scope?: string; item?: number; token?: string; output?: unknown };

const linesOf = (journals: Record<string, string[]>): Line[] =>
  Object.values(journals).flatMap((lines) => lines.map((line) => JSON.parse(line) as Line));

const tokensIn = (journals: Record<string, string[]>): string[] =>
  linesOf(journals).flatMap((line) => (line.event === 'attempted' && line.token ? [line.token] : []));

/** The calls whose results the journals hold. */
function finishedWork(journals: Record<string, string[]>): string[] {
  return linesOf(journals)
    .filter((line) => line.event === 'left')
    .flatMap(({ output: left }) => {
      if (left === 'child') return ['childWork'];
      if (typeof left === 'string' && /^s\d$/.test(left)) return [`shard ${left.slice(1)}`];
      return typeof left === 'number' ? [`inline ${left / 10}`] : [];
    });
}

test('a wait goes on until its own instant, however long the engine was down', async () => {
  const sleeping = {
    main: machine({
      Sleep: { Type: 'Wait', Seconds: 3600, Next: 'Late' },
      Late: { Type: 'Pass', Output: '{% $now() %}', End: true },
    }),
  };
  const first = new World({ definitions: sleeping });
  const { execution } = await first.engine.start('main', 'job', {});
  await first.clock.advance(600_000);
  await first.engine.close();

  const second = new World({
    definitions: sleeping,
    journals: first.journals,
    clock: new VirtualClock('2026-01-01T00:30:00Z'),
  });
  await second.engine.recover();
  const ended = await second.clock.run(second.engine.whenEnded(execution));

  expect(ended.output).toBe('2026-01-01T01:00:00.000Z');
});

test('an execution goes on with the definition that it started with', async () => {
  const first = new World({
    definitions: {
      main: machine({
        Sleep: { Type: 'Wait', Seconds: 60, Next: 'Old' },
        Old: { Type: 'Pass', Output: 'old', End: true },
      }),
    },
  });
  const { execution } = await first.engine.start('main', 'job', {});
  await first.engine.close();

  const second = new World({
    definitions: { main: machine({ New: { Type: 'Pass', Output: 'new', End: true } }) },
    journals: first.journals,
  });
  await second.engine.recover();

  expect((await second.clock.run(second.engine.whenEnded(execution))).output).toBe('old');
});

test('a question that has reached its function is not asked again after a restart', async () => {
  const ask = {
    ...invoke('ask'),
    Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
    Output: '{% $states.result %}',
  };
  const asking = {
    main: machine({ Ask: { ...ask, Arguments: { FunctionName: 'ask', Payload: '{% $states.context.Task.Token %}' } } }),
  };
  const first = new World({ definitions: asking, functions: { ask: () => null } });
  const { execution } = await first.engine.start('main', 'job', {});
  await first.clock.settle();
  await first.engine.close();

  const second = new World({ definitions: asking, journals: first.journals });
  await second.engine.recover();
  await second.engine.sendTaskSuccess(String(first.calls[0]?.payload), 'yes');

  expect(await second.engine.whenEnded(execution)).toMatchObject({ status: 'SUCCEEDED', output: 'yes' });
  expect(second.calls).toEqual([]);
});

describe('executions that were started by a state are not left running', () => {
  const call = {
    Type: 'Task',
    Resource: 'arn:aws:states:::states:startExecution.sync:2',
    Arguments: { StateMachineArn: 'child', Input: {} },
    End: true,
  };
  const child = machine({ Long: { Type: 'Wait', Seconds: 86_400, End: true } });
  const bad = { Type: 'Wait', Seconds: 5, Next: 'Bad' };
  const both = {
    Type: 'Parallel',
    Branches: [flow({ Call: call }), flow({ Pause: bad, Bad: { Type: 'Fail', Error: 'Bad' } })],
    End: true,
  };

  test.each([
    ['when a crash comes between stopping the parent and the child', 'stopping', 'ABORTED'],
    ['when a crash comes between the failure of a branch and the end of the others', 'failed', 'FAILED'],
  ])('%s', async (_when, lastEvent, status) => {
    const journals = new MemoryJournals();
    const states = { definitions: { main: machine({ both }), child } };
    const first = new World({ ...states, journals });
    const { execution } = await first.engine.start('main', 'job', {});
    await first.clock.settle();
    if (lastEvent === 'stopping') await first.engine.stop(execution);
    else await first.clock.run(first.engine.whenEnded(execution));
    const [childId = ''] = (await journals.list()).filter((id) => id.startsWith('child/'));
    const cut = (id: string, event: string): string[] => {
      const lines = [...journals.lines(id)];
      return lines.slice(0, lines.findIndex((line) => line.includes(`"event":"${event}"`)) + 1);
    };

    const crashed = MemoryJournals.of({ 'main/job': cut('main/job', lastEvent), [childId]: cut(childId, 'waiting') });
    const second = new World({ ...states, journals: crashed });
    await second.engine.recover();
    await second.clock.run(second.engine.whenEnded(execution));

    const shown = second.engine.list().map((one) => `${one.machine} ${one.status}`);
    expect(shown.sort()).toEqual(['child ABORTED', `main ${status}`]);
    expect(second.clock.nowMs() - Date.parse('2026-01-01T00:00:00Z')).toBeLessThan(60_000);
  });
});
