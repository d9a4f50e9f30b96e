import { jsonText, readJson, readVersioned } from '../domain/document-access.ts';
import { DocumentConflictError, TaskStoppedError } from '../domain/errors.ts';
import { paths } from '../domain/job-documents.ts';
import type { ProofCandidate, ProofDocument, ProvenObject } from '../domain/proof.ts';
import type { EpochMs } from '../domain/time.ts';
import { isMarker, type Content } from './key-contents.ts';
import { ProofWriter, TakenProofError } from './proof-writer.ts';
import { ShardTakenOverError } from './shard-checkpoint.ts';
import { SourceDigest } from './source-digest.ts';
import type { ProveTask } from './task-ports.ts';
import { openTransfer, type TransferSides } from './transfer-sides.ts';
import { Verification } from './verification.ts';
import { verifyKeys, type VerifiedContent, type VerifiedKey } from './verify-keys.ts';

/**
 * Lists the source and the temporary bucket once more, proves every object and writes the lines of the proof, then
 * `proof/candidate.json`. Lines are written under a number that no attempt had before, so that no part of a proof is
 * ever written over. Where anything is missing, different or unproven the candidate says so and is never sealed.
 */
export async function proveBothSides(task: ProveTask): Promise<void> {
  const { ports, job, reporter } = task;
  const beganAtMs = ports.clock.nowMs();
  const path = paths.proofCandidate(job.id);
  const before = await readVersioned<ProofCandidate>(ports.documents, path);
  const sealed = await readJson<ProofDocument>(ports.documents, paths.proof(job.id));
  const first = Math.max(sealed?.proof ?? 0, before?.value.proof ?? 0) + 1;
  const sides = await openTransfer(task, 'copy');
  try {
    const candidate = await new Proving(task, sides, new ProofWriter(task, first)).run(beganAtMs);
    await ports.documents.write(path, jsonText(candidate), before ? { ifVersion: before.version } : { ifAbsent: true });
    reporter.say('finished', candidate.summary, candidate.verdict === 'equal' ? 'info' : 'warning');
  } catch (error) {
    if (!(error instanceof DocumentConflictError) && !(error instanceof TakenProofError)) throw error;
    throw new ShardTakenOverError('another attempt proves the same buckets');
  } finally {
    sides.close();
  }
}

class Proving {
  private readonly digest = new SourceDigest();
  private readonly verification: Verification;
  private readonly task: ProveTask;
  private readonly sides: TransferSides;
  private readonly writer: ProofWriter;
  private readonly sums = { goneCount: 0, extraCount: 0 };

  constructor(task: ProveTask, sides: TransferSides, writer: ProofWriter) {
    this.task = task;
    this.sides = sides;
    this.writer = writer;
    this.verification = new Verification(task, sides, new Set());
  }

  async run(beganAtMs: EpochMs): Promise<ProofCandidate> {
    for await (const verified of verifyKeys(this.task, this.sides)) {
      if (this.task.signal.aborted) throw new TaskStoppedError('The proving was asked to stop.');
      await this.note(verified);
    }
    return await this.conclude(beganAtMs);
  }

  private async note(key: VerifiedKey): Promise<void> {
    this.verification.note(key);
    this.sums.extraCount += key.others.length;
    if (!key.source) return;
    this.digest.add(key.source);
    this.sums.goneCount += key.verified.filter(({ verdict }) => verdict.kind === 'gone').length;
    const lines = key.verified.flatMap((content) => lineOf(content, this.sides.route.carriesVersions));
    const lost = (key.source.lost ?? []).map(lostLineOf);
    await this.writer.add([...lines, ...lost]);
  }

  private async conclude(beganAtMs: EpochMs): Promise<ProofCandidate> {
    const { verdict, summary, grades } = this.verification.conclude(false);
    const isEqual = verdict === 'equal' && this.sums.goneCount === 0;
    const written = await this.writer.finish();
    return {
      ...written,
      verdict: isEqual ? 'equal' : 'differences-found',
      summary: this.sums.goneCount > 0 ? `${this.sums.goneCount} went from the source meanwhile. ${summary}` : summary,
      sourceDigest: this.digest.hexadecimal(),
      grades,
      extraCount: this.sums.extraCount,
      provedAtMs: beganAtMs,
    };
  }
}

/** Only what was proven has a line: anything else makes the candidate one that is not sealed. */
function lineOf({ wanted, there, verdict }: VerifiedContent, carriesVersions: boolean): ProvenObject[] {
  if (wanted.carriedOver) return [wanted.carriedOver];
  const source = sourceOf(wanted);
  if (verdict.kind === 'present' && isMarker(wanted)) return [{ ...source, temporaryEtag: '' }];
  if (verdict.kind !== 'equal' || !there) return [];
  const version = carriesVersions && there.versionId !== undefined ? { temporaryVersionId: there.versionId } : {};
  return [{ ...source, temporaryEtag: there.etag, ...version, grade: verdict.grade }];
}

const lostLineOf = (content: Content): ProvenObject => ({ ...sourceOf(content), temporaryEtag: '', isLost: true });

const sourceOf = (content: Content): Omit<ProvenObject, 'temporaryEtag'> => {
  const { key, sizeBytes, etag, versionId, modifiedAtMs } = content;
  const version = versionId === undefined ? {} : { sourceVersionId: versionId };
  return { key, sizeBytes, sourceEtag: etag, ...version, isDeleteMarker: isMarker(content), modifiedAtMs };
};
