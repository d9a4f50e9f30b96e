import { MigrationError } from '../../domain/errors.ts';

/** A state machine uses something the engine cannot run faithfully; every problem is listed, each with its place. */
export class DefinitionRefusedError extends MigrationError {
  override readonly name = 'DefinitionRefusedError';
  readonly retry = 'never';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`The state machines cannot be run as they are:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}
/** Same name with other input, or a name that was used before (Step Functions API, StartExecution). */
export class ExecutionAlreadyExistsError extends MigrationError {
  override readonly name = 'ExecutionAlreadyExistsError';
  readonly retry = 'never';
}
export class ExecutionMissingError extends MigrationError {
  override readonly name = 'ExecutionMissingError';
  readonly retry = 'never';
}
/** The execution's status does not allow this: stop one that ended, redrive one that runs or succeeded. */
export class ExecutionStateError extends MigrationError {
  override readonly name = 'ExecutionStateError';
  readonly retry = 'never';
}
/** No state machine of that name, an execution name that cannot be used, or an input that is not JSON or too large. */
export class ExecutionRefusedError extends MigrationError {
  override readonly name = 'ExecutionRefusedError';
  readonly retry = 'never';
}
/** No task waits for this token: never issued, already answered, timed out or stopped. */
export class TaskTokenUnknownError extends MigrationError {
  override readonly name = 'TaskTokenUnknownError';
  readonly retry = 'never';
}
/** A journal has a damaged line that is not its last one; the message names the file and the line. */
export class JournalDamagedError extends MigrationError {
  override readonly name = 'JournalDamagedError';
  readonly retry = 'never';
}

/** How a state fails: an ASL error name and a cause. Retry and Catch look at the name. */
export class StateFailure extends Error {
  override readonly name = 'StateFailure';
  readonly error: string;
  readonly causeText: string;
  constructor(error: string, causeText: string) {
    super(`${error}: ${causeText}`);
    this.error = error;
    this.causeText = causeText.slice(0, CAUSE_LENGTH_MAX);
  }
}

/** Step Functions API, type SensitiveCause: at most 32,768 characters. */
const CAUSE_LENGTH_MAX = 32_768;

/**
 *   stop      a person stopped the execution, or the parent that waits for it ended
 *   timed-out the machine's TimeoutSeconds passed
 *   sibling   another branch, iteration or item failed, so this one is not wanted any more
 *   history   the execution's history is full
 *   close     the engine stops working; nothing has happened to the execution
 */
export type InterruptionKind = 'stop' | 'timed-out' | 'sibling' | 'history' | 'close';

/** Why work is given up from outside. It is not a failure: no Retry or Catch may see it. */
export class Interruption extends Error {
  override readonly name = 'Interruption';
  readonly kind: InterruptionKind;
  constructor(kind: InterruptionKind) {
    super(`interrupted: ${kind}`);
    this.kind = kind;
  }
}
