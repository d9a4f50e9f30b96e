import { SETTINGS, type SettingName } from '../../domain/bucket-configuration/catalogue.ts';
import { canonicalText, isSameSetting, type AccessControl } from '../../domain/bucket-configuration/inventory.ts';
import { BucketNameBusyError, StorageUnavailableError, StorageUnsupportedError } from '../../domain/errors.ts';
import { isOurSid, type BucketPolicy } from '../../domain/policy.ts';
import { SECOND_MS } from '../../domain/time.ts';
import { canonical, changePolicy, readPolicy } from '../bucket-policies.ts';
import type { Place } from '../place.ts';
import { backoffMs } from '../retrying.ts';
import { readSetting } from './read-configuration.ts';
import type { Address } from './reading.ts';
import { ENTRY_WRITES, WRITES, type Write } from './writing.ts';

/** Bucket settings are seen late, and one change may be under way while the next comes (S3 user guide, "Data consistency model"). */
const ROUNDS_MAX = 6;

/** See BucketKeeper.applySetting: reads, compares, and writes what differs. */
export async function applySetting(
  place: Place,
  bucket: string,
  name: SettingName,
  value: unknown,
): Promise<'applied' | 'was-so'> {
  if (name === 'policy') return applyPolicy(place, bucket, value as BucketPolicy);
  const current = await currentValue(place, bucket, name);
  const entry = ENTRY_WRITES[name];
  if (entry) return applyEntries(place, bucket, entry, current, value);
  const write = WRITES[name];
  if (!write) throw notWritable(place, bucket, name);
  const wanted = wantedValue(name, current, value);
  if (isSameSetting(comparable(name, current), comparable(name, wanted))) return 'was-so';
  await send(place, bucket, write, wanted);
  // Whether older versions are kept hangs on it, so its word is not enough.
  if (name === 'versioning') await untilSeen(place, bucket, wanted);
  return 'applied';
}

/** Undefined also when we may write and not read: then it is written. */
async function currentValue(place: Place, bucket: string, name: SettingName): Promise<unknown> {
  const state = await readSetting(place, bucket, settingOf(place, bucket, name));
  return state.state === 'set' ? state.value : undefined;
}

function settingOf(place: Place, bucket: string, name: SettingName): (typeof SETTINGS)[number] {
  const setting = SETTINGS.find((one) => one.name === name);
  if (!setting) throw notWritable(place, bucket, name);
  return setting;
}

type Tag = Readonly<{ Key?: string; Value?: string }>;

/** Tags that are there stay beside ours and those carried; in an ACL the bucket's own owner keeps full control. */
function wantedValue(name: SettingName, current: unknown, value: unknown): unknown {
  if (name === 'tagging') {
    const added = value as readonly Tag[];
    const others = ((current ?? []) as readonly Tag[]).filter(({ Key }) => !added.some((tag) => tag.Key === Key));
    // S3 sets tags of its own, and refuses them from anybody else.
    return [...others.filter(({ Key = '' }) => !Key.startsWith('aws:')), ...added];
  }
  if (name === 'acl') {
    const { Owner } = (current ?? {}) as AccessControl;
    const own = { Grantee: { Type: 'CanonicalUser', ID: Owner?.ID }, Permission: 'FULL_CONTROL' };
    return { Owner: { ID: Owner?.ID }, Grants: [own, ...((value as AccessControl).Grants ?? [])] };
  }
  return value;
}

/** Without what answers add to a value and requests do not hold: names that are shown, the order of tags and grants. */
function comparable(name: SettingName, value: unknown): unknown {
  if (value === undefined) return undefined;
  if (name === 'tagging') return (value as readonly Tag[]).map(canonicalText).sort();
  if (name === 'versioning') return (value as { Status?: string }).Status;
  if (name !== 'acl') return value;
  const grants = (value as AccessControl).Grants ?? [];
  return grants.map(({ Grantee, Permission }) => [Grantee?.ID ?? Grantee?.URI, Permission].join(' ')).sort();
}

/** Statements of this product and of others stay; those carried are added once. */
async function applyPolicy(place: Place, bucket: string, wanted: BucketPolicy): Promise<'applied' | 'was-so'> {
  const before = canonicalText(await readPolicy(place, bucket));
  await changePolicy(place, bucket, (current) => {
    const there = current?.Statement ?? [];
    // One that has its Sid and differs is an earlier try of ours that S3 wrote its own way, or is replaced by it.
    const sids = new Set(wanted.Statement.flatMap(({ Sid }) => (Sid === undefined || isOurSid(Sid) ? [] : [Sid])));
    const others = there.filter(
      (one) => !sids.has(one.Sid ?? '') && !wanted.Statement.some((two) => canonical(one) === canonical(two)),
    );
    return {
      ...wanted,
      ...(current?.Id === undefined ? {} : { Id: current.Id }),
      Statement: [...others, ...wanted.Statement],
    };
  });
  return canonicalText(await readPolicy(place, bucket)) === before ? 'was-so' : 'applied';
}

async function applyEntries(
  place: Place,
  bucket: string,
  write: Write,
  current: unknown,
  wanted: unknown,
): Promise<'applied' | 'was-so'> {
  const there = new Set(((current ?? []) as readonly unknown[]).map(canonicalText));
  const missing = (wanted as readonly unknown[]).filter((entry) => !there.has(canonicalText(entry)));
  for (const entry of missing) await send(place, bucket, write, entry);
  return missing.length === 0 ? 'was-so' : 'applied';
}

async function send(place: Place, bucket: string, { operation, call }: Write, value: unknown): Promise<void> {
  const address: Address = { Bucket: bucket, ...place.ownerOf() };
  for (let round = 1; ; round += 1) {
    try {
      await place.requests.run({ operation, bucket }, call(address, value));
      return;
    } catch (error) {
      // 409 OperationAborted: another change of this bucket's settings is under way.
      if (!(error instanceof BucketNameBusyError) || round >= ROUNDS_MAX) throw error;
      await place.clock.sleep(SECOND_MS + backoffMs(round, place.random));
    }
  }
}

async function untilSeen(place: Place, bucket: string, wanted: unknown): Promise<void> {
  for (let round = 1; round <= ROUNDS_MAX; round += 1) {
    const state = await readSetting(place, bucket, settingOf(place, bucket, 'versioning'));
    if (state.state === 'unknown') return; // we may write and not read: S3's word has to be enough
    const seen = state.state === 'set' ? state.value : undefined;
    if (isSameSetting(comparable('versioning', seen), comparable('versioning', wanted))) return;
    await place.clock.sleep(SECOND_MS + backoffMs(round, place.random));
  }
  throw new StorageUnavailableError(`The versioning of ${bucket} was set and is not seen yet`, {
    subject: { bucket, connection: place.connection.name },
    remedy: 'Retry in a minute.',
  });
}

const notWritable = (place: Place, bucket: string, name: SettingName): StorageUnsupportedError =>
  new StorageUnsupportedError(`The setting ${name} cannot be put`, {
    subject: { bucket, connection: place.connection.name },
    remedy: 'Set it by hand, in the console of the new bucket.',
  });
