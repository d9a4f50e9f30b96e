/** One promise of a test: its file, and its title with its groups as a report names it. */
export type Promised = Readonly<{ file: string; title: string }>;

/** One failure of the catalogue. */
export type Failure = Readonly<{
  number: number;
  /** What happens. */
  when: string;
  /** What must happen then. */
  must: string;
  /** What the person sees of it. */
  seen: string;
  promisedBy: readonly Promised[];
  /** What of it can only be promised once the product runs in AWS. */
  waitsFor?: Readonly<{ what: 'deployment'; because: string }>;
}>;

/** A suite that several places run is named with its ending. */
export const by = (file: string, ...titles: readonly string[]): Promised[] =>
  titles.map((title) => ({ file: file.endsWith('.ts') ? `test/${file}` : `test/${file}.test.ts`, title }));

export const deployment = (because: string): NonNullable<Failure['waitsFor']> => ({ what: 'deployment', because });
