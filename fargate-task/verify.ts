import { jsonText, passMilestone, readJson, readLines } from '../domain/document-access.ts';
import { DocumentInvalidError, TaskStoppedError } from '../domain/errors.ts';
import {
  paths,
  transferMilestone,
  type FailureLine,
  type PlanSummary,
  type ShardResult,
  type VerdictDocument,
} from '../domain/job-documents.ts';
import { lastRedriveMs } from './last-redrive.ts';
import { SourceDigest } from './source-digest.ts';
import type { PlanTask } from './task-ports.ts';
import { openTransfer } from './transfer-sides.ts';
import { Verification } from './verification.ts';
import { verifyKeys } from './verify-keys.ts';

/**
 * Lists both sides afresh and proves them equal, key by key. Shares nothing with the copying but the plan's round and
 * the reasons it gave for what it could not copy; repairs nothing. When a side cannot be listed it rejects: an error
 * is never a verdict.
 */
export async function verifyTransfer(task: PlanTask): Promise<void> {
  const { documents, clock } = task.ports;
  const { jobId, transfer } = task.command;
  const summary = await readJson<PlanSummary>(documents, paths.planSummary(jobId, transfer));
  if (!summary) {
    throw new DocumentInvalidError('There is no plan to verify.', { remedy: 'Start the copy again as a new job.' });
  }
  await pass(task, 'copied');
  task.reporter.attempt = summary.round;
  const startedAtMs = clock.nowMs();
  const { verification, sourceDigest } = await compareBothSides(task);
  const verdict: VerdictDocument = {
    ...verification.conclude(await someShardWasHalted(task, summary)),
    ...(sourceDigest === undefined ? {} : { sourceDigest }),
    round: summary.round,
    startedAtMs,
    finishedAtMs: clock.nowMs(),
  };
  await documents.write(paths.differences(jobId, transfer, summary.round), verification.differences.document());
  await documents.write(paths.verdict(jobId, transfer, summary.round), jsonText(verdict));
  if (verdict.verdict === 'equal') await pass(task, 'verified');
  task.reporter.say('finished', verdict.summary, verdict.verdict === 'equal' ? 'info' : 'warning');
}

async function pass({ ports, command }: PlanTask, name: 'copied' | 'verified'): Promise<void> {
  const milestone = transferMilestone(command.transfer, name);
  if (milestone) await passMilestone(ports.documents, command.jobId, milestone, ports.clock.nowMs());
}

async function compareBothSides(task: PlanTask) {
  const sides = await openTransfer(task, task.command.transfer);
  const verification = new Verification(task, sides, await finalFailures(task));
  const digest = task.job.request.kind === 'migrate' ? new SourceDigest() : undefined;
  try {
    for await (const verified of verifyKeys(task, sides)) {
      if (task.signal.aborted) throw new TaskStoppedError('The verification was asked to stop.');
      if (verified.source) digest?.add(verified.source);
      verification.note(verified);
    }
  } finally {
    sides.close();
  }
  return { verification, sourceDigest: digest?.hexadecimal() };
}

/**
 * Keys that the copy tasks reported with a reason that no retry changes; of several reports the newest counts, and
 * none from before a person took the job up again.
 */
async function finalFailures({ ports, command }: PlanTask): Promise<ReadonlySet<string>> {
  const folder = paths.failuresFolder(command.jobId, command.transfer);
  const documents: string[] = [];
  for await (const path of ports.documents.list(folder)) documents.push(path);
  const shardOf = (path: string): number => Number.parseInt(path.slice(folder.length), 10);

  const sinceMs = await lastRedriveMs(ports.documents, command.jobId);
  const final = new Set<string>();
  for (const path of documents.sort((left, right) => shardOf(left) - shardOf(right))) {
    for await (const line of readLines<FailureLine>(ports.documents, path)) {
      if (line.isFinal && line.atMs >= sinceMs) final.add(line.key);
      else final.delete(line.key);
    }
  }
  return final;
}

async function someShardWasHalted({ ports, command }: PlanTask, { shards }: PlanSummary): Promise<boolean> {
  for (const { shard } of shards) {
    const path = paths.result(command.jobId, command.transfer, shard);
    if ((await readJson<ShardResult>(ports.documents, path))?.halted) return true;
  }
  return false;
}
