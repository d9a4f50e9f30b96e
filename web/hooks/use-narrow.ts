import { useSyncExternalStore } from 'react';

/** Cloudscape's own border between small and large screens. */
const NARROW = '(max-width: 688px)';

export function useNarrow(): boolean {
  return useSyncExternalStore(
    (changed) => {
      const query = window.matchMedia(NARROW);
      query.addEventListener('change', changed);
      return () => query.removeEventListener('change', changed);
    },
    () => window.matchMedia(NARROW).matches,
  );
}
