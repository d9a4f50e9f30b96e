import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decisionButtonText,
  nameProblem,
  openNameDecision,
  toDecision,
  type NameDecisionForm,
} from '../../web/forms/name-decision-form.ts';
import { checkTypedCount, checkTypedName, errorOf, hintOf } from '../../web/forms/typed-name.ts';
import { someWait } from './some-migration.ts';

describe('a name typed as consent', () => {
  const name = 'photos-2026.archive';

  test.each([
    ['photos-2026.archive', 'exact', ''],
    ['', 'unfinished', 'Type the name'],
    ['photos-2026.archiv', 'unfinished', '1 character to come'],
    ['photos', 'unfinished', '13 characters to come'],
    ['Photos', 'wrong', 'no upper-case'],
    ['photos-2026.archive ', 'wrong', 'a space'],
    [' photos-2026.archive', 'wrong', 'a space'],
    ['photos-2026.archive2', 'wrong', 'and more'],
    ['photos-2025', 'wrong', 'from the 11th character'],
    ['logs', 'wrong', 'from the 1st character'],
    ['phоtos', 'wrong', 'from the 3rd character'], // a Cyrillic о
  ] as const)('"%s" is %s: %s', (typed, is, text) => {
    const answer = checkTypedName(typed, name);

    expect(answer.is).toBe(is);
    expect(answer.is === 'wrong' ? answer.reason : hintOf(answer)).toContain(text);
  });

  test('only the very name is exact', () => {
    fc.assert(
      fc.property(fc.string(), fc.stringMatching(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/), (typed, bucket) => {
        expect(checkTypedName(typed, bucket).is === 'exact').toBe(typed === bucket);
      }),
    );
  });

  test('nothing is called wrong while it can still become right, until the person insists', () => {
    const typing = checkTypedName('pho', name);

    expect(errorOf(typing, false)).toBe('');
    expect(errorOf(typing, true)).toContain('Not complete');
    expect(errorOf(checkTypedName('fo', name), false)).not.toBe('');
    expect(errorOf(checkTypedName(name, name), true)).toBe('');
  });

  test.each([
    ['1204', 'exact'],
    ['1,204', 'exact'],
    [' 1204 ', 'exact'],
    ['12', 'unfinished'],
    ['', 'unfinished'],
    ['1205', 'wrong'],
    ['12,04', 'unfinished'],
    ['all', 'wrong'],
    ['1204.0', 'wrong'],
  ] as const)('of 1,204 lost versions "%s" is %s', (typed, is) => {
    expect(checkTypedCount(typed, 1204).is).toBe(is);
  });
});

describe('a decision about the name', () => {
  const job = someWait({ lastOutcome: 'taken' });
  const form = (changes: Partial<NameDecisionForm>) => ({ ...openNameDecision(job), ...changes });

  test('at first it keeps waiting, which changes nothing', () => {
    expect(toDecision(openNameDecision(job))).toEqual({ choice: 'keep-waiting' });
    expect(nameProblem(openNameDecision(job), job)).toBeUndefined();
  });

  test.each([
    [{ choice: 'other-name', otherName: '' }, /Give the name/],
    [{ choice: 'other-name', otherName: 'Photos' }, /upper-case/],
    [{ choice: 'other-name', otherName: 'photos' }, /is waited for/],
    [{ choice: 'other-name', otherName: 'mig-temporary-abc123' }, /is the temporary bucket/],
    [{ choice: 'rebuild-source', sourceName: 'x' }, /3 to 63/],
    [{ choice: 'other-name', otherName: 'photos-111122223333-eu-west-1-an' }, /one account and Region/],
  ] as const)('%j is held back', (changes, message) => {
    expect(nameProblem(form(changes), job)).toMatch(message);
  });

  test.each([
    [
      { choice: 'other-name', otherName: 'photos-new' },
      { choice: 'other-name', bucket: 'photos-new' },
    ],
    [{ choice: 'rebuild-source' }, { choice: 'rebuild-source', bucket: 'photos' }],
    [{ choice: 'keep-temporary', otherName: 'left over' }, { choice: 'keep-temporary' }],
  ] as const)('%j is sent as %j', (changes, sent) => {
    expect(nameProblem(form(changes), job)).toBeUndefined();
    expect(toDecision(form(changes))).toEqual(sent);
  });

  test('the button says what it does', () => {
    expect(decisionButtonText(form({ choice: 'other-name', otherName: 'photos-new' }), job)).toBe(
      'Make the bucket as "photos-new"',
    );
    expect(decisionButtonText(form({ choice: 'rebuild-source' }), job)).toBe('Make "photos" with "here"');
  });
});
