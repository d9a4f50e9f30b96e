import type { ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';
import { compareKeys, fromPercentForm } from '../domain/keys.ts';
import type { ObjectFacts } from '../domain/objects.ts';
import type { EpochMs } from '../domain/time.ts';

export type PageExpectation = Readonly<{
  bucket: string;
  prefix: string;
  /** Every key of the page is greater: the last key seen, or where the listing was told to start. */
  after: string | undefined;
  /** KeyCount and Name are in every page; where a provider leaves them out, what is there must still be right. */
  isEchoed: boolean;
}>;

export type CheckedPage =
  | Readonly<{ ok: true; objects: readonly ObjectFacts[]; nextToken: string | undefined }>
  | Readonly<{ ok: false; reason: string }>;

export type PageAnswer = Omit<ListObjectsV2CommandOutput, '$metadata'>;

/**
 * A page is believed only when it says everything that a page of this listing must say. Blank, HTML, cut and foreign
 * answers all come out of the SDK as results with fields missing, and an empty listing would look the same.
 */
export function checkPage(answer: PageAnswer, expected: PageExpectation): CheckedPage {
  try {
    const problem = problemOfFrame(answer, expected);
    if (problem !== undefined) return { ok: false, reason: problem };
    const objects = (answer.Contents ?? []).map(readEntry);
    const disorder = problemOfOrder(objects, expected);
    if (disorder !== undefined) return { ok: false, reason: disorder };
    return { ok: true, objects, nextToken: answer.NextContinuationToken };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

function problemOfFrame(answer: PageAnswer, expected: PageExpectation): string | undefined {
  const entries = answer.Contents ?? [];
  if (answer.Name !== expected.bucket && (expected.isEchoed || answer.Name !== undefined)) {
    return `it is of ${answer.Name === undefined ? 'no bucket' : `the bucket "${answer.Name}"`}`;
  }
  // Without it control characters would arrive changed or not at all: XML 1.0 cannot hold them.
  if (answer.EncodingType !== 'url' && (entries.length > 0 || expected.isEchoed)) return 'its keys are not encoded';
  if (!isPrefixSaid(answer.Prefix, expected)) return `its prefix is "${answer.Prefix ?? ''}"`;
  if (typeof answer.IsTruncated !== 'boolean') return 'it does not say whether more follows';
  if (answer.KeyCount !== entries.length && (expected.isEchoed || answer.KeyCount !== undefined)) {
    return `it counts ${answer.KeyCount ?? 'no'} keys and holds ${entries.length}`;
  }
  if (answer.CommonPrefixes?.length) return 'it holds common prefixes that were not asked for';
  const hasToken = answer.NextContinuationToken !== undefined && answer.NextContinuationToken !== '';
  if (answer.IsTruncated !== hasToken)
    return answer.IsTruncated ? 'more follows, without a token' : 'it ends, with a token';
  if (answer.IsTruncated && entries.length === 0) return 'more follows, and it is empty';
  return undefined;
}

function problemOfOrder(objects: readonly ObjectFacts[], expected: PageExpectation): string | undefined {
  let previous = expected.after;
  for (const { key } of objects) {
    if (!key.startsWith(expected.prefix)) return `a key is not under the prefix "${expected.prefix}"`;
    if (previous !== undefined && compareKeys(key, previous) <= 0) return 'its keys do not ascend';
    previous = key;
  }
  return undefined;
}

type Entry = NonNullable<PageAnswer['Contents']>[number];

function readEntry(entry: Entry): ObjectFacts {
  const modifiedAtMs = entry.LastModified?.getTime() ?? NaN;
  if (!entry.Key) throw new RangeError('an entry has no key');
  if (!entry.ETag) throw new RangeError('an entry has no ETag');
  if (entry.Size === undefined || !Number.isSafeInteger(entry.Size) || entry.Size < 0) {
    throw new RangeError('an entry has no size');
  }
  if (Number.isNaN(modifiedAtMs)) throw new RangeError('an entry has no time');
  return {
    key: decodeListed(entry.Key),
    sizeBytes: entry.Size,
    etag: withoutQuotes(entry.ETag),
    storageClass: entry.StorageClass ?? 'STANDARD',
    modifiedAtMs: modifiedAtMs as EpochMs,
  };
}

/**
 * `EncodingType=url` is a form's encoding: a blank is "+" and a real plus is "%2B" (seen in the S3 API reference's
 * examples); servers that write "%20" never leave a "+" bare.
 */
export const decodeListed = (text: string): string => fromPercentForm(text.replaceAll('+', '%20'));

export const withoutQuotes = (etag: string): string => etag.replace(/^"(.*)"$/, '$1');

/**
 * Is this the prefix that was asked for? Ceph RGW repeats it as it is, where XML loses control characters and blanks at
 * its ends; there what is left of both must be the same.
 */
export function isPrefixSaid(
  said: string | undefined = '',
  { prefix, isEchoed }: Readonly<{ prefix: string; isEchoed: boolean }>,
): boolean {
  if (isEchoed) return decodeListed(said) === prefix;
  const printable = (text: string): string => text.replaceAll(/[^\x21-\x7e]/g, '');
  return printable(said) === printable(prefix) || isDecoded(said, prefix);
}

function isDecoded(said: string, prefix: string): boolean {
  try {
    return decodeListed(said) === prefix;
  } catch {
    return false; // unencoded, with a % of its own
  }
}
