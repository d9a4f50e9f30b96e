import type { JobRequestInput } from '../../domain/job-request.ts';
import { given, parsePlace, parseWholeNumber, regionOf, transferOptions } from './copy-request.ts';
import type { Flags } from './parse-command.ts';
import { UsageError } from './usage-error.ts';

/** What the person typed, as the API takes it; a migration keeps the bucket's name, so only a connection is named. */
export function migrateRequest(words: readonly string[], flags: Flags): JobRequestInput {
  const source = parsePlace(words[0] ?? '', 'migrate');
  if (source.prefix !== undefined) throw usage('A migration moves the whole bucket. Leave the prefix out, or copy.');
  return {
    kind: 'migrate',
    source,
    destination: { connection: parseConnection(words[1] ?? ''), ...regionOf(flags) },
    options: {
      ...transferOptions(flags, 'migrate'),
      versions: oneOf(flags, 'versions', ['all', 'current-only']),
      configuration: oneOf(flags, 'configuration', ['carry', 'leave']),
      appliesPublicAccess: flags['open-to-public'] === true ? true : undefined,
      quarantineDays: given(flags['quarantine-days'], (text) => parseWholeNumber(text, 'quarantine-days', 'migrate')),
    },
  };
}

function parseConnection(text: string): string {
  if (/^[^:/]+$/.test(text)) return text;
  throw usage(`"${text}" is not a connection: a migration keeps the bucket’s name, so that none is given there.`);
}

function oneOf<Word extends string>(flags: Flags, flag: string, words: readonly Word[]): Word | undefined {
  const typed = flags[flag];
  if (typeof typed !== 'string') return undefined;
  const word = words.find((one) => one === typed);
  if (word === undefined) throw usage(`--${flag} "${typed}" is none of ${words.join(', ')}.`);
  return word;
}

/** Consent given on the command line, before there is a proof: for this very bucket, and this very number of losses. */
export type ConsentAhead = Readonly<{ bucket: string; lostVersionCount: number }>;

export function consentAhead(bucket: string, flags: Flags): ConsentAhead | undefined {
  const typed = flags['yes-destroy'];
  if (typeof typed !== 'string') return undefined;
  if (typed !== bucket) throw usage(`--yes-destroy "${typed}" is not the bucket that is migrated, "${bucket}".`);
  const lostVersionCount = given(flags['yes-lose'], (text) => parseWholeNumber(text, 'yes-lose', 'migrate')) ?? 0;
  return { bucket, lostVersionCount };
}

const usage = (message: string): UsageError => new UsageError(message, 'migrate');
