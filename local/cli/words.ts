import { displayKey } from '../../domain/keys.ts';
import type { JobView } from '../../domain/views.ts';
import type { Phase } from '../../domain/phases.ts';

/** Numbers and places as a terminal shows them; nothing here may contain a control character of a key. */

export const countText = (count: number): string => Math.round(count).toLocaleString('en-US');

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

export function bytesText(sizeBytes: number): string {
  let [value, unit] = [sizeBytes, 0];
  while (value >= 1024 && unit < UNITS.length - 1) [value, unit] = [value / 1024, unit + 1];
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit] ?? ''}`;
}

export function durationText(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  if (seconds < 3600) return `${Math.ceil(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.ceil(seconds / 360) / 10} h`;
  return `${Math.ceil(seconds / 8640) / 10} d`;
}

export function placeText(place: {
  connection: string;
  bucket?: string | undefined;
  prefix?: string | undefined;
}): string {
  return displayKey(`${place.connection}:${place.bucket ?? ''}${place.prefix ? `/${place.prefix}` : ''}`);
}

/** A migration keeps the bucket's name unless somebody decided on another one. */
export function destinationText({ source, destination, migration }: JobView): string {
  const kept = destination.bucket ?? source.bucket;
  return placeText(migration?.finalBucket ?? { ...destination, bucket: kept });
}

const PHASES: Readonly<Record<Phase, string>> = {
  checking: 'Checking',
  freezing: 'Freezing the source',
  planning: 'Counting',
  copying: 'Copying',
  verifying: 'Verifying',
  proving: 'Proving',
  'waiting-for-consent': 'Needs your decision',
  emptying: 'Emptying the source',
  'waiting-for-name': 'Waiting for the name',
  'creating-bucket': 'Creating the bucket',
  'planning-back': 'Counting the way back',
  'copying-back': 'Copying back',
  'verifying-back': 'Verifying again',
  configuring: 'Configuring',
  quarantine: 'Verified, in quarantine',
  'cleaning-up': 'Cleaning up',
  finishing: 'Finishing',
  finished: 'Finished',
  undoing: 'Bringing it back',
  undone: 'Brought back',
};

/** In quarantine nobody has to decide anything. */
export const needsDecision = (job: JobView): boolean =>
  job.status === 'running' && job.migration?.question !== undefined && job.migration.question.question !== 'quarantine';

export function phaseText(job: JobView): string {
  switch (job.status) {
    case 'running':
      return needsDecision(job) ? 'Needs your decision' : PHASES[job.phase];
    case 'stopping':
      return 'Stopping';
    case 'stopped':
      return job.phase === 'undone' ? PHASES.undone : 'Stopped';
    case 'failed':
      return 'Failed';
    case 'succeeded':
      return 'Verified';
  }
}

/** How many cells of a terminal a text takes, near enough for the texts above: one per code point. */
export const widthOf = (text: string): number => [...text].length;

export function cut(text: string, widthMax: number): string {
  if (widthOf(text) <= widthMax) return text;
  return `${[...text].slice(0, Math.max(0, widthMax - 1)).join('')}…`;
}
