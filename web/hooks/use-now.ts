import { useEffect, useState } from 'react';
import { SECOND_MS, type EpochMs } from '../../domain/time.ts';

const nowMs = (): EpochMs => Date.now() as EpochMs;

/** The reader's clock, once a second while `isTicking`: elapsed times and ages move without asking the server. */
export function useNow(isTicking = true): EpochMs {
  const [now, setNow] = useState(nowMs);
  useEffect(() => {
    if (!isTicking) return;
    const timer = setInterval(() => setNow(nowMs()), SECOND_MS);
    return () => clearInterval(timer);
  }, [isTicking]);
  return now;
}
