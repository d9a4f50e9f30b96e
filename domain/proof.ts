import type { Grade } from './evidence.ts';
import { fromPercentForm, toPercentForm } from './keys.ts';
import type { EpochMs } from './time.ts';

/**
 * One object, or one version or delete marker, that is proven to be in the temporary bucket: the only thing that may
 * ever be deleted. `source…` is what the source's second listing said, `temporary…` what the temporary bucket's did.
 */
export type ProvenObject = Readonly<{
  key: string;
  sizeBytes: number;
  sourceEtag: string;
  /** Where the source has versions, carried or not: it is the only way to delete one. */
  sourceVersionId?: string;
  /** Empty for a delete marker: the temporary bucket lets nothing be deleted, so markers stand in the proof alone. */
  temporaryEtag: string;
  /** Only where versions are carried. */
  temporaryVersionId?: string;
  isDeleteMarker: boolean;
  /** Goes with the source and comes back nowhere: a version that is not carried, or a marker that cannot be made again. */
  isLost?: boolean;
  /** Delete markers have no bytes to prove. */
  grade?: Grade;
  modifiedAtMs: EpochMs;
}>;

type ProofLine = {
  k: string;
  s: number;
  e: string;
  v?: string;
  t: string;
  w?: string;
  x?: 1;
  l?: 1;
  g?: Grade;
  m: number;
};

/** One JSON line with short names and a fixed order of fields: the digest is over these bytes. */
export function formatProofLine(proven: ProvenObject): string {
  const line: ProofLine = {
    k: toPercentForm(proven.key),
    s: proven.sizeBytes,
    e: proven.sourceEtag,
    ...(proven.sourceVersionId === undefined ? {} : { v: proven.sourceVersionId }),
    t: proven.temporaryEtag,
    ...(proven.temporaryVersionId === undefined ? {} : { w: proven.temporaryVersionId }),
    ...(proven.isDeleteMarker ? { x: 1 as const } : {}),
    ...(proven.isLost ? { l: 1 as const } : {}),
    ...(proven.grade === undefined ? {} : { g: proven.grade }),
    m: proven.modifiedAtMs,
  };
  return JSON.stringify(line);
}

export function parseProofLine(text: string): ProvenObject {
  const line = JSON.parse(text) as ProofLine;
  return {
    key: fromPercentForm(line.k),
    sizeBytes: line.s,
    sourceEtag: line.e,
    ...(line.v === undefined ? {} : { sourceVersionId: line.v }),
    temporaryEtag: line.t,
    ...(line.w === undefined ? {} : { temporaryVersionId: line.w }),
    isDeleteMarker: line.x === 1,
    ...(line.l === 1 ? { isLost: true } : {}),
    ...(line.g === undefined ? {} : { grade: line.g }),
    modifiedAtMs: line.m as EpochMs,
  };
}

/** A range of the proof that one task empties. A key's versions never stand in two parts. */
export type ProofPart = Readonly<{
  part: number;
  lineCount: number;
  firstKey: string; // percent form
  lastKey: string; // percent form
  /** SHA-256 of the uncompressed lines, hexadecimal. */
  sha256: string;
}>;

/** What the task `prove` found; `proof/candidate.json`. Sealed only when it agrees with the verification before it. */
export type ProofCandidate = Readonly<{
  proof: number;
  verdict: 'equal' | 'differences-found';
  /** For people: one sentence. */
  summary: string;
  /** SHA-256 over the source's listing as this task read it; two listings that agree have the same one. */
  sourceDigest: string;
  /** Lines: objects, or versions and delete markers; what is lost has lines too (`returningCount` leaves it out). */
  lineCount: number;
  keyCount: number;
  deleteMarkerCount: number;
  sizeBytes: number;
  grades: Readonly<Record<Grade, number>>;
  /** Versions that are not carried because the request says so, and markers that cannot be made again. */
  lostVersionCount: number;
  lostMarkerCount: number;
  /** In the temporary bucket only: deleted at the source since. They are not listed and do not come back. */
  extraCount: number;
  parts: readonly ProofPart[];
  /** When it was begun: what the first listing saw is no younger than this. */
  provedAtMs: EpochMs;
}>;

/** How many of the proof's lines come back: the count of a verified return. */
export const returningCount = (proof: Pick<ProofCandidate, 'lineCount' | 'lostVersionCount' | 'lostMarkerCount'>) =>
  proof.lineCount - proof.lostVersionCount - proof.lostMarkerCount;

/** `proof/summary.json`. */
export type ProofDocument = Omit<ProofCandidate, 'verdict'> &
  Readonly<{
    jobId: string;
    source: Readonly<{ connection: string; bucket: string; region: string; accountId?: string }>;
    temporaryBucket: string;
    carriesVersions: boolean;
    /** SHA-256 of `proof/configuration.json`. */
    configurationDigest: string;
    sealedAtMs: EpochMs;
    /** SHA-256 over all fields above it in their canonical form: what consent is given to. */
    digest: string;
    /** The source was thawed, or an object came late: consent to this proof is void. */
    voidedAtMs?: EpochMs;
  }>;

/** What the digest is taken over: fields in alphabetical order, without the digest and what comes after sealing. */
export function canonicalProof(proof: Omit<ProofDocument, 'digest' | 'voidedAtMs'>): string {
  return JSON.stringify(sorted({ ...proof, digest: undefined, voidedAtMs: undefined }));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(fields.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, field]) => [name, sorted(field)]));
}

/** `proof/<n>/consent.json`, written once: a person typed the bucket's name, having seen this proof. */
export type ConsentDocument = Readonly<{
  proof: number;
  digest: string;
  bucket: string;
  by: string;
  atMs: EpochMs;
  /** Typed again where versions are lost: how many. */
  lostVersionCount?: number;
}>;

export type ConsentProblem =
  'no-proof' | 'proof-void' | 'wrong-name' | 'old-digest' | 'given-already' | 'losses-not-accepted';

/**
 * May this consent be taken? The first reason that it may not.
 *
 *   proof        given     name typed   digest    losses                    answer
 *   none         –         –            –         –                         no-proof
 *   void         –         –            –         –                         proof-void
 *   sealed       before    –            –         –                         given-already
 *   sealed       –         another      –         –                         wrong-name
 *   sealed       –         exact        another   –                         old-digest
 *   sealed       –         exact        same      some, and not the number  losses-not-accepted
 *   sealed       –         exact        same      none, or the number       (taken)
 */
export function checkConsent(
  proof: ProofDocument | undefined,
  before: ConsentDocument | undefined,
  typed: Readonly<{ bucket: string; digest: string; lostVersionCount?: number | undefined }>,
): ConsentProblem | undefined {
  if (!proof) return 'no-proof';
  if (proof.voidedAtMs !== undefined) return 'proof-void';
  if (before) return 'given-already';
  if (typed.bucket !== proof.source.bucket) return 'wrong-name';
  if (typed.digest !== proof.digest) return 'old-digest';
  if (proof.lostVersionCount > 0 && typed.lostVersionCount !== proof.lostVersionCount) return 'losses-not-accepted';
  return undefined;
}

/** Does this record let the proof's objects be deleted? Asked again by the gate and by every task that deletes. */
export const isConsented = (proof: ProofDocument, consent: ConsentDocument | undefined): boolean =>
  consent !== undefined &&
  proof.voidedAtMs === undefined &&
  consent.proof === proof.proof &&
  consent.digest === proof.digest &&
  consent.bucket === proof.source.bucket &&
  (proof.lostVersionCount === 0 || consent.lostVersionCount === proof.lostVersionCount);
