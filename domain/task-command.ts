import type { EmptiedBucket } from './job-documents.ts';
import { isJobId } from './names.ts';
import type { TaskCommand } from './ports.ts';

/**
 * `plan --job ID --transfer copy`, `copy --job ID --transfer copy --shard 3`, `verify --job ID --transfer copy`,
 * `prove --job ID`, `empty --job ID --bucket source --part 3 [--only broken]`, `discard --job ID`.
 */
export function formatTaskCommand(command: TaskCommand): string[] {
  const words = [command.task, '--job', command.jobId];
  switch (command.task) {
    case 'plan':
    case 'verify':
      return [...words, '--transfer', command.transfer];
    case 'copy':
      return [...words, '--transfer', command.transfer, '--shard', String(command.shard)];
    case 'empty':
      return [
        ...words,
        ...['--bucket', command.bucket, '--part', String(command.part)],
        ...(command.only === 'broken' ? ['--only', 'broken'] : []),
      ];
    case 'prove':
    case 'discard':
      return words;
  }
}

/** The command again, or a RangeError that names the word that is wrong. */
export function parseTaskCommand(words: readonly string[]): TaskCommand {
  const [task = '', ...rest] = words;
  const flags = new Map<string, string>();
  for (let index = 0; index < rest.length; index += 2) flags.set(rest[index] ?? '', rest[index + 1] ?? '');

  const jobId = flags.get('--job') ?? '';
  if (!isJobId(jobId)) throw new RangeError(`--job "${jobId}" is not a job's id`);
  switch (task) {
    case 'plan':
    case 'verify':
      return { task, jobId, transfer: transferOf(flags) };
    case 'copy':
      return { task, jobId, transfer: transferOf(flags), shard: numberOf(flags, '--shard') };
    case 'empty': {
      const only = flags.get('--only') === 'broken' ? ({ only: 'broken' } as const) : {};
      return { task, jobId, bucket: emptiedBucketOf(flags), part: numberOf(flags, '--part'), ...only };
    }
    case 'prove':
    case 'discard':
      return { task, jobId };
    default:
      throw new RangeError(`"${task}" is not a task: plan, copy, verify, prove, empty or discard`);
  }
}

function transferOf(flags: ReadonlyMap<string, string>): 'copy' | 'copy-back' | 'undo' {
  const transfer = flags.get('--transfer') ?? '';
  if (transfer === 'copy' || transfer === 'copy-back' || transfer === 'undo') return transfer;
  throw new RangeError(`--transfer "${transfer}" is not copy, copy-back or undo`);
}

function emptiedBucketOf(flags: ReadonlyMap<string, string>): EmptiedBucket {
  const bucket = flags.get('--bucket') ?? '';
  if (bucket === 'source' || bucket === 'temporary') return bucket;
  throw new RangeError(`--bucket "${bucket}" is not source or temporary`);
}

function numberOf(flags: ReadonlyMap<string, string>, flag: '--shard' | '--part'): number {
  const number = Number(flags.get(flag));
  if (Number.isSafeInteger(number) && number >= 1) return number;
  throw new RangeError(
    `${flag} "${flags.get(flag) ?? ''}" is not a ${flag === '--shard' ? "shard's" : "part's"} number`,
  );
}
