import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { readJson } from '../domain/document-access.ts';
import { ProofInvalidError } from '../domain/errors.ts';
import { paths } from '../domain/job-documents.ts';
import type { DocumentStore } from '../domain/ports.ts';
import {
  canonicalProof,
  parseProofLine,
  type ProofDocument,
  type ProofPart,
  type ProvenObject,
} from '../domain/proof.ts';

const decompress = promisify(gunzip);

/** Every line of the proof under one key, in its order. */
export type ProvenKey = Readonly<{ key: string; lines: readonly ProvenObject[] }>;
export type ProvenPage = readonly ProvenKey[];

/** The sealed proof, or undefined before there is one. Rejects with ProofInvalidError when it is not what was sealed. */
export async function readProof(documents: DocumentStore, jobId: string): Promise<ProofDocument | undefined> {
  const proof = await readJson<ProofDocument>(documents, paths.proof(jobId));
  if (!proof) return undefined;
  if (sha256Of(canonicalProofOf(proof)) !== proof.digest)
    throw invalid(jobId, 'The proof', 'is not the one that was sealed');
  return proof;
}

const canonicalProofOf = ({ digest: _digest, voidedAtMs: _voidedAtMs, ...sealed }: ProofDocument): string =>
  canonicalProof(sealed);

/** Rejects with ProofInvalidError when there is none. */
export async function requireProof(documents: DocumentStore, jobId: string): Promise<ProofDocument> {
  const proof = await readProof(documents, jobId);
  if (proof) return proof;
  throw invalid(jobId, 'The proof', 'is missing');
}

/** One part of the proof by key. Rejects with ProofInvalidError unless it is byte for byte what was proven. */
export async function readProofPart(
  documents: DocumentStore,
  jobId: string,
  proof: number,
  part: ProofPart,
): Promise<ProvenPage> {
  const what = `Part ${part.part} of the proof`;
  const stored = await documents.read(paths.proofPart(jobId, proof, part.part));
  if (!stored) throw invalid(jobId, what, 'is missing');
  const lines = await decompress(stored.body).catch((cause: unknown) => {
    throw invalid(jobId, what, 'is damaged', cause);
  });
  if (sha256Of(lines) !== part.sha256) throw invalid(jobId, what, 'is not the one that was proven');
  return byKey(lines.toString('utf8').split('\n').filter(Boolean).map(parseProofLine));
}

/** The whole proof, a part at a time. */
export async function* readProvenKeys(
  documents: DocumentStore,
  jobId: string,
  { proof, parts }: Pick<ProofDocument, 'proof' | 'parts'>,
): AsyncGenerator<ProvenPage> {
  for (const part of parts) yield await readProofPart(documents, jobId, proof, part);
}

function byKey(lines: readonly ProvenObject[]): ProvenPage {
  const keys: { key: string; lines: ProvenObject[] }[] = [];
  for (const line of lines) {
    const last = keys.at(-1);
    if (last?.key === line.key) last.lines.push(line);
    else keys.push({ key: line.key, lines: [line] });
  }
  return keys;
}

export const sha256Of = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

const invalid = (job: string, what: string, problem: string, cause?: unknown): ProofInvalidError =>
  new ProofInvalidError(`${what} ${problem}.`, {
    subject: { job },
    remedy: 'Nothing is deleted on its word. Put the job’s documents back from a backup, then redrive the job.',
    cause,
  });
