import { GRADES, isAccepted, type EvidenceRule, type Grade } from './evidence.ts';
import type { Verdict } from './job-documents.ts';

export type VerificationCounts = Readonly<{
  missingCount: number;
  differsCount: number;
  /** At the destination only. No fault where the job merges into a bucket that held objects. */
  extraCount: number;
  unprovenCount: number;
  explainedCount: number;
  grades: Readonly<Record<Grade, number>>;
}>;

export type VerdictRule = Readonly<{ evidence: EvidenceRule; allowsExtra: boolean; someShardWasHalted: boolean }>;

/**
 *   differences that count   explained        a shard was halted   verdict
 *   none                     –                –                    equal
 *   some                     all of them      –                    cannot-go-on
 *   some                     not all          yes                  cannot-go-on
 *   some                     not all          no                   differences-found
 *
 * A difference is explained when the copy task reported the key with a reason that no retry changes; another round
 * could only repeat it. A grade that the rule does not accept is a difference (`unproven`).
 */
export function decideVerdict(counts: VerificationCounts, rule: VerdictRule): Verdict {
  const differences = differenceCount(counts, rule);
  if (differences === 0) return 'equal';
  if (rule.someShardWasHalted || counts.explainedCount >= differences) return 'cannot-go-on';
  return 'differences-found';
}

export function differenceCount(
  counts: VerificationCounts,
  rule: Pick<VerdictRule, 'evidence' | 'allowsExtra'>,
): number {
  const refused = GRADES.filter((grade) => !isAccepted(grade, rule.evidence)).reduce(
    (sum, grade) => sum + counts.grades[grade],
    0,
  );
  const unproven = Math.max(counts.unprovenCount, refused);
  return counts.missingCount + counts.differsCount + unproven + (rule.allowsExtra ? 0 : counts.extraCount);
}

/** One sentence for people, with every number that is not zero. */
export function summariseVerdict(verdict: Verdict, verifiedCount: number, counts: VerificationCounts): string {
  if (verdict === 'equal') return `${objects(verifiedCount)} verified on both sides.`;
  const parts = [
    counts.missingCount > 0 ? `${objects(counts.missingCount)} missing at the destination` : '',
    counts.differsCount > 0 ? `${objects(counts.differsCount)} different at the destination` : '',
    counts.unprovenCount > 0 ? `${objects(counts.unprovenCount)} could not be proven equal` : '',
    counts.extraCount > 0 ? `${objects(counts.extraCount)} only at the destination` : '',
  ].filter(Boolean);
  return `${parts.join(', ')}; ${objects(verifiedCount)} verified.`;
}

const objects = (count: number): string => `${count.toLocaleString('en-US')} ${count === 1 ? 'object' : 'objects'}`;
