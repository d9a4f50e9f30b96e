import { canonicalUserId } from './accounts.ts';
import { queryInteger, type Call } from './call.ts';
import { keyBytesOf, keyTextOf, successorOfPrefix, type KeyBytes } from './key-order.ts';
import { invalidArgument } from './problem.ts';
import { escapeXml, tag } from './xml.ts';

/** What every listing of a bucket shares: pages in byte order, and keys as text or URL-encoded. */

export type Entry = { kind: 'key'; key: KeyBytes } | { kind: 'prefix'; prefix: string };

type PageQuestion = Readonly<{
  keys: { seek: (from: string, isAfter?: boolean) => KeyBytes | undefined; iterate: SortedIterate };
  prefix: string;
  delimiter: string;
  /** Entries up to and including this one are left out; a common prefix leaves out all its keys. */
  after: string;
  entriesMax: number;
  isVisible: (key: KeyBytes) => boolean;
}>;
type SortedIterate = (from: string, isAfter?: boolean) => Iterable<KeyBytes>;

/** One page of keys and common prefixes in byte order. Jumps over the keys of a common prefix. */
export function listPage(question: PageQuestion): { entries: Entry[]; isTruncated: boolean } {
  const { keys, prefix, delimiter, after, entriesMax } = question;
  const entries: Entry[] = [];
  if (entriesMax === 0) return { entries, isTruncated: false };
  const isAfterPrefix =
    delimiter !== '' && after.startsWith(prefix) && after.length > prefix.length && after.endsWith(delimiter);
  let from: string | undefined = after < prefix ? prefix : after;
  let isAfter = from === after && after !== '';
  if (isAfterPrefix) {
    from = successorOfPrefix(after);
    isAfter = false;
  }
  while (from !== undefined) {
    let jump: string | undefined;
    for (const key of keys.iterate(from, isAfter)) {
      if (!key.startsWith(prefix)) return { entries, isTruncated: false };
      if (!question.isVisible(key)) continue;
      if (entries.length === entriesMax) return { entries, isTruncated: true };
      const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
      if (end < 0) {
        entries.push({ kind: 'key', key });
        continue;
      }
      const common = key.slice(0, end + delimiter.length);
      entries.push({ kind: 'prefix', prefix: common });
      jump = successorOfPrefix(common);
      break;
    }
    from = jump;
    isAfter = false;
  }
  return { entries, isTruncated: false };
}

/** S3's own form of URL encoding: `/` and `*` stay, a space becomes `+`. */
function encodeForUrl(bytes: string): string {
  return bytes.replace(/[^A-Za-z0-9\-_./*]/g, (character) =>
    character === ' ' ? '+' : `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

export type Encoder = (bytes: string) => string;

export function encoderOf(call: Call): Encoder {
  const encoding = call.query.get('encoding-type');
  if (encoding === undefined || encoding === '') return (bytes) => escapeXml(keyTextOf(bytes as KeyBytes));
  if (encoding !== 'url')
    throw invalidArgument('encoding-type', encoding, 'Invalid Encoding Method specified in Request');
  return encodeForUrl;
}

export const keyTag = (name: string, bytes: string, encode: Encoder): string => `<${name}>${encode(bytes)}</${name}>`;
export const optionalKeyTag = (name: string, bytes: string | undefined, encode: Encoder): string =>
  bytes === undefined || bytes === '' ? '' : keyTag(name, bytes, encode);

export const queryBytes = (call: Call, name: string): KeyBytes => keyBytesOf(call.query.get(name) ?? '');

export const pageSize = (call: Call, name: string): number =>
  queryInteger(call, name, {
    fallback: call.surroundings.limits.listPageKeysMax,
    max: call.surroundings.limits.listPageKeysMax,
  });

export const ownerElement = (accountId: string): string => `<Owner>${tag('ID', canonicalUserId(accountId))}</Owner>`;
