import type { ConfigurationItemView, ConfigurationView } from '../../domain/views.ts';

type Fate = NonNullable<ConfigurationItemView['outcome']>;

export const FATE_WORDS: Readonly<Record<Fate, string>> = {
  adapted: 'Adapted',
  applied: 'Put in place',
  cannot: 'Cannot be carried',
  failed: 'Failed',
  nothing: 'Nothing to do',
  waived: 'Left out',
};
const PLANNED_WORDS: Readonly<Record<ConfigurationItemView['fate'], string>> = {
  'as-it-is': 'As it is',
  adapted: 'Adapted',
  cannot: 'Cannot be carried',
  waived: 'Left out',
  nothing: 'Nothing to do',
};

/** What became of it, or what is planned. */
export const fateText = ({ fate, outcome }: ConfigurationItemView): string =>
  outcome === undefined ? PLANNED_WORDS[fate] : FATE_WORDS[outcome];

export type FateSign = 'success' | 'info' | 'warning' | 'error' | 'stopped';
export function fateSign({ fate, outcome = fate === 'as-it-is' ? 'applied' : fate }: ConfigurationItemView): FateSign {
  switch (outcome) {
    case 'applied':
      return 'success';
    case 'adapted':
      return 'info';
    case 'cannot':
      return 'warning';
    case 'failed':
      return 'error';
    case 'waived':
    case 'nothing':
      return 'stopped';
  }
}

/** What a person has to look at comes first; what was never set is left out. */
const ORDER: readonly FateSign[] = ['error', 'warning', 'info', 'stopped', 'success'];
export const settingsShown = ({ items }: ConfigurationView): ConfigurationItemView[] =>
  items
    .filter((item) => item.fate !== 'nothing')
    .sort((left, right) => ORDER.indexOf(fateSign(left)) - ORDER.indexOf(fateSign(right)));

/** "12 as it is, 3 adapted, 1 cannot be carried", and how many were never set. */
export function settingsSummary(view: ConfigurationView): string {
  const shown = settingsShown(view);
  const counts = new Map<string, number>();
  for (const item of shown) counts.set(fateText(item), (counts.get(fateText(item)) ?? 0) + 1);
  const parts = [...counts].map(([text, count]) => `${count} ${text.toLowerCase()}`);
  const unsetCount = view.items.length - shown.length;
  if (unsetCount > 0) parts.push(`${unsetCount} not set, or as in any new bucket`);
  return `${parts.join(', ')}.`;
}
