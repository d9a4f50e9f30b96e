import { describe, expect, test } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../domain/time.ts';
import { MemoryJournals } from '../../local/engine/journal.ts';
import { flow, invoke, machine, World, type FakeFunction } from './world.ts';
import { VirtualClock } from './virtual-clock.ts';

const START = '2026-01-01T00:00:00Z';
const at = (ms: number): VirtualClock => new VirtualClock(new Date(Date.parse(START) + ms).toISOString());

/** A question that a person has so many seconds to answer, by a variable. */
const ask = (name: string, seconds: string, next: object): Record<string, unknown> => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
  Arguments: { FunctionName: name, Payload: { token: '{% $states.context.Task.Token %}' } },
  TimeoutSeconds: seconds,
  Assign: { answer: '{% $states.result %}' },
  Catch: [{ ErrorEquals: ['States.Timeout'], Assign: { answer: 'nobody answered' }, Next: 'Finish' }],
  ...next,
});

const quarantine = {
  main: machine({
    Begin: { Type: 'Pass', Assign: { quarantineSeconds: '{% $states.input.days * 86400 %}' }, Next: 'Ask' },
    Ask: ask('ask', '{% $quarantineSeconds %}', { Next: 'Finish' }),
    Finish: { Type: 'Pass', Output: { answer: '{% $answer %}', at: '{% $now() %}' }, End: true },
  }),
};

async function aQuarantine(days: number): Promise<{ journals: MemoryJournals; token: string; execution: string }> {
  const journals = new MemoryJournals();
  const world = new World({ definitions: quarantine, functions: { ask: () => null }, journals });
  const { execution } = await world.engine.start('main', 'job', { days });
  await world.clock.settle();
  await world.engine.close();
  return { journals, execution, token: (world.calls[0]?.payload as { token: string }).token };
}

const later = (journals: MemoryJournals, atMs: number): World =>
  new World({ definitions: quarantine, journals, clock: at(atMs) });

describe('a person has days to answer', () => {
  test('and the time runs while the engine is down: it ends at its own instant, not later', async () => {
    const { journals, execution } = await aQuarantine(7);
    const world = later(journals, 3 * DAY_MS);
    await world.engine.recover();

    const ended = await world.clock.run(world.engine.whenEnded(execution));

    expect(ended.output).toEqual({ answer: 'nobody answered', at: '2026-01-08T00:00:00.000Z' });
  });

  test('that passed while the engine was down are over as soon as it is up', async () => {
    const { journals, execution } = await aQuarantine(7);
    const world = later(journals, 9 * DAY_MS);
    await world.engine.recover();

    const ended = await world.clock.run(world.engine.whenEnded(execution));

    expect(ended.output).toEqual({ answer: 'nobody answered', at: '2026-01-10T00:00:00.000Z' });
  });

  test('with the same token, however often the engine went down in between', async () => {
    const { journals, execution, token } = await aQuarantine(30);
    for (let day = 1; day < 29; day += 1) {
      const world = later(journals, day * DAY_MS);
      await world.engine.recover();
      await world.engine.close();
    }
    const world = later(journals, 29 * DAY_MS);
    await world.engine.recover();

    await world.engine.sendTaskSuccess(token, 'keep it');

    const ended = await world.clock.run(world.engine.whenEnded(execution));
    expect(ended.output).toEqual({ answer: 'keep it', at: '2026-01-30T00:00:00.000Z' });
    expect(world.calls).toEqual([]);
  });

  test('and an answer that was taken in time counts, though the crash came before anything followed from it', async () => {
    const { journals, execution, token } = await aQuarantine(7);
    const first = later(journals, DAY_MS);
    await first.engine.recover();
    await first.engine.sendTaskSuccess(token, 'in time');
    await first.clock.run(first.engine.whenEnded(execution));
    const lines = journals.lines('main/job');
    const untilAnswer = lines.slice(0, lines.findIndex((line) => line.includes('"event":"answered"')) + 1);

    const second = later(MemoryJournals.of({ 'main/job': untilAnswer }), 20 * DAY_MS);
    await second.engine.recover();
    const ended = await second.clock.run(second.engine.whenEnded(execution));

    expect(ended.output).toMatchObject({ answer: 'in time' });
    await expect(second.engine.sendTaskSuccess(token, 'too late')).rejects.toMatchObject({
      name: 'TaskTokenUnknownError',
    });
  });
});

/** Tries for a name, a few times in each child execution, pausing longer the longer it takes. */
const waiting = {
  main: machine({
    Begin: { Type: 'Pass', Assign: { attempt: 0, stage: '{% $states.input.stage %}' }, Next: 'Where does it stand?' },
    'Where does it stand?': {
      Type: 'Choice',
      Choices: [
        { Condition: "{% $stage = 'waiting' %}", Next: 'Wait for the name' },
        { Condition: "{% $stage = 'there' %}", Next: 'Finish' },
      ],
      Default: 'Begin from the start',
    },
    'Begin from the start': invoke('begin', { Next: 'Wait for the name' }),
    'Wait for the name': {
      Type: 'Task',
      Resource: 'arn:aws:states:::states:startExecution.sync:2',
      Arguments: {
        StateMachineArn: 'tries',
        Name: "{% $states.context.Execution.Name & '-tries-' & $string($attempt) %}",
        Input: { attempt: '{% $attempt %}' },
      },
      Assign: { attempt: '{% $attempt + 1 %}', outcome: '{% $states.result.Output %}' },
      Next: 'Is it ours?',
    },
    'Is it ours?': {
      Type: 'Choice',
      Choices: [{ Condition: "{% $outcome.name = 'ours' %}", Next: 'Finish' }],
      Default: 'Wait for the name',
    },
    Finish: { Type: 'Pass', Output: { attempts: '{% $attempt %}', at: '{% $now() %}' }, End: true },
  }),
  tries: machine({
    Take: { Type: 'Pass', Assign: { tried: 0, attempt: '{% $states.input.attempt %}' }, Next: 'Try' },
    Try: invoke('claim', {
      Assign: { claimed: '{% $states.result.Payload %}', tried: '{% $tried + 1 %}' },
      Next: 'Enough?',
    }),
    'Enough?': {
      Type: 'Choice',
      Choices: [{ Condition: "{% $claimed.name = 'ours' or $tried >= 100 %}", Next: 'Tell' }],
      Default: 'Pause',
    },
    Pause: { Type: 'Wait', Seconds: '{% $attempt < 1 ? 15 : 600 %}', Next: 'Try' },
    Tell: { Type: 'Pass', Output: '{% $claimed %}', End: true },
  }),
};

describe('waiting for a name', () => {
  /** Free at this instant of the clock of whoever asks. */
  const freeAfter = (days: number, clock: VirtualClock): Record<string, FakeFunction> => ({
    begin: () => null,
    claim: () => ({ name: clock.nowMs() - Date.parse(START) >= days * DAY_MS ? 'ours' : 'busy' }),
  });

  test('for 30 days takes a second, and no history grows with the time', async () => {
    const clock = new VirtualClock(START);
    const world = new World({ definitions: waiting, functions: freeAfter(30, clock), clock });
    const beganAt = performance.now();

    const ended = await world.run({ stage: 'nothing' });

    expect(performance.now() - beganAt).toBeLessThan(20_000);
    expect(Date.parse((ended.output as { at: string }).at) - Date.parse(START) - 30 * DAY_MS).toBeLessThanOrEqual(
      600_000,
    );
    expect(world.engine.list().every(({ isHistoryFull }) => !isHistoryFull)).toBe(true);
    expect(world.problems).toEqual([]);
  });

  test.each([
    ['nothing', ['begin', 'claim']],
    ['waiting', ['claim']],
    ['there', []],
  ])('a new execution of a job that stands at "%s" goes on there', async (stage, called) => {
    const clock = new VirtualClock(START);
    const world = new World({ definitions: waiting, functions: freeAfter(0, clock), clock });

    await world.run({ stage });

    expect(world.calls.map(({ name }) => name)).toEqual(called);
  });

  test('a try that succeeded while its parent was down is not made again', async () => {
    const clock = new VirtualClock(START);
    const journals = new MemoryJournals();
    const first = new World({ definitions: waiting, functions: freeAfter(0, clock), clock, journals });
    const { execution } = await first.engine.start('main', 'job', { stage: 'waiting' });
    await first.clock.run(first.engine.whenEnded(execution));
    const child = 'tries/job-tries-0';
    const lines = journals.lines('main/job');
    const untilCall = lines.slice(0, lines.findIndex((line) => line.includes('"event":"attempted"')) + 1);

    const crashed = MemoryJournals.of({ 'main/job': untilCall, [child]: journals.lines(child) });
    const second = new World({ definitions: waiting, journals: crashed, clock: at(HOUR_MS) });
    await second.engine.recover();
    const ended = await second.clock.run(second.engine.whenEnded(execution));

    expect(ended.output).toMatchObject({ attempts: 1 });
    expect(second.calls).toEqual([]);
  });
});

test('the parts of a proof are worked on once each, crash or not', async () => {
  const parts = Array.from({ length: 40 }, (_, part) => ({ part }));
  const definitions = {
    main: machine({
      Each: {
        Type: 'Map',
        ItemReader: {
          Resource: 'arn:aws:states:::s3:getObject',
          ReaderConfig: { InputType: 'JSONL' },
          Arguments: { Bucket: 'b', Key: '{% $states.input.key %}' },
        },
        ItemSelector: { part: '{% $states.context.Map.Item.Value.part %}' },
        MaxConcurrency: 4,
        ItemProcessor: {
          ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
          ...flow({ Empty: invoke('empty', {}, '{% $states.input.part %}') }),
        },
        Output: '{% $states.result %}',
        End: true,
      },
    }),
  };
  const journals = new MemoryJournals();
  const emptied: unknown[] = [];
  const empty: FakeFunction = (part) => void emptied.push(part);
  for (let crash = 0; crash < 5; crash += 1) {
    const clock = at(crash * HOUR_MS);
    const work: FakeFunction = async (part, call, signal) => {
      await clock.sleep(60_000, signal);
      return empty(part, call, signal);
    };
    const world = new World({ definitions, functions: { empty: work }, lines: parts, journals, clock });
    if (crash === 0) await world.engine.start('main', 'job', { key: 'proof/parts.jsonl' });
    else await world.engine.recover();
    await world.clock.advance(2.5 * 60_000);
    await world.engine.close();
  }
  const last = new World({ definitions, functions: { empty }, lines: parts, journals, clock: at(DAY_MS) });
  await last.engine.recover();
  await last.clock.run(last.engine.whenEnded(last.engine.list()[0]?.execution ?? ''));

  expect(emptied.map(Number).sort((left, right) => left - right)).toEqual(parts.map(({ part }) => part));
});
