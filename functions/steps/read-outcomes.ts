import { readJson } from '../../domain/document-access.ts';
import { DocumentInvalidError } from '../../domain/errors.ts';
import {
  paths,
  type HaltDocument,
  type PlanSummary,
  type ShardResult,
  type Verdict,
  type VerdictDocument,
} from '../../domain/job-documents.ts';
import type { StepPorts, TransferInput } from './step-ports.ts';

/** An error that a task wrote down, thrown again under its own name so that the flow can tell it. */
export class TaskHaltedError extends Error {
  override readonly name: string;
  readonly remedy: string;

  constructor({ error, message, remedy }: Omit<HaltDocument, 'atMs'>) {
    super(message);
    this.name = error;
    this.remedy = remedy;
  }
}

export type PlanPointer = Readonly<{ round: number; pendingShardCount: number; shardsKey: string }>;

/** Where the shards are that are to be copied now; the flow carries this pointer and never the list. */
export async function readPlan({ jobId, transfer }: TransferInput, { documents }: StepPorts): Promise<PlanPointer> {
  await throwIfHalted({ jobId, transfer }, 'plan', documents);
  const summary = await readPlanSummary({ jobId, transfer }, documents);
  const shardsKey = paths.pendingShards(jobId, transfer);
  const pending = await documents.read(shardsKey);
  if (!pending) throw missing(shardsKey);
  const pendingShardCount = pending.body.reduce((count, byte) => count + (byte === NEWLINE ? 1 : 0), 0);
  return { round: summary.round, pendingShardCount, shardsKey };
}

export type VerdictPointer = Readonly<{ verdict: Verdict; summary: string; round: number }>;

export async function readVerdict(
  { jobId, transfer }: TransferInput,
  { documents }: StepPorts,
): Promise<VerdictPointer> {
  await throwIfHalted({ jobId, transfer }, 'verify', documents);
  const plan = await readPlanSummary({ jobId, transfer }, documents);
  const { round } = plan;
  const path = paths.verdict(jobId, transfer, round);
  const document = await readJson<VerdictDocument>(documents, path);
  if (!document) throw missing(path);
  if (document.verdict === 'cannot-go-on') await throwIfShardHalted({ jobId, transfer }, plan, documents);
  return { verdict: document.verdict, summary: document.summary, round };
}

const NEWLINE = 10;

async function throwIfHalted(
  { jobId, transfer }: TransferInput,
  task: 'plan' | 'verify',
  documents: StepPorts['documents'],
): Promise<void> {
  const halt = await readJson<HaltDocument>(documents, paths.halt(jobId, transfer, task));
  if (halt) throw new TaskHaltedError(halt);
}

/** A shard that was given up tells why objects are missing; that they are missing tells a person nothing. */
async function throwIfShardHalted(
  { jobId, transfer }: TransferInput,
  { shards }: PlanSummary,
  documents: StepPorts['documents'],
): Promise<void> {
  for (const { shard } of shards) {
    const result = await readJson<ShardResult>(documents, paths.result(jobId, transfer, shard));
    if (result?.halted) throw new TaskHaltedError(result.halted);
  }
}

async function readPlanSummary(
  { jobId, transfer }: TransferInput,
  documents: StepPorts['documents'],
): Promise<PlanSummary> {
  const path = paths.planSummary(jobId, transfer);
  const summary = await readJson<PlanSummary>(documents, path);
  if (!summary) throw missing(path);
  return summary;
}

const missing = (path: string): DocumentInvalidError =>
  new DocumentInvalidError(`The document ${path} is missing.`, {
    remedy: 'Redrive the job: what is missing is made again. If it is missing still, start a new job that merges.',
  });
