import type { ListObjectVersionsCommand } from '@aws-sdk/client-s3';

export type EntryKind = 'version' | 'marker';

/**
 * Versions and delete markers stand mixed in the answer, newest first, and the SDK sorts them into two lists: a marker
 * between two versions of the same second could then be anywhere (S3 API reference, ListObjectVersions). This reads
 * their order from the answer's text; the returned function gives it once the command was sent.
 */
export function keepOrder(command: ListObjectVersionsCommand): () => readonly EntryKind[] {
  let order: readonly EntryKind[] = [];
  command.middlewareStack.add(
    (next) => async (args) => {
      const sent = await next(args);
      const response = sent.response as { statusCode?: number; body?: unknown };
      if (response.statusCode !== 200) return sent;
      const bytes = await readAll(response.body);
      order = orderOf(bytes.toString('utf8'));
      response.body = bytes;
      return sent;
    },
    { step: 'deserialize', name: 'keepOrder', priority: 'low' },
  );
  return () => order;
}

/** "<" never stands unescaped in text, so these are the elements and nothing else. */
export function orderOf(xml: string): EntryKind[] {
  return Array.from(xml.matchAll(/<(Version|DeleteMarker)[\s/>]/g), ([, name]) =>
    name === 'Version' ? 'version' : 'marker',
  );
}

async function readAll(body: unknown): Promise<Buffer> {
  if (body instanceof Uint8Array) return Buffer.from(body);
  const chunks: Uint8Array[] = [];
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
