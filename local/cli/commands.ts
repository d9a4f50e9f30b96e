import type { ParseArgsConfig } from 'node:util';
import { DEFAULT_JOB_OPTIONS as defaults } from '../../domain/job-request.ts';
import { GiB, MiB } from '../../domain/sizes.ts';

type Flag = Readonly<{ type: 'string' | 'boolean'; value?: string; says: string }>;
export type Command = Readonly<{
  summary: string;
  /** Names of what stands without dashes; all are needed. */
  takes: readonly string[];
  flags: Readonly<Record<string, Flag>>;
  notes?: string;
}>;

const data: Flag = { type: 'string', value: 'DIR', says: 'where jobs are kept (default .bucket-migrator)' };
const json: Flag = { type: 'boolean', says: 'print JSON for programs' };
const connections: Flag = { type: 'string', value: 'FILE', says: 'take connections from this JSON file' };
const noSandbox: Flag = { type: 'boolean', says: 'leave the built-in sandbox out' };
const help: Flag = { type: 'boolean', says: 'say how the command is used' };
const detach: Flag = { type: 'boolean', says: 'start it in the running server and do not follow it' };

const transferFlags: Readonly<Record<string, Flag>> = {
  'in-flight': { type: 'string', value: 'N', says: `copies in flight in one task (default ${defaults.inFlightMax})` },
  tasks: { type: 'string', value: 'N', says: `tasks at the same time (default ${defaults.shardsAtOnceMax})` },
  'multipart-threshold': {
    type: 'string',
    value: 'SIZE',
    says: `copy larger objects in parts (default ${defaults.multipartThresholdBytes / GiB}GiB)`,
  },
  'part-size': {
    type: 'string',
    value: 'SIZE',
    says: `preferred size of a part (default ${defaults.partSizeBytes / MiB}MiB)`,
  },
  'shard-objects': {
    type: 'string',
    value: 'N',
    says: `objects that one task takes at most (default ${defaults.shardObjectCountMax})`,
  },
  rounds: { type: 'string', value: 'N', says: `passes of copy and verify (default ${defaults.roundsMax})` },
};
const evidenceFlags: Readonly<Record<string, Flag>> = {
  strict: { type: 'boolean', says: 'accept full-object checksums only as proof, no ETags' },
  'compare-every': { type: 'boolean', says: 'compare headers and tags of every object' },
};
const followFlags: Readonly<Record<string, Flag>> = { detach, json, data, help };
const bucketTyped = (which: string): Flag => ({ type: 'string', value: 'NAME', says: `the name of ${which}, typed` });

const EXIT_CODES = `Exit code: 0 all objects verified, 1 objects failed or differ, 2 wrong usage, 3 stopped or no longer
followed, 4 the job waits for a decision.`;
const CTRL_C = `Ctrl-C while a server runs the job: stops following, the job goes on. Ctrl-C without a server: stops the
job and takes its access back; "redrive" goes on with it. A second Ctrl-C ends the program at once.`;

const MIGRATION = `The bucket is copied to a temporary one, proven, asked about, emptied and deleted, made again under its
name, filled and proven again. Before anything is deleted you are asked to type its name; without a
terminal the command ends with 4 and says how to go on.
Ctrl-C without a server: the job waits where it is, and "follow" goes on with it; "stop" brings it back.
${EXIT_CODES}`;
const DECISIONS = `CHOICE is one of
  keep-waiting      go on asking for the name
  other-name        make the bucket in the destination account, named by --bucket
  rebuild-source    make it again in the source account, under its old name or --bucket
  keep-temporary    keep the temporary bucket as it is, as the final one
Your objects are safe in the temporary bucket meanwhile.`;
const STOPPING = `What a copy job has copied stays. What stopping a migration does depends on how far it is, and is said first:
  before anything is deleted    everything of ours is taken away, the source is as it was
  while the source is emptied   what was deleted is copied back into it
  after the source is deleted   the bucket is made again under its name in the source account
  once the name is got          nothing: it goes on until the objects are back in one whole bucket`;

export const commands: Readonly<Record<string, Command>> = {
  start: {
    summary: 'Start the server and print the address to open.',
    takes: [],
    flags: {
      port: { type: 'string', value: 'N', says: 'listen on this port (default: a free one)' },
      data,
      connections,
      'no-sandbox': noSandbox,
      help,
    },
    notes: 'Ctrl-C ends the server cleanly; its jobs go on at the next start. A second Ctrl-C ends it at once.',
  },
  copy: {
    summary: 'Copy a bucket, or what is under a prefix, and verify every object.',
    takes: ['CONNECTION:BUCKET[/PREFIX]', 'CONNECTION:BUCKET[/PREFIX]'],
    flags: {
      merge: { type: 'boolean', says: 'the destination may hold objects; add what is absent, overwrite nothing' },
      ...evidenceFlags,
      region: { type: 'string', value: 'REGION', says: 'where a new destination bucket is made' },
      ...transferFlags,
      detach,
      json,
      data,
      connections,
      'no-sandbox': noSandbox,
      help,
    },
    notes: `Sizes read like 8MiB, 512M or 5GiB.\n${CTRL_C}\n${EXIT_CODES}`,
  },
  migrate: {
    summary: 'Move a bucket with its name to another account or Region.',
    takes: ['CONNECTION:BUCKET', 'CONNECTION'],
    flags: {
      region: { type: 'string', value: 'REGION', says: 'where the bucket is made again' },
      versions: { type: 'string', value: 'WHICH', says: 'all, or current-only: the rest is lost (default all)' },
      configuration: {
        type: 'string',
        value: 'WHAT',
        says: 'carry the bucket’s settings, or leave them (default carry)',
      },
      'open-to-public': { type: 'boolean', says: 'open the new bucket to the public as the old one was' },
      'quarantine-days': {
        type: 'string',
        value: 'N',
        says: `days that the temporary bucket is kept (default ${defaults.quarantineDays})`,
      },
      'yes-destroy': { type: 'string', value: 'BUCKET', says: 'consent ahead: delete the source once all is proven' },
      'yes-lose': { type: 'string', value: 'N', says: 'consent ahead to losing exactly so many old versions' },
      ...evidenceFlags,
      ...transferFlags,
      detach,
      json,
      data,
      connections,
      'no-sandbox': noSandbox,
      help,
    },
    notes: MIGRATION,
  },
  consent: {
    summary: 'Consent to deleting the source of a migration, having seen what is proven, and follow it.',
    takes: ['ID'],
    flags: {
      bucket: bucketTyped('the source bucket'),
      digest: { type: 'string', value: 'DIGEST', says: 'the digest of the proof that you have seen' },
      'lost-versions': { type: 'string', value: 'N', says: 'how many old versions are lost, where any are' },
      ...followFlags,
    },
    notes: EXIT_CODES,
  },
  decide: {
    summary: 'Decide what happens when the name of a migrated bucket does not come free.',
    takes: ['ID', 'CHOICE'],
    flags: { bucket: bucketTyped('the bucket to make instead'), ...followFlags },
    notes: DECISIONS,
  },
  'end-quarantine': {
    summary: 'Delete the temporary bucket of a verified migration before its time.',
    takes: ['ID'],
    flags: { bucket: bucketTyped('the temporary bucket'), ...followFlags },
  },
  jobs: { summary: 'List the jobs, newest first.', takes: [], flags: { json, data, help } },
  job: { summary: 'Show one job.', takes: ['ID'], flags: { json, data, help } },
  follow: {
    summary: 'Follow a running job to its end, or until it needs a decision.',
    takes: ['ID'],
    flags: { json, data, help },
    notes: EXIT_CODES,
  },
  stop: {
    summary: 'Stop a running job and take its access back. A migration is brought back as far as it can be.',
    takes: ['ID'],
    flags: followFlags,
    notes: STOPPING,
  },
  redrive: {
    summary: 'Go on with a failed or stopped job where it ended, and follow it.',
    takes: ['ID'],
    flags: { detach, json, data, help },
    notes: `${CTRL_C}\n${EXIT_CODES}`,
  },
  report: {
    summary: 'Show what a job copied, skipped and blocked, and how it was proven.',
    takes: ['ID'],
    flags: { json, data, help },
  },
};

/** As node:util's parseArgs wants them. */
export const optionsOf = (command: Command): NonNullable<ParseArgsConfig['options']> =>
  Object.fromEntries(Object.entries(command.flags).map(([name, { type }]) => [name, { type }]));

export const usageLine = (name: string, command: Command): string =>
  ['Usage: bucket-migrator', name, ...command.takes, '[options]'].join(' ');

export function helpFor(name: string, command: Command): string {
  const flags = Object.entries(command.flags).map(([flag, { value, says }]) => {
    return `  ${`--${flag}${value === undefined ? '' : ` ${value}`}`.padEnd(28)} ${says}`;
  });
  const notes = command.notes === undefined ? [] : ['', command.notes];
  return [usageLine(name, command), '', command.summary, '', 'Options:', ...flags, ...notes, ''].join('\n');
}

export function overallHelp(): string {
  const rows = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(15)} ${summary}`);
  return [
    'Copies and moves S3 buckets between accounts and Regions, verified object by object.',
    '',
    'Usage: bucket-migrator COMMAND [options]',
    '',
    'Commands:',
    ...rows,
    '',
    '"bucket-migrator COMMAND --help" tells more; "--version" tells the version.',
    '',
  ].join('\n');
}
