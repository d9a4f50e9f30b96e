import { bindingsOf, withinLimit, type Place } from './data.ts';
import type { ParallelState } from './definition.ts';
import { Interruption, StateFailure } from './errors.ts';
import type { Frame, Scope } from './record.ts';
import { linkedController, throwIfAborted, type LinkedController } from './signals.ts';
import { evaluateTemplate } from './template.ts';

/** The branches' outputs in their order. The first branch that fails aborts the others and fails the state. */
export async function runParallel(place: Place, state: ParallelState): Promise<unknown> {
  const { run, scope, frame } = place;
  if (!frame.fork) {
    const input =
      state.arguments && withinLimit(await evaluateTemplate(state.arguments, bindingsOf(place)), 'the Arguments');
    run.emit({ event: 'forked', scope: scope.id, count: state.branches.length, ...(state.arguments && { input }) });
  }
  await together(place, async (siblings) => {
    await Promise.all([...frame.scopes.values()].map((branch) => siblings.run(branch)));
  });
  return withinLimit(outputsOf(frame), 'the result of the branches');
}

export const outputsOf = (frame: Frame): unknown[] =>
  [...frame.scopes].sort(([left], [right]) => left - right).map(([, scope]) => scope.output);

export type Siblings = Readonly<{
  signal: AbortSignal;
  /** Runs one of the flows; never rejects. */
  run: (scope: Scope) => Promise<void>;
  /** Gives all of them up because of `error`; the first one stands. */
  giveUp: (error: unknown) => void;
}>;

/** Runs flows that stand and fall together. Throws the first failure once all others have been aborted and ended. */
export async function together(place: Place, work: (siblings: Siblings) => Promise<void>): Promise<void> {
  const { frame, signal } = place;
  const linked = linkedController(signal);
  const errors: unknown[] = [];
  const giveUp = (error: unknown): void => {
    errors.push(error);
    linked.abort(new Interruption('sibling'));
  };
  // Recovered after a branch had failed: the others are entered only to stop the executions that they started.
  if (frame.firstFailure) giveUp(failureOf(frame));
  try {
    await work({ signal: linked.signal, giveUp, run: (scope) => runSibling(place, scope, linked, giveUp) });
  } finally {
    linked.unlink();
  }
  throwIfAborted(signal);
  if (errors.length > 0) throw errors[0];
}

async function runSibling(
  place: Place,
  scope: Scope,
  linked: LinkedController,
  giveUp: (error: unknown) => void,
): Promise<void> {
  try {
    await place.run.services.interpreter.runScope(place.run, scope, linked.signal);
    if (scope.status === 'failed') giveUp(failureOf(place.frame));
  } catch (error) {
    if (!linked.signal.aborted) giveUp(error);
  }
}

const failureOf = ({ firstFailure }: Frame): StateFailure =>
  new StateFailure(firstFailure?.error ?? 'States.BranchFailed', firstFailure?.cause ?? '');
