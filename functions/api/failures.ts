import { readLines } from '../../domain/document-access.ts';
import { paths, type FailureLine, type TransferName, TRANSFERS } from '../../domain/job-documents.ts';
import { displayKey, fromPercentForm } from '../../domain/keys.ts';
import type { DocumentStore } from '../../domain/ports.ts';
import { isoTime } from '../../domain/time.ts';
import type { FailuresView } from '../../domain/views.ts';
import { standingFailures } from './standing-failures.ts';

/**
 * Every failure that still stands, newest shards first; a key that failed in several rounds comes once, as it failed
 * last. Holds the lines of one shard, and the keys that were given.
 */
export async function* readFailures(jobId: string, documents: DocumentStore): AsyncGenerator<FailureLine> {
  const seen = new Set<string>();
  for (const transfer of TRANSFERS) {
    const stands = await standingFailures(jobId, transfer, documents);
    for (const path of await failurePaths(jobId, transfer, documents)) {
      for (const failure of (await linesOf(path, documents)).reverse()) {
        const name = `${transfer} ${failure.key}`;
        if (seen.has(name)) continue;
        seen.add(name);
        if (stands(failure)) yield failure;
      }
    }
  }
}

async function failurePaths(jobId: string, transfer: TransferName, documents: DocumentStore): Promise<string[]> {
  const found: string[] = [];
  for await (const path of documents.list(paths.failuresFolder(jobId, transfer))) found.push(path);
  const shardOf = (path: string) => Number(/(\d+)\.jsonl$/.exec(path)?.[1] ?? -1);
  return found.sort((a, b) => shardOf(b) - shardOf(a));
}

async function linesOf(path: string, documents: DocumentStore): Promise<FailureLine[]> {
  const lines: FailureLine[] = [];
  for await (const line of readLines<FailureLine>(documents, path)) lines.push(line);
  return lines;
}

export type Page = Readonly<{ limit: number; offset: number }>;

/** Groups over all failures; lines of the page only. */
export async function viewFailures(failures: AsyncIterable<FailureLine>, page: Page): Promise<FailuresView> {
  const groups = new Map<string, FailuresView['groups'][number]>();
  const lines: FailureLine[] = [];
  let totalCount = 0;
  for await (const failure of failures) {
    if (totalCount >= page.offset && lines.length < page.limit) lines.push(failure);
    totalCount += 1;
    const name = `${failure.error} ${failure.outcome}`;
    const { error, outcome, message, remedy } = failure;
    const group = groups.get(name) ?? { error, outcome, count: 0, exampleKey: failure.key, message, remedy };
    groups.set(name, { ...group, count: group.count + 1 });
  }
  return { totalCount, groups: [...groups.values()].sort((a, b) => b.count - a.count), failures: lines };
}

const COLUMNS = ['key', 'key_in_percent_form', 'outcome', 'error', 'message', 'remedy', 'size_bytes', 'shard', 'request_id', 'time']; // prettier-ignore

/** RFC 4180, with a first line of names. The second column gives every key exactly; the first is for reading. */
export async function* failuresAsCsv(failures: AsyncIterable<FailureLine>): AsyncGenerator<string> {
  yield `${COLUMNS.join(',')}\r\n`;
  for await (const failure of failures) {
    const cells = [
      displayKey(keyOf(failure)),
      exactCell(failure.key),
      failure.outcome,
      failure.error,
      failure.message,
      failure.remedy,
      String(failure.sizeBytes),
      String(failure.shard),
      failure.requestId ?? '',
      isoTime(failure.atMs),
    ];
    yield `${cells.map(csvCell).join(',')}\r\n`;
  }
}

function keyOf(failure: FailureLine): string {
  try {
    return fromPercentForm(failure.key);
  } catch {
    return failure.key;
  }
}

/** A leading "-" is the only sign of a formula that the percent form leaves standing; escaped it is still the same key. */
const exactCell = (percentForm: string): string => percentForm.replace(/^-/, '%2D');

/** Spreadsheets run cells that begin so as formulas, and some skip white space before they look. */
const csvCell = (text: string): string => {
  const harmless = /^\s*[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return `"${harmless.replaceAll('"', '""')}"`;
};

export async function* failuresAsJson(failures: AsyncIterable<FailureLine>): AsyncGenerator<string> {
  let isFirst = true;
  yield '[';
  for await (const failure of failures) {
    yield `${isFirst ? '\n' : ',\n'}${JSON.stringify(failure)}`;
    isFirst = false;
  }
  yield '\n]\n';
}

/** One piece at a time, as fast as the other side reads. */
export function streamOfText(pieces: AsyncIterable<string>): ReadableStream<Uint8Array> {
  const iterator = pieces[Symbol.asyncIterator]();
  const utf8 = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const step = await iterator.next();
      if (step.done) controller.close();
      else controller.enqueue(utf8.encode(step.value));
    },
    async cancel() {
      await iterator.return?.(undefined);
    },
  });
}
