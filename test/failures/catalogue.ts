import { DELETING } from './deleting-entries.ts';
import type { Failure } from './entry.ts';
import { RETURNING } from './returning-entries.ts';
import { RUNNING } from './running-entries.ts';

/** What goes wrong with a migration, what must happen then, what the person sees, and which tests promise it. */
export const CATALOGUE: readonly Failure[] = [...DELETING, ...RETURNING, ...RUNNING];
