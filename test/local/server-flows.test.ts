import { expect, test } from 'vitest';
import type { EpochMs } from '../../domain/time.ts';
import type { ExecutionDescription, StateRun } from '../../local/engine/engine.ts';
import { flowsOf, type FlowEngine } from '../../local/flows.ts';

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
        ? { execution, machine: 'copy', name: execution, status, input: {}, startedAtMs: AT, redriveCount: 2 }
        : undefined,
    states: (execution) => executions[execution] ?? [],
    stop: async (execution) => void calls.push(`stop ${execution}`),
    redrive: async (execution) => void calls.push(`redrive ${execution}`),
  };
  return { calls, flows: flowsOf(engine, (_machine, jobId) => jobId) };
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
