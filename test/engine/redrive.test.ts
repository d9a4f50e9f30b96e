import { describe, expect, test } from 'vitest';
import { flow, invoke, machine, namedError, World, type FakeFunction } from './world.ts';

/** Fails for the payloads of `broken`, until they are mended. */
function fragile(broken: Set<unknown>): FakeFunction {
  return (payload) => {
    if (broken.has(payload)) throw namedError('Broken');
    return payload;
  };
}

const countOf = (world: World, payload: unknown): number =>
  world.calls.filter((call) => call.payload === payload).length;

const distributed = (rest: Record<string, unknown>): Record<string, unknown> => ({
  Type: 'Map',
  ItemProcessor: {
    ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
    ...flow({ Work: invoke('work') }),
  },
  End: true,
  ...rest,
});

async function redriveToEnd(world: World, execution: string): Promise<unknown> {
  await world.engine.redrive(execution);
  return (await world.clock.run(world.engine.whenEnded(execution))).output;
}

describe('a redriven execution', () => {
  test('goes on at the failed state and keeps variables and everything before it', async () => {
    const broken = new Set<unknown>([2]);
    const states = {
      One: invoke('work', { Next: 'Two', Assign: { kept: 'k' } }, 1),
      Two: invoke('work', { Next: 'Three' }, 2),
      Three: { Type: 'Pass', Output: ['{% $kept %}', '{% $states.context.Execution.RedriveCount %}'], End: true },
    };
    const world = new World({ definitions: { main: machine(states) }, functions: { work: fragile(broken) } });
    const failed = await world.run();
    expect(failed).toMatchObject({ status: 'FAILED', error: 'Broken', redriveCount: 0 });

    broken.clear();

    expect(await redriveToEnd(world, failed.execution)).toEqual(['k', 1]);
    expect(countOf(world, 1)).toBe(1);
    expect(world.engine.describe(failed.execution)).toMatchObject({ status: 'SUCCEEDED', redriveCount: 1 });
    const shown = world.engine.states(failed.execution).map(({ state, status }) => `${state} ${status}`);
    expect(shown).toEqual(['One succeeded', 'Two failed', 'Two succeeded', 'Three succeeded']);
  });

  test('has its retries again', async () => {
    const states = { One: invoke('work', { Retry: [{ ErrorEquals: ['Broken'], MaxAttempts: 2 }] }, 1) };
    const world = new World({ definitions: { main: machine(states) }, functions: { work: fragile(new Set([1])) } });
    const failed = await world.run();

    await redriveToEnd(world, failed.execution);

    expect(world.calls.map((call) => call.attempt)).toEqual([0, 1, 2, 0, 1, 2]);
  });

  test('runs only the branches that did not succeed', async () => {
    const broken = new Set<unknown>([2]);
    const both = {
      Type: 'Parallel',
      Branches: [
        flow({ Good: invoke('work', {}, 1) }),
        flow({ Pause: { Type: 'Wait', Seconds: 5, Next: 'Bad' }, Bad: invoke('work', {}, 2) }),
        flow({ Slow: { Type: 'Wait', Seconds: 500, Next: 'Late' }, Late: invoke('work', {}, 3) }),
      ],
      End: true,
    };
    const world = new World({ definitions: { main: machine({ both }) }, functions: { work: fragile(broken) } });
    const failed = await world.run();
    expect(world.engine.states(failed.execution).map(({ state, status }) => `${state} ${status}`)).toEqual([
      'both failed',
      'Good succeeded',
      'Pause succeeded',
      'Slow aborted',
      'Bad failed',
    ]);

    broken.clear();

    expect(await redriveToEnd(world, failed.execution)).toEqual([1, 2, 3]);
    expect([1, 2, 3].map((payload) => countOf(world, payload))).toEqual([1, 2, 1]);
  });

  test('runs only the iterations that did not succeed', async () => {
    const broken = new Set<unknown>([3]);
    const each = { Type: 'Map', MaxConcurrency: 1, ItemProcessor: flow({ Work: invoke('work') }), End: true };
    const world = new World({ definitions: { main: machine({ each }) }, functions: { work: fragile(broken) } });
    const failed = await world.run([1, 2, 3, 4]);

    broken.clear();

    expect(await redriveToEnd(world, failed.execution)).toEqual([1, 2, 3, 4]);
    expect([1, 2, 3, 4].map((payload) => countOf(world, payload))).toEqual([1, 1, 2, 1]);
  });

  test('runs only the distributed items that did not succeed, also after a restart', async () => {
    const broken = new Set<unknown>([2, 3]);
    const definitions = { main: machine({ each: distributed({ Items: [1, 2, 3, 4], ToleratedFailureCount: 1 }) }) };
    const first = new World({ definitions, functions: { work: fragile(broken) } });
    const failed = await first.run();
    expect(failed.error).toBe('States.ExceedToleratedFailureThreshold');
    const shown = first.engine.states(failed.execution);
    expect(shown[0]).toMatchObject({ state: 'each', status: 'failed', items: { total: 4, failed: 2, succeeded: 2 } });
    expect(shown.slice(1).map(({ path, error }) => `${path} ${error}`)).toEqual([
      'each[1]/Work Broken',
      'each[2]/Work Broken',
    ]);

    const second = new World({
      definitions,
      functions: { work: fragile(new Set([3])) },
      journals: first.journals,
      clock: first.clock,
    });
    await second.engine.recover();

    expect(await redriveToEnd(second, failed.execution)).toEqual([1, 2, 4]);
    expect(second.calls.map((call) => call.payload)).toEqual([2, 3]);
  });

  test('starts another child execution', async () => {
    const broken = new Set<unknown>([1]);
    const call = {
      Type: 'Task',
      Resource: 'arn:aws:states:::states:startExecution.sync:2',
      Arguments: { StateMachineArn: '${ChildArn}', Input: {} },
      Output: '{% $states.result.Output %}',
      End: true,
    };
    const definitions = { main: machine({ call }), child: machine({ Work: invoke('work', {}, 1) }) };
    const substitutions = { ChildArn: 'arn:aws:states:eu-west-1:1:stateMachine:child' };
    const world = new World({ definitions, substitutions, functions: { work: fragile(broken) } });
    const failed = await world.run();
    expect(failed.error).toBe('States.TaskFailed');
    expect(JSON.parse(failed.cause ?? '')).toMatchObject({ Status: 'FAILED', Error: 'Broken' });

    broken.clear();

    expect(await redriveToEnd(world, failed.execution)).toBe(1);
    expect(
      world.engine
        .list()
        .filter(({ machine: name }) => name === 'child')
        .map(({ status }) => status),
    ).toEqual(['FAILED', 'SUCCEEDED']);
  });

  test('is refused while it runs and after success', async () => {
    const world = new World({ definitions: { main: machine({ A: { Type: 'Wait', Seconds: 1, End: true } }) } });
    const { execution } = await world.engine.start('main', 'job', {});

    await expect(world.engine.redrive(execution)).rejects.toThrow(/RUNNING/);
    await world.clock.run(world.engine.whenEnded(execution));
    await expect(world.engine.redrive(execution)).rejects.toThrow(/SUCCEEDED/);
  });
});
