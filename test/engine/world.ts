import {
  Engine,
  type EngineResources,
  type ExecutionDescription,
  type JournalStore,
} from '../../local/engine/engine.ts';
import { MemoryJournals } from '../../local/engine/journal.ts';
import { seededRandom, VirtualClock } from './virtual-clock.ts';

export type Call = { name: string; payload: unknown; state: string; attempt: number };
export type FakeFunction = (payload: unknown, call: Call, signal: AbortSignal) => unknown;

export type WorldOptions = {
  definitions: Record<string, unknown>;
  functions?: Record<string, FakeFunction>;
  runTask?: EngineResources['runTask'];
  lines?: readonly unknown[];
  journals?: JournalStore;
  clock?: VirtualClock;
  substitutions?: Record<string, string>;
  seed?: number;
};

/** An engine with time that moves by itself and functions that note their calls. */
export class World {
  readonly clock: VirtualClock;
  readonly journals: JournalStore;
  readonly calls: Call[] = [];
  readonly problems: unknown[] = [];
  readonly engine: Engine;

  constructor(options: WorldOptions) {
    this.clock = options.clock ?? new VirtualClock();
    this.journals = options.journals ?? new MemoryJournals();
    this.engine = Engine.load({
      definitions: options.definitions,
      substitutions: options.substitutions ?? {},
      resources: this.resources(options),
      journals: this.journals,
      clock: this.clock,
      random: seededRandom(options.seed ?? 1),
      onProblem: ({ error }) => this.problems.push(error),
    });
  }

  private resources(options: WorldOptions): EngineResources {
    return {
      invokeFunction: async ({ functionName, payload }, { state, attempt, signal }) => {
        const call = { name: functionName, payload, state, attempt };
        this.calls.push(call);
        const fake = options.functions?.[functionName];
        if (!fake) throw new Error(`no function ${functionName}`);
        return fake(payload, call, signal);
      },
      runTask: options.runTask ?? (() => Promise.reject(new Error('no tasks here'))),
      readItems: async function* () {
        for (const line of options.lines ?? []) yield JSON.stringify(line);
      },
    };
  }

  /** Starts the machine `main` and lets time pass until it has ended. */
  async run(input: unknown = {}, name = 'job'): Promise<ExecutionDescription> {
    const { execution } = await this.engine.start('main', name, input);
    return this.clock.run(this.engine.whenEnded(execution));
  }
}

/** A machine from its states, the first of which is where it starts. */
export const machine = (
  states: Record<string, unknown>,
  rest: Record<string, unknown> = {},
): Record<string, unknown> => ({
  QueryLanguage: 'JSONata',
  StartAt: Object.keys(states)[0],
  States: states,
  ...rest,
});

export const flow = (states: Record<string, unknown>): Record<string, unknown> => ({
  StartAt: Object.keys(states)[0],
  States: states,
});

/** A task that calls a function with a payload (its own input unless given). */
export const invoke = (
  name: string,
  rest: Record<string, unknown> = {},
  payload: unknown = '{% $states.input %}',
): Record<string, unknown> => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: { FunctionName: name, Payload: payload },
  Output: '{% $states.result.Payload %}',
  ...('Next' in rest ? {} : { End: true }),
  ...rest,
});

export const namedError = (name: string, message = name): Error => Object.assign(new Error(message), { name });
