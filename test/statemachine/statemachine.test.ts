import jsonata from 'jsonata';
import { describe, expect, test } from 'vitest';
import validate from 'asl-validator';
import * as domainErrors from '../../domain/errors.ts';
import { steps } from '../../functions/steps/index.ts';
import { everyState, machines, nextsOf, substitutionsIn, type Machine } from './definitions.ts';

const states = everyState();
const titles = states.map((one) => ({ ...one, title: `${one.machine}: ${one.name}` }));

/** Names that Step Functions and its integrations give to errors (Step Functions developer guide, "Handling errors"). */
const SERVICE_ERRORS = [
  'States.ALL',
  'States.Timeout',
  'States.TaskFailed',
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.TooManyRequestsException',
  'StepFunctions.ThrottlingException',
  'StepFunctions.ServiceUnavailableException',
  'StepFunctions.InternalServerException',
];

/** The class's own literal name, read from an instance, because that is what a flow sees. */
const errorClasses = new Map<string, domainErrors.RetryClass>(
  Object.values(domainErrors).flatMap((one) => {
    const isErrorClass = typeof one === 'function' && one.prototype instanceof domainErrors.MigrationError;
    if (!isErrorClass) return [];
    const error = Reflect.construct(one, [[]]) as domainErrors.MigrationError;
    return [[error.name, error.retry] as const];
  }),
);

const SUBSTITUTIONS = [
  ...Object.keys(steps),
  'TransferStateMachine',
  'WaitForNameStateMachine',
  'Cluster',
  'TaskDefinition',
  'SubnetOne',
  'SubnetTwo',
  'SecurityGroup',
  'ControlBucket',
];

describe('the flows', () => {
  test.each(Object.entries(machines))('%s is valid Amazon States Language', (_, definition) => {
    const filled = JSON.parse(
      JSON.stringify(definition).replaceAll(/\$\{(\w+)\}/g, 'arn:aws:states:eu-west-1:123456789012:stateMachine:$1'),
    ) as Machine;

    const verdict = validate(filled);

    expect(verdict.errors).toEqual([]);
    expect(definition.QueryLanguage).toBe('JSONata');
  });

  test('all of them are there', () => {
    expect(Object.keys(machines).sort()).toEqual(['copy', 'migrate', 'transfer', 'undo', 'wait-for-name']);
    expect(states.length).toBeGreaterThan(80);
  });

  test.each(titles)('$title goes only to states that exist', ({ state, siblings }) => {
    for (const next of nextsOf(state)) expect(Object.keys(siblings.States)).toContain(next);
  });

  test.each(Object.entries(machines))('every state of %s can be reached', (_, definition) => {
    const reached = new Set<string>();
    const visit = (name: string): void => {
      if (reached.has(name)) return;
      reached.add(name);
      for (const next of nextsOf(definition.States[name] ?? { Type: '' })) visit(next);
    };
    visit(definition.StartAt);

    expect([...reached].sort()).toEqual(Object.keys(definition.States).sort());
  });

  test.each(titles)('$title names only substitutions that are given, and steps that exist', ({ state }) => {
    for (const name of substitutionsIn(state)) expect(SUBSTITUTIONS).toContain(name);
    const fn = state.Arguments?.['FunctionName'];
    if (typeof fn === 'string') expect(Object.keys(steps)).toContain(fn.slice(2, -1));
  });

  test('every step is used by a flow', () => {
    const used = new Set(states.flatMap(({ state }) => substitutionsIn(state)));

    expect(Object.keys(steps).filter((name) => !used.has(name))).toEqual([]);
  });

  test.each(titles)('$title names only errors that exist, and retries only what may be retried', ({ state }) => {
    for (const retry of state.Retry ?? []) {
      for (const name of retry.ErrorEquals) {
        expect([...errorClasses.keys(), ...SERVICE_ERRORS]).toContain(name);
        const wanted = errorClasses.get(name);
        expect(wanted).not.toBe('never');
        if (wanted === 'soon') expect(retry.IntervalSeconds).toBeLessThanOrEqual(1);
        if (wanted === 'after-backoff') expect(retry.BackoffRate).toBeGreaterThanOrEqual(1.5);
      }
      expect(retry.MaxAttempts).toBeGreaterThan(0);
      expect(retry.JitterStrategy).toBe('FULL');
    }
    // A quarantine ends by running out of time; of everything else only the last Catch, of all errors, is used.
    const caught = (state.Catch ?? []).map((one) => one.ErrorEquals.join());
    expect(caught.filter((names) => names !== 'States.ALL')).toEqual(
      state.Arguments?.['FunctionName'] === '${askQuarantine}' ? ['States.Timeout'] : [],
    );
    if (state.Error !== undefined) expect([...errorClasses.keys()]).toContain(state.Error);
  });

  test.each(
    titles.filter(
      ({ state }) =>
        state.Arguments?.['FunctionName'] !== undefined &&
        state.Retry?.[0]?.ErrorEquals[0] !== 'Lambda.ServiceException',
    ),
  )('$title retries every error that a retry may heal', ({ state }) => {
    const retried = new Set((state.Retry ?? []).flatMap((retry) => retry.ErrorEquals));
    const healable = [...errorClasses].filter(([, retry]) => retry !== 'never').map(([name]) => name);

    expect(healable.filter((name) => !retried.has(name))).toEqual([]);
  });

  test.each(titles.filter(({ state }) => state.Type === 'Task'))('$title cannot hang for ever', ({ state }) => {
    if (state.Resource?.includes('startExecution.sync')) return; // bounded by the states inside it
    if (typeof state.TimeoutSeconds === 'string') return expect(state.TimeoutSeconds).toContain('remainingSeconds');
    expect(state.TimeoutSeconds).toBeGreaterThan(0);
  });

  test.each(titles)('$title reads as a sentence', ({ name }) => {
    expect(name).toMatch(/^[A-Z][a-z]/);
    expect(name.length).toBeLessThanOrEqual(80);
  });

  test.each(titles)('the expressions of $title are JSONata', ({ state }) => {
    const { ItemProcessor: _, ...own } = state;
    for (const [, expression] of JSON.stringify(own).matchAll(/"\{% (.*?) %\}"/g)) {
      expect(() => jsonata(JSON.parse(`"${expression ?? ''}"`) as string)).not.toThrow();
    }
  });
});

describe('access that was given', () => {
  const copy = machines['copy']!;

  /** Every state between giving access and taking it back leads to a revoke when it fails. */
  test.each(['Check the request', 'Create the destination bucket', 'Grant access', 'Transfer', 'Finish the job'])(
    'is taken back when "%s" fails',
    (name) => {
      const caught = copy.States[name]?.Catch?.[0]?.Next ?? '';

      expect(copy.States[caught]?.Arguments?.['FunctionName']).toBe('${revokeAccess}');
    },
  );

  test('is taken back on the way to success', () => {
    expect(copy.States['Transfer']?.Next).toBe('Apply the rest of the configuration');
    expect(copy.States['Apply the rest of the configuration']?.Next).toBe('Revoke access');
    expect(copy.States['Revoke access']?.Arguments?.['FunctionName']).toBe('${revokeAccess}');
  });

  test('a redrive continues at the report of the failure and takes the job up from its first check', () => {
    expect(copy.States['Revoke access after the failure']?.Next).toBe('Report the failure');
    expect(copy.States['Report the failure']?.Catch).toBeUndefined();
    expect(copy.States['Report the failure']?.Next).toBe('Check the request');
  });

  test('is asked for again before every shard, because a long transfer outlives a grant', () => {
    const shard = machines['transfer']?.States['Copy the shards']?.ItemProcessor;

    expect(shard?.States['Keep access granted for the shard']?.Next).toBe('Copy the shard');
    expect(machines['transfer']?.States['Keep access granted']?.Next).toBe('Plan the transfer');
  });
});

describe('a migration', () => {
  const migrate = machines['migrate']!;
  const undo = machines['undo']!;
  const functionOf = (machine: Machine, name: string) => machine.States[name]?.Arguments?.['FunctionName'];

  /** Every way from the start to a state, as the set of states that all of them pass. */
  function passedBefore(machine: Machine, from: string, target: string): Set<string> {
    const onEveryWay = new Set(Object.keys(machine.States).filter((name) => !reaches(machine, from, target, name)));
    onEveryWay.delete(target);
    return onEveryWay;
  }

  /** Can `target` be reached without going through `avoided`, by what one execution does before it fails? */
  function reaches(machine: Machine, from: string, target: string, avoided: string): boolean {
    const seen = new Set<string>([avoided, 'Report the failure']);
    const visit = (name: string): boolean => {
      if (seen.has(name)) return false;
      seen.add(name);
      return name === target || nextsOf(machine.States[name] ?? { Type: '' }).some(visit);
    };
    return visit(from);
  }

  test('empties nothing without passing the gate, whichever way it comes', () => {
    expect([...passedBefore(migrate, 'Take the job', 'Empty the source')]).toContain('Check the gate');
  });

  test('comes to its gate only after the question whether somebody consented', () => {
    expect([...passedBefore(migrate, 'Take the job', 'Check the gate')]).toContain('Is consent given?');
  });

  test('a job that begins is frozen, protected, proven and sealed before anybody is asked', () => {
    const passed = [...passedBefore(migrate, 'Keep the configuration', 'Is consent given?')];

    for (const name of ['Freeze the source', 'Is the temporary bucket safe?', 'Prove both sides', 'Seal the proof'])
      expect(passed).toContain(name);
  });

  test('deletes the source only after a look that found it empty', () => {
    expect([...passedBefore(migrate, 'Take the job', 'Delete the source')]).toContain('Look at the emptied source');
  });

  test('empties the temporary bucket only after the quarantine or where that was over before', () => {
    const withoutEnd = reaches(migrate, 'Check the return', 'Empty the temporary bucket', 'End the quarantine');

    expect(withoutEnd).toBe(false);
  });

  test('every failure settles what is left before it is reported', () => {
    for (const [name, state] of Object.entries(migrate.States)) {
      if (state.Type !== 'Task' || name === 'Report the failure') continue;
      const next = state.Catch?.at(-1)?.Next;
      expect(next, name).toBe(name === 'Settle after the failure' ? 'Report the failure' : 'Settle after the failure');
    }
    expect(functionOf(migrate, 'Settle after the failure')).toBe('${settleAfterFailure}');
    expect(migrate.States['Report the failure']?.Next).toBe('Check the migration');
  });

  test('an undo thaws the source only after everything is back in it', () => {
    const passed = [...passedBefore(undo, 'Revoke access', 'Thaw the source')];

    expect(passed).toContain('Transfer');
    expect(functionOf(undo, 'Thaw the source')).toBe('${thawSource}');
  });

  test('children have names that no redrive, new execution or second turn of a loop uses again', () => {
    for (const machine of [migrate, undo]) {
      for (const state of Object.values(machine.States).filter((one) => one.Resource?.includes('startExecution'))) {
        const name = String(state.Arguments?.['Name']);
        for (const part of ['Execution.Name', 'RedriveCount', 'RetryCount']) expect(name).toContain(part);
        expect(name).toMatch(/\$string\(\$(transfers|nameWaits)\)/);
      }
    }
  });
});
