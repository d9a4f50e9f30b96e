import { GRADES, isAccepted, type EvidenceRule } from './evidence.ts';
import { isConsented, type ConsentDocument, type ProofDocument } from './proof.ts';
import type { SourceDocument } from './migration.ts';
import type { EpochMs } from './time.ts';

/** What was looked at, afresh and by itself, right before the first deletion. */
export type GateFacts = Readonly<{
  proof: ProofDocument | undefined;
  /** Taken again over the documents as they are on disk: the summary, and every part. */
  recomputed: Readonly<{ digest: string; arePartsWhole: boolean; lineCount: number; refusedGradeCount: number }>;
  consent: ConsentDocument | undefined;
  evidence: EvidenceRule;
  /** The verdict of the verification that the proof followed. */
  verification: Readonly<{ isEqual: boolean; sourceDigest: string | undefined }>;
  configurationDigest: string | undefined;
  holdsLeases: boolean;
  /** The source as it is now; undefined when it could not be looked at. */
  source: Readonly<{ accountId?: string; region: string; createdAtMs?: EpochMs }> | undefined;
  sourceAtBegin: SourceDocument | undefined;
  isFrozen: boolean;
  /** Our statements are in the temporary bucket's policy, and a delete probe there is refused. */
  isTemporaryProtected: boolean;
  isTemporaryDeleteRefused: boolean;
  /** Owner proven and our tag on it, in the same step. */
  isTemporaryOurs: boolean;
}>;

export type GateProblem = Readonly<{ check: string; reason: string; remedy: string }>;

/**
 * The gate before the first deletion. Every line must hold; each that does not is told. Looks at nothing itself, and
 * what could not be looked at counts as not holding.
 */
export function gateProblems(facts: GateFacts): readonly GateProblem[] {
  const { proof } = facts;
  if (!proof) return [problem('proof', 'There is no sealed proof.')];
  return CHECKS.filter(({ holds }) => !holds(facts, proof)).map(({ check, reason }) => problem(check, reason));
}

const REDRIVE = 'Nothing was deleted. Redrive the job: it proves both sides anew and asks again.';
const problem = (check: string, reason: string): GateProblem => ({ check, reason, remedy: REDRIVE });

type GateCheck = Readonly<{
  check: string;
  reason: string;
  holds: (facts: GateFacts, proof: ProofDocument) => boolean;
}>;

const CHECKS: readonly GateCheck[] = [
  {
    check: 'proof-unchanged',
    reason: 'The proof is not the one that was sealed: its digest does not fit.',
    holds: ({ recomputed }, proof) => recomputed.digest === proof.digest,
  },
  {
    check: 'proof-whole',
    reason: 'A part of the proof is missing, damaged or changed.',
    holds: ({ recomputed }, proof) => recomputed.arePartsWhole && recomputed.lineCount === proof.lineCount,
  },
  {
    check: 'proof-valid',
    reason: 'The proof was voided: the source was open to changes since.',
    holds: (_facts, proof) => proof.voidedAtMs === undefined,
  },
  {
    check: 'evidence',
    reason: 'Not every object is proven by evidence that is strong enough.',
    holds: ({ recomputed, evidence }, proof) =>
      recomputed.refusedGradeCount === 0 &&
      GRADES.every((grade) => isAccepted(grade, evidence) || proof.grades[grade] === 0),
  },
  {
    check: 'two-listings',
    reason: 'The two listings of the source do not agree.',
    holds: ({ verification }, proof) => verification.isEqual && verification.sourceDigest === proof.sourceDigest,
  },
  {
    check: 'consent',
    reason: 'Nobody has consented to exactly this proof.',
    holds: ({ consent }, proof) => isConsented(proof, consent),
  },
  {
    check: 'configuration',
    reason: 'The configuration of the bucket was not kept, or is not what was kept.',
    holds: ({ configurationDigest }, proof) => configurationDigest === proof.configurationDigest,
  },
  {
    check: 'leases',
    reason: 'The names of the buckets are no longer this job’s alone.',
    holds: ({ holdsLeases }) => holdsLeases,
  },
  {
    check: 'same-source',
    reason: 'The source is not the bucket that the job began with.',
    holds: ({ source, sourceAtBegin }) =>
      source !== undefined &&
      sourceAtBegin !== undefined &&
      source.region === sourceAtBegin.region &&
      (sourceAtBegin.accountId === undefined || source.accountId === sourceAtBegin.accountId) &&
      (sourceAtBegin.createdAtMs === undefined || source.createdAtMs === sourceAtBegin.createdAtMs),
  },
  {
    check: 'frozen',
    reason: 'The source is not frozen any more: somebody may have written since it was listed.',
    holds: ({ isFrozen }) => isFrozen,
  },
  {
    check: 'temporary-ours',
    reason: 'The temporary bucket is not there, or not ours.',
    holds: ({ isTemporaryOurs }) => isTemporaryOurs,
  },
  {
    check: 'temporary-protected',
    reason: 'The temporary bucket is not protected: a deletion there was not refused.',
    holds: ({ isTemporaryProtected, isTemporaryDeleteRefused }) => isTemporaryProtected && isTemporaryDeleteRefused,
  },
];

/** The names of all checks, for tests that close the gate one at a time. */
export const GATE_CHECKS: readonly string[] = ['proof', ...CHECKS.map(({ check }) => check)];
