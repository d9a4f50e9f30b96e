import type { FlowState } from '../../../../domain/ports.ts';
import { formatCount } from '../../../words/numbers.ts';

type Sign = { type: 'in-progress' | 'pending' | 'success' | 'error' | 'stopped'; word: string };

export const STATE_SIGNS: Readonly<Record<FlowState['status'], Sign>> = {
  running: { type: 'in-progress', word: 'Running' },
  waiting: { type: 'pending', word: 'Waiting' },
  succeeded: { type: 'success', word: 'Succeeded' },
  failed: { type: 'error', word: 'Failed' },
  stopped: { type: 'stopped', word: 'Stopped' },
};

/** "12 of 40, 2 running, 1 failed": a map's items; a dash for every other state. */
export function itemsText({ items }: Pick<FlowState, 'items'>): string {
  if (!items) return '–';
  const parts = [
    `${formatCount(items.succeededCount)} of ${formatCount(items.totalCount)}`,
    items.runningCount > 0 ? `${formatCount(items.runningCount)} running` : '',
    items.failedCount > 0 ? `${formatCount(items.failedCount)} failed` : '',
    items.pendingCount > 0 ? `${formatCount(items.pendingCount)} waiting` : '',
  ];
  return parts.filter(Boolean).join(', ');
}

/** JSON for reading. A value that is missing is said to be, because "undefined" tells nobody anything. */
export const jsonText = (value: unknown): string => (value === undefined ? 'None' : JSON.stringify(value, null, 2));
