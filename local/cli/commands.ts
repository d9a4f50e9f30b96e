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

const EXIT_CODES = `Exit code: 0 all objects verified, 1 objects failed or differ, 2 wrong usage, 3 stopped or no longer
followed, 4 the job waits for a decision.`;
const CTRL_C = `Ctrl-C while a server runs the job: stops following, the job goes on. Ctrl-C without a server: stops the
job and takes its access back; "redrive" goes on with it. A second Ctrl-C ends the program at once.`;

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
      strict: { type: 'boolean', says: 'accept full-object checksums only as proof, no ETags' },
      'compare-every': { type: 'boolean', says: 'compare headers and tags of every object' },
      region: { type: 'string', value: 'REGION', says: 'where a new destination bucket is made' },
      'in-flight': {
        type: 'string',
        value: 'N',
        says: `copies in flight in one task (default ${defaults.inFlightMax})`,
      },
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
    summary: 'Move a bucket with its name to another account or Region (comes later).',
    takes: ['CONNECTION:BUCKET', 'CONNECTION'],
    flags: { region: { type: 'string', value: 'REGION', says: 'where the bucket is made again' }, data, json, help },
  },
  jobs: { summary: 'List the jobs, newest first.', takes: [], flags: { json, data, help } },
  job: { summary: 'Show one job.', takes: ['ID'], flags: { json, data, help } },
  stop: {
    summary: 'Stop a running job and take its access back. What is copied stays.',
    takes: ['ID'],
    flags: { json, data, help },
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
  const rows = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`);
  return [
    'Copies S3 buckets between accounts and Regions, verified object by object.',
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
