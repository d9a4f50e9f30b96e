import { readJson } from '../../domain/document-access.ts';
import { EmptyingRefusedError } from '../../domain/errors.ts';
import { paths, type EmptiedBucket, type EmptiedResult } from '../../domain/job-documents.ts';
import { displayKey, fromPercentForm } from '../../domain/keys.ts';
import type { DocumentStore } from '../../domain/ports.ts';
import type { ProofDocument } from '../../domain/proof.ts';
import type { EpochMs } from '../../domain/time.ts';
import { TaskHaltedError } from './read-outcomes.ts';

/** What the tasks that emptied a bucket could not do. */
export type Refusals = Readonly<{
  refusedCount: number;
  first?: NonNullable<EmptiedResult['refusal']>;
  halted?: NonNullable<EmptiedResult['halted']>;
  /** Of the newest of them. */
  newestAtMs: EpochMs;
}>;

/** Undefined when no part was refused anything after `sinceMs`: older refusals were told, and were taken up again. */
export async function refusalsSince(
  bucket: EmptiedBucket,
  { jobId, proof, parts }: Pick<ProofDocument, 'jobId' | 'proof' | 'parts'>,
  sinceMs: EpochMs | undefined,
  documents: DocumentStore,
): Promise<Refusals | undefined> {
  let found: Refusals | undefined;
  for (const { part } of parts) {
    const result = await readJson<EmptiedResult>(documents, paths.emptied(jobId, bucket, proof, part));
    if (!result || (result.refusedCount === 0 && !result.halted)) continue;
    if (sinceMs !== undefined && result.updatedAtMs <= sinceMs) continue;
    found = withResult(found, result);
  }
  return found;
}

function withResult(before: Refusals | undefined, { refusedCount, refusal, halted, updatedAtMs }: EmptiedResult) {
  const [first, stop] = [before?.first ?? refusal, before?.halted ?? halted];
  return {
    refusedCount: (before?.refusedCount ?? 0) + refusedCount,
    ...(first ? { first } : {}),
    ...(stop ? { halted: stop } : {}),
    newestAtMs: Math.max(before?.newestAtMs ?? 0, updatedAtMs) as EpochMs,
  };
}

/** What the person is told: the task's own reason where it gave up, else the first refusal. */
export function refusedError(name: string, refusals: Refusals, remedy: string): Error {
  const { halted, refusedCount, first } = refusals;
  if (halted) return new TaskHaltedError(halted);
  const example = first
    ? ` The first is ${displayKey(fromPercentForm(first.key))}: ${first.error}, ${first.message}`
    : '';
  return new EmptyingRefusedError(
    `S3 refused to delete ${refusedCount.toLocaleString('en')} objects of ${name}.${example}`,
    { subject: { bucket: name }, remedy },
  );
}
