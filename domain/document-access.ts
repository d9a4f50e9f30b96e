import { DocumentConflictError, DocumentInvalidError, JobMissingError } from './errors.ts';
import { MILESTONES, paths, type JobDocument, type Milestone, type MilestoneDocument } from './job-documents.ts';
import type { DocumentStore } from './ports.ts';
import type { Milestones } from './progress.ts';
import type { EpochMs } from './time.ts';

/** Reading and writing job documents as JSON, the same way on every floor. */

export type Versioned<T> = Readonly<{ value: T; version: string }>;

const utf8 = new TextDecoder();

/** The document with its version, or undefined when there is none. Rejects with DocumentInvalidError when it is cut short. */
export async function readVersioned<T>(documents: DocumentStore, path: string): Promise<Versioned<T> | undefined> {
  const stored = await documents.read(path);
  if (!stored) return undefined;
  try {
    return { value: JSON.parse(utf8.decode(stored.body)) as T, version: stored.version };
  } catch (cause) {
    throw new DocumentInvalidError(`The document ${path} cannot be read: it is not whole.`, {
      remedy: 'Put the document back from a backup, or start the job again as a new one.',
      cause,
    });
  }
}

export async function readJson<T>(documents: DocumentStore, path: string): Promise<T | undefined> {
  return (await readVersioned<T>(documents, path))?.value;
}

export const jsonText = (value: unknown): string => `${JSON.stringify(value, undefined, 1)}\n`;

export async function readJob(documents: DocumentStore, jobId: string): Promise<JobDocument> {
  const job = await readJson<JobDocument>(documents, paths.request(jobId));
  if (job) return job;
  throw new JobMissingError(`There is no job ${jobId}.`, {
    subject: { job: jobId },
    remedy: 'Look at the list of jobs for its id.',
  });
}

/** The lines of a JSONL document, one value at a time; none when there is no document. */
export async function* readLines<T>(documents: DocumentStore, path: string): AsyncGenerator<T> {
  const stored = await documents.read(path);
  if (stored) yield* parseLines<T>(stored.body, path);
}

/** Walks the bytes without making one string of them: a document of lines may be large. */
export function* parseLines<T>(body: Uint8Array, path: string): Generator<T> {
  const NEWLINE = 10;
  let from = 0;
  while (from < body.length) {
    const found = body.indexOf(NEWLINE, from);
    const to = found < 0 ? body.length : found;
    if (to > from) yield parseLine<T>(utf8.decode(body.subarray(from, to)), path);
    from = to + 1;
  }
}

function parseLine<T>(text: string, path: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new DocumentInvalidError(`The document ${path} holds a line that is not whole.`, {
      remedy: 'Start the job again as a new one: what is copied already is found and kept.',
      cause,
    });
  }
}

/** Notes the first time a point is passed; passing it again changes nothing. */
export async function passMilestone(
  documents: DocumentStore,
  jobId: string,
  name: Milestone,
  atMs: EpochMs,
): Promise<void> {
  const document: MilestoneDocument = { atMs };
  try {
    await documents.write(paths.milestone(jobId, name), jsonText(document), { ifAbsent: true });
  } catch (error) {
    if (!(error instanceof DocumentConflictError)) throw error;
  }
}

export async function readMilestones(documents: DocumentStore, jobId: string): Promise<Milestones> {
  const found = await Promise.all(
    MILESTONES.map(async (name) => {
      const document = await readJson<MilestoneDocument>(documents, paths.milestone(jobId, name));
      return document ? [[name, document.atMs] as const] : [];
    }),
  );
  return Object.fromEntries(found.flat());
}
