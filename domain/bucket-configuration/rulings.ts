import type { PlanItem, SettingFate, SettingStage } from './plan.ts';

/** What a rule says of one setting, without the setting's name. `stage` only where it is not the setting's usual one. */
export type Ruling = Readonly<Omit<PlanItem, 'setting' | 'stage'> & { stage?: SettingStage }>;

type More = Readonly<{ differences?: readonly string[]; stage?: SettingStage; proposal?: unknown }>;

const ruling = (fate: SettingFate, reason: string, { differences = [], ...more }: More = {}): Ruling => ({
  fate,
  reason,
  differences,
  ...more,
});

export const asItIs = (value: unknown, reason = 'Carried as it is.', more: More = {}): Ruling => ({
  ...ruling('as-it-is', reason, more),
  value,
});
export const adapted = (value: unknown, reason: string, differences: readonly string[], more: More = {}): Ruling => ({
  ...ruling('adapted', reason, { ...more, differences }),
  value,
});
export const cannot = (reason: string, more: More = {}): Ruling => ruling('cannot', reason, more);
export const waived = (reason: string, more: More = {}): Ruling => ruling('waived', reason, more);
export const nothing = (reason: string, more: More = {}): Ruling => ruling('nothing', reason, more);

/** The same value when nothing differs, else adapted. */
export const carried = (value: unknown, differences: readonly string[], notes: readonly string[] = []): Ruling =>
  differences.length === 0
    ? asItIs(value, 'Carried as it is.', { differences: notes })
    : adapted(value, 'Carried with the differences shown.', [...differences, ...notes]);

export type EntryVerdict<Entry> =
  Readonly<{ isKept: true; entry: Entry; changes: readonly string[] }> | Readonly<{ isKept: false; why: string }>;
export const keep = <Entry>(entry: Entry, changes: readonly string[] = []): EntryVerdict<Entry> => ({
  isKept: true,
  entry,
  changes,
});
export const drop = (why: string): Readonly<{ isKept: false; why: string }> => ({ isKept: false, why });

export type Sifted<Entry> = Readonly<{ kept: readonly Entry[]; differences: readonly string[] }>;

/** A list where some entries can be carried and others not: what is left out and what is changed is told by name. */
export function sift<Entry>(
  entries: readonly Entry[],
  nameOf: (entry: Entry, index: number) => string,
  judge: (entry: Entry) => EntryVerdict<Entry>,
): Sifted<Entry> {
  const kept: Entry[] = [];
  const differences: string[] = [];
  entries.forEach((entry, index) => {
    const verdict = judge(entry);
    const name = nameOf(entry, index);
    if (verdict.isKept) {
      kept.push(verdict.entry);
      differences.push(...verdict.changes.map((change) => `${name}: ${change}`));
    } else differences.push(`${name} is left out: ${verdict.why}`);
  });
  return { kept, differences };
}

export const ruleSifted = (value: unknown, { kept, differences }: Sifted<unknown>, notes: readonly string[] = []) =>
  kept.length === 0 ? cannot('Nothing of it can be carried.', { differences }) : carried(value, differences, notes);
