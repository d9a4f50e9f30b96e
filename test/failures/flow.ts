import { definitions, substitutionsFor } from '../../local/definitions.ts';
import type { ExecutionDescription } from '../../local/engine/engine.ts';
import { steps } from '../../functions/steps/index.ts';
import { namedError, World, type FakeFunction, type WorldOptions } from '../engine/world.ts';

export type Failure = Readonly<{ Error: string; Cause: string }>;

/** What every flow does at its end: tells the first error again, so that the execution fails with it. */
const reporting: Readonly<Record<string, FakeFunction>> = {
  settleAfterFailure: () => ({}),
  reportFailure: (payload) => {
    const { failure } = payload as { failure: Failure };
    throw namedError(failure.Error, failure.Cause);
  },
};

/** The product's own flows on the engine in virtual time, with what the steps and tasks answer given by the test. */
export class Flow {
  readonly world: World;

  constructor(
    flow: 'migrate' | 'transfer',
    answers: Readonly<Record<string, FakeFunction>>,
    more: Partial<Pick<WorldOptions, 'runTask' | 'lines' | 'clock'>> = {},
  ) {
    this.world = new World({
      definitions: { ...definitions, main: definitions[flow] },
      substitutions: substitutionsFor(Object.keys(steps)),
      functions: { ...reporting, ...answers },
      ...more,
    });
  }

  run(input: object = {}): Promise<ExecutionDescription> {
    return this.world.run({ jobId: 'migrate-20261120-0123456789ab', ...input });
  }

  /** The steps that were called, in order. */
  called(): string[] {
    return this.world.calls.map(({ name }) => name);
  }

  callsOf(step: string): number {
    return this.called().filter((name) => name === step).length;
  }
}

/** A migration that a new execution takes up at this stage. */
export const at = (stage: string): Record<string, FakeFunction> => ({
  checkMigration: () => ({ stage, shardsAtOnceMax: 4, roundsMax: 3 }),
});
