import { SETTINGS } from '../../domain/bucket-configuration/catalogue.ts';
import type { BucketConfiguration, SettingState } from '../../domain/bucket-configuration/inventory.ts';
import {
  AccessDeniedError,
  MigrationError,
  StorageRefusedError,
  StorageUnsupportedError,
} from '../../domain/errors.ts';
import { readAnswer } from '../answer.ts';
import { mapBounded } from '../bounded.ts';
import type { Place } from '../place.ts';
import { askSetting } from './reading.ts';

const READINGS_AT_ONCE_MAX = 6;
type Setting = (typeof SETTINGS)[number];

/** See BucketKeeper.readConfiguration. Rejects for what concerns the whole bucket, or what a pause may heal. */
export async function readConfiguration(place: Place, bucket: string): Promise<BucketConfiguration> {
  const never = new AbortController().signal;
  const states = await mapBounded(
    SETTINGS,
    READINGS_AT_ONCE_MAX,
    async (setting) => [setting.name, await readSetting(place, bucket, setting)] as const,
    never,
  );
  return Object.fromEntries(states) as BucketConfiguration;
}

export async function readSetting(place: Place, bucket: string, setting: Setting): Promise<SettingState> {
  try {
    const value = await askSetting(place, bucket, setting);
    if (value !== undefined) return { state: 'set', value };
    return isTold(place, setting) ? { state: 'absent' } : { state: 'absent', isUnsupported: true };
  } catch (error) {
    const state = stateOfRefusal(error);
    if (state) return state;
    throw error;
  }
}

/**
 * S3 answers 200 without content only for settings that are never an error. Other providers do so for what they do not
 * have (Ceph RGW: encryption, ownership, replication), where an empty ownership would mean that writers own.
 */
const isTold = (place: Place, { name }: Setting): boolean =>
  place.traits.hasBucketProtection || !['encryption', 'ownership', 'replication', 'publicAccessBlock'].includes(name);

/**
 *   501, 405, or a code that says so      no such setting here
 *   404 with a code of its own            never set (NoSuchTagSet, NoSuchConfiguration, …)
 *   404 NoSuchBucket, or without a code   the bucket is missing: thrown
 *   403                                   unknown: we may not read it
 *   another 400                           unknown: S3 does not tell
 */
function stateOfRefusal(error: unknown): SettingState | undefined {
  if (!(error instanceof MigrationError)) return undefined;
  const { code, status } = readAnswer(error.cause);
  if (error instanceof StorageUnsupportedError || UNSUPPORTED_CODES.has(code))
    return { state: 'absent', isUnsupported: true };
  if (status === 404 && code !== '' && code !== 'NoSuchBucket') return { state: 'absent' };
  const isUntold = error instanceof AccessDeniedError || error instanceof StorageRefusedError;
  return isUntold ? { state: 'unknown', reason: error.message } : undefined;
}

/** Regions and partitions without a feature say so with 400 (S3 API reference, "Error responses"). */
const UNSUPPORTED_CODES = new Set(['UnsupportedArgument', 'UnsupportedOperation', 'InvalidOperation']);
