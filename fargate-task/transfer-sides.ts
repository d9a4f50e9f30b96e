import { compareListings, type ListingPair } from '../domain/compare-listings.ts';
import { readJson } from '../domain/document-access.ts';
import { paths, type MilestoneDocument, type TransferName } from '../domain/job-documents.ts';
import { readRoute, type SourceDocument, type TransferRoute } from '../domain/migration.ts';
import type { DocumentStore } from '../domain/ports.ts';
import type { ProofDocument } from '../domain/proof.ts';
import { listSide, listSideHistories, openBothSides, sourceKeyOf, type BothSides } from './both-sides.ts';
import {
  mapPages,
  objectsByKey,
  ofHistory,
  partHistory,
  reproducible,
  type ContentsPage,
  type KeyContents,
} from './key-contents.ts';
import { lateContents } from './late-contents.ts';
import { readMayBeOutdated, type MayBeOutdated } from './outdated-copies.ts';
import { readProvenKeys, requireProof } from './proof-reading.ts';
import { provenContents } from './proven-listing.ts';
import type { Task } from './task-ports.ts';

/**
 * How the contents of one key are held against what stands at the destination.
 *   beginning  one by one from the oldest; anything else there is a difference
 *   within     each somewhere: the temporary bucket only keeps copies, and the proof names which of them counts
 */
export type Matching = 'beginning' | 'within';

/** Both sides of a transfer, opened to read, with its rules. `pairs` lists both afresh and walks them key by key. */
export type TransferSides = BothSides &
  Readonly<{
    route: TransferRoute;
    matching: Matching;
    /** The destination keeps no delete markers: they stand in the proof alone. */
    leavesMarkersOut: boolean;
    mayBeOutdated: MayBeOutdated;
    /** Deletions may have happened: this proof's lines count as the source's wherever the source has lost them. */
    lateProof: ProofDocument | undefined;
    pairs: () => AsyncGenerator<ListingPair<KeyContents>>;
  }>;

type SidesTask = Pick<Task, 'job' | 'ports' | 'signal'>;

/** `as-it-is`: the source's own listing counts, also where a proof says that more has been there. */
export async function openTransfer(
  task: SidesTask,
  transfer: TransferName,
  source: 'with-late-proof' | 'as-it-is' = 'with-late-proof',
): Promise<TransferSides> {
  const { ports, job } = task;
  const rules = await readRules(task, transfer, source);
  const sides = await openBothSides(ports.storage, job.id, rules.route);
  const pairs = () =>
    compareListings(sourceOf(task, sides, rules), destinationOf(task, sides, rules), sourceKeyOf(sides));
  return { ...sides, ...rules, pairs };
}

type Rules = Omit<TransferSides, keyof BothSides | 'pairs'> & Readonly<{ hasSourceVersions: boolean }>;

async function readRules({ ports, job }: SidesTask, transfer: TransferName, view: string): Promise<Rules> {
  const { documents } = ports;
  const route = await readRoute(documents, job, transfer);
  const isToTemporary = job.request.kind === 'migrate' && transfer === 'copy';
  const lateProof = isToTemporary && view === 'with-late-proof' ? await readLateProof(documents, job.id) : undefined;
  const source = isToTemporary ? await readJson<SourceDocument>(documents, paths.source(job.id)) : undefined;
  return {
    // The temporary copy may be the only one left: from then on nothing is replaced.
    route: lateProof ? { ...route, replacesDifferent: false } : route,
    matching: isToTemporary && route.carriesVersions ? 'within' : 'beginning',
    leavesMarkersOut: isToTemporary,
    // Who throws copies away holds the source's own state for the right one, so that no copy counts as outdated.
    mayBeOutdated: await readMayBeOutdated(documents, job, view === 'as-it-is' ? 'undo' : transfer),
    lateProof,
    hasSourceVersions: source !== undefined && source.versioning !== 'off',
  };
}

/** The sealed proof once the gate has been passed. A proof that is gone by then is never taken for none. */
async function readLateProof(documents: DocumentStore, jobId: string): Promise<ProofDocument | undefined> {
  const began = await readJson<MilestoneDocument>(documents, paths.milestone(jobId, 'emptying-began'));
  return began ? await requireProof(documents, jobId) : undefined;
}

function sourceOf(task: SidesTask, sides: BothSides, rules: Rules): AsyncIterable<ContentsPage> {
  const { job, ports, signal } = task;
  const { route, lateProof } = rules;
  if (route.readsProof) return listProven(task, sides, rules);
  if (!rules.hasSourceVersions && !lateProof) return objectsByKey(listSide(sides.source, signal));
  const carrying = route.carriesVersions ? 'every-version' : 'current-only';
  const listed = rules.hasSourceVersions
    ? mapPages(listSideHistories(sides.source, signal), ofHistory)
    : objectsByKey(listSide(sides.source, signal));
  if (!lateProof) return mapPages(listed, ({ key, contents }) => partHistory(key, contents, carrying));
  return lateContents(readProvenKeys(ports.documents, job.id, lateProof), listed, carrying);
}

async function* listProven({ job, ports, signal }: SidesTask, sides: BothSides, { route }: Rules) {
  const proof = await requireProof(ports.documents, job.id);
  const temporary = route.carriesVersions
    ? mapPages(listSideHistories(sides.source, signal), ofHistory)
    : objectsByKey(listSide(sides.source, signal));
  yield* provenContents(readProvenKeys(ports.documents, job.id, proof), temporary);
}

function destinationOf({ signal }: SidesTask, sides: BothSides, rules: Rules): AsyncIterable<ContentsPage> {
  if (!rules.route.carriesVersions) return objectsByKey(listSide(sides.destination, signal));
  return mapPages(listSideHistories(sides.destination, signal), ({ key, versions }) => {
    return { key, contents: reproducible(versions) };
  });
}
