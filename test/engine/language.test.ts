import { describe, expect, test } from 'vitest';
import { flow, invoke, machine, namedError, World, type FakeFunction } from './world.ts';

type Scenario = {
  title: string;
  states: Record<string, unknown>;
  rest?: Record<string, unknown>;
  input?: unknown;
  lines?: unknown[];
  functions?: Record<string, FakeFunction>;
} & ({ output: unknown } | { error: string; cause?: string | RegExp });

function describeScenarios(title: string, scenarios: readonly Scenario[]): void {
  describe(title, () => {
    test.each(scenarios)('$title', async (scenario) => {
      const world = new World({
        definitions: { main: machine(scenario.states, scenario.rest) },
        functions: scenario.functions ?? {},
        lines: scenario.lines ?? [],
      });

      const ended = await world.run('input' in scenario ? scenario.input : {});

      if ('output' in scenario) expect(ended).toMatchObject({ status: 'SUCCEEDED', output: scenario.output });
      else expect(ended).toMatchObject({ status: 'FAILED', error: scenario.error });
      if ('cause' in scenario && scenario.cause) expect(ended.cause).toMatch(scenario.cause);
      expect(world.problems).toEqual([]);
    });
  });
}

const pass = (rest: Record<string, unknown> = {}): Record<string, unknown> => ({
  Type: 'Pass',
  ...('Next' in rest ? {} : { End: true }),
  ...rest,
});

describeScenarios('data', [
  { title: 'a Pass without Output hands its input on', states: { A: pass() }, input: { x: 1 }, output: { x: 1 } },
  { title: 'a null input stays null', states: { A: pass() }, input: null, output: null },
  {
    title: 'Output may mix literals and expressions at any depth',
    states: { A: pass({ Output: { a: [1, '{% $states.input.x + 1 %}'], b: { c: 'plain {% not %}' } } }) },
    input: { x: 1 },
    output: { a: [1, 2], b: { c: 'plain {% not %}' } },
  },
  {
    title: 'Assign sets variables for the states that follow, not for its own Output',
    states: {
      A: pass({ Assign: { x: 1 }, Next: 'B' }),
      B: pass({ Assign: { x: '{% $x + 1 %}', old: '{% $x %}' }, Output: '{% $x %}', Next: 'C' }),
      C: pass({ Output: { x: '{% $x %}', old: '{% $old %}', output: '{% $states.input %}' } }),
    },
    output: { x: 2, old: 1, output: 1 },
  },
  {
    title: 'the context names execution, state and machine',
    states: {
      A: pass({
        Output: {
          name: '{% $states.context.Execution.Name %}',
          input: '{% $states.context.Execution.Input.x %}',
          state: '{% $states.context.State.Name %}',
          machine: '{% $states.context.StateMachine.Name %}',
          at: '{% $states.context.Execution.StartTime %}',
          redrives: '{% $states.context.Execution.RedriveCount %}',
        },
      }),
    },
    input: { x: 7 },
    output: { name: 'job', input: 7, state: 'A', machine: 'main', at: '2026-01-01T00:00:00.000Z', redrives: 0 },
  },
  {
    title: 'the functions of Step Functions are there',
    states: {
      A: pass({
        Output: {
          partition: '{% $partition([1,2,3], 2) %}',
          range: '{% $range(0, 6, 3) %}',
          down: '{% $range(2, 0, -1) %}',
          hash: "{% $hash('a', 'SHA-256') %}",
          parse: `{% $parse('{"a":1}').a %}`,
          isSeeded: '{% $random(5) = $random(5) %}',
          uuid: '{% $length($uuid()) %}',
          now: '{% $now() %}',
          millis: '{% $millis() %}',
        },
      }),
    },
    output: {
      partition: [[1, 2], [3]],
      range: [0, 3, 6],
      down: [2, 1, 0],
      hash: 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb',
      parse: 1,
      isSeeded: true,
      uuid: 36,
      now: '2026-01-01T00:00:00.000Z',
      millis: Date.parse('2026-01-01T00:00:00Z'),
    },
  },
  {
    title: 'an undefined result fails the state',
    states: { A: pass({ Output: '{% $states.input.missing %}' }) },
    error: 'States.QueryEvaluationError',
    cause: /undefined/,
  },
  {
    title: 'a type error in an expression fails the state',
    states: { A: pass({ Output: "{% 1 + 'a' %}" }) },
    error: 'States.QueryEvaluationError',
  },
  {
    title: 'an output above 256 KiB fails the execution',
    states: { A: pass({ Output: "{% $pad('', 262145, 'x') %}" }) },
    error: 'States.DataLimitExceeded',
  },
]);

describeScenarios('choices', [
  {
    title: 'the first true condition decides, with its own Output and Assign',
    states: {
      A: {
        Type: 'Choice',
        Choices: [
          { Condition: '{% $states.input.x > 5 %}', Next: 'B', Assign: { which: 'big' }, Output: 'rule' },
          { Condition: true, Next: 'B' },
        ],
      },
      B: pass({ Output: '{% $which & $states.input %}' }),
    },
    input: { x: 6 },
    output: 'bigrule',
  },
  {
    title: 'Default uses the Output and Assign of the state',
    states: {
      A: {
        Type: 'Choice',
        Choices: [{ Condition: '{% false %}', Next: 'B' }],
        Default: 'B',
        Output: 'd',
        Assign: { v: 1 },
      },
      B: pass({ Output: '{% $states.input & $string($v) %}' }),
    },
    output: 'd1',
  },
  {
    title: 'no match and no Default fails',
    states: { A: { Type: 'Choice', Choices: [{ Condition: '{% false %}', Next: 'B' }] }, B: pass() },
    error: 'States.NoChoiceMatched',
  },
  {
    title: 'a condition that is not a boolean fails',
    states: { A: { Type: 'Choice', Choices: [{ Condition: '{% 1 %}', Next: 'B' }], Default: 'B' }, B: pass() },
    error: 'States.QueryEvaluationError',
  },
]);

describeScenarios('waiting and ending', [
  {
    title: 'Wait takes its seconds from an expression',
    states: { A: { Type: 'Wait', Seconds: '{% $states.input.s %}', Next: 'B' }, B: pass({ Output: '{% $now() %}' }) },
    input: { s: 3600 },
    output: '2026-01-01T01:00:00.000Z',
  },
  {
    title: 'Wait until a time',
    states: { A: { Type: 'Wait', Timestamp: '2026-01-02T00:00:00Z', Next: 'B' }, B: pass({ Output: '{% $now() %}' }) },
    output: '2026-01-02T00:00:00.000Z',
  },
  {
    title: 'a time that has passed is not waited for',
    states: { A: { Type: 'Wait', Timestamp: '{% $states.input %}', Next: 'B' }, B: pass({ Output: '{% $now() %}' }) },
    input: '2025-01-02T00:00:00+01:00',
    output: '2026-01-01T00:00:00.000Z',
  },
  {
    title: 'Succeed may shape the output',
    states: { A: { Type: 'Succeed', Output: { ok: true } } },
    output: { ok: true },
  },
  {
    title: 'Fail computes error and cause',
    states: { A: { Type: 'Fail', Error: "{% 'E' & $states.input.n %}", Cause: '{% $states.input.why %}' } },
    input: { n: '1', why: 'because' },
    error: 'E1',
    cause: 'because',
  },
]);

const failing =
  (name: string): FakeFunction =>
  () => {
    throw namedError(name, 'it broke');
  };

describeScenarios('tasks and failures', [
  {
    title: 'a function gets its payload and its answer is the result',
    states: { A: invoke('double', { Output: '{% $states.result.Payload.y %}' }) },
    functions: { double: (payload) => ({ y: (payload as { x: number }).x * 2 }) },
    input: { x: 21 },
    output: 42,
  },
  {
    title: 'a function that throws fails the state under the name of the error',
    states: { A: invoke('bad') },
    functions: { bad: failing('AccessDeniedError') },
    error: 'AccessDeniedError',
    cause: /"errorMessage":"it broke"/,
  },
  {
    title: 'Catch hands error and cause on, and may assign',
    states: {
      A: invoke('bad', {
        Catch: [
          { ErrorEquals: ['Other'], Next: 'C' },
          { ErrorEquals: ['AccessDeniedError'], Next: 'B', Assign: { seen: '{% $states.errorOutput.Error %}' } },
        ],
      }),
      B: pass({ Output: { seen: '{% $seen %}', cause: '{% $parse($states.input.Cause).errorType %}' } }),
      C: pass(),
    },
    functions: { bad: failing('AccessDeniedError') },
    output: { seen: 'AccessDeniedError', cause: 'AccessDeniedError' },
  },
  {
    title: 'States.TaskFailed catches any error but a timeout',
    states: {
      A: invoke('slow', {
        TimeoutSeconds: 5,
        Catch: [
          { ErrorEquals: ['States.TaskFailed'], Next: 'B', Output: 'task failed' },
          { ErrorEquals: ['States.Timeout'], Next: 'B', Output: 'timeout' },
        ],
      }),
      B: pass(),
    },
    functions: {
      slow: (_payload, _call, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')))),
    },
    output: 'timeout',
  },
  {
    title: 'States.ALL does not catch a limit on data, its own name does',
    states: {
      A: invoke('huge', {
        Catch: [
          { ErrorEquals: ['States.DataLimitExceeded'], Next: 'B', Output: 'caught' },
          { ErrorEquals: ['States.ALL'], Next: 'B' },
        ],
      }),
      B: pass(),
    },
    functions: { huge: () => 'x'.repeat(300_000) },
    output: 'caught',
  },
  {
    title: 'an expression that fails in Output can be caught',
    states: {
      A: invoke('f', {
        Output: '{% $states.result.nothing %}',
        Catch: [{ ErrorEquals: ['States.QueryEvaluationError'], Next: 'B', Output: 'caught' }],
      }),
      B: pass(),
    },
    functions: { f: () => 1 },
    output: 'caught',
  },
  {
    title: 'a loop that would fill the history fails as on AWS',
    states: { A: pass({ Next: 'B' }), B: pass({ Next: 'A' }) },
    error: 'States.Runtime',
    cause: /25,000/,
  },
]);

const square = invoke('square');
const squares: Record<string, FakeFunction> = {
  square: (payload) => (payload as number) ** 2,
  pick: (payload) => {
    if (payload === 13) throw namedError('Unlucky');
    return payload;
  },
};

describeScenarios('branches and items', [
  {
    title: 'Parallel gives the outputs of its branches in order, each with the same input',
    states: { A: { Type: 'Parallel', Branches: [flow({ B: square }), flow({ C: pass() })], End: true } },
    functions: squares,
    input: 3,
    output: [9, 3],
  },
  {
    title: 'the Arguments of a Parallel are the input of its branches',
    states: {
      A: { Type: 'Parallel', Arguments: { n: '{% $states.input + 1 %}' }, Branches: [flow({ C: pass() })], End: true },
    },
    input: 3,
    output: [{ n: 4 }],
  },
  {
    title: 'a branch sees outer variables, and its own stay inside',
    states: {
      S: pass({ Assign: { a: 1 }, Next: 'A' }),
      A: {
        Type: 'Parallel',
        Branches: [
          flow({ B: pass({ Assign: { b: '{% $a + 1 %}' }, Next: 'C' }), C: pass({ Output: '{% $a + $b %}' }) }),
        ],
        Next: 'D',
      },
      D: pass({ Output: ['{% $a %}', '{% $states.input[0] %}'] }),
    },
    output: [1, 3],
  },
  {
    title: 'a failing branch fails the Parallel with its own error',
    states: {
      A: {
        Type: 'Parallel',
        Branches: [
          flow({ B: { Type: 'Fail', Error: 'X', Cause: 'y' } }),
          flow({ W: { Type: 'Wait', Seconds: 99, End: true } }),
        ],
        End: true,
      },
    },
    error: 'X',
  },
  {
    title: 'Map runs its processor for each item, in order of items',
    states: { A: { Type: 'Map', ItemProcessor: flow({ B: square }), End: true } },
    functions: squares,
    input: [1, 2, 3],
    output: [1, 4, 9],
  },
  {
    title: 'Items, ItemSelector and the item in the context',
    states: {
      A: {
        Type: 'Map',
        Items: '{% $states.input.list %}',
        ItemSelector: {
          i: '{% $states.context.Map.Item.Index %}',
          v: '{% $states.context.Map.Item.Value %}',
          all: '{% $count($states.input.list) %}',
        },
        MaxConcurrency: 1,
        ItemProcessor: flow({
          B: pass({
            Output: '{% $states.input.i & $states.input.v & $states.context.Map.Item.Value & $states.input.all %}',
          }),
        }),
        End: true,
      },
    },
    input: { list: ['a', 'b'] },
    output: ['0aa2', '1bb2'],
  },
  {
    title: 'an empty list gives an empty list',
    states: { A: { Type: 'Map', Items: [], ItemProcessor: flow({ B: pass() }), End: true } },
    output: [],
  },
  {
    title: 'items that are no list fail the state',
    states: { A: { Type: 'Map', ItemProcessor: flow({ B: pass() }), End: true } },
    input: { no: 'list' },
    error: 'States.QueryEvaluationError',
  },
  {
    title: 'an iteration that fails fails the Map, which can be caught',
    states: {
      A: {
        Type: 'Map',
        ItemProcessor: flow({ B: invoke('pick') }),
        Catch: [{ ErrorEquals: ['Unlucky'], Next: 'C', Output: '{% $states.errorOutput.Error %}' }],
        End: true,
      },
      C: pass(),
    },
    functions: squares,
    input: [12, 13, 14],
    output: 'Unlucky',
  },
]);

const distributed = (
  rest: Record<string, unknown>,
  states: Record<string, unknown> = { B: invoke('pick') },
): Record<string, unknown> => ({
  Type: 'Map',
  ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' }, ...flow(states) },
  End: true,
  ...rest,
});
const reader = {
  ItemReader: {
    Resource: 'arn:aws:states:::s3:getObject',
    ReaderConfig: { InputType: 'JSONL' },
    Arguments: { Bucket: 'b', Key: '{% $states.input.key %}' },
  },
};

describeScenarios('distributed maps', [
  {
    title: 'items come from the lines of an object',
    states: { A: distributed(reader) },
    input: { key: 'k' },
    lines: [{ n: 1 }, { n: 2 }],
    functions: squares,
    output: [{ n: 1 }, { n: 2 }],
  },
  {
    title: 'an item is an execution of its own, whose input is the item',
    states: {
      A: distributed(
        { Items: [5], ItemSelector: { v: '{% $states.context.Map.Item.Value %}' } },
        {
          B: pass({
            Output: '{% $states.context.Execution.Input.v = 5 and $states.context.Execution.Name != "job" %}',
          }),
        },
      ),
    },
    output: [true],
  },
  {
    title: 'one failure is too many unless tolerated',
    states: { A: distributed({ Items: [12, 13, 14] }) },
    functions: squares,
    error: 'States.ExceedToleratedFailureThreshold',
  },
  {
    title: 'tolerated failures leave the outputs of the others',
    states: { A: distributed({ Items: [12, 13, 14], ToleratedFailureCount: '{% 1 %}' }) },
    functions: squares,
    output: [12, 14],
  },
  {
    title: 'a percentage is tolerated up to its value',
    states: { A: distributed({ Items: [12, 13, 14, 13], ToleratedFailurePercentage: 50 }) },
    functions: squares,
    output: [12, 14],
  },
  {
    title: 'both limits given, either one fails the map',
    states: { A: distributed({ Items: [12, 13, 13], ToleratedFailurePercentage: 100, ToleratedFailureCount: 1 }) },
    functions: squares,
    error: 'States.ExceedToleratedFailureThreshold',
  },
  {
    title: 'results above the limit on data fail the map',
    states: { A: distributed({ Items: [1, 2, 3] }, { B: invoke('big') }) },
    functions: { big: () => 'x'.repeat(100_000) },
    error: 'States.DataLimitExceeded',
  },
]);
