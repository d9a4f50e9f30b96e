import {
  jsonText,
  parseLines,
  passMilestone,
  readJson,
  readVersioned,
  type Versioned,
} from '../domain/document-access.ts';
import { DocumentConflictError, DocumentInvalidError } from '../domain/errors.ts';
import {
  paths,
  transferMilestone,
  type DifferenceLine,
  type PlanSummary,
  type ShardResult,
  type ShardSummary,
  type VerdictDocument,
} from '../domain/job-documents.ts';
import { fromPercentForm } from '../domain/keys.ts';
import { lastRedriveMs } from './last-redrive.ts';
import { planByListing } from './plan-by-listing.ts';
import { readShard, ShardWriter, type ShardPlace } from './shard-files.ts';
import type { PlanTask } from './task-ports.ts';

/**
 * Decides what is copied next and writes it down.
 *
 *   plan there   its shards    verdict of its round                  what is done
 *   no           –             –                                     both sides are listed: round 1
 *   yes          some open     –                                     those go on
 *   yes          all done      none, or equal                        nothing is pending: verification is next
 *   yes          all done      differences-found                     next round: what is missing and unexplained
 *   yes          all done      differences-found, then redriven      next round: everything that is missing
 *   yes          all done      cannot-go-on (a person tries again)   next round: everything that is missing
 *
 * What differs at the destination is never overwritten, so no round takes it; only a migration's own copies in the
 * temporary bucket are. The later rounds of a migration list both sides again, because what is copied next hangs on
 * what stands at the destination now.
 */
export async function planTransfer(task: PlanTask): Promise<void> {
  const place = placeOf(task);
  const summary = await readVersioned<PlanSummary>(place.documents, summaryPath(task));
  const pending = summary ? await goOn(task, place, summary) : await begin(task, place);
  await writePending(task, pending);
  const milestone = transferMilestone(place.transfer, 'planned');
  if (milestone) await passMilestone(place.documents, place.jobId, milestone, task.ports.clock.nowMs());
}

const placeOf = ({ command, ports }: PlanTask): ShardPlace => ({
  documents: ports.documents,
  jobId: command.jobId,
  transfer: command.transfer,
});
const summaryPath = ({ command }: PlanTask): string => paths.planSummary(command.jobId, command.transfer);

/** The summary is written last: a plan without one was cut short and is made anew. */
async function begin(task: PlanTask, place: ShardPlace): Promise<readonly ShardSummary[]> {
  const planned = await planByListing(task, place, 1, 1);
  try {
    await place.documents.write(summaryPath(task), jsonText(planned), { ifAbsent: true });
    return planned.shards;
  } catch (error) {
    if (!(error instanceof DocumentConflictError)) throw error;
    const theirs = await readJson<PlanSummary>(place.documents, summaryPath(task));
    return theirs?.shards ?? planned.shards; // another attempt was quicker; its digests decide what is copied
  }
}

async function goOn(
  task: PlanTask,
  place: ShardPlace,
  summary: Versioned<PlanSummary>,
): Promise<readonly ShardSummary[]> {
  const open = await openShards(place, summary.value);
  for (const shard of open) await readShard(place, shard); // a plan that was lost must stop the job here, not later
  if (open.length > 0) return open;

  const { round } = summary.value;
  const verdict = await readJson<VerdictDocument>(place.documents, paths.verdict(place.jobId, place.transfer, round));
  if (!verdict || verdict.verdict === 'equal') return [];
  return await planNextRound(task, place, summary, verdict);
}

async function openShards(place: ShardPlace, { shards, round }: PlanSummary): Promise<ShardSummary[]> {
  const open: ShardSummary[] = [];
  for (const shard of shards.filter((one) => one.round === round)) {
    const result = await readJson<ShardResult>(place.documents, paths.result(place.jobId, place.transfer, shard.shard));
    if (!result?.isDone) open.push(shard);
  }
  return open;
}

async function planNextRound(
  task: PlanTask,
  place: ShardPlace,
  summary: Versioned<PlanSummary>,
  verdict: VerdictDocument,
): Promise<readonly ShardSummary[]> {
  const before = summary.value;
  const round = before.round + 1;
  const firstShard = before.shards.reduce((newest, one) => Math.max(newest, one.shard), 0) + 1;
  const { shards, multipartCount } =
    task.job.request.kind === 'migrate'
      ? await planByListing(task, place, round, firstShard)
      : await planMissing(task, place, verdict, round, firstShard);
  const next: PlanSummary = {
    ...before,
    round,
    plannedAtMs: task.ports.clock.nowMs(),
    multipartCount: Math.max(before.multipartCount, multipartCount),
    shards: [...before.shards, ...shards],
  };
  const path = paths.planSummary(place.jobId, place.transfer);
  await place.documents.write(path, jsonText(next), { ifVersion: summary.version });
  return shards;
}

async function planMissing(
  { job }: PlanTask,
  place: ShardPlace,
  verdict: VerdictDocument,
  round: number,
  firstShard: number,
): Promise<Pick<PlanSummary, 'shards' | 'multipartCount'>> {
  const { options } = job.request;
  const limits = { objectCountMax: options.shardObjectCountMax, bytesMax: options.shardBytesMax };
  const writer = new ShardWriter(place, limits, round, firstShard);
  let multipartCount = 0;
  const takesExplained = verdict.verdict === 'cannot-go-on' || (await wasRedriven(place, verdict));
  for (const line of await missingOf(place, verdict, takesExplained)) {
    if (line.sizeBytes > options.multipartThresholdBytes) multipartCount += 1;
    const { sizeBytes, etag, storageClass, modifiedAtMs } = line;
    await writer.add({ key: fromPercentForm(line.key), sizeBytes, etag, storageClass, modifiedAtMs });
  }

  return { shards: await writer.finish(), multipartCount };
}

const wasRedriven = async ({ documents, jobId }: ShardPlace, { finishedAtMs }: VerdictDocument): Promise<boolean> =>
  (await lastRedriveMs(documents, jobId)) >= finishedAtMs;

async function missingOf(
  place: ShardPlace,
  verdict: VerdictDocument,
  takesExplained: boolean,
): Promise<Iterable<DifferenceLine>> {
  const path = paths.differences(place.jobId, place.transfer, verdict.round);
  const stored = await place.documents.read(path);
  if (!stored) {
    throw new DocumentInvalidError(
      `Verification found differences, and the document that lists them, ${path}, is gone.`,
      {
        remedy:
          'Start the copy again as a new job that merges into the destination: what is copied already is found and kept.',
      },
    );
  }
  return onlyMissing(parseLines<DifferenceLine>(stored.body, path), takesExplained);
}

function* onlyMissing(lines: Iterable<DifferenceLine>, takesExplained: boolean): Generator<DifferenceLine> {
  for (const line of lines) {
    if (line.kind === 'missing' && (takesExplained || !line.isExplained)) yield line;
  }
}

async function writePending({ ports, command }: PlanTask, shards: readonly ShardSummary[]): Promise<void> {
  const lines = shards.map(({ shard }) => `${JSON.stringify({ shard })}\n`).join('');
  await ports.documents.write(paths.pendingShards(command.jobId, command.transfer), lines);
}
