import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { ListRequest } from '../domain/ports.ts';
import type { ListingPage } from '../domain/objects.ts';
import { askUntilBelieved } from './believing.ts';
import { checkPage, type CheckedPage, type PageExpectation } from './listing-page.ts';
import type { Place } from './place.ts';

type Page = Extract<CheckedPage, { ok: true }>;

/**
 * Pages of all current objects under the prefix. Ends only when S3 said that nothing follows; every page was checked
 * (listing-page.ts) and asked for again when it was not believed, and an empty first page is asked for twice.
 */
export async function* listObjects(place: Place, request: ListRequest): AsyncGenerator<ListingPage> {
  let after = request.startAfter;
  let token: string | undefined;
  // Ends: every page but the last holds keys greater than all before, and a bucket's keys are finite.
  for (let isFirst = true; ; isFirst = false) {
    let page = await readPage(place, request, after, token);
    if (isFirst && page.objects.length === 0) page = await readPage(place, request, after, token);
    if (page.objects.length > 0) yield page.objects;
    if (page.nextToken === undefined) return;
    token = page.nextToken;
    after = page.objects.at(-1)?.key ?? after;
  }
}

function readPage(place: Place, request: ListRequest, after: string | undefined, token?: string): Promise<Page> {
  const { bucket, prefix = '', signal } = request;
  const expected: PageExpectation = { bucket, prefix, after, isEchoed: place.traits.echoesListings };
  const listed = { operation: 'ListObjectsV2', bucket, signal };
  return askUntilBelieved<Page>(place, listed, async () => checkPage(await askPage(place, request, token), expected));
}

function askPage(place: Place, request: ListRequest, token: string | undefined) {
  const { bucket, prefix = '', startAfter, signal } = request;
  return place.requests.run(
    { operation: 'ListObjectsV2', bucket },
    (client, options) =>
      client.send(
        new ListObjectsV2Command({
          Bucket: bucket,
          EncodingType: 'url',
          ...place.ownerOf(),
          ...(prefix === '' ? {} : { Prefix: prefix }),
          ...(token === undefined
            ? startAfter === undefined
              ? {}
              : { StartAfter: startAfter }
            : { ContinuationToken: token }),
        }),
        options,
      ),
    { signal },
  );
}
