import { expect, test } from 'vitest';
import { Engine } from '../../local/engine/engine.ts';
import { flow, invoke, machine, World } from './world.ts';

const pass = { Type: 'Pass', End: true };
const distributed = { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' }, ...flow({ P: pass }) };

type Refusal = [what: string, definition: unknown, message: RegExp];

const refusals: Refusal[] = [
  ['JSONPath as the language', { StartAt: 'A', States: { A: pass } }, /main: QueryLanguage must be JSONata/],
  ['JSONPath in one state', machine({ A: { ...pass, QueryLanguage: 'JSONPath' } }), /state "A": QueryLanguage/],
  ['a JSONPath field', machine({ A: { ...pass, ResultPath: '$.a' } }), /ResultPath belongs to JSONPath/],
  [
    'an unknown field',
    machine({ A: { ...pass, Colour: 'red' } }),
    /state "A": the engine does not know the field Colour/,
  ],
  [
    'an unknown field of the machine',
    machine({ A: pass }, { Owner: 'me' }),
    /main: the engine does not know the field Owner/,
  ],
  ['an unknown type', machine({ A: { Type: 'Jump', End: true } }), /no state of type "Jump"/],
  [
    'an unknown resource',
    machine({ A: { ...invoke('f'), Resource: 'arn:aws:states:::sqs:sendMessage' } }),
    /no resource arn:aws:states:::sqs/,
  ],
  [
    'an unknown argument',
    machine({ A: { ...invoke('f'), Arguments: { FunctionName: 'f', Qualifier: '1' } } }),
    /argument Qualifier/,
  ],
  ['a misspelt next state', machine({ A: { Type: 'Pass', Next: 'B' } }), /goes to a state that does not exist here: B/],
  [
    'a state of another scope as next',
    machine({ A: { Type: 'Parallel', Branches: [flow({ B: { Type: 'Pass', Next: 'C' } })], Next: 'C' }, C: pass }),
    /"B": goes to a state that does not exist here: C/,
  ],
  ['a start that does not exist', { ...machine({ A: pass }), StartAt: 'B' }, /StartAt names no state: B/],
  ['neither Next nor End', machine({ A: { Type: 'Pass' } }), /either Next or "End": true/],
  [
    'two states of one name',
    machine({ A: { Type: 'Parallel', Branches: [flow({ B: pass }), flow({ B: pass })], End: true } }),
    /another state has the same name/,
  ],
  [
    'a syntax error in an expression',
    machine({ A: { ...pass, Output: '{% 1 + %}' } }),
    /state "A": Output: {% 1 \+ %}/,
  ],
  ['$eval', machine({ A: { ...pass, Output: "{% $eval('1') %}" } }), /\$eval is not available/],
  [
    'a variable that nobody assigns',
    machine({ A: { ...pass, Output: '{% $mispelt %}' } }),
    /no \$mispelt is known here/,
  ],
  [
    'a function that does not exist',
    machine({ A: { ...pass, Output: '{% $fetch(1) %}' } }),
    /no \$fetch is known here/,
  ],
  [
    'an outer variable in a distributed item',
    machine({
      S: { Type: 'Pass', Assign: { x: 1 }, Next: 'A' },
      A: {
        Type: 'Map',
        Items: [1],
        ItemProcessor: { ...distributed, ...flow({ P: { ...pass, Output: '{% $x %}' } }) },
        End: true,
      },
    }),
    /state "P": no \$x is known here/,
  ],
  [
    'an inner assignment to an outer variable',
    machine({
      S: { Type: 'Pass', Assign: { x: 1 }, Next: 'A' },
      A: { Type: 'Parallel', Branches: [flow({ P: { ...pass, Assign: { x: 2 } } })], End: true },
    }),
    /variable x is assigned in an inner and in an outer scope/,
  ],
  [
    'States.ALL in company',
    machine({ A: invoke('f', { Retry: [{ ErrorEquals: ['States.ALL', 'X'] }] }) }),
    /States.ALL must stand alone/,
  ],
  [
    'States.ALL before the end',
    machine({
      A: invoke('f', {
        Catch: [
          { ErrorEquals: ['States.ALL'], Next: 'B' },
          { ErrorEquals: ['X'], Next: 'B' },
        ],
      }),
      B: pass,
    }),
    /States.ALL must come last/,
  ],
  [
    'an unknown jitter',
    machine({ A: invoke('f', { Retry: [{ ErrorEquals: ['X'], JitterStrategy: 'SOME' }] }) }),
    /Retry 1: JitterStrategy/,
  ],
  [
    'batches of items',
    machine({ A: { Type: 'Map', ItemBatcher: {}, ItemProcessor: distributed, End: true } }),
    /the engine has no ItemBatcher/,
  ],
  [
    'a result writer',
    machine({ A: { Type: 'Map', ResultWriter: {}, ItemProcessor: distributed, End: true } }),
    /the engine has no ResultWriter/,
  ],
  [
    'tolerance in an inline map',
    machine({ A: { Type: 'Map', ToleratedFailureCount: 1, ItemProcessor: flow({ P: pass }), End: true } }),
    /ToleratedFailureCount needs a processor of mode DISTRIBUTED/,
  ],
  [
    'a reader of CSV',
    machine({
      A: {
        Type: 'Map',
        ItemReader: {
          Resource: 'arn:aws:states:::s3:getObject',
          ReaderConfig: { InputType: 'CSV' },
          Arguments: { Bucket: 'b', Key: 'k' },
        },
        ItemProcessor: distributed,
        End: true,
      },
    }),
    /InputType must be JSONL/,
  ],
  ['a heartbeat of a function', machine({ A: invoke('f', { HeartbeatSeconds: 5 }) }), /sends no heartbeats/],
  [
    'a child machine that does not exist',
    machine({
      A: {
        Type: 'Task',
        Resource: 'arn:aws:states:::states:startExecution.sync:2',
        Arguments: { StateMachineArn: 'nobody', Input: {} },
        End: true,
      },
    }),
    /there is no state machine nobody/,
  ],
  [
    'a missing substitution',
    machine({ A: invoke('${CheckFunction}') }),
    /no substitution is given for \${CheckFunction}/,
  ],
];

test.each(refusals)('%s is refused by name before anything runs', (_what, definition, message) => {
  expect(() => new World({ definitions: { main: definition } })).toThrow(message);
});

test('everything that is lacking is told at once', () => {
  const definitions = { one: machine({ A: { Type: 'Jump' } }), two: machine({ B: { ...pass, Odd: 1 } }) };
  const load = (): Engine => new World({ definitions }).engine;

  expect(load).toThrow(/one, state "A".*\n.*two, state "B"/s);
});
