import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, type EpochMs } from '../../domain/time.ts';

/** The two largest units that matter: "0.4 s", "12 s", "3 min 20 s", "2 h 5 min", "1 d 3 h". */
export function formatDuration(durationMs: number): string {
  const ms = Math.max(0, durationMs);
  if (ms < SECOND_MS) return `${(ms / SECOND_MS).toFixed(1)} s`;
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)} s`;
  if (ms < HOUR_MS) return pair(ms, MINUTE_MS, 'min', SECOND_MS, 's');
  if (ms < DAY_MS) return pair(ms, HOUR_MS, 'h', MINUTE_MS, 'min');
  return pair(ms, DAY_MS, 'd', HOUR_MS, 'h');
}

function pair(ms: number, largeMs: number, large: string, smallMs: number, small: string): string {
  const rest = Math.floor((ms % largeMs) / smallMs);
  return `${Math.floor(ms / largeMs)} ${large}${rest > 0 ? ` ${rest} ${small}` : ''}`;
}

/** A range, because a single number would claim to know: "4–7 min", "45 s – 2 min", "less than 5 s". */
export function formatTimeLeft(left: { from: number; to: number } | undefined): string {
  if (!left) return '–';
  if (left.to < 5) return 'less than 5 s';
  const from = roughly(left.from);
  const to = roughly(left.to);
  if (from.text === to.text) return from.text;
  return from.unit === to.unit ? `${from.value}–${to.text}` : `${from.text} – ${to.text}`;
}

function roughly(seconds: number): { value: number; unit: string; text: string } {
  const [value, unit] =
    seconds < 90
      ? [Math.round(seconds), 's']
      : seconds < 90 * 60
        ? [Math.round(seconds / 60), 'min']
        : seconds < 36 * 3600
          ? [Math.round(seconds / 3600), 'h']
          : [Math.round(seconds / 86_400), 'd'];
  return { value, unit, text: `${value} ${unit}` };
}

/** hh:mm:ss on the reader's clock. */
export const formatClock = (atMs: EpochMs): string =>
  new Date(atMs).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** "20 Nov 2026" on the reader's calendar. */
export const formatDay = (atMs: EpochMs): string =>
  new Date(atMs).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });

/** "20 Nov 2026, 13:05:12". */
export const formatWhen = (atMs: EpochMs): string => `${formatDay(atMs)}, ${formatClock(atMs)}`;
