import { ProofInvalidError } from '../../domain/errors.ts';
import { compareKeys, fromPercentForm } from '../../domain/keys.ts';
import type { DocumentStore } from '../../domain/ports.ts';
import { parseProofLine, type ProofDocument, type ProofPart, type ProvenObject } from '../../domain/proof.ts';
import { digestOfProof, eachLine, linesOf } from './proof-on-disk.ts';

type Part = Readonly<{ part: ProofPart; firstKey: string; lastKey: string }>;

/**
 * What a sealed proof says about a key. Reads one part at a time, checked against its SHA-256, so that asking in the
 * order of the keys reads each part once. Rejects with ProofInvalidError when the proof is not as it was sealed.
 */
export class ProofLookup {
  private readonly proof: ProofDocument;
  private readonly documents: DocumentStore;
  private readonly parts: readonly Part[];
  private current: { part: Part; lines: ReadonlyMap<string, readonly ProvenObject[]> } | undefined;

  constructor(proof: ProofDocument, documents: DocumentStore) {
    requireDigest(proof);
    this.proof = proof;
    this.documents = documents;
    this.parts = proof.parts.map((part) => {
      return { part, firstKey: fromPercentForm(part.firstKey), lastKey: fromPercentForm(part.lastKey) };
    });
  }

  /** Every line of the key: one object, or versions and delete markers. */
  async linesOf(key: string): Promise<readonly ProvenObject[]> {
    const part = this.partOf(key);
    if (!part) return [];
    if (this.current?.part !== part) this.current = { part, lines: await this.read(part.part) };
    return this.current.lines.get(key) ?? [];
  }

  private partOf(key: string): Part | undefined {
    let [from, to] = [0, this.parts.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      const part = this.parts[middle];
      if (part && compareKeys(part.lastKey, key) < 0) from = middle + 1;
      else to = middle;
    }
    const part = this.parts[from];
    return part && compareKeys(part.firstKey, key) <= 0 ? part : undefined;
  }

  private async read(part: ProofPart): Promise<ReadonlyMap<string, readonly ProvenObject[]>> {
    const bytes = await linesOf(this.proof.jobId, this.proof.proof, part, this.documents);
    if (!bytes) throw invalid(this.proof.jobId, `Part ${part.part} of the proof is missing, damaged or changed.`);
    const lines = new Map<string, ProvenObject[]>();
    for (const text of eachLine(bytes)) {
      const proven = parseProofLine(text);
      const ofKey = lines.get(proven.key);
      if (ofKey) ofKey.push(proven);
      else lines.set(proven.key, [proven]);
    }
    return lines;
  }
}

/** Rejects with ProofInvalidError when the summary is not the one that was sealed. */
export function requireDigest(proof: ProofDocument): void {
  if (digestOfProof(proof) === proof.digest) return;
  throw invalid(proof.jobId, 'The proof is not the one that was sealed: its digest does not fit.');
}

export const invalid = (jobId: string, message: string): ProofInvalidError =>
  new ProofInvalidError(message, {
    subject: { job: jobId },
    remedy: 'Put the documents of the job back from a backup, then redrive it. Nothing is deleted on a changed proof.',
  });
