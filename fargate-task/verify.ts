import { compareListings, type ListingPair } from '../domain/compare-listings.ts';
import { jsonText, passMilestone, readJson, readLines } from '../domain/document-access.ts';
import { DocumentInvalidError, TaskStoppedError } from '../domain/errors.ts';
import type { Grade } from '../domain/evidence.ts';
import {
  paths,
  type FailureLine,
  type PlanSummary,
  type ShardResult,
  type VerdictDocument,
} from '../domain/job-documents.ts';
import { toPercentForm } from '../domain/keys.ts';
import { decideVerdict, summariseVerdict, type VerificationCounts } from '../domain/verdict.ts';
import { withBackoff } from './backoff.ts';
import { listSide, openBothSides, sourceKeyOf, type BothSides } from './both-sides.ts';
import { DifferenceList } from './difference-list.ts';
import { mapInOrder } from './in-flight.ts';
import { lastRedriveMs } from './last-redrive.ts';
import type { PlanTask } from './task-ports.ts';
import { verifyObject, type ObjectVerdict } from './verify-object.ts';

type Verified = Readonly<{ pair: ListingPair; verdict: ObjectVerdict | undefined }>;

/**
 * Lists both sides afresh and proves them equal, key by key. Shares nothing with the copying but the plan's round and
 * the reasons it gave for what it could not copy; repairs nothing. When a side cannot be listed it rejects: an error
 * is never a verdict.
 */
export async function verifyTransfer(task: PlanTask): Promise<void> {
  const { documents, clock, storage } = task.ports;
  const { jobId, transfer } = task.command;
  const summary = await readJson<PlanSummary>(documents, paths.planSummary(jobId, transfer));
  if (!summary) {
    throw new DocumentInvalidError('There is no plan to verify.', { remedy: 'Start the copy again as a new job.' });
  }
  await passMilestone(documents, jobId, 'copied', clock.nowMs());
  task.reporter.attempt = summary.round;
  const startedAtMs = clock.nowMs();
  const sides = await openBothSides(storage, task.job);
  const verification = new Verification(task, await finalFailures(task));
  try {
    await verification.run(sides);
  } finally {
    sides.close();
  }

  const verdict: VerdictDocument = {
    ...verification.conclude(await someShardWasHalted(task, summary)),
    round: summary.round,
    startedAtMs,
    finishedAtMs: clock.nowMs(),
  };
  await documents.write(paths.differences(jobId, transfer, summary.round), verification.differences.document());
  await documents.write(paths.verdict(jobId, transfer, summary.round), jsonText(verdict));
  if (verdict.verdict === 'equal') await passMilestone(documents, jobId, 'verified', clock.nowMs());
  task.reporter.say('finished', verdict.summary, verdict.verdict === 'equal' ? 'info' : 'warning');
}

class Verification {
  readonly differences = new DifferenceList();
  private readonly task: PlanTask;
  private readonly explained: ReadonlySet<string>;
  private readonly grades: Record<Grade, number> = { A: 0, B: 0, C: 0, D: 0 };
  private readonly sums = {
    sourceCount: 0,
    sourceBytes: 0,
    destinationCount: 0,
    verifiedCount: 0,
    attributesComparedCount: 0,
  };

  constructor(task: PlanTask, explained: ReadonlySet<string>) {
    this.task = task;
    this.explained = explained;
  }

  async run(sides: BothSides): Promise<void> {
    const { signal } = this.task;
    const pairs = compareListings(
      listSide(sides.source, signal),
      listSide(sides.destination, signal),
      sourceKeyOf(sides),
    );
    const { inFlightMax } = this.task.job.request.options;
    for await (const verified of mapInOrder(pairs, inFlightMax, (pair) => this.look(sides, pair))) {
      if (signal.aborted) throw new TaskStoppedError('The verification was asked to stop.');
      this.note(verified);
    }
  }

  conclude(wasHalted: boolean): Omit<VerdictDocument, 'round' | 'startedAtMs' | 'finishedAtMs'> {
    const { missing, differs, extra, unproven } = this.differences.counts;
    const counts: VerificationCounts = {
      missingCount: missing,
      differsCount: differs,
      extraCount: extra,
      unprovenCount: unproven,
      explainedCount: this.differences.explainedCount,
      grades: { ...this.grades, D: unproven },
    };
    const { evidence } = this.task.job.request.options;
    const rule = { evidence, allowsExtra: this.allowsExtra(), someShardWasHalted: wasHalted };
    const verdict = decideVerdict(counts, rule);
    return { ...this.sums, ...counts, verdict, summary: summariseVerdict(verdict, this.sums.verifiedCount, counts) };
  }

  private look(sides: BothSides, pair: ListingPair): Verified | Promise<Verified> {
    if (pair.side !== 'both') return { pair, verdict: undefined };
    const { ports, signal, job } = this.task;
    const rule = { options: job.request.options, jobBeganAtMs: job.createdAtMs };
    const prove = () => verifyObject(sides, pair.source, pair.destination, rule, signal);
    return withBackoff(ports, signal, prove).then((verdict) => ({ pair, verdict }));
  }

  private note({ pair, verdict }: Verified): void {
    if (pair.side === 'destination') return this.noteExtra(pair.destination, pair.key);
    if (verdict?.kind === 'gone') return;
    const { sums } = this;
    sums.sourceCount += 1;
    sums.sourceBytes += pair.source.sizeBytes;
    if (pair.side === 'both') sums.destinationCount += 1;
    if (verdict?.kind === 'equal') {
      this.grades[verdict.grade] += 1;
      sums.verifiedCount += 1;
    } else {
      const { kind, detail } = verdict ?? { kind: 'missing', detail: 'not at the destination' };
      this.differences.add(kind, pair.source, pair.key, detail, this.isExplained(kind, pair.key));
    }
    if (verdict?.comparedAttributes) sums.attributesComparedCount += 1;
    this.showProgress(pair.source.sizeBytes);
  }

  private noteExtra(facts: Parameters<DifferenceList['add']>[1], key: string): void {
    this.sums.destinationCount += 1;
    if (!this.allowsExtra()) this.differences.add('extra', facts, key, 'not at the source', true);
  }

  /** Nothing is ever overwritten, so another round cannot change what differs, whoever put it there. */
  private isExplained(kind: 'missing' | 'differs' | 'unproven', key: string): boolean {
    return kind === 'differs' || this.explained.has(toPercentForm(key));
  }

  private allowsExtra(): boolean {
    return this.task.job.request.options.whenDestinationHasObjects === 'merge';
  }

  private showProgress(sizeBytes: number): void {
    const { counts } = this.task.reporter;
    counts.copiedCount += 1;
    counts.copiedBytes += sizeBytes;
    counts.failedCount = this.differences.counts.missing + this.differences.counts.differs;
  }
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
