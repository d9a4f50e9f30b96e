import type { Accounts } from './accounts.ts';
import type { BodyStore } from './bodies.ts';
import type { Storage } from './storage.ts';

/** Where a world's buckets outlive the process. */
export interface SandboxPersistence {
  readonly bodies: BodyStore;
  /** Fills an empty world with what was kept, and from then on keeps every change of it. */
  restore(storage: Storage, accounts: Accounts): void;
}
