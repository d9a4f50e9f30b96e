import type { Behaviour } from '../world.ts';
import { archivedBehaviours } from './archived.ts';
import { bucketBehaviours } from './buckets.ts';
import { checksumBehaviours } from './checksums.ts';
import { configurationBehaviours } from './configuration.ts';
import { copyingBehaviours } from './copying.ts';
import { deletingBehaviours } from './deleting.ts';
import { keyBehaviours } from './keys.ts';
import { listingBehaviours } from './listing.ts';
import { multipartBehaviours } from './multipart.ts';
import { objectBehaviours } from './objects.ts';
import { partCopyingBehaviours } from './part-copying.ts';
import { policyBehaviours } from './policies.ts';
import { sessionCopyingBehaviours } from './session-copying.ts';
import { sessionBehaviours } from './sessions.ts';
import { versionBehaviours } from './versions.ts';

export const behaviours: readonly Behaviour[] = [
  ...bucketBehaviours,
  ...objectBehaviours,
  ...checksumBehaviours,
  ...archivedBehaviours,
  ...keyBehaviours,
  ...listingBehaviours,
  ...versionBehaviours,
  ...deletingBehaviours,
  ...copyingBehaviours,
  ...multipartBehaviours,
  ...partCopyingBehaviours,
  ...policyBehaviours,
  ...sessionBehaviours,
  ...sessionCopyingBehaviours,
  ...configurationBehaviours,
];
