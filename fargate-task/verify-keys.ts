import type { ListingPair } from '../domain/compare-listings.ts';
import { ProofBrokenError } from '../domain/errors.ts';
import type { Grade } from '../domain/evidence.ts';
import { displayKey } from '../domain/keys.ts';
import { withBackoff } from './backoff.ts';
import { mapInOrder } from './in-flight.ts';
import { isMarker, type Content, type KeyContents } from './key-contents.ts';
import { matchContents, type Match } from './match-contents.ts';
import type { Task } from './task-ports.ts';
import type { TransferSides } from './transfer-sides.ts';
import { verifyObject, type ObjectVerdict } from './verify-object.ts';

/**
 * What verification says of one object, version or delete marker of the source. `present`: a marker, which has no
 * bytes to prove; it stands there, or the destination keeps none.
 */
export type ContentVerdict = ObjectVerdict | Readonly<{ kind: 'present' }>;
export type VerifiedContent = Readonly<{ wanted: Content; there?: Content; verdict: ContentVerdict }>;
/** One key of either side. `others`: what stands at the destination and is no copy of anything at the source. */
export type VerifiedKey = Readonly<{
  key: string;
  source?: KeyContents;
  verified: readonly VerifiedContent[];
  others: readonly Content[];
}>;

type VerifyingTask = Pick<Task, 'job' | 'ports' | 'signal'>;

/** Lists both sides afresh and proves them key by key, in order, several keys at once. Repairs nothing. */
export function verifyKeys(task: VerifyingTask, sides: TransferSides): AsyncGenerator<VerifiedKey> {
  return mapInOrder(sides.pairs(), task.job.request.options.inFlightMax, (pair) => verifyKey(task, sides, pair));
}

function verifyKey(
  task: VerifyingTask,
  sides: TransferSides,
  pair: ListingPair<KeyContents>,
): VerifiedKey | Promise<VerifiedKey> {
  const { key } = pair;
  if (pair.side === 'destination') return { key, verified: [], others: pair.destination.contents };
  const standing = pair.side === 'both' ? pair.destination.contents : [];
  return proveKey(task, sides, pair.source, standing);
}

async function proveKey(
  task: VerifyingTask,
  sides: TransferSides,
  source: KeyContents,
  standing: readonly Content[],
): Promise<VerifiedKey> {
  const isLeftOut = (content: Content): boolean => sides.leavesMarkersOut && isMarker(content);
  const compared = source.contents.filter((content) => !isLeftOut(content));
  const { ports, signal, job } = task;
  const rule = {
    options: job.request.options,
    jobBeganAtMs: job.createdAtMs,
    mayBeOutdated: sides.mayBeOutdated,
  };
  const { matches, others } = await matchContents(compared, standing, sides.matching, {
    compare: (wanted, there) => withBackoff(ports, signal, () => verifyObject(sides, wanted, there, rule, signal)),
    isSame: ({ kind }) => kind === 'equal' || kind === 'unproven' || kind === 'gone',
  });
  const verdicts = new Map(matches.map((match) => [match.wanted, match]));
  const verified = source.contents.map((wanted): VerifiedContent => {
    const match = verdicts.get(wanted);
    return match ? verdictOf(match, sides) : { wanted, verdict: { kind: 'present' } };
  });
  return { key: source.key, source, verified, others };
}

function verdictOf({ wanted, there, judgement }: Match<ObjectVerdict>, sides: TransferSides): VerifiedContent {
  if (!there) return { wanted, verdict: missing(sides) };
  if (wanted.carriedOver) return { wanted, there, verdict: carried(wanted.carriedOver.grade) };
  if (!judgement) return { wanted, there, verdict: { kind: 'present' } };
  if (judgement.kind === 'gone' && sides.route.readsProof) throw goneWhileRead(wanted);
  return { wanted, there, verdict: judgement };
}

const missing = ({ matching }: TransferSides) => {
  const detail = matching === 'within' ? 'no copy of this version is at the destination' : 'not at the destination';
  return { kind: 'missing', detail, comparedAttributes: false } as const;
};

/** The grade that it was proven with; its source is gone, so there is nothing left to prove it by again. */
const carried = (grade: Grade = 'D') => ({ kind: 'equal', grade, comparedAttributes: false }) as const;

const goneWhileRead = ({ key }: Content): ProofBrokenError =>
  new ProofBrokenError(`${displayKey(key)} went from the temporary bucket while it was being read.`, {
    subject: { key },
    remedy: 'Somebody changes the temporary bucket. Change nothing there, and look in the audit trail who does.',
  });
