import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { DocumentConflictError } from '../domain/errors.ts';
import { paths } from '../domain/job-documents.ts';
import { toPercentForm } from '../domain/keys.ts';
import { formatProofLine, type ProofCandidate, type ProofPart, type ProvenObject } from '../domain/proof.ts';
import { sha256Of } from './proof-reading.ts';
import type { Task } from './task-ports.ts';

const compress = promisify(gzip);
const FAST = { level: 3 };
/** Numbers that attempts before this one began with and left; each is passed over. */
const NUMBERS_MAX = 1000;

/** Another attempt writes under this number, or too many were begun. */
export class TakenProofError extends Error {
  override readonly name = 'TakenProofError';
}

type Written = Pick<
  ProofCandidate,
  | 'proof'
  | 'lineCount'
  | 'keyCount'
  | 'deleteMarkerCount'
  | 'sizeBytes'
  | 'lostVersionCount'
  | 'lostMarkerCount'
  | 'parts'
>;

/**
 * Cuts the lines of a proof into parts; holds one part. A part is only ever written where none is: whoever wrote part 1
 * has the number, and a number that is taken is passed over, so that a sealed proof can never be written over.
 */
export class ProofWriter {
  private readonly task: Pick<Task, 'job' | 'ports'>;
  private proof: number;
  private readonly parts: ProofPart[] = [];
  private lines: ProvenObject[] = [];
  private readonly sums = {
    lineCount: 0,
    keyCount: 0,
    deleteMarkerCount: 0,
    sizeBytes: 0,
    lostVersionCount: 0,
    lostMarkerCount: 0,
  };

  constructor(task: Pick<Task, 'job' | 'ports'>, firstNumber: number) {
    this.task = task;
    this.proof = firstNumber;
  }

  /** All lines of one key. Keys come in order. */
  async add(lines: readonly ProvenObject[]): Promise<void> {
    if (lines.length === 0) return;
    const { shardObjectCountMax } = this.task.job.request.options;
    if (this.lines.length > 0 && this.lines.length + lines.length > shardObjectCountMax) await this.writePart();
    this.lines.push(...lines);
    this.count(lines);
  }

  async finish(): Promise<Written> {
    await this.writePart();
    return { proof: this.proof, ...this.sums, parts: this.parts };
  }

  private count(lines: readonly ProvenObject[]): void {
    const { sums } = this;
    sums.lineCount += lines.length;
    if (lines.some(({ isLost }) => !isLost)) sums.keyCount += 1;
    for (const { isLost, isDeleteMarker, sizeBytes } of lines) {
      if (isLost && isDeleteMarker) sums.lostMarkerCount += 1;
      else if (isLost) sums.lostVersionCount += 1;
      else if (isDeleteMarker) sums.deleteMarkerCount += 1;
      else sums.sizeBytes += sizeBytes;
    }
  }

  private async writePart(): Promise<void> {
    const [first, last] = [this.lines[0], this.lines.at(-1)];
    if (!first || !last) return;
    const body = Buffer.from(this.lines.map((line) => `${formatProofLine(line)}\n`).join(''));
    const part = this.parts.length + 1;
    await this.writeNew(part, await compress(body, FAST));
    this.parts.push({
      part,
      lineCount: this.lines.length,
      firstKey: toPercentForm(first.key),
      lastKey: toPercentForm(last.key),
      sha256: sha256Of(body),
    });
    this.lines = [];
  }

  private async writeNew(part: number, body: Uint8Array): Promise<void> {
    const { documents } = this.task.ports;
    for (let tries = 0; tries < NUMBERS_MAX; tries += 1) {
      try {
        await documents.write(paths.proofPart(this.task.job.id, this.proof, part), body, { ifAbsent: true });
        return;
      } catch (error) {
        if (!(error instanceof DocumentConflictError)) throw error;
        if (part > 1) break; // part 1 was ours
        this.proof += 1;
      }
    }
    throw new TakenProofError(`proof ${this.proof} is taken`);
  }
}
