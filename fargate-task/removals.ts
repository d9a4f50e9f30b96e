import type { SourceDocument } from '../domain/migration.ts';
import type { Removal } from '../domain/ports.ts';
import type { ProvenObject } from '../domain/proof.ts';
import { isMarker, type Content } from './key-contents.ts';
import { isProvenOf } from './late-contents.ts';
import { isCopyOf } from './proven-listing.ts';

/** What of one key may go now, and what stands there that the proof does not list. */
export type KeyRemovals = Readonly<{
  /** Goes before everything else of the key: so an undo never finds an older object where the proven one stood. */
  first: readonly Removal[];
  then: readonly Removal[];
  changedCount: number;
}>;

/** How a line is recognised in the bucket that is emptied, and how it is named when it is deleted. */
type Naming = Readonly<{
  isOf: (line: ProvenObject, content: Content) => boolean;
  removalOf: (content: Content) => Removal;
}>;

const byEtag = ({ key, etag }: Content): Removal => ({ key, etag });
const byVersion = ({ key, versionId = '' }: Content): Removal => ({ key, versionId });
/** Only a bucket whose versioning is suspended writes over a version, and only over this one. */
const byVersionAndLook = (content: Content): Removal =>
  content.versionId === 'null' ? { ...byVersion(content), seenEtag: content.etag } : byVersion(content);

/** In the temporary bucket only copies have lines: no markers, and nothing of what is lost. */
const isTemporaryOf = (line: ProvenObject, content: Content): boolean =>
  !line.isLost && !line.isDeleteMarker && !isMarker(content) && isCopyOf(line, content);

export const namingOf = (bucket: 'source' | 'temporary', versioning: SourceDocument['versioning']): Naming => ({
  isOf: bucket === 'source' ? isProvenOf : isTemporaryOf,
  removalOf: versioning === 'off' ? byEtag : versioning === 'enabled' ? byVersion : byVersionAndLook,
});

/** Everything listed that has a line, newest first: what is left after a crash is the beginning of the history. */
export function removalsOf(lines: readonly ProvenObject[], standing: readonly Content[], naming: Naming): KeyRemovals {
  const [first, then]: [Removal[], Removal[]] = [[], []];
  let changedCount = 0;
  for (const content of [...standing].reverse()) {
    const line = lines.find((one) => naming.isOf(one, content));
    if (!line) changedCount += 1;
    else (line.isLost ? first : then).push(naming.removalOf(content));
  }
  return { first, then, changedCount };
}

/**
 * The same for a source that is brought back: only where what is left of the proven versions is neither all of them
 * nor their beginning, because versions can be appended and not put between others.
 */
export function brokenRemovalsOf(
  lines: readonly ProvenObject[],
  standing: readonly Content[],
  naming: Naming,
): KeyRemovals {
  const proven = lines.filter(({ isLost }) => !isLost);
  const isLeft = proven.map((line) => standing.some((content) => naming.isOf(line, content)));
  const isBeginning = isLeft.lastIndexOf(true) < isLeft.indexOf(false) || !isLeft.includes(false);
  if (isBeginning) return { first: [], then: [], changedCount: 0 };
  return { ...removalsOf(proven, standing, naming), changedCount: 0 };
}
