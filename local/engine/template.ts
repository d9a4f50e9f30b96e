import jsonata from 'jsonata';
import { StateFailure } from './errors.ts';

/** One `{% … %}`. `names` are all that it uses, `variables` those of them that it does not bind itself. */
export type Expression = Readonly<{
  text: string;
  compiled: jsonata.Expression;
  names: readonly string[];
  variables: readonly string[];
}>;

/** A JSON value in which any string may be an expression; subtrees without one are kept as they are. */
export type Template =
  | Readonly<{ kind: 'literal'; value: unknown }>
  | Readonly<{ kind: 'expression'; expression: Expression }>
  | Readonly<{ kind: 'array'; elements: readonly Template[] }>
  | Readonly<{ kind: 'object'; fields: readonly (readonly [string, Template])[] }>;

/** What an expression can see: a variable or function by its name, without the `$`; undefined when there is none. */
export type Bindings = (name: string) => unknown;

/** Runaway recursion ends as a failure of the expression, long before the process runs out of stack. */
const RECURSION_DEPTH_MAX = 1000;

const EXPRESSION = /^\{%([\s\S]*)%\}$/;

export const isExpressionText = (value: unknown): value is string =>
  typeof value === 'string' && EXPRESSION.test(value);

/** Compiled expressions hold no state of an evaluation, so every engine of the process may use the same. */
const compiledBefore = new Map<string, Expression>();
const COMPILED_COUNT_MAX = 10_000;

/** Throws an Error whose message says what is wrong with the text. */
export function compileExpression(source: string): Expression {
  const text = EXPRESSION.exec(source)?.[1]?.trim() ?? '';
  const known = compiledBefore.get(text);
  if (known) return known;
  const expression = compile(text);
  if (compiledBefore.size >= COMPILED_COUNT_MAX) compiledBefore.clear();
  compiledBefore.set(text, expression);
  return expression;
}

function compile(text: string): Expression {
  try {
    const compiled = jsonata(text, { stack: RECURSION_DEPTH_MAX });
    const { used, bound } = variablesOf(compiled.ast());
    if (used.has('eval')) throw new Error('$eval is not available');
    return { text, compiled, names: [...used], variables: [...used].filter((name) => !bound.has(name)) };
  } catch (error) {
    throw new Error(`{% ${text} %}: ${messageOf(error)}`, { cause: error });
  }
}

/** Throws like `compileExpression`. */
export function compileTemplate(value: unknown): Template {
  if (isExpressionText(value)) return { kind: 'expression', expression: compileExpression(value) };
  if (Array.isArray(value)) return arrayTemplate(value);
  if (typeof value === 'object' && value !== null) return objectTemplate(value);
  return { kind: 'literal', value };
}

function arrayTemplate(value: readonly unknown[]): Template {
  const elements = value.map(compileTemplate);
  return elements.every((element) => element.kind === 'literal')
    ? { kind: 'literal', value }
    : { kind: 'array', elements };
}

function objectTemplate(value: object): Template {
  const fields = Object.entries(value).map(([name, field]) => [name, compileTemplate(field)] as const);
  return fields.every(([, field]) => field.kind === 'literal')
    ? { kind: 'literal', value }
    : { kind: 'object', fields };
}

/** Rejects with States.QueryEvaluationError when an expression fails or its result is undefined or not JSON. */
export async function evaluateTemplate(template: Template, bindings: Bindings): Promise<unknown> {
  switch (template.kind) {
    case 'literal':
      return template.value;
    case 'expression':
      return evaluateExpression(template.expression, bindings);
    case 'array':
      return evaluateInOrder(template.elements, bindings);
    case 'object': {
      const values = await evaluateInOrder(
        template.fields.map(([, field]) => field),
        bindings,
      );
      return Object.fromEntries(template.fields.map(([name], index) => [name, values[index]]));
    }
  }
}

async function evaluateInOrder(templates: readonly Template[], bindings: Bindings): Promise<unknown[]> {
  const values: unknown[] = [];
  for (const template of templates) values.push(await evaluateTemplate(template, bindings));
  return values;
}

/** Rejects like `evaluateTemplate`. */
export async function evaluateExpression(expression: Expression, bindings: Bindings): Promise<unknown> {
  let result: unknown;
  try {
    result = await expression.compiled.evaluate(undefined, bindingsFor(expression, bindings));
  } catch (error) {
    throw queryFailure(expression, messageOf(error));
  }
  if (result === undefined) throw queryFailure(expression, 'the result is undefined');
  return plainJson(result, expression);
}

/** Only what the expression uses: most look at one variable of many. */
function bindingsFor({ names }: Expression, bindings: Bindings): Record<string, unknown> {
  const bound: Record<string, unknown> = {};
  for (const name of names) {
    const value = bindings(name);
    if (value !== undefined) bound[name] = value;
  }
  return bound;
}

export const queryFailure = (expression: Expression, what: string): StateFailure =>
  new StateFailure('States.QueryEvaluationError', `The JSONata expression '${expression.text}' failed: ${what}`);

/** A copy without what JSONata leaves on its arrays, so that no two states ever share a mutable value. */
function plainJson(value: unknown, expression: Expression): unknown {
  if (Array.isArray(value)) return value.map((element) => plainJson(element ?? null, expression));
  if (typeof value === 'function') throw queryFailure(expression, 'the result is a function');
  if (typeof value === 'number' && !Number.isFinite(value))
    throw queryFailure(expression, 'the result is not a number');
  if (typeof value !== 'object' || value === null) return value;
  if ('_jsonata_function' in value || '_jsonata_lambda' in value)
    throw queryFailure(expression, 'the result is a function');
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(fields.map(([name, field]) => [name, plainJson(field, expression)]));
}

/** Free and bound variables by a walk over the syntax tree; a name bound anywhere in the expression counts as bound. */
function variablesOf(ast: unknown): { used: Set<string>; bound: Set<string> } {
  const used = new Set<string>();
  const bound = new Set<string>();

  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    if (Array.isArray(node)) return node.forEach(visit);
    const { type, value, focus, index, lhs, arguments: parameters } = node as Record<string, unknown>;
    if (type === 'variable' && typeof value === 'string' && value !== '' && value !== '$') used.add(value);
    if (typeof focus === 'string') bound.add(focus);
    if (typeof index === 'string') bound.add(index);
    if (type === 'bind') bound.add(String((lhs as { value: unknown }).value));
    if (type === 'lambda') for (const parameter of parameters as { value: string }[]) bound.add(parameter.value);
    Object.values(node).forEach(visit);
  };
  visit(ast);
  return { used, bound };
}

const messageOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);

/** Every expression of a template, for checks before anything runs. */
export function expressionsOf(template: Template): Expression[] {
  switch (template.kind) {
    case 'literal':
      return [];
    case 'expression':
      return [template.expression];
    case 'array':
      return template.elements.flatMap(expressionsOf);
    case 'object':
      return template.fields.flatMap(([, field]) => expressionsOf(field));
  }
}
