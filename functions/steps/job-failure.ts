/** What a state's Catch hands on (Step Functions developer guide, "Error output"). */
export type StateFailure = Readonly<{ Error?: string; Cause?: string }>;
export type JobFailure = Readonly<{ error: string; message: string; remedy: string }>;

/** Stands between message and remedy where an error may carry only one text: a Lambda's answer to the flow. */
const REMEDY_MARK = '\nWhat to do: ';
/** Executions stand in executions at most this deep; the rest is not ours. */
const DEPTH_MAX = 10;

export const withRemedy = (message: string, remedy: string): string =>
  remedy === '' ? message : `${message}${REMEDY_MARK}${remedy}`;

/**
 * The error at the bottom: a state that waited for an execution or a task fails with States.TaskFailed, and the cause
 * tells what really happened.
 *
 *   cause                                          error taken
 *   a child execution's description: Error, Cause  that one, looked into again
 *   a function's: errorType, errorMessage          those
 *   a task's: StoppedReason                        States.TaskFailed with the reason
 *   any other text                                 the error with that text
 */
export function innermostFailure(failure: StateFailure): JobFailure {
  let { Error: error = 'Unknown', Cause: cause = '' } = failure;
  for (let depth = 0; depth < DEPTH_MAX; depth += 1) {
    const inner = readCause(cause);
    if (typeof inner['Error'] === 'string') {
      [error, cause] = [inner['Error'], textOf(inner['Cause'])];
    } else if (typeof inner['errorMessage'] === 'string') {
      return asFailure(textOf(inner['errorType']) || error, inner['errorMessage']);
    } else if (typeof inner['StoppedReason'] === 'string') {
      return asFailure(error, inner['StoppedReason']);
    } else break;
  }
  return asFailure(error, cause);
}

function asFailure(error: string, text: string): JobFailure {
  const [message = '', remedy] = text.split(REMEDY_MARK);
  return { error, message, remedy: remedy ?? REMEDIES[error] ?? REDRIVE };
}

const REDRIVE = 'Redrive the job: it goes on where it failed, and what is done stays done.';
const REMEDIES: Readonly<Record<string, string>> = {
  ObjectsDifferError: 'Look at the failures: each says what to do. Then redrive the job; it copies what is missing.',
  SourceKeepsChangingError: 'Stop what writes to the source, then redrive the job.',
  EmptyingRefusedError: 'Stop what writes to the source, then redrive the job, or undo it. Nothing is lost.',
  'States.TaskFailed': 'Look at the log of the job for the reason, then redrive it: what is done stays done.',
};

function readCause(cause: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(cause);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
