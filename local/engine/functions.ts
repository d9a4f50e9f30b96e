import { createHash } from 'node:crypto';
import jsonata from 'jsonata';
import type { Random } from '../../domain/time.ts';

/** The functions of the JSONata library that Step Functions keeps ($eval is not among them). */
const OF_JSONATA =
  'sum count max min average string substring substringBefore substringAfter lowercase uppercase length trim pad match contains replace split join formatNumber formatBase formatInteger parseInteger number floor ceil round abs sqrt power random boolean not map zip filter single reduce sift keys lookup append exists spread merge reverse each error assert type sort shuffle distinct base64encode base64decode encodeUrlComponent encodeUrl decodeUrlComponent decodeUrl toMillis fromMillis clone now millis';

/** Those that Step Functions adds (Developer Guide, "Transforming data with JSONata"). */
const OF_STEP_FUNCTIONS = 'partition range hash random uuid parse';

export const FUNCTION_NAMES: ReadonlySet<string> = new Set(`${OF_JSONATA} ${OF_STEP_FUNCTIONS}`.split(' '));

const FORMAT_TIME = jsonata('$fromMillis($atMs, $picture, $timezone)');
const FORMAT_TIME_ISO = jsonata('$fromMillis($atMs)');
const HASHES: Readonly<Record<string, string>> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};
/** Step Functions gives the same bound for $range. */
const RANGE_LENGTH_MAX = 1000;

/** What the functions of one evaluation know: its instant stays the same however often it is asked for. */
export type Occasion = Readonly<{ atMs: number; random: Random }>;

/** Ours, and those of JSONata whose outcome would depend on this machine; the others JSONata brings itself. */
const FUNCTIONS: Readonly<Record<string, (occasion: Occasion) => unknown>> = {
  partition: () => partition,
  range: () => range,
  hash: () => hash,
  parse: () => parse,
  random:
    ({ random }) =>
    (seed?: number): number =>
      seed === undefined ? random.next() : seeded(seed),
  uuid:
    ({ random }) =>
    (): string =>
      uuid(random),
  shuffle:
    ({ random }) =>
    <Element>(elements: readonly Element[]): Element[] =>
      shuffle(elements, random),
  millis:
    ({ atMs }) =>
    (): number =>
      atMs,
  now:
    ({ atMs }) =>
    (picture?: string, timezone?: string): Promise<string> =>
      picture === undefined
        ? (FORMAT_TIME_ISO.evaluate(undefined, { atMs }) as Promise<string>)
        : (FORMAT_TIME.evaluate(undefined, { atMs, picture, timezone }) as Promise<string>),
};

/** The function of that name; undefined when it is none of ours. */
export const functionOf = (name: string, occasion: Occasion): unknown =>
  Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name]?.(occasion) : undefined;

const parse = (text: string): unknown => JSON.parse(text) as unknown;

function partition(elements: readonly unknown[], size: number): unknown[][] {
  if (!Number.isInteger(size) || size < 1) throw new Error('$partition: the size must be a positive integer');
  const count = Math.ceil(elements.length / size);
  return Array.from({ length: count }, (_, index) => elements.slice(index * size, (index + 1) * size));
}

/** From first to last, both included when a step lands on it. */
function range(first: number, last: number, step: number): number[] {
  if (![first, last, step].every(Number.isInteger) || step === 0)
    throw new Error('$range: three integers, the step not 0');
  const length = Math.max(0, Math.floor((last - first) / step) + 1);
  if (length > RANGE_LENGTH_MAX) throw new Error(`$range: more than ${RANGE_LENGTH_MAX} numbers`);
  return Array.from({ length }, (_, index) => first + index * step);
}

function hash(content: unknown, algorithm: string): string {
  const name = HASHES[algorithm];
  if (name === undefined) throw new Error(`$hash: no algorithm ${algorithm}`);
  return createHash(name)
    .update(typeof content === 'string' ? content : JSON.stringify(content))
    .digest('hex');
}

/** The same number for the same seed, as Step Functions promises (the number itself is not specified). */
function seeded(seed: number): number {
  return createHash('sha256').update(String(seed)).digest().readUInt32BE(0) / 2 ** 32;
}

/** A version 4 UUID (RFC 9562). */
export function uuid(random: Random): string {
  const digits = random.hex(32);
  const variant = '89ab'[Number.parseInt(digits.charAt(16), 16) % 4] ?? '8';
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `4${digits.slice(13, 16)}`,
    `${variant}${digits.slice(17, 20)}`,
    digits.slice(20),
  ].join('-');
}

function shuffle<Element>(elements: readonly Element[], random: Random): Element[] {
  return elements
    .map((element) => ({ element, order: random.next() }))
    .sort((left, right) => left.order - right.order)
    .map(({ element }) => element);
}
