import type { Problems } from './definition-fields.ts';
import type { Flow, NumberSource, State } from './definition.ts';
import { FUNCTION_NAMES } from './functions.ts';
import { expressionsOf, type Expression, type Template } from './template.ts';

/**
 * A misspelt variable or function would only show as an undefined result in the middle of a job, so every name that
 * an expression uses must be a function, `$states`, or assigned in a scope that the expression can see:
 *
 *   scope                      sees the outer variables   may assign the outer names
 *   branch, inline iteration   yes                        no
 *   distributed item           no                         yes (it is an execution of its own)
 */
export function checkVariables(
  machine: string,
  flow: Flow,
  problems: Problems,
  outer: ReadonlySet<string> = new Set(),
): void {
  const assigned = new Set([...flow.states.values()].flatMap(assignedBy));
  for (const name of assigned) {
    if (outer.has(name)) problems.add(machine, `the variable ${name} is assigned in an inner and in an outer scope`);
    if (FUNCTION_NAMES.has(name)) problems.add(machine, `the variable ${name} would hide the function of that name`);
  }
  const visible = new Set([...outer, ...assigned]);
  for (const state of flow.states.values()) checkState(machine, state, visible, problems);
}

function checkState(machine: string, state: State, visible: ReadonlySet<string>, problems: Problems): void {
  for (const { text, variables } of expressionsOfState(state)) {
    for (const name of variables) {
      const isKnown = visible.has(name) || FUNCTION_NAMES.has(name) || name === 'states';
      if (!isKnown) problems.add(`${machine}, state "${state.name}"`, `no $${name} is known here: {% ${text} %}`);
    }
  }
  const branches = state.type === 'Parallel' ? state.branches : [];
  for (const branch of branches) checkVariables(machine, branch, problems, visible);
  if (state.type === 'Map')
    checkVariables(machine, state.processor, problems, state.isDistributed ? new Set() : visible);
}

function assignedBy(state: State): string[] {
  return outcomesOf(state).flatMap(({ assign }) => {
    if (assign?.kind === 'object') return assign.fields.map(([name]) => name);
    return assign?.kind === 'literal' ? Object.keys(assign.value as object) : [];
  });
}

function outcomesOf(state: State): { output: Template | undefined; assign: Template | undefined }[] {
  const own = 'assign' in state ? [state] : [];
  const catchers = 'catchers' in state ? state.catchers : [];
  return [...own, ...catchers, ...(state.type === 'Choice' ? state.rules : [])];
}

function expressionsOfState(state: State): Expression[] {
  const templates = outcomesOf(state).flatMap(({ output, assign }) => [output, assign]);
  const { own, sources } = ownPartsOf(state);
  const direct = sources.filter((source) => typeof source === 'object');
  return [...templates, ...own]
    .flatMap((template) => (template === undefined ? [] : expressionsOf(template)))
    .concat(direct);
}

type Parts = { own: (Template | undefined)[]; sources: (NumberSource | string | boolean | undefined)[] };

function ownPartsOf(state: State): Parts {
  switch (state.type) {
    case 'Task':
      return { own: [state.arguments], sources: [state.timeoutSeconds, state.heartbeatSeconds] };
    case 'Choice':
      return { own: [], sources: state.rules.map((rule) => rule.condition) };
    case 'Wait':
      return { own: [], sources: ['seconds' in state.until ? state.until.seconds : state.until.timestamp] };
    case 'Pass':
      return { own: [], sources: [] };
    case 'Succeed':
      return { own: [state.output], sources: [] };
    case 'Fail':
      return { own: [state.error, state.cause], sources: [] };
    case 'Parallel':
      return { own: [state.arguments], sources: [] };
    case 'Map':
      return {
        own: [state.items, state.reader, state.itemSelector],
        sources: [state.maxConcurrency, state.toleratedFailureCount, state.toleratedFailurePercentage],
      };
  }
}
