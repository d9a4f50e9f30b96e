import { Fields, isNumberWithin, Problems } from './definition-fields.ts';
import type {
  Catcher,
  ChoiceRule,
  ChoiceState,
  FailState,
  Retrier,
  TaskKind,
  TaskState,
  WaitState,
} from './definition.ts';
import { isExpressionText, type Template } from './template.ts';

export function readNext(fields: Fields): { next: string | undefined } {
  const next = fields.optionalText('Next');
  const isEnd = fields.isTrue('End');
  if ((next === undefined) !== isEnd) fields.problem('needs either Next or "End": true');
  return { next };
}

export function readOutcome(fields: Fields): { output: Template | undefined; assign: Template | undefined } {
  const assign = fields.raw('Assign');
  const isObject = typeof assign === 'object' && assign !== null && !Array.isArray(assign);
  if (assign !== undefined && !isObject) fields.problem('Assign must be an object of variables');
  for (const variable of Object.keys(isObject ? assign : {})) {
    if (!VARIABLE_NAME.test(variable) || variable === 'states')
      fields.problem(`Assign cannot set a variable ${variable}`);
  }
  return { output: fields.template('Output'), assign: fields.template('Assign') };
}
/** Developer Guide, "Passing data between states with variables": ECMAScript identifiers of at most 80 characters. */
const VARIABLE_NAME = /^[\p{ID_Start}_][\p{ID_Continue}]{0,79}$/u;

const TASK_KINDS: Readonly<Record<string, TaskKind>> = {
  'lambda:invoke': 'lambda',
  'lambda:invoke.waitForTaskToken': 'lambda-token',
  'ecs:runTask.sync': 'ecs',
  'states:startExecution.sync:2': 'execution',
};
const ARGUMENTS_KNOWN: Readonly<Partial<Record<TaskKind, readonly string[]>>> = {
  lambda: ['FunctionName', 'Payload'],
  'lambda-token': ['FunctionName', 'Payload'],
  execution: ['StateMachineArn', 'Input', 'Name'],
};

export function readTask(name: string, fields: Fields): TaskState {
  const resource = fields.text('Resource');
  const kind = TASK_KINDS[/^arn:aws[a-z-]*:states:::(.+)$/.exec(resource)?.[1] ?? ''];
  if (kind === undefined) fields.problem(`the engine has no resource ${resource}`);
  const heartbeatSeconds = fields.numberOrExpression('HeartbeatSeconds', { min: 1, isWhole: true });
  if (heartbeatSeconds !== undefined && (kind === 'lambda' || kind === 'execution')) {
    fields.problem('HeartbeatSeconds would always run out, for this resource sends no heartbeats');
  }
  return {
    type: 'Task',
    name,
    kind: kind ?? 'lambda',
    arguments: readArguments(fields, ARGUMENTS_KNOWN[kind ?? 'ecs']),
    timeoutSeconds: fields.numberOrExpression('TimeoutSeconds', { min: 1, isWhole: true }),
    heartbeatSeconds,
    ...readNext(fields),
    ...readOutcome(fields),
    ...readRecovery(fields),
  };
}

export function readArguments(fields: Fields, known: readonly string[] | undefined): Template {
  const source = fields.raw('Arguments');
  if (source === undefined) fields.problem('needs Arguments');
  if (known !== undefined && typeof source === 'object' && source !== null) {
    for (const name of Object.keys(source)) {
      if (!known.includes(name)) fields.problem(`the engine does not know the argument ${name}`);
    }
  }
  const template = fields.template('Arguments') ?? { kind: 'literal', value: {} };
  return template;
}

export function readChoice(name: string, fields: Fields, problems: Problems): ChoiceState {
  const rules = fields.list('Choices').map((source, index): ChoiceRule => {
    const rule = new Fields(source, `${fields.place}, choice ${index + 1}`, problems);
    const literal = rule.raw('Condition');
    const condition = typeof literal === 'boolean' ? literal : (rule.expression('Condition') ?? false);
    const read = { condition, next: rule.text('Next'), ...readOutcome(rule) };
    rule.done();
    return read;
  });
  return { type: 'Choice', name, rules, otherwise: fields.optionalText('Default'), ...readOutcome(fields) };
}

export function readWait(name: string, fields: Fields): WaitState {
  const hasSeconds = fields.has('Seconds');
  if (hasSeconds === fields.has('Timestamp')) fields.problem('needs either Seconds or Timestamp');
  const until = hasSeconds
    ? { seconds: fields.numberOrExpression('Seconds', { min: 0, isWhole: true }) ?? 0 }
    : { timestamp: readTimestamp(fields) };
  return { type: 'Wait', name, until, ...readNext(fields), ...readOutcome(fields) };
}

function readTimestamp(fields: Fields): WaitTimestamp {
  const value = fields.raw('Timestamp');
  if (isExpressionText(value)) return fields.expression('Timestamp') ?? '';
  if (typeof value === 'string' && isTimestamp(value)) return value;
  fields.problem('Timestamp must be a time like 2026-01-31T12:00:00Z');
  return '';
}
type WaitTimestamp = Extract<WaitState['until'], { timestamp: unknown }>['timestamp'];

/** States Language, "Timestamps": RFC 3339 with an upper-case T, and Z or an offset. */
export const isTimestamp = (text: string): boolean =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text));

export function readFail(name: string, fields: Fields): FailState {
  for (const field of ['Error', 'Cause'] as const) if (fields.has(field)) fields.text(field);
  return { type: 'Fail', name, error: fields.template('Error'), cause: fields.template('Cause') };
}

export function readRecovery(fields: Fields): { retriers: readonly Retrier[]; catchers: readonly Catcher[] } {
  const problems = new Problems();
  const nested = (list: 'Retry' | 'Catch'): Fields[] =>
    fields.optionalList(list).map((source, index) => new Fields(source, `${list} ${index + 1}`, problems));
  const retriers = nested('Retry').map(readRetrier);
  const catchers = nested('Catch').map(readCatcher);
  for (const list of [retriers, catchers]) checkWildcards(list, fields);
  for (const problem of problems.found) fields.problem(problem);
  return { retriers, catchers };
}

function readRetrier(fields: Fields): Retrier {
  const jitter = fields.optionalText('JitterStrategy') ?? 'NONE';
  if (jitter !== 'FULL' && jitter !== 'NONE') fields.problem('JitterStrategy must be FULL or NONE');
  const backoffRate = fields.raw('BackoffRate') ?? 2;
  if (!isNumberWithin(backoffRate, { min: 1 })) fields.problem('BackoffRate must be a number of at least 1');
  // The defaults are those of the States Language, "Errors": 1 second, 3 attempts, a rate of 2.
  const retrier: Retrier = {
    errorEquals: fields.texts('ErrorEquals'),
    intervalSeconds: fields.number('IntervalSeconds', { min: 1, isWhole: true }) ?? 1,
    backoffRate: Number(backoffRate),
    attemptsMax: fields.number('MaxAttempts', { min: 0, isWhole: true }) ?? 3,
    delaySecondsMax: fields.number('MaxDelaySeconds', { min: 1, isWhole: true }),
    hasFullJitter: jitter === 'FULL',
  };
  fields.done();
  return retrier;
}

function readCatcher(fields: Fields): Catcher {
  const catcher = { errorEquals: fields.texts('ErrorEquals'), next: fields.text('Next'), ...readOutcome(fields) };
  fields.done();
  return catcher;
}

/** States Language: States.ALL stands alone in its list, and in the last retrier or catcher. */
function checkWildcards(list: readonly Readonly<{ errorEquals: readonly string[] }>[], fields: Fields): void {
  list.forEach(({ errorEquals }, index) => {
    if (!errorEquals.includes('States.ALL')) return;
    if (errorEquals.length > 1) fields.problem('States.ALL must stand alone in ErrorEquals');
    if (index < list.length - 1) fields.problem('States.ALL must come last');
  });
}
