import { describe, expect, test } from 'vitest';
import type { EngineResources } from '../../local/engine/engine.ts';
import { flow, invoke, machine, World } from './world.ts';

const runTask = {
  Type: 'Task',
  Resource: 'arn:aws:states:::ecs:runTask.sync',
  Arguments: { TaskDefinition: 't' },
  End: true,
};
const child = {
  Type: 'Task',
  Resource: 'arn:aws:states:::states:startExecution.sync:2',
  Arguments: { StateMachineArn: 'child', Input: {} },
  End: true,
};

/** Tasks that run until they are told to end, and take three seconds for that. */
function slowTasks(log: string[]): (world: () => World) => EngineResources['runTask'] {
  return (world) => async (_args, context) => {
    log.push(`begun ${context.state}`);
    await new Promise((resolve) => context.signal.addEventListener('abort', resolve));
    await world().clock.sleep(3000);
    log.push(`ended ${context.state}`);
    throw new Error('stopped');
  };
}

function aWorld(states: Record<string, unknown>, rest: Record<string, unknown> = {}): { world: World; log: string[] } {
  const log: string[] = [];
  const world: World = new World({
    definitions: { main: machine(states, rest), child: machine({ Inner: runTask }) },
    runTask: slowTasks(log)(() => world),
  });
  return { world, log };
}

describe('stopping', () => {
  test.each([
    ['a task', { Copy: runTask }],
    ['a branch', { Both: { Type: 'Parallel', Branches: [flow({ Copy: runTask })], End: true } }],
    ['a child execution', { Call: child }],
    [
      'an item of a distributed map',
      {
        Each: {
          Type: 'Map',
          Items: [1],
          ItemProcessor: {
            ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
            ...flow({ Copy: runTask }),
          },
          Retry: [{ ErrorEquals: ['States.ALL'] }],
          End: true,
        },
      },
    ],
  ])('ends %s before the execution is ABORTED, and nothing is retried or caught', async (_what, states) => {
    const { world, log } = aWorld(states);
    const { execution } = await world.engine.start('main', 'job', {});
    await world.clock.settle();

    await world.clock.run(world.engine.stop(execution, { error: 'Stopped', cause: 'by a person' }));

    expect(log.map((entry) => entry.split(' ')[0])).toEqual(['begun', 'ended']);
    expect(world.engine.list().map(({ status }) => status)).not.toContain('RUNNING');
    expect(world.engine.describe(execution)).toMatchObject({
      status: 'ABORTED',
      error: 'Stopped',
      cause: 'by a person',
    });
    expect(world.engine.states(execution).map(({ status }) => status)).not.toContain('running');
  });

  test('survives a crash in the middle of it, children included', async () => {
    const { world: first } = aWorld({ Call: child });
    const { execution } = await first.engine.start('main', 'job', {});
    await first.clock.settle();
    void first.engine.stop(execution); // the task would need three seconds, which never come
    await first.clock.settle();

    const log: string[] = [];
    const second: World = new World({
      definitions: { main: machine({ Call: child }), child: machine({ Inner: runTask }) },
      runTask: slowTasks(log)(() => second),
      journals: first.journals,
    });
    await second.engine.recover();
    await second.clock.run(second.engine.whenEnded(execution));

    expect(second.engine.list().map(({ status }) => status)).toEqual(['ABORTED', 'ABORTED']);
    expect(log).toEqual([]);
  });

  test('a stopped execution can be redriven', async () => {
    const { world } = aWorld({ Sleep: { Type: 'Wait', Seconds: 100, End: true } });
    const { execution } = await world.engine.start('main', 'job', {});
    await world.engine.stop(execution);

    await world.engine.redrive(execution);

    expect(await world.clock.run(world.engine.whenEnded(execution))).toMatchObject({
      status: 'SUCCEEDED',
      redriveCount: 1,
    });
  });

  test('a function that does not listen is given up after ten seconds', async () => {
    const world = new World({
      definitions: { main: machine({ A: invoke('deaf') }) },
      functions: { deaf: () => new Promise(() => undefined) },
    });
    const { execution } = await world.engine.start('main', 'job', {});
    await world.clock.settle();

    await world.clock.run(world.engine.stop(execution));

    expect(world.clock.nowMs() - Date.parse('2026-01-01T00:00:00Z')).toBe(10_000);
  });
});

describe('closing the engine', () => {
  test('ends tasks but no execution', async () => {
    const { world, log } = aWorld({ Copy: runTask });
    const { execution } = await world.engine.start('main', 'job', {});
    await world.clock.settle();

    await world.clock.run(world.engine.close());

    expect(log).toEqual(['begun Copy', 'ended Copy']);
    expect(world.engine.describe(execution)).toMatchObject({ status: 'RUNNING' });
  });

  test('while a child is being stopped does not hang', async () => {
    const { world } = aWorld({ Call: child });
    const { execution } = await world.engine.start('main', 'job', {});
    await world.clock.settle();

    void world.engine.stop(execution);
    await world.clock.run(world.engine.close());

    expect(world.problems).toEqual([]);
  });
});

describe('time limits', () => {
  test('of the machine end the execution as TIMED_OUT, and a redrive has the whole time again', async () => {
    const { world } = aWorld({ Sleep: { Type: 'Wait', Seconds: 100, End: true } }, { TimeoutSeconds: 50 });

    const ended = await world.run();
    expect(ended).toMatchObject({ status: 'TIMED_OUT', error: 'States.Timeout' });
    await world.engine.redrive(ended.execution);

    const again = await world.clock.run(world.engine.whenEnded(ended.execution));
    expect((again.stoppedAtMs ?? 0) - (ended.stoppedAtMs ?? 0)).toBe(50_000);
  });

  test('of a state end its task first, then fail with States.Timeout', async () => {
    const { world, log } = aWorld({ Copy: { ...runTask, TimeoutSeconds: '{% 5 %}' } });

    const ended = await world.run();

    expect(ended).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
    expect(log).toEqual(['begun Copy', 'ended Copy']);
  });

  test('without a heartbeat a task fails with States.HeartbeatTimeout, which States.Timeout catches', async () => {
    const states = {
      Copy: {
        ...runTask,
        HeartbeatSeconds: 10,
        Catch: [{ ErrorEquals: ['States.Timeout'], Next: 'Late', Output: '{% $states.errorOutput.Error %}' }],
      },
      Late: { Type: 'Pass', End: true },
    };
    const world: World = new World({
      definitions: { main: machine(states) },
      runTask: async (_args, { heartbeat, signal }) => {
        for (let beat = 0; beat < 5; beat += 1) {
          await world.clock.sleep(9000, signal);
          heartbeat();
        }
        await world.clock.sleep(60_000, signal);
      },
    });

    const ended = await world.run();

    expect(ended.output).toBe('States.HeartbeatTimeout');
    expect((ended.stoppedAtMs ?? 0) - ended.startedAtMs).toBe(55_000);
  });
});

describe('task tokens', () => {
  const ask = {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
    Arguments: { FunctionName: 'ask', Payload: { token: '{% $states.context.Task.Token %}' } },
    TimeoutSeconds: 3600,
    HeartbeatSeconds: 600,
    End: true,
  };
  const aQuestion = async (): Promise<{ world: World; token: string; execution: string }> => {
    const world = new World({ definitions: { main: machine({ Ask: ask }) }, functions: { ask: () => null } });
    const { execution } = await world.engine.start('main', 'job', {});
    await world.clock.settle();
    const { token } = world.calls[0]?.payload as { token: string };
    return { world, token, execution };
  };

  test('an answer is the result, and is taken once', async () => {
    const { world, token, execution } = await aQuestion();
    expect(world.engine.states(execution)[0]?.status).toBe('waiting');

    await world.engine.sendTaskSuccess(token, { consent: true });

    await expect(world.engine.sendTaskSuccess(token, 'again')).rejects.toThrow(/No task waits/);
    expect((await world.engine.whenEnded(execution)).output).toEqual({ consent: true });
  });

  test('a refusal fails the state under its name', async () => {
    const { world, token, execution } = await aQuestion();

    await world.engine.sendTaskFailure(token, { error: 'Declined', cause: 'no' });

    expect(await world.engine.whenEnded(execution)).toMatchObject({ status: 'FAILED', error: 'Declined', cause: 'no' });
  });

  test('heartbeats keep it waiting, until its time is over', async () => {
    const { world, token, execution } = await aQuestion();

    for (let beat = 0; beat < 10; beat += 1) {
      await world.clock.advance(500_000);
      await world.engine.sendTaskHeartbeat(token).catch(() => undefined);
    }

    const ended = await world.engine.whenEnded(execution);
    expect(ended).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
    expect((ended.stoppedAtMs ?? 0) - ended.startedAtMs).toBe(3_600_000);
  });
});

describe('starting', () => {
  const sleeping = { main: machine({ Sleep: { Type: 'Wait', Seconds: 10, End: true } }) };

  test('the same name and input again is the same execution while it runs, and refused afterwards', async () => {
    const world = new World({ definitions: sleeping });
    const first = await world.engine.start('main', 'job', { a: 1 });

    expect(await world.engine.start('main', 'job', { a: 1 })).toEqual({ execution: first.execution, isNew: false });
    await expect(world.engine.start('main', 'job', { a: 2 })).rejects.toMatchObject({
      name: 'ExecutionAlreadyExistsError',
    });
    await world.clock.run(world.engine.whenEnded(first.execution));
    await expect(world.engine.start('main', 'job', { a: 1 })).rejects.toMatchObject({
      name: 'ExecutionAlreadyExistsError',
    });
  });

  test.each([
    ['an unknown machine', 'other', 'job', {}],
    ['a name that is no file name', 'main', '../job', {}],
    ['an input that is too large', 'main', 'job', 'x'.repeat(262_144)],
  ])('%s is refused', async (_what, name, execution, input) => {
    const world = new World({ definitions: sleeping });

    await expect(world.engine.start(name, execution, input)).rejects.toMatchObject({ name: 'ExecutionRefusedError' });
  });
});
