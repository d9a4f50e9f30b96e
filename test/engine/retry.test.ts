import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Retrier } from '../../local/engine/definition.ts';
import { decideRetry, errorMatches } from '../../local/engine/retry.ts';
import { seededRandom } from './virtual-clock.ts';
import { invoke, machine, namedError, World } from './world.ts';

describe('which errors a list names', () => {
  test.each([
    ['AnyError', 'States.ALL', true],
    ['AnyError', 'States.TaskFailed', true],
    ['AnyError', 'AnyError', true],
    ['AnyError', 'OtherError', false],
    ['States.Timeout', 'States.TaskFailed', false],
    ['States.Timeout', 'States.ALL', true],
    ['States.HeartbeatTimeout', 'States.Timeout', true],
    ['States.HeartbeatTimeout', 'States.TaskFailed', false],
    ['States.DataLimitExceeded', 'States.ALL', false],
    ['States.DataLimitExceeded', 'States.DataLimitExceeded', true],
    ['States.Runtime', 'States.ALL', false],
    ['States.Runtime', 'States.Runtime', false],
  ])('%s under %s: %s', (error, listed, expected) => {
    expect(errorMatches(error, [listed])).toBe(expected);
  });
});

const aRetrier = (rest: Partial<Retrier> = {}): Retrier => ({
  errorEquals: ['Busy'],
  intervalSeconds: 1,
  backoffRate: 2,
  attemptsMax: 3,
  delaySecondsMax: undefined,
  hasFullJitter: false,
  ...rest,
});

describe('the pause before a retry', () => {
  test.each([
    [0, 1000],
    [1, 2000],
    [2, 4000],
    [3, undefined],
  ])('after %s retries is %s ms with the defaults of the language', (usedCount, waitMs) => {
    expect(decideRetry('Busy', [aRetrier()], [usedCount], seededRandom(1))?.waitMs).toBe(waitMs);
  });

  test('never exceeds MaxDelaySeconds, and with jitter lies anywhere below', () => {
    const anyRetrier = fc.record({
      interval: fc.integer({ min: 1, max: 600 }),
      rate: fc.double({ min: 1, max: 10, noNaN: true }),
      max: fc.integer({ min: 1, max: 600 }),
      used: fc.integer({ min: 0, max: 400 }),
      jitter: fc.boolean(),
    });
    fc.assert(
      fc.property(anyRetrier, ({ interval, rate, max, used, jitter }) => {
        const retrier = aRetrier({
          intervalSeconds: interval,
          backoffRate: rate,
          attemptsMax: 1000,
          delaySecondsMax: max,
          hasFullJitter: jitter,
        });
        const waitMs = decideRetry('Busy', [retrier], [used], seededRandom(used))?.waitMs ?? -1;
        expect(waitMs).toBeGreaterThanOrEqual(jitter ? 0 : Math.min(interval, max) * 1000);
        expect(waitMs).toBeLessThanOrEqual(max * 1000);
      }),
    );
  });
});

test('each retrier counts for itself, and when one is used up no later one is asked', async () => {
  const errors = ['Busy', 'Odd', 'Busy', 'Busy'];
  const retriers = [
    { ErrorEquals: ['Busy'], MaxAttempts: 2, IntervalSeconds: 10, BackoffRate: 1 },
    { ErrorEquals: ['States.ALL'], MaxAttempts: 5, IntervalSeconds: 100, BackoffRate: 1 },
  ];
  const world = new World({
    definitions: { main: machine({ A: invoke('f', { Retry: retriers }) }) },
    functions: {
      f: (_payload, { attempt }) => {
        throw namedError(errors[attempt] ?? 'None');
      },
    },
  });

  const ended = await world.run();

  expect(ended).toMatchObject({ status: 'FAILED', error: 'Busy' });
  expect(world.calls).toHaveLength(4);
  expect((ended.stoppedAtMs ?? 0) - ended.startedAtMs).toBe(120_000);
  expect(world.engine.states(ended.execution)).toMatchObject([{ attempts: 4, status: 'failed', error: 'Busy' }]);
});

test('what an earlier attempt died of is not shown of a state that succeeded', async () => {
  const world = new World({
    definitions: {
      main: machine({
        A: invoke('f', { Retry: [{ ErrorEquals: ['Busy'] }], Output: '{% $states.context.State.RetryCount %}' }),
      }),
    },
    functions: {
      f: (_payload, { attempt }) => {
        if (attempt === 0) throw namedError('Busy');
        return null;
      },
    },
  });

  const ended = await world.run();

  expect(ended.output).toBe(1);
  expect(world.engine.states(ended.execution)[0]).not.toHaveProperty('error');
});
