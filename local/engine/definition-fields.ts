import type { NumberSource } from './definition.ts';
import { compileExpression, compileTemplate, isExpressionText, type Expression, type Template } from './template.ts';

/** Collects what is wrong with a definition, each with its place, so that all of it is told at once. */
export class Problems {
  readonly found: string[] = [];
  add(place: string, what: string): void {
    this.found.push(`${place}: ${what}`);
  }
}

/**
 * Reads the fields of one JSON object. Whatever nobody asked for is refused by name in `done`, so a field the engine
 * does not know can never be ignored silently. Every reader returns a harmless value after noting a problem.
 */
export class Fields {
  readonly place: string;
  private readonly source: Readonly<Record<string, unknown>>;
  private readonly problems: Problems;
  private readonly asked = new Set<string>(['Comment']);

  constructor(source: unknown, place: string, problems: Problems) {
    this.place = place;
    this.problems = problems;
    const isObject = typeof source === 'object' && source !== null && !Array.isArray(source);
    if (!isObject) problems.add(place, 'must be a JSON object');
    this.source = isObject ? (source as Record<string, unknown>) : {};
  }

  problem(what: string): void {
    this.problems.add(this.place, what);
  }

  has(name: string): boolean {
    return this.source[name] !== undefined;
  }

  raw(name: string): unknown {
    this.asked.add(name);
    return this.source[name];
  }

  text(name: string): string {
    const value = this.raw(name);
    if (typeof value === 'string' && value !== '') return value;
    this.problem(`${name} must be a text`);
    return '';
  }

  optionalText(name: string): string | undefined {
    return this.raw(name) === undefined ? undefined : this.text(name);
  }

  list(name: string): readonly unknown[] {
    const value = this.raw(name);
    if (Array.isArray(value) && value.length > 0) return value;
    this.problem(`${name} must be a list that is not empty`);
    return [];
  }

  optionalList(name: string): readonly unknown[] {
    return this.raw(name) === undefined ? [] : this.list(name);
  }

  texts(name: string): readonly string[] {
    const values = this.list(name);
    if (!values.every((value) => typeof value === 'string')) this.problem(`${name} must be a list of texts`);
    return values.filter((value) => typeof value === 'string');
  }

  isTrue(name: string): boolean {
    const value = this.raw(name);
    if (value !== undefined && typeof value !== 'boolean') this.problem(`${name} must be true or false`);
    return value === true;
  }

  number(name: string, bounds: Readonly<{ min: number; isWhole?: boolean }>): number | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    if (isNumberWithin(value, bounds)) return value;
    this.problem(`${name} must be ${bounds.isWhole ? 'an integer' : 'a number'} of at least ${bounds.min}`);
    return undefined;
  }

  numberOrExpression(name: string, bounds: Readonly<{ min: number; isWhole?: boolean }>): NumberSource | undefined {
    return isExpressionText(this.source[name]) ? this.expression(name) : this.number(name, bounds);
  }

  expression(name: string): Expression | undefined {
    const value = this.raw(name);
    if (!isExpressionText(value)) {
      this.problem(`${name} must be an expression {% … %}`);
      return undefined;
    }
    return this.compiled(name, () => compileExpression(value));
  }

  template(name: string): Template | undefined {
    const value = this.raw(name);
    return value === undefined ? undefined : this.compiled(name, () => compileTemplate(value));
  }

  private compiled<Result>(name: string, compile: () => Result): Result | undefined {
    try {
      return compile();
    } catch (error) {
      this.problem(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  }

  /** Notes every field that was not asked for. */
  done(): void {
    for (const name of Object.keys(this.source)) {
      if (!this.asked.has(name))
        this.problem(
          JSONPATH_FIELDS.has(name)
            ? `${name} belongs to JSONPath; the engine runs JSONata only`
            : `the engine does not know the field ${name}`,
        );
    }
  }
}

export const isNumberWithin = (value: unknown, bounds: Readonly<{ min: number; isWhole?: boolean }>): value is number =>
  typeof value === 'number' &&
  Number.isFinite(value) &&
  value >= bounds.min &&
  (bounds.isWhole !== true || Number.isInteger(value));

const JSONPATH_FIELDS: ReadonlySet<string> = new Set(
  'InputPath OutputPath ResultPath ResultSelector Parameters Variable ItemsPath SecondsPath TimestampPath TimeoutSecondsPath HeartbeatSecondsPath ErrorPath CausePath MaxConcurrencyPath Result And Or Not'.split(
    ' ',
  ),
);
