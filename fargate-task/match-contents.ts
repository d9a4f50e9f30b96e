import { isMarker, type Content } from './key-contents.ts';
import { copyOf } from './proven-listing.ts';
import type { Matching } from './transfer-sides.ts';

/** One content of the source and what stands for it at the destination, with what was said of the two. */
export type Match<Judgement> = Readonly<{
  wanted: Content;
  there?: Content;
  /** Left out where nothing was compared: nothing stands there, both are delete markers, or the proof names the copy. */
  judgement?: Judgement;
}>;
export type Matches<Judgement> = Readonly<{
  matches: readonly Match<Judgement>[];
  /** What stands at the destination and is nobody's copy. */
  others: readonly Content[];
}>;

export type Judge<Judgement> = Readonly<{
  compare: (wanted: Content, there: Content) => Promise<Judgement>;
  isSame: (judgement: Judgement) => boolean;
}>;

/**
 * Pairs the contents of one key with what stands at the destination. Where order counts (`beginning`) they are paired
 * one by one, also when they differ, and a delete marker only with a delete marker. Else (`within`) each takes the
 * first one that is judged the same. What is carried over takes the very copy that its line of the proof names, or
 * rejects with ProofBrokenError.
 */
export async function matchContents<Judgement>(
  contents: readonly Content[],
  standing: readonly Content[],
  matching: Matching,
  judge: Judge<Judgement>,
): Promise<Matches<Judgement>> {
  const free = new Set(standing);
  const named = takeNamedCopies(contents, free);
  const matches: Match<Judgement>[] = [];
  for (const [index, wanted] of contents.entries()) {
    const copy = named.get(wanted);
    const candidates = matching === 'within' ? free : asList(standing[index]);
    const match = copy ? { wanted, there: copy } : await matchOne(wanted, candidates, matching, judge);
    if (match.there) free.delete(match.there);
    matches.push(match);
  }
  return { matches, others: [...free] };
}

const asList = (content: Content | undefined): readonly Content[] => (content ? [content] : []);

function takeNamedCopies(contents: readonly Content[], free: Set<Content>): ReadonlyMap<Content, Content> {
  const named = new Map<Content, Content>();
  for (const wanted of contents) {
    if (!wanted.carriedOver || isMarker(wanted)) continue;
    const copy = copyOf(wanted.carriedOver, [...free]);
    free.delete(copy);
    named.set(wanted, copy);
  }
  return named;
}

async function matchOne<Judgement>(
  wanted: Content,
  candidates: Iterable<Content>,
  matching: Matching,
  judge: Judge<Judgement>,
): Promise<Match<Judgement>> {
  for (const there of candidates) {
    if (isMarker(wanted) !== isMarker(there)) continue;
    if (isMarker(wanted)) return { wanted, there };
    const judgement = await judge.compare(wanted, there);
    if (matching === 'beginning' || judge.isSame(judgement)) return { wanted, there, judgement };
  }
  return { wanted };
}
