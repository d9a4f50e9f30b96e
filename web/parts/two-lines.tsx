import type { EpochMs } from '../../domain/time.ts';
import { formatClock, formatDay } from '../words/times.ts';

/** Two figures of one cell, each whole in its own line. */
export function TwoLines({ first, second }: Readonly<{ first: string; second: string }>) {
  return (
    <span className="nowrap">
      {first}
      <br />
      {second}
    </span>
  );
}

export function When({ atMs }: Readonly<{ atMs: EpochMs }>) {
  return <TwoLines first={formatDay(atMs)} second={formatClock(atMs)} />;
}
