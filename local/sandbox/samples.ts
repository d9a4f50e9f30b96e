import { digestOf } from './checksums.ts';
import { SSE_S3 } from './encryption.ts';
import { keyBytesOf } from './key-order.ts';
import { NEW_BUCKET_CONFIGURATIONS } from './buckets.ts';
import { ODD_KEYS } from './sample-keys.ts';
import type { Bucket, Tag, VersioningStatus } from './storage.ts';
import type { SandboxWorld } from './world.ts';

/** An object as the samples describe it; everything else is what PutObject would make of it. */
type Sample = Readonly<{
  key: string;
  bytes: Uint8Array;
  contentType: string;
  metadata?: Readonly<Record<string, string>>;
  tags?: readonly Tag[];
  storageClass?: string;
  isDeleteMarker?: boolean;
}>;

/**
 * Buckets to try the product with, in the first two accounts of the world: photos and odd keys in the first, logs in
 * the second, and a bucket with versions in the first. Leaves buckets alone that exist already, so it may run at every start.
 */
export function seedSamples(world: SandboxWorld): void {
  const [first, second = first] = world.accounts.ids();
  if (first === undefined || second === undefined) return;
  seedBucket(world, first, 'sample-photos', photos());
  seedBucket(world, first, 'sample-odd-keys', oddObjects());
  seedBucket(world, first, 'sample-versions', versions(), 'Enabled');
  seedBucket(world, second, 'sample-logs', logs());
}

function seedBucket(
  world: SandboxWorld,
  accountId: string,
  name: string,
  samples: Iterable<Sample>,
  versioning: VersioningStatus = 'Unversioned',
): void {
  const { storage, clock, regions } = world.surroundings;
  if (storage.buckets.has(name)) return;
  const bucket = storage.saveBucket({
    name,
    accountId,
    region: regions[0] ?? 'us-east-1',
    createdAtMs: clock.nowMs(),
    namespace: 'global',
    versioning,
    configurations: { ...NEW_BUCKET_CONFIGURATIONS },
    policies: [],
  });
  for (const sample of samples) putSample(world, bucket, sample);
}

function putSample(world: SandboxWorld, bucket: Bucket, sample: Sample): void {
  const { storage, clock, bodies, random } = world.surroundings;
  const writer = bodies.newWriter();
  writer.write(sample.bytes);
  storage.addVersion(bucket, keyBytesOf(sample.key), {
    versionId: bucket.facts.versioning === 'Enabled' ? random.hex(32) : 'null',
    isDeleteMarker: sample.isDeleteMarker ?? false,
    modifiedAtMs: clock.nowMs(),
    ownerAccountId: bucket.facts.accountId,
    etag: sample.isDeleteMarker ? '' : digestOf('MD5', [sample.bytes]).toString('hex'),
    content: writer.finish(),
    checksum: {
      algorithm: 'CRC64NVME',
      type: 'FULL_OBJECT',
      value: digestOf('CRC64NVME', [sample.bytes]).toString('base64'),
    },
    headers: { 'content-type': sample.contentType },
    metadata: sample.metadata ?? {},
    tags: sample.tags ?? [],
    storageClass: sample.storageClass ?? 'STANDARD',
    encryption: SSE_S3,
  });
}

const PHOTO_COUNT = 360;
const PLACES = ['Lisbon', 'Oslo', 'Kyoto', 'São Paulo', 'Reykjavík', 'Cape Town'];

function* photos(): Generator<Sample> {
  for (let index = 0; index < PHOTO_COUNT; index += 1) {
    const place = PLACES[index % PLACES.length] ?? '';
    const year = 2019 + Math.floor((index * 6) / PHOTO_COUNT);
    yield {
      key: `${year}/${place}/IMG_${String(index + 1).padStart(4, '0')}.svg`,
      bytes: picture(index),
      contentType: 'image/svg+xml',
      metadata: { camera: index % 3 === 0 ? 'pocket' : 'mirrorless', exposure: `1/${60 + (index % 8) * 30}` },
      tags: index % 5 === 0 ? [{ key: 'album', value: place.normalize('NFC') }] : [],
      storageClass: index % 7 === 0 ? 'STANDARD_IA' : 'STANDARD',
    };
  }
  yield { key: 'README.txt', bytes: Buffer.from('Sample pictures to copy.\n'), contentType: 'text/plain' };
}

/** A picture that a browser can show: a sky, a sun and hills that differ from photo to photo. */
function picture(index: number): Uint8Array {
  const hue = (index * 37) % 360;
  const hills = Array.from({ length: 5 + (index % 20) }, (_, hill) => {
    const x = (hill * 97 + index * 13) % 640;
    const y = 300 + ((hill * 53 + index * 7) % 120);
    return `<circle cx="${x}" cy="${y + 90}" r="${90 + ((hill * 29) % 80)}" fill="hsl(${(hue + hill * 11) % 360} 40% ${25 + (hill % 5) * 8}%)"/>`;
  });
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 420"><rect width="640" height="420" fill="hsl(${hue} 70% 82%)"/><circle cx="${80 + ((index * 31) % 480)}" cy="110" r="46" fill="hsl(${(hue + 40) % 360} 90% 65%)"/>${hills.join('')}</svg>\n`,
  );
}

function* oddObjects(): Generator<Sample> {
  for (const [index, key] of ODD_KEYS.entries()) {
    yield {
      key,
      bytes: index % 9 === 0 ? new Uint8Array() : Buffer.from(`odd key ${index}\n`),
      contentType: 'text/plain',
      ...(index % 4 === 0 && { metadata: { position: String(index) } }),
    };
  }
}

const CONTRACT_COUNT = 12;

/** Contracts that were written up to four times; some were deleted, and some of those came back. */
function* versions(): Generator<Sample> {
  for (let index = 0; index < CONTRACT_COUNT; index += 1) {
    const key = `contracts/${2020 + (index % 4)}/contract-${String(index + 1).padStart(2, '0')}.md`;
    const draft = (number: number): Sample => ({
      key,
      bytes: Buffer.from(`# Contract ${index + 1}\n\nDraft ${number}.\n`),
      contentType: 'text/markdown',
      metadata: { draft: String(number) },
      tags: number % 2 === 0 ? [{ key: 'state', value: 'reviewed' }] : [],
    });
    const deletion: Sample = { key, bytes: new Uint8Array(), contentType: '', isDeleteMarker: true };
    for (let number = 1; number <= 1 + (index % 4); number += 1) yield draft(number);
    if (index % 3 === 0) yield deletion;
    if (index % 6 === 0) yield draft(9);
  }
}

const LOG_COUNT = 10_000;
const LOGS_PER_HOUR = 60;

function* logs(): Generator<Sample> {
  for (let index = 0; index < LOG_COUNT; index += 1) {
    const hours = Math.floor(index / LOGS_PER_HOUR);
    const day = String(1 + Math.floor(hours / 24)).padStart(2, '0');
    const hour = String(hours % 24).padStart(2, '0');
    const minute = String(index % LOGS_PER_HOUR).padStart(2, '0');
    yield {
      key: `web/2026/10/${day}/${hour}/access-${minute}.log`,
      bytes: Buffer.from(
        `2026-10-${day}T${hour}:${minute}:00Z GET /item/${(index * 7919) % 1000} 200 ${index % 97}ms\n`,
      ),
      contentType: 'text/plain',
    };
  }
}
