import type { BucketsView, ConnectionsView } from '../../domain/views.ts';
import type { JobForm } from './job-form.ts';

type Connections = ConnectionsView['connections'];
type Buckets = BucketsView['buckets'];

/** The two sandbox connections that an example goes between. */
export function exampleConnections(connections: Connections): { source: string; destination: string } | undefined {
  const [source, destination] = connections.filter(({ kind }) => kind === 'sandbox');
  return source && destination ? { source: source.name, destination: destination.name } : undefined;
}

/** The form of a first copy: a sample bucket to a name that is free in the other account. */
export function exampleForm(
  between: { source: string; destination: string },
  sourceBuckets: Buckets,
  destinationBuckets: Buckets,
): Partial<JobForm> {
  // Photos are what a first copy looks best with: enough of them to see the bar move, and keys that read well.
  const bucket = sampleOf(sourceBuckets, ['sample-photos', 'sample-', '']);
  const taken = new Set([...sourceBuckets, ...destinationBuckets].map(({ name }) => name));
  return {
    sourceConnection: between.source,
    sourceBucket: bucket,
    destinationConnection: between.destination,
    destinationBucket: bucket === '' ? '' : freeName(`${bucket}-copy`, taken),
  };
}

/** The form of a first migration: a small bucket, and no quarantine, so that it is seen to its end within minutes. */
export function migrationExample(
  between: { source: string; destination: string },
  sourceBuckets: Buckets,
  destinationBuckets: Buckets,
): Partial<JobForm> {
  const taken = new Set(destinationBuckets.map(({ name }) => name));
  const bucket = sampleOf(
    sourceBuckets.filter(({ name }) => !taken.has(name)),
    ['sample-photos', 'sample-', ''],
  );
  return {
    kind: 'migrate',
    sourceConnection: between.source,
    sourceBucket: bucket,
    destinationConnection: between.destination,
    quarantineDays: '0',
  };
}

/** The first bucket of the earliest of these beginnings. */
const sampleOf = (buckets: Buckets, starts: readonly string[]): string =>
  starts.map((start) => buckets.find(({ name }) => name.startsWith(start))?.name).find(Boolean) ?? '';

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  // One of so many numbered names is free, because no more than that are taken.
  for (let number = 1; number <= taken.size + 1; number += 1) {
    const name = number === 1 ? wanted : `${wanted}-${number}`;
    if (!taken.has(name)) return name;
  }
  return wanted;
}
