import { listOf, malformedPolicy, type ConditionBlock } from './policy-document.ts';

/** Condition keys in lower case to their values in this request; a key that is absent has no value here. */
export type ConditionContext = Readonly<Record<string, string | readonly string[] | undefined>>;

type Comparison = (actual: string, wanted: string) => boolean;

const numeric =
  (compare: (actual: number, wanted: number) => boolean): Comparison =>
  (actual, wanted) =>
    compare(Number(actual), Number(wanted));

const date =
  (compare: (actual: number, wanted: number) => boolean): Comparison =>
  (actual, wanted) =>
    compare(instantOf(actual), instantOf(wanted));

/** ISO 8601 or seconds since 1970 (IAM user guide, date condition operators). */
function instantOf(text: string): number {
  return /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text);
}

const equals: Comparison = (actual, wanted) => actual === wanted;
const equalsIgnoreCase: Comparison = (actual, wanted) => actual.toLowerCase() === wanted.toLowerCase();
const like: Comparison = (actual, wanted) => wildcardPattern(wanted).test(actual);

/** The operators without their negations; `…Not…` is the same comparison, turned around. */
const COMPARISONS: Readonly<Record<string, Comparison>> = {
  StringEquals: equals,
  StringEqualsIgnoreCase: equalsIgnoreCase,
  StringLike: like,
  ArnEquals: like,
  ArnLike: like,
  Bool: equalsIgnoreCase,
  BinaryEquals: equals,
  NumericEquals: numeric((actual, wanted) => actual === wanted),
  NumericLessThan: numeric((actual, wanted) => actual < wanted),
  NumericLessThanEquals: numeric((actual, wanted) => actual <= wanted),
  NumericGreaterThan: numeric((actual, wanted) => actual > wanted),
  NumericGreaterThanEquals: numeric((actual, wanted) => actual >= wanted),
  DateEquals: date((actual, wanted) => actual === wanted),
  DateLessThan: date((actual, wanted) => actual < wanted),
  DateLessThanEquals: date((actual, wanted) => actual <= wanted),
  DateGreaterThan: date((actual, wanted) => actual > wanted),
  DateGreaterThanEquals: date((actual, wanted) => actual >= wanted),
  IpAddress: isInNetwork,
};

const NEGATIONS: Readonly<Record<string, string>> = {
  StringNotEquals: 'StringEquals',
  StringNotEqualsIgnoreCase: 'StringEqualsIgnoreCase',
  StringNotLike: 'StringLike',
  ArnNotEquals: 'ArnEquals',
  ArnNotLike: 'ArnLike',
  NumericNotEquals: 'NumericEquals',
  DateNotEquals: 'DateEquals',
  NotIpAddress: 'IpAddress',
};

type Operator =
  | { kind: 'null' }
  | {
      kind: 'compare';
      compare: Comparison;
      isNegated: boolean;
      isIfExists: boolean;
      quantifier: 'all' | 'any' | 'one';
    };

function parseOperator(text: string): Operator | undefined {
  const [, prefix, name = '', suffix] = /^(ForAllValues:|ForAnyValue:)?(.*?)(IfExists)?$/.exec(text) ?? [];
  if (name === 'Null') return { kind: 'null' };
  const negated = NEGATIONS[name];
  const compare = COMPARISONS[negated ?? name];
  if (!compare) return undefined;
  const quantifier = prefix === undefined ? 'one' : prefix === 'ForAllValues:' ? 'all' : 'any';
  return { kind: 'compare', compare, isNegated: negated !== undefined, isIfExists: suffix !== undefined, quantifier };
}

/** Throws MalformedPolicy for an operator that does not exist. */
export function checkConditionOperators(block: ConditionBlock): void {
  for (const name of Object.keys(block)) {
    if (!parseOperator(name)) throw malformedPolicy(`Invalid Condition type : ${name}`);
  }
}

/** Every operator and every key must hold; of the values of one key, one is enough (none, when negated). */
export function conditionsHold(block: ConditionBlock | undefined, context: ConditionContext): boolean {
  return Object.entries(block ?? {}).every(([name, keys]) => {
    const operator = parseOperator(name);
    if (!operator) return false;
    return Object.entries(keys).every(([key, wanted]) =>
      conditionHolds(operator, context[key.toLowerCase()], listOf(wanted).map(String)),
    );
  });
}

function conditionHolds(operator: Operator, value: string | readonly string[] | undefined, wanted: string[]): boolean {
  if (operator.kind === 'null') return (value === undefined) === (wanted[0] === 'true');
  if (value === undefined) return operator.isNegated || operator.isIfExists || operator.quantifier === 'all';
  const matches = (actual: string): boolean => {
    const isAnyEqual = wanted.some((candidate) => operator.compare(actual, candidate));
    return isAnyEqual !== operator.isNegated;
  };
  return operator.quantifier === 'any' ? listOf(value).some(matches) : listOf(value).every(matches);
}

const patterns = { '': new Map<string, RegExp>(), i: new Map<string, RegExp>() };
const PATTERN_COUNT_MAX = 10_000;

/** `*` is any run of characters, `?` any one; everything else is itself. */
export function wildcardPattern(text: string, flags: '' | 'i' = ''): RegExp {
  const known = patterns[flags];
  let pattern = known.get(text);
  if (!pattern) {
    const source = text
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replace(/\*+/g, '.*')
      .replace(/\?/g, '.');
    pattern = new RegExp(`^${source}$`, `s${flags}`);
    if (known.size >= PATTERN_COUNT_MAX) known.clear();
    known.set(text, pattern);
  }
  return pattern;
}

function isInNetwork(actual: string, wanted: string): boolean {
  const [network = '', bits = '32'] = wanted.split('/');
  const address = ipv4Number(actual);
  const base = ipv4Number(network);
  if (address === undefined || base === undefined) return actual === wanted;
  const hostSize = 2 ** (32 - Number(bits));
  return Math.floor(address / hostSize) === Math.floor(base / hostSize);
}

function ipv4Number(text: string): number | undefined {
  const parts = text.split('.').map(Number);
  if (parts.length !== 4 || parts.some((part) => !(part >= 0 && part <= 255))) return undefined;
  return parts.reduce((number, part) => number * 256 + part, 0);
}
