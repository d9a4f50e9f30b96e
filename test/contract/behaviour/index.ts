import type { Behaviour } from '../world.ts';
import { bucketBehaviours } from './buckets.ts';
import { deletingBehaviours } from './deleting.ts';
import { keyBehaviours } from './keys.ts';
import { listingBehaviours } from './listing.ts';
import { objectBehaviours } from './objects.ts';
import { versionBehaviours } from './versions.ts';

export const behaviours: readonly Behaviour[] = [
  ...bucketBehaviours,
  ...objectBehaviours,
  ...keyBehaviours,
  ...listingBehaviours,
  ...versionBehaviours,
  ...deletingBehaviours,
];
