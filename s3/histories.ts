import { ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { StorageRefusedError } from '../domain/errors.ts';
import { displayKey } from '../domain/keys.ts';
import { VERSIONS_PER_KEY_MAX, type HistoryPage, type KeyHistory, type VersionFacts } from '../domain/objects.ts';
import type { ListRequest } from '../domain/ports.ts';
import { askUntilBelieved } from './believing.ts';
import type { Place } from './place.ts';
import {
  checkVersionPage,
  type VersionMarker,
  type VersionPage,
  type VersionPageAnswer,
  type VersionPageExpectation,
} from './version-page.ts';
import { keepOrder, type EntryKind } from './version-order.ts';

/**
 * Pages of whole histories under the prefix (S3 API reference, ListObjectVersions). A key whose versions go over the
 * end of a page is held back until all are there. Ends only when S3 said that nothing follows.
 */
export async function* listHistories(place: Place, request: ListRequest): AsyncGenerator<HistoryPage> {
  const held = new HeldHistory(request.bucket);
  let marker: VersionMarker | undefined = request.startAfter ? { key: request.startAfter } : undefined;
  // Ends: every page but the last holds a version that none before held, and a bucket's versions are finite.
  for (let isFirst = true; ; isFirst = false) {
    let page = await readPage(place, request, marker, held);
    if (isFirst && page.versions.length === 0) page = await readPage(place, request, marker, held);
    const whole = held.add(page.versions);
    if (page.next === undefined) whole.push(...held.end());
    if (whole.length > 0) yield whole;
    if (page.next === undefined) return;
    marker = page.next;
  }
}

/** The versions of one key, newest first, until the next key shows that they are all. */
class HeldHistory {
  private versions: VersionFacts[] = [];
  private ids = new Set<string>();

  constructor(private readonly bucket: string) {}

  get last(): VersionPageExpectation['last'] {
    const key = this.versions[0]?.key;
    return key === undefined ? undefined : { key, versionIds: this.ids };
  }

  /** Gives the histories that are whole now. Throws a StorageRefusedError when one grows too long. */
  add(versions: readonly VersionFacts[]): KeyHistory[] {
    const whole: KeyHistory[] = [];
    for (const version of versions) {
      if (version.key !== this.versions[0]?.key) whole.push(...this.end());
      if (this.versions.length >= VERSIONS_PER_KEY_MAX) throw tooMany(this.bucket, version.key);
      this.versions.push(version);
      this.ids.add(version.versionId);
    }
    return whole;
  }

  end(): KeyHistory[] {
    const [newest] = this.versions;
    if (!newest) return [];
    const history = { key: newest.key, versions: this.versions.reverse() };
    this.versions = [];
    this.ids = new Set();
    return [history];
  }
}

function readPage(
  place: Place,
  request: ListRequest,
  marker: VersionMarker | undefined,
  held: HeldHistory,
): Promise<VersionPage> {
  const { bucket, prefix = '', startAfter = '', signal } = request;
  const isEchoed = place.traits.echoesListings;
  const expected: VersionPageExpectation = { bucket, prefix, startAfter, marker, last: held.last, isEchoed };
  return askUntilBelieved<VersionPage>(place, { operation: 'ListObjectVersions', bucket, signal }, async () => {
    const { answer, order } = await askPage(place, request, marker);
    return checkVersionPage(answer, order, expected);
  });
}

function askPage(
  place: Place,
  { bucket, prefix = '', signal }: ListRequest,
  marker: VersionMarker | undefined,
): Promise<{ answer: VersionPageAnswer; order: readonly EntryKind[] }> {
  return place.requests.run(
    { operation: 'ListObjectVersions', bucket },
    async (client, options) => {
      const command = new ListObjectVersionsCommand({
        Bucket: bucket,
        EncodingType: 'url',
        ...place.ownerOf(),
        ...(prefix === '' ? {} : { Prefix: prefix }),
        ...(marker === undefined ? {} : { KeyMarker: marker.key }),
        ...(marker?.versionId === undefined ? {} : { VersionIdMarker: marker.versionId }),
      });
      const order = keepOrder(command);
      return { answer: await client.send(command, options), order: order() };
    },
    { signal },
  );
}

const tooMany = (bucket: string, key: string): StorageRefusedError =>
  new StorageRefusedError(`${bucket}/${displayKey(key)} has more than ${VERSIONS_PER_KEY_MAX} versions`, {
    subject: { bucket, key },
    remedy: 'Remove versions of this object that are no longer needed (a lifecycle rule can), then retry the job.',
  });
