import { describe, expect, test } from 'vitest';
import type { FlowState } from '../../domain/ports.ts';
import type { TaskLogLine } from '../../domain/task-log.ts';
import { flowTree, unfoldedAtFirst } from '../../web/words/flow-tree.ts';
import { filterJobs, NO_FILTER } from '../../web/words/job-filter.ts';
import { filterLines, runningTasks, shownLines } from '../../web/words/log-lines.ts';
import { at, someJob } from './some-job.ts';
import { someMigration } from './some-migration.ts';

describe('the list of jobs', () => {
  const jobs = [
    someJob({ id: 'copy-20261118-aaaaaaaaaaaa', createdAtMs: at(1), status: 'failed' }),
    someJob({ id: 'copy-20261119-bbbbbbbbbbbb', createdAtMs: at(2), source: { connection: 'Prod', bucket: 'logs' } }),
  ];
  const idsOf = (filter: Partial<typeof NO_FILTER>) =>
    filterJobs(jobs, { ...NO_FILTER, ...filter }).map(({ id }) => id.slice(14));

  test('newest first', () => {
    expect(idsOf({})).toEqual(['bbbbbbbbbbbb', 'aaaaaaaaaaaa']);
  });

  test('text finds buckets, connections and ids, however they are written', () => {
    expect(idsOf({ text: ' LOGS ' })).toEqual(['bbbbbbbbbbbb']);
    expect(idsOf({ text: 'prod' })).toEqual(['bbbbbbbbbbbb']);
    expect(idsOf({ text: 'aaaa' })).toEqual(['aaaaaaaaaaaa']);
  });

  test('kind and status narrow it down', () => {
    expect(idsOf({ status: 'failed' })).toEqual(['aaaaaaaaaaaa']);
    expect(idsOf({ kind: 'migrate' })).toEqual([]);
    expect(filterJobs([...jobs, someMigration()], { ...NO_FILTER, status: 'decision' })).toEqual([someMigration()]);
  });
});

const state = (path: string, status: FlowState['status'] = 'succeeded'): FlowState => ({
  path,
  depth: path.split('/').length - 1,
  name: path.split('/').at(-1) ?? '',
  type: 'Task',
  status,
  attempts: 1,
  enteredAtMs: at(1),
});

describe('the flow', () => {
  test('states stand inside the state that ran them, in their order', () => {
    const tree = flowTree([state('Check'), state('Transfer'), state('Transfer/Plan'), state('Transfer/Copy')]);

    expect(tree.map((node) => node.state.name)).toEqual(['Check', 'Transfer']);
    expect(tree[1]?.children.map((node) => node.state.name)).toEqual(['Plan', 'Copy']);
  });

  test('a state whose parent is not in the list stands at the top instead of being lost', () => {
    expect(flowTree([state('Nowhere/Plan')])).toHaveLength(1);
    expect(flowTree([state('Transfer'), state('Transfer/run-1/Plan')])[0]?.children).toHaveLength(1);
  });

  test('of thousands of items the failed one is shown, and the rest is counted', () => {
    const items = Array.from({ length: 500 }, (_, index) =>
      state(`Map/${index}`, index === 400 ? 'failed' : undefined),
    );

    const [map] = flowTree([state('Map'), ...items], 10);

    expect(map?.children).toHaveLength(10);
    expect(map?.hiddenCount).toBe(490);
    expect(map?.children.some((node) => node.state.status === 'failed')).toBe(true);
  });

  test('what failed or runs is unfolded, what is done is not', () => {
    const tree = flowTree([
      state('Done'),
      state('Done/Inside'),
      state('Transfer'),
      state('Transfer/Copy'),
      state('Transfer/Copy/7', 'failed'),
    ]);

    expect(unfoldedAtFirst(tree).map((node) => node.state.path)).toEqual(['Transfer', 'Transfer/Copy']);
  });
});

describe('the logs', () => {
  const line = (differences: Partial<TaskLogLine>): string =>
    JSON.stringify({
      time: '2026-11-20T12:00:00.000Z',
      job: 'j',
      transfer: 'copy',
      task: 'copy',
      shard: 1,
      attempt: 1,
      level: 'info',
      event: 'progress',
      copiedCount: 1200,
      copiedBytes: 5,
      skippedCount: 0,
      failedCount: 2,
      inFlight: 64,
      throttledCount: 0,
      ...differences,
    } satisfies TaskLogLine);
  const lines = shownLines([
    { stream: 'j/copy/plan/0', atMs: at(1), message: line({ task: 'plan', shard: 0, event: 'finished' }) },
    { stream: 'j/copy/copy/1', atMs: at(2), message: line({}) },
    { stream: 'j/copy/copy/1', atMs: at(3), message: '{"level":"error","message":"Killed"}' },
    { stream: 'j/copy/copy/2', atMs: at(4), message: line({ shard: 2, level: 'error', message: 'Access denied' }) },
  ]);

  test('a line of ours is told in words, anything else as it is', () => {
    expect(lines.map(({ task, text }) => `${task}: ${text}`)).toEqual([
      'plan: finished: 1,200 listed, 2 failed, 64 in flight',
      'copy 1: progress: 1,200 copied, 2 failed, 64 in flight',
      'copy 1: Killed',
      'copy 2: Access denied',
    ]);
  });

  test('level, task and text narrow them down', () => {
    expect(filterLines(lines, { level: 'error', task: '', text: '' }).map(({ task }) => task)).toEqual([
      'copy 1',
      'copy 2',
    ]);
    expect(filterLines(lines, { level: 'all', task: 'copy 1', text: 'KILL' })).toHaveLength(1);
  });

  test('tasks that have ended are not among the running ones', () => {
    expect(runningTasks(lines).map(({ task }) => task)).toEqual(['copy 1', 'copy 2']);
  });
});
