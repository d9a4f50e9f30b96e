import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { isAccepted, type EvidenceRule } from '../../domain/evidence.ts';
import { paths } from '../../domain/job-documents.ts';
import type { DocumentStore } from '../../domain/ports.ts';
import { canonicalProof, parseProofLine, type ProofDocument, type ProofPart } from '../../domain/proof.ts';

const decompress = promisify(gunzip);
const NEWLINE = 10;
const utf8 = new TextDecoder();

const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

/** What consent is given to: SHA-256 over the summary, which holds the SHA-256 of every part. */
export const digestOfProof = (proof: Omit<ProofDocument, 'digest' | 'voidedAtMs'>): string =>
  sha256(canonicalProof(proof));

/** SHA-256 over the kept configuration as it is on disk; undefined when there is none. */
export async function configurationDigestOf(jobId: string, documents: DocumentStore): Promise<string | undefined> {
  const stored = await documents.read(paths.configuration(jobId));
  return stored && sha256(stored.body);
}

export type PartsOnDisk = Readonly<{ arePartsWhole: boolean; lineCount: number; refusedGradeCount: number }>;

/**
 * Reads every part again: each must be there, whole and the one that was proven. Counts the lines, and among them the
 * objects whose grade the rule does not accept. One part at a time is held in memory.
 */
export async function readPartsAgain(
  jobId: string,
  { proof, parts }: Pick<ProofDocument, 'proof' | 'parts'>,
  rule: EvidenceRule,
  documents: DocumentStore,
): Promise<PartsOnDisk> {
  const sums = { arePartsWhole: true, lineCount: 0, refusedGradeCount: 0 };
  for (const part of parts) {
    const lines = await linesOf(jobId, proof, part, documents);
    if (lines === undefined) sums.arePartsWhole = false;
    for (const line of eachLine(lines)) {
      sums.lineCount += 1;
      const { isDeleteMarker, isLost, grade } = parseProofLine(line);
      // What is lost is not copied, so there is nothing to prove; consent to losing it is asked for by its number.
      const isProven = isDeleteMarker || isLost || (grade !== undefined && isAccepted(grade, rule));
      if (!isProven) sums.refusedGradeCount += 1;
    }
  }
  return sums;
}

/** Undefined for a part that is missing, damaged or another one: nothing in it counts. */
export async function linesOf(
  jobId: string,
  proof: number,
  { part, sha256: expected }: ProofPart,
  documents: DocumentStore,
): Promise<Uint8Array | undefined> {
  const stored = await documents.read(paths.proofPart(jobId, proof, part));
  const lines = stored && (await decompress(stored.body).catch(() => undefined));
  return lines !== undefined && sha256(lines) === expected ? lines : undefined;
}

export function* eachLine(lines: Uint8Array = new Uint8Array()): Generator<string> {
  for (let from = 0; from < lines.length;) {
    const found = lines.indexOf(NEWLINE, from);
    const to = found < 0 ? lines.length : found;
    if (to > from) yield utf8.decode(lines.subarray(from, to));
    from = to + 1;
  }
}

/** The sealed proof is exactly what was consented to: its summary's digest, and every part on disk. */
export async function isProofIntact(
  jobId: string,
  proof: ProofDocument,
  rule: EvidenceRule,
  documents: DocumentStore,
): Promise<boolean> {
  if (digestOfProof(proof) !== proof.digest) return false;
  const { arePartsWhole, lineCount } = await readPartsAgain(jobId, proof, rule, documents);
  return arePartsWhole && lineCount === proof.lineCount;
}
