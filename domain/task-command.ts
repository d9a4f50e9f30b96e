import { isJobId } from './names.ts';
import type { TaskCommand } from './ports.ts';

/** `plan --job ID --transfer copy`, `copy --job ID --transfer copy --shard 3`, `verify --job ID --transfer copy`. */
export function formatTaskCommand(command: TaskCommand): string[] {
  const common = [command.task, '--job', command.jobId, '--transfer', command.transfer];
  return command.task === 'copy' ? [...common, '--shard', String(command.shard)] : common;
}

/** The command again, or a RangeError that names the word that is wrong. */
export function parseTaskCommand(words: readonly string[]): TaskCommand {
  const [task, ...rest] = words;
  const flags = new Map<string, string>();
  for (let index = 0; index < rest.length; index += 2) flags.set(rest[index] ?? '', rest[index + 1] ?? '');

  const jobId = flags.get('--job') ?? '';
  const transfer = flags.get('--transfer');
  if (!isJobId(jobId)) throw new RangeError(`--job "${jobId}" is not a job's id`);
  if (transfer !== 'copy' && transfer !== 'copy-back')
    throw new RangeError(`--transfer "${transfer ?? ''}" is not copy or copy-back`);
  if (task === 'plan' || task === 'verify') return { task, jobId, transfer };
  if (task !== 'copy') throw new RangeError(`"${task ?? ''}" is not a task: plan, copy or verify`);

  const shard = Number(flags.get('--shard'));
  if (!Number.isSafeInteger(shard) || shard < 1)
    throw new RangeError(`--shard "${flags.get('--shard') ?? ''}" is not a shard's number`);
  return { task, jobId, transfer, shard };
}
