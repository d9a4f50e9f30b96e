import { describe, expect, test } from 'vitest';
import { JobStateError } from '../../domain/errors.ts';
import type { EpochMs } from '../../domain/time.ts';
import { executionArn } from '../../local/engine/description.ts';
import type { ExecutionDescription, JournalStore, StateRun } from '../../local/engine/engine.ts';
import { flowsOf, jobsOf, type FlowEngine } from '../../local/flows.ts';
import { machine, World } from '../engine/world.ts';

const AT = 5 as EpochMs;
const aRun = (path: string, more: Partial<StateRun> = {}): StateRun => ({
  state: path.split('/').pop() ?? '',
  type: 'Task',
  path,
  status: 'succeeded',
  attempts: 1,
  enteredAtMs: AT,
  ...more,
});

/** The engine's answers, given; what it was asked to do, kept. */
function anEngine(executions: Record<string, StateRun[]>, status: ExecutionDescription['status'] = 'RUNNING') {
  const calls: string[] = [];
  const engine: FlowEngine = {
    start: async (machine, name) => {
      calls.push(`start ${machine} ${name}`);
      return { execution: name, isNew: true };
    },
    describe: (execution) =>
      execution in executions
        ? {
            execution,
            machine: 'copy',
            name: execution,
            status,
            input: {},
            startedAtMs: AT,
            redriveCount: 2,
            isHistoryFull: false,
          }
        : undefined,
    states: (execution) => executions[execution] ?? [],
    stop: async (execution) => void calls.push(`stop ${execution}`),
    redrive: async (execution) => void calls.push(`redrive ${execution}`),
    sendTaskSuccess: async (token) => void calls.push(`answer ${token}`),
  };
  return { calls, flows: flowsOf(engine, (machine, name) => (machine === 'copy' ? name : `${machine}:${name}`)) };
}

test('the states of the executions that a flow starts stand under the state that started them', async () => {
  const { flows } = anEngine({
    job: [aRun('Check'), aRun('Transfer', { childExecution: 'child' }), aRun('Finish')],
    child: [aRun('Plan'), aRun('Copy'), aRun('Copy[0]/Shard', { status: 'aborted' })],
  });

  const states = await flows.states('job');

  expect(states.map(({ path, depth, status }) => [path, depth, status])).toEqual([
    ['Check', 0, 'succeeded'],
    ['Transfer', 0, 'succeeded'],
    ['Transfer/Plan', 1, 'succeeded'],
    ['Transfer/Copy', 1, 'succeeded'],
    ['Transfer/Copy[0]/Shard', 2, 'stopped'],
    ['Finish', 0, 'succeeded'],
  ]);
});

test('what a redrive starts stands under the second time of its state', async () => {
  const { flows } = anEngine({
    job: [aRun('Transfer', { childExecution: 'first' }), aRun('Transfer', { childExecution: 'second' })],
    first: [aRun('Plan')],
    second: [aRun('Plan')],
  });

  const paths = (await flows.states('job')).map((state) => state.path);

  expect(paths).toEqual(['Transfer', 'Transfer/Plan', 'Transfer#2', 'Transfer#2/Plan']);
});

test('a state that was entered twice has two paths, so that the page can tell its times apart', async () => {
  const { flows } = anEngine({ job: [aRun('Check'), aRun('Report'), aRun('Check')] });

  expect((await flows.states('job')).map((state) => state.path)).toEqual(['Check', 'Report', 'Check#2']);
});

test.each([
  ['RUNNING', 'running'],
  ['SUCCEEDED', 'succeeded'],
  ['FAILED', 'failed'],
  ['TIMED_OUT', 'timed-out'],
  ['ABORTED', 'stopped'],
] as const)('an execution that is %s is a flow that is %s', async (theirs, ours) => {
  const { flows } = anEngine({ job: [] }, theirs);

  expect(await flows.describe('job')).toMatchObject({ status: ours, redriveCount: 2 });
});

test('a job that has a flow is not started again, whatever became of it', async () => {
  const { flows, calls } = anEngine({ job: [] }, 'FAILED');

  await flows.start('copy', 'job', {});
  await flows.start('copy', 'other', {});

  expect(calls).toEqual(['start copy other']);
});

describe('a job that was started again', () => {
  const JOB = 'migrate-20260101-0123456789ab';
  const fails = (error: string) => ({ Type: 'Fail', Error: error });
  const ask = {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
    Arguments: { FunctionName: 'ask', Payload: '{% $states.context.Task.Token %}' },
    End: true,
  };
  const aWorld = (journals?: JournalStore) => {
    const world = new World({
      definitions: { migrate: machine({ Check: fails('First') }), undo: machine({ Ask: ask }) },
      functions: { ask: () => null },
      ...(journals && { journals }),
    });
    return { world, flows: flowsOf(world.engine, executionArn) };
  };
  const failOnce = async () => {
    const { world, flows } = aWorld();
    await flows.start('migrate', JOB, {});
    await world.clock.run(world.engine.whenEnded(executionArn('migrate', JOB)));
    return { world, flows };
  };

  test('is described by its newest execution, and shows the states of all of them', async () => {
    const { world, flows } = await failOnce();
    expect(await flows.describe(JOB)).toMatchObject({ status: 'failed', execution: 1, isRedrivable: true });

    await flows.startAgain('undo', JOB, {});
    await world.clock.settle();

    expect(await flows.describe(JOB)).toMatchObject({ status: 'running', execution: 2 });
    expect((await flows.states(JOB)).map(({ path, status }) => `${path} ${status}`)).toEqual([
      'Check failed',
      'Ask waiting',
    ]);
    expect(jobsOf(world.engine.list())).toEqual([JOB]);
  });

  test('still has one beginning, and only one execution that runs', async () => {
    const { flows } = await failOnce();

    const both = await Promise.allSettled([flows.startAgain('undo', JOB, {}), flows.startAgain('migrate', JOB, {})]);
    await flows.start('migrate', JOB, {});

    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    await expect(flows.startAgain('undo', JOB, {})).rejects.toBeInstanceOf(JobStateError);
    expect(await flows.describe(JOB)).toMatchObject({ execution: 2 });
  });

  test('is stopped and redriven where it stands now, also after a restart', async () => {
    const { world, flows } = await failOnce();
    await flows.startAgain('undo', JOB, {});
    await world.clock.run(flows.stop(JOB));
    expect(await flows.describe(JOB)).toMatchObject({ status: 'stopped', execution: 2 });

    const later = aWorld(world.journals);
    await later.world.engine.recover();
    await later.flows.redrive(JOB);

    expect(await later.flows.describe(JOB)).toMatchObject({ status: 'running', execution: 2, redriveCount: 1 });
  });

  test('takes the answer of a person once', async () => {
    const { world, flows } = await failOnce();
    await flows.startAgain('undo', JOB, {});
    await world.clock.settle();
    const token = String(world.calls[0]?.payload);

    await flows.answer(JOB, token, { isAllowed: true });
    const ended = await world.clock.run(world.engine.whenEnded(executionArn('undo', `${JOB}-2`)));

    expect(ended).toMatchObject({ status: 'SUCCEEDED', output: { isAllowed: true } });
    await expect(flows.answer(JOB, token, {})).rejects.toBeInstanceOf(JobStateError);
    await expect(flows.answer(JOB, 'never given', {})).rejects.toBeInstanceOf(JobStateError);
  });
});

test('a flow whose history is full is not redrivable, and can be started again', async () => {
  const world = new World({
    definitions: {
      migrate: machine({
        Begin: { Type: 'Pass', Assign: { n: 0 }, Next: 'Count' },
        Count: { Type: 'Pass', Assign: { n: '{% $n + 1 %}' }, Next: 'Count' },
      }),
    },
  });
  const flows = flowsOf(world.engine, executionArn);
  await flows.start('migrate', 'job', {});
  await world.clock.run(world.engine.whenEnded(executionArn('migrate', 'job')));

  expect(await flows.describe('job')).toMatchObject({ status: 'failed', isRedrivable: false });
  await flows.startAgain('migrate', 'job', {});

  expect(await flows.describe('job')).toMatchObject({ status: 'running', execution: 2, isRedrivable: true });
  await world.engine.close();
});
