import type { Content } from './bodies.ts';

/** One request as it came over the wire, whatever the wire was. */
export type SandboxRequest = Readonly<{
  method: string;
  /** Path and query exactly as sent: signatures cover the bytes. */
  target: string;
  /** Lower-case names. */
  headers: Readonly<Record<string, string | undefined>>;
  body: AsyncIterable<Uint8Array> | Uint8Array;
  isSecure?: boolean;
  sourceIp?: string;
}>;

export type SandboxAnswer = {
  status: number;
  headers: Record<string, string>;
  body: string | Content;
  /** The connection is dropped instead of answering: the client cannot know the outcome. */
  isLost?: boolean;
};

export type Query = ReadonlyMap<string, string>;

export type Target = Readonly<{ path: string; query: Query; queryPairs: readonly (readonly [string, string])[] }>;

/** Splits a request target; query values are decoded, the path stays as sent. */
export function parseTarget(target: string): Target {
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const queryPairs: [string, string][] = [];
  for (const pair of mark < 0 ? [] : target.slice(mark + 1).split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = equals < 0 ? pair : pair.slice(0, equals);
    queryPairs.push([decodeQuery(name), equals < 0 ? '' : decodeQuery(pair.slice(equals + 1))]);
  }
  return { path, query: new Map(queryPairs), queryPairs };
}

function decodeQuery(text: string): string {
  if (!/[%+]/.test(text)) return text;
  const spaced = text.replaceAll('+', ' ');
  try {
    if (/^[\x00-\x7f]*$/.test(spaced)) return decodeURIComponent(spaced);
  } catch {
    // Not what every client would write: taken byte by byte.
  }
  return Buffer.from(percentDecodeToBytes(spaced), 'latin1').toString('utf8');
}

/** Percent-decodes to bytes, one character each; what is not an escape stays as it is. */
export function percentDecodeToBytes(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

/** AWS's URI encoding of bytes: everything but unreserved characters (and `/` where it separates). */
export function uriEncodeBytes(bytes: string, isSlashKept: boolean): string {
  return bytes.replace(/[^A-Za-z0-9\-._~]/g, (character) =>
    character === '/' && isSlashKept
      ? character
      : `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

export const utf8Bytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
