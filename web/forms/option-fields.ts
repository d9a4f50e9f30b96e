import { jobRequestSchema, type JobOptions } from '../../domain/job-request.ts';
import { COPY_OBJECT_BYTES_MAX, GiB, MiB, PART_SIZE_BYTES_MAX, PART_SIZE_BYTES_MIN, TiB } from '../../domain/sizes.ts';
import { formatCount } from '../words/numbers.ts';

/** Options that are numbers. */
export type OptionName = {
  [Name in keyof JobOptions]-?: JobOptions[Name] extends number ? Name : never;
}[keyof JobOptions];

/** A number among the options, as data. `unit` is what one of what is typed stands for (1, or so many bytes). */
export type OptionField = Readonly<{
  name: OptionName;
  label: string;
  about: string;
  unit: number;
  unitWord: string;
  min: number;
  max: number;
  /** Said to nobody else. */
  onlyFor?: 'migrate';
}>;

/** Limits as typed, in units. They are the domain's; a test holds the two together. */
export const OPTION_FIELDS: readonly OptionField[] = [
  {
    name: 'inFlightMax',
    label: 'Copies in flight in one task',
    about: 'More is faster until S3 asks to slow down.',
    ...plain(1024),
  },
  {
    name: 'shardsAtOnceMax',
    label: 'Tasks at once',
    about: 'Each task copies one shard of the plan.',
    ...plain(1000),
  },
  {
    name: 'shardObjectCountMax',
    label: 'Objects in one shard',
    about: 'A shard ends at this many objects.',
    ...plain(100_000),
  },
  {
    name: 'shardBytesMax',
    label: 'Size of one shard, in GiB',
    about: 'A shard also ends at this size; one object is never divided.',
    unit: GiB,
    unitWord: 'GiB',
    min: 1,
    max: (100 * TiB) / GiB,
  },
  {
    name: 'multipartThresholdBytes',
    label: 'Copy in parts above, in MiB',
    about: 'S3 copies at most 5 GiB (5,120 MiB) in one request.',
    ...mebibytes(PART_SIZE_BYTES_MIN, COPY_OBJECT_BYTES_MAX),
  },
  {
    name: 'partSizeBytes',
    label: 'Part size, in MiB',
    about: 'It grows when an object would need more than 10,000 parts.',
    ...mebibytes(PART_SIZE_BYTES_MIN, PART_SIZE_BYTES_MAX),
  },
  {
    name: 'batchObjectCountMax',
    label: 'Objects between two checkpoints',
    about: 'What a crash may make a task repeat.',
    ...plain(10_000),
  },
  {
    name: 'roundsMax',
    label: 'Rounds of copy and verify',
    about: 'Passes before remaining differences are reported.',
    ...plain(10),
  },
  {
    name: 'quarantineDays',
    label: 'Days that the temporary bucket is kept',
    about: 'A second whole copy, after everything is verified under its name. 0 deletes it at once.',
    ...plain(90, 0),
    onlyFor: 'migrate',
  },
];

/** How fast, in pieces of which size: right for nearly everyone as they are. */
export const TUNING_FIELDS = OPTION_FIELDS.filter(({ onlyFor }) => onlyFor === undefined);
export const MIGRATION_FIELDS = OPTION_FIELDS.filter(({ onlyFor }) => onlyFor === 'migrate');

function plain(max: number, min = 1) {
  return { unit: 1, unitWord: '', min, max };
}

function mebibytes(minBytes: number, maxBytes: number) {
  return { unit: MiB, unitWord: 'MiB', min: minBytes / MiB, max: maxBytes / MiB };
}

/** The defaults of the domain, read from its own schema so that they cannot drift. */
export const DEFAULT_OPTIONS: JobOptions = jobRequestSchema.shape.options.parse(undefined);

/** A number as it is typed, in the field's unit. The default is left empty: the field shows it as its placeholder. */
export const optionText = (field: OptionField, value: number): string =>
  value === DEFAULT_OPTIONS[field.name] ? '' : String(value / field.unit);

export const defaultText = (field: OptionField): string =>
  `${formatCount(DEFAULT_OPTIONS[field.name] / field.unit)}${field.unitWord ? ` ${field.unitWord}` : ''}`;

type OptionValue = { ok: true; number: number | undefined } | { ok: false; reason: string };

/** What was typed, in the request's unit; undefined for "the default". */
export function readOption(field: OptionField, text: string): OptionValue {
  const typed = text.trim();
  if (typed === '') return { ok: true, number: undefined };
  const number = Number(typed);
  // Sizes may be broken ("0.5 GiB") as long as whole bytes come out; counts may not.
  const isWhole = /^\d+(\.\d+)?$/.test(typed) && Number.isSafeInteger(number * field.unit);
  if (isWhole && number >= field.min && number <= field.max) return { ok: true, number: number * field.unit };
  return {
    ok: false,
    reason: `Give a number from ${formatCount(field.min)} to ${formatCount(field.max)}, or nothing for the default (${defaultText(field)}).`,
  };
}
