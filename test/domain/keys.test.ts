import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareKeys, displayKey, fromPercentForm, keyByteLength, mapKey, toPercentForm } from '../../domain/keys.ts';

/** Any key that S3 may hold: Unicode scalar values, no lone surrogates. */
const anyKey = fc.string({ unit: 'binary', maxLength: 60 });

describe('keys', () => {
  test('are ordered as S3 orders them, by UTF-8 bytes', () => {
    fc.assert(
      fc.property(anyKey, anyKey, (left, right) => {
        const byBytes = Buffer.compare(Buffer.from(left), Buffer.from(right));

        expect(Math.sign(compareKeys(left, right))).toBe(byBytes);
      }),
      { numRuns: 5000 },
    );
  });

  test('above U+FFFF sort after U+FFFD, where JavaScript would put them before', () => {
    expect(compareKeys('\u{1F600}', '\uFFFD')).toBeGreaterThan(0);
    expect('\u{1F600}' < '\uFFFD').toBe(true);
  });

  test('come back from percent form exactly, whatever they hold', () => {
    fc.assert(
      fc.property(anyKey, (key) => {
        const form = toPercentForm(key);

        expect(fromPercentForm(form)).toBe(key);
        expect(form).toMatch(/^[\w.~/%-]*$/);
      }),
      { numRuns: 5000 },
    );
  });

  test.each([
    ['a b', 'a%20b'],
    ['a+b', 'a%2Bb'],
    ['é', '%C3%A9'],
    ['e\u0301', 'e%CC%81'],
    ['%2F', '%252F'],
    ['a?versionId=x', 'a%3FversionId%3Dx'],
    ['a\r\nb', 'a%0D%0Ab'],
    ['//../.', '//../.'],
    ['\ufeffx', '%EF%BB%BFx'],
    ['\n', '%0A'],
  ])('%j is written %s', (key, form) => {
    expect(toPercentForm(key)).toBe(form);
    expect(fromPercentForm(form)).toBe(key);
  });

  test.each(['%', '%4', '%zz', '%ff'])('%s is refused as no key in percent form', (form) => {
    expect(() => fromPercentForm(form)).toThrow(RangeError);
  });

  test('are shown without characters that move the cursor or turn the text', () => {
    expect(displayKey('a\u202Eb\nc\u0007\u2066')).toBe('a\\u202eb\\u000ac\\u0007\\u2066');
    expect(displayKey('<b>日本 é</b>')).toBe('<b>日本 é</b>');
  });

  test('change only their prefix on the way', () => {
    expect(mapKey('in/a/in/b', 'in/', 'out/')).toBe('out/a/in/b');
    expect(mapKey('x', '', '')).toBe('x');
  });

  test('keep their order when the prefix changes', () => {
    fc.assert(
      fc.property(anyKey, anyKey, anyKey, (prefix, left, right) => {
        const mapped = compareKeys(mapKey(`p/${left}`, 'p/', prefix), mapKey(`p/${right}`, 'p/', prefix));

        expect(Math.sign(mapped)).toBe(Math.sign(compareKeys(left, right)));
      }),
    );
  });

  test('are measured in bytes', () => {
    expect(keyByteLength('é\u{1F600}')).toBe(6);
  });
});
