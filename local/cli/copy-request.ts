import type { JobRequestInput } from '../../domain/job-request.ts';
import { GiB, KiB, MiB, TiB } from '../../domain/sizes.ts';
import type { Flags } from './parse-command.ts';
import { UsageError } from './usage-error.ts';

export type Place = Readonly<{ connection: string; bucket: string; prefix?: string }>;

/** `CONNECTION:BUCKET` or `CONNECTION:BUCKET/PREFIX`; everything after the first "/" is the prefix, exactly. */
export function parsePlace(text: string, command = 'copy'): Place {
  const parts = /^([^:/]+):([^/]+)(?:\/(.*))?$/s.exec(text);
  if (!parts) throw new UsageError(`"${text}" is not CONNECTION:BUCKET or CONNECTION:BUCKET/PREFIX.`, command);
  const [, connection = '', bucket = '', prefix] = parts;
  return { connection, bucket, ...(prefix ? { prefix } : {}) };
}

const UNIT_BYTES: Readonly<Record<string, number>> = { '': 1, K: KiB, M: MiB, G: GiB, T: TiB };

/** `8MiB`, `8M`, `8MB` and `8388608` are the same: units are powers of 1,024 here. */
export function parseSize(text: string, flag: string, command = 'copy'): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?$/i.exec(text) ?? [];
  const sizeBytes = Number(digits) * (UNIT_BYTES[unit.toUpperCase()] ?? Number.NaN);
  if (Number.isSafeInteger(sizeBytes)) return sizeBytes;
  throw new UsageError(`--${flag} "${text}" is not a size: write it like 8MiB or 5GiB.`, command);
}

export function parseWholeNumber(text: string, flag: string, command: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UsageError(`--${flag} "${text}" is not a whole number.`, command);
}

/** What the person typed, as the API takes it; the limits of each value are checked there, all at once. */
export function copyRequest(words: readonly string[], flags: Flags): JobRequestInput {
  const source = parsePlace(words[0] ?? '');
  const destination = parsePlace(words[1] ?? '');
  const whenDestinationHasObjects = flags['merge'] === true ? ('merge' as const) : undefined;
  return {
    kind: 'copy',
    source,
    destination: { ...destination, ...regionOf(flags) },
    options: { whenDestinationHasObjects, ...transferOptions(flags, 'copy') },
  };
}

export function regionOf(flags: Flags): { region?: string } {
  return typeof flags['region'] === 'string' ? { region: flags['region'] } : {};
}

/** The options of every transfer, whichever kind of job it belongs to. */
export function transferOptions(flags: Flags, command: string): JobRequestInput['options'] {
  const count = (flag: string) => given(flags[flag], (text) => parseWholeNumber(text, flag, command));
  const size = (flag: string) => given(flags[flag], (text) => parseSize(text, flag, command));
  return {
    evidence: flags['strict'] === true ? ('strict' as const) : undefined,
    compareAttributes: flags['compare-every'] === true ? ('every' as const) : undefined,
    inFlightMax: count('in-flight'),
    shardsAtOnceMax: count('tasks'),
    multipartThresholdBytes: size('multipart-threshold'),
    partSizeBytes: size('part-size'),
    shardObjectCountMax: count('shard-objects'),
    roundsMax: count('rounds'),
  };
}

export const given = <T>(value: string | boolean | undefined, parse: (text: string) => T): T | undefined =>
  typeof value === 'string' ? parse(value) : undefined;

/** How the API's field names read on the command line, so that its problems name what was typed. */
export const FLAG_OF_FIELD: Readonly<Record<string, string>> = {
  'options.inFlightMax': '--in-flight',
  'options.shardsAtOnceMax': '--tasks',
  'options.multipartThresholdBytes': '--multipart-threshold',
  'options.partSizeBytes': '--part-size',
  'options.shardObjectCountMax': '--shard-objects',
  'options.roundsMax': '--rounds',
  'options.quarantineDays': '--quarantine-days',
  'destination.region': '--region',
  bucket: '--bucket',
  digest: '--digest',
  lostVersionCount: '--lost-versions',
};
