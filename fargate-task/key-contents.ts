import { reproducibleHistory, type KeyHistory, type ListingPage, type ObjectFacts } from '../domain/objects.ts';
import type { ProvenObject } from '../domain/proof.ts';

/** One object of a listing; where the bucket has versions, one version or delete marker. */
export type Content = ObjectFacts &
  Readonly<{
    versionId?: string;
    isDeleteMarker?: boolean;
    /** Gone at the source since it was proven: the temporary bucket holds the only copy, and this line says which. */
    carriedOver?: ProvenObject;
  }>;

/**
 * What stands under one key, oldest first, as far as the transfer takes it. `lost`: what the source holds besides, and
 * nobody can or wants to make again elsewhere; it goes when the source goes.
 */
export type KeyContents = Readonly<{ key: string; contents: readonly Content[]; lost?: readonly Content[] }>;
export type ContentsPage = readonly KeyContents[];

/** Which versions a transfer takes. */
export type Carrying = 'every-version' | 'current-only';

export const isMarker = (content: Content): boolean => content.isDeleteMarker === true;

export const ofObject = (facts: ObjectFacts): KeyContents => ({ key: facts.key, contents: [facts] });

export const ofHistory = ({ key, versions }: KeyHistory): KeyContents => ({ key, contents: versions });

/** Parts a source's history into what is carried and what is lost with the source. */
export function partHistory(key: string, versions: readonly Content[], carrying: Carrying): KeyContents {
  const contents = carrying === 'every-version' ? reproducible(versions) : currentOf(versions);
  const kept = new Set(contents);
  return { key, contents, lost: versions.filter((version) => !kept.has(version)) };
}

/** Without the markers that hide nothing, because no copy of this history can have them. */
export const reproducible = (contents: readonly Content[]): readonly Content[] => {
  const marked = contents.map((content) => ({ content, isDeleteMarker: isMarker(content) }));
  return reproducibleHistory(marked).map(({ content }) => content);
};

function currentOf(versions: readonly Content[]): readonly Content[] {
  const newest = versions.at(-1);
  return newest === undefined || isMarker(newest) ? [] : [newest];
}

/** The pages of a listing, in another form. */
export async function* mapPages<From, To>(
  pages: AsyncIterable<readonly From[]>,
  form: (item: From) => To,
): AsyncGenerator<readonly To[]> {
  for await (const page of pages) yield page.map(form);
}

export const objectsByKey = (pages: AsyncIterable<ListingPage>): AsyncIterable<ContentsPage> =>
  mapPages(pages, ofObject);
