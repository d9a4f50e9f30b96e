import type { PreflightView } from '../../domain/views.ts';
import { formatObjects } from '../words/numbers.ts';

/** The button says what it does, as far as it is known. */
export function startButtonText(kind: 'copy' | 'migrate', preflight: PreflightView | undefined): string {
  const verb = kind === 'copy' ? 'Start copying' : 'Start migrating';
  const found = preflight?.found;
  if (!found) return verb;
  return found.isComplete
    ? `${verb} ${formatObjects(found.objectCount)}`
    : `${verb} more than ${formatObjects(found.objectCount)}`;
}
