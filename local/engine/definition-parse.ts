import { Fields, Problems } from './definition-fields.ts';
import {
  readArguments,
  readChoice,
  readFail,
  readNext,
  readOutcome,
  readRecovery,
  readTask,
  readWait,
} from './definition-states.ts';
import { checkVariables } from './definition-variables.ts';
import type { Flow, Machine, MapState, ParallelState, State } from './definition.ts';
import { DefinitionRefusedError } from './errors.ts';
import type { Template } from './template.ts';

type MachineContext = Readonly<{ machine: string; problems: Problems; everyState: Map<string, State> }>;

/** What the latest engines run, by the definitions' own identity: nobody changes them once they are given. */
const parsedBefore = new WeakMap<object, { substitutions: string; machines: ReadonlyMap<string, Machine> }>();

/** Compiles the machines, each with `${name}` replaced. Throws one DefinitionRefusedError that names everything lacking. */
export function parseMachines(
  definitions: Readonly<Record<string, unknown>>,
  substitutions: Readonly<Record<string, string>>,
): ReadonlyMap<string, Machine> {
  const known = parsedBefore.get(definitions);
  const key = JSON.stringify(substitutions);
  if (known?.substitutions === key) return known.machines;
  const machines = parseAnew(definitions, substitutions);
  parsedBefore.set(definitions, { substitutions: key, machines });
  return machines;
}

function parseAnew(
  definitions: Readonly<Record<string, unknown>>,
  substitutions: Readonly<Record<string, string>>,
): ReadonlyMap<string, Machine> {
  const problems = new Problems();
  const machines = Object.entries(definitions).map(([name, definition]) => {
    const source = substitute(definition, substitutions, (missing) =>
      problems.add(name, `no substitution is given for \${${missing}}`),
    );
    return [name, readMachine(name, source, problems)] as const;
  });
  for (const [, machine] of machines) checkChildMachines(machine, new Set(Object.keys(definitions)), problems);
  if (problems.found.length > 0) throw new DefinitionRefusedError([...new Set(problems.found)]);
  return new Map(machines);
}

/** Compiles one machine whose substitutions are done: the one a journal carries. Throws DefinitionRefusedError. */
export function parseMachine(name: string, source: unknown): Machine {
  const problems = new Problems();
  const machine = readMachine(name, source, problems);
  if (problems.found.length > 0) throw new DefinitionRefusedError(problems.found);
  return machine;
}

function substitute(
  value: unknown,
  substitutions: Readonly<Record<string, string>>,
  missing: (name: string) => void,
): unknown {
  if (typeof value === 'string') {
    return value.replace(/\$\{([^{}]*)\}/g, (whole, name: string) => {
      const replacement = substitutions[name];
      if (replacement === undefined) missing(name);
      return replacement ?? whole;
    });
  }
  if (Array.isArray(value)) return value.map((element) => substitute(element, substitutions, missing));
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).map(
    ([name, field]) => [name, substitute(field, substitutions, missing)] as const,
  );
  return Object.fromEntries(fields);
}

function readMachine(name: string, source: unknown, problems: Problems): Machine {
  const fields = new Fields(source, name, problems);
  if (fields.raw('QueryLanguage') !== 'JSONata') fields.problem('QueryLanguage must be JSONata; JSONPath is not run');
  const version = fields.raw('Version');
  if (version !== undefined && version !== '1.0') fields.problem('Version must be 1.0');

  const context: MachineContext = { machine: name, problems, everyState: new Map() };
  const flow = readFlow(fields, context);
  const timeoutSeconds = fields.number('TimeoutSeconds', { min: 1, isWhole: true });
  fields.done();
  checkVariables(name, flow, problems);
  return { name, ...flow, timeoutSeconds, everyState: context.everyState, source };
}

/** The children a machine names outright; one that an expression names shows when it is started. */
function checkChildMachines(machine: Machine, known: ReadonlySet<string>, problems: Problems): void {
  for (const state of machine.everyState.values()) {
    if (state.type !== 'Task' || state.kind !== 'execution') continue;
    const child = literalField(state.arguments, 'StateMachineArn');
    if (typeof child === 'string' && !known.has(machineNameOf(child))) {
      problems.add(`${machine.name}, state "${state.name}"`, `there is no state machine ${child}`);
    }
  }
}

/** Accepts a plain name and the ARN of a machine, whose last field is the name. */
export const machineNameOf = (arn: string): string => arn.slice(arn.lastIndexOf(':') + 1);

function literalField(template: Template, name: string): unknown {
  if (template.kind === 'literal') return (template.value as Record<string, unknown> | null)?.[name];
  if (template.kind !== 'object') return undefined;
  const field = template.fields.find(([fieldName]) => fieldName === name)?.[1];
  return field?.kind === 'literal' ? field.value : undefined;
}

function readFlow(fields: Fields, context: MachineContext): Flow {
  const startAt = fields.text('StartAt');
  const source = fields.raw('States');
  const states = new Map<string, State>();
  if (typeof source !== 'object' || source === null) fields.problem('States must be an object');
  for (const [name, definition] of Object.entries(source ?? {})) {
    const place = `${context.machine}, state "${name}"`;
    if (name.length > STATE_NAME_LENGTH_MAX)
      context.problems.add(place, `the name is longer than ${STATE_NAME_LENGTH_MAX} characters`);
    if (context.everyState.has(name)) context.problems.add(place, 'another state has the same name');
    const state = readState(name, new Fields(definition, place, context.problems), context);
    if (state === undefined) continue;
    states.set(name, state);
    context.everyState.set(name, state);
  }
  if (!Object.hasOwn(source ?? {}, startAt)) fields.problem(`StartAt names no state: ${startAt}`);
  for (const state of states.values()) checkNexts(state, source as object, context);
  return { startAt, states };
}
const STATE_NAME_LENGTH_MAX = 80;

function checkNexts(state: State, states: object, context: MachineContext): void {
  for (const next of nextsOf(state)) {
    if (!Object.hasOwn(states, next))
      context.problems.add(
        `${context.machine}, state "${state.name}"`,
        `goes to a state that does not exist here: ${next}`,
      );
  }
}

function nextsOf(state: State): string[] {
  const catchers = 'catchers' in state ? state.catchers.map((catcher) => catcher.next) : [];
  const rules = state.type === 'Choice' ? state.rules.map((rule) => rule.next) : [];
  const otherwise = state.type === 'Choice' ? state.otherwise : undefined;
  const next = 'next' in state ? state.next : undefined;
  return [...catchers, ...rules, otherwise, next].filter((name) => name !== undefined);
}

function readState(name: string, fields: Fields, context: MachineContext): State | undefined {
  const language = fields.raw('QueryLanguage');
  if (language !== undefined && language !== 'JSONata')
    fields.problem('QueryLanguage must be JSONata; JSONPath is not run');
  const state = readStateOfType(name, fields, context);
  fields.done();
  return state;
}

function readStateOfType(name: string, fields: Fields, context: MachineContext): State | undefined {
  const type = fields.raw('Type');
  switch (type) {
    case 'Task':
      return readTask(name, fields);
    case 'Choice':
      return readChoice(name, fields, context.problems);
    case 'Wait':
      return readWait(name, fields);
    case 'Pass':
      return { type, name, ...readNext(fields), ...readOutcome(fields) };
    case 'Succeed':
      return { type, name, output: fields.template('Output') };
    case 'Fail':
      return readFail(name, fields);
    case 'Parallel':
      return readParallel(name, fields, context);
    case 'Map':
      return readMap(name, fields, context);
    default:
      fields.problem(`the engine has no state of type ${JSON.stringify(type)}`);
      return undefined;
  }
}

function readParallel(name: string, fields: Fields, context: MachineContext): ParallelState {
  const branches = fields.list('Branches').map((source, index) => {
    const branch = new Fields(source, `${fields.place}, branch ${index + 1}`, context.problems);
    const flow = readFlow(branch, context);
    branch.done();
    return flow;
  });
  const template = fields.template('Arguments');
  return {
    type: 'Parallel',
    name,
    branches,
    arguments: template,
    ...readNext(fields),
    ...readOutcome(fields),
    ...readRecovery(fields),
  };
}

function readMap(name: string, fields: Fields, context: MachineContext): MapState {
  for (const field of ['ItemBatcher', 'ResultWriter']) {
    if (fields.raw(field) !== undefined) fields.problem(`the engine has no ${field}`);
  }
  const { processor, isDistributed } = readProcessor(name, fields, context);
  const onlyDistributed = ['ItemReader', 'ToleratedFailureCount', 'ToleratedFailurePercentage', 'Label'];
  for (const field of onlyDistributed) {
    if (!isDistributed && fields.has(field)) fields.problem(`${field} needs a processor of mode DISTRIBUTED`);
  }
  if (fields.has('ItemReader') && fields.has('Items')) fields.problem('has both Items and ItemReader');
  if (Array.isArray(fields.raw('Items')) === false && fields.has('Items')) fields.expression('Items');
  fields.optionalText('Label');
  return {
    type: 'Map',
    name,
    isDistributed,
    processor,
    items: fields.template('Items'),
    reader: readItemReader(fields, context),
    itemSelector: fields.template('ItemSelector'),
    maxConcurrency: fields.numberOrExpression('MaxConcurrency', { min: 0, isWhole: true }),
    toleratedFailureCount: fields.numberOrExpression('ToleratedFailureCount', { min: 0, isWhole: true }),
    toleratedFailurePercentage: fields.numberOrExpression('ToleratedFailurePercentage', { min: 0 }),
    ...readNext(fields),
    ...readOutcome(fields),
    ...readRecovery(fields),
  };
}

function readProcessor(
  name: string,
  map: Fields,
  context: MachineContext,
): { processor: Machine; isDistributed: boolean } {
  const source = map.raw('ItemProcessor');
  const fields = new Fields(source, `${map.place}, ItemProcessor`, context.problems);
  const config = new Fields(fields.raw('ProcessorConfig') ?? {}, `${fields.place}, ProcessorConfig`, context.problems);
  const mode = config.optionalText('Mode') ?? 'INLINE';
  if (mode !== 'INLINE' && mode !== 'DISTRIBUTED') config.problem(`the engine has no Mode ${mode}`);
  const isDistributed = mode === 'DISTRIBUTED';
  const executionType = config.optionalText('ExecutionType');
  if (isDistributed && executionType !== 'STANDARD') config.problem('ExecutionType must be STANDARD');
  config.done();

  const flow = readFlow(fields, context);
  fields.done();
  const processor = {
    name: `${context.machine}/${name}`,
    ...flow,
    timeoutSeconds: undefined,
    everyState: context.everyState,
    source,
  };
  return { processor, isDistributed };
}

function readItemReader(map: Fields, context: MachineContext): Template | undefined {
  if (map.raw('ItemReader') === undefined) return undefined;
  const fields = new Fields(map.raw('ItemReader'), `${map.place}, ItemReader`, context.problems);
  const resource = fields.text('Resource');
  if (!/^arn:aws[a-z-]*:states:::s3:getObject$/.test(resource)) fields.problem(`the engine has no reader ${resource}`);
  const config = new Fields(fields.raw('ReaderConfig'), `${fields.place}, ReaderConfig`, context.problems);
  if (config.text('InputType') !== 'JSONL') config.problem('InputType must be JSONL');
  config.done();
  const template = readArguments(fields, ['Bucket', 'Key']);
  fields.done();
  return template;
}
