import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { childText, escapeXml, parseXml, tag } from '../../local/sandbox/xml.ts';

describe('a request document', () => {
  test.each([
    ['is empty', ''],
    ['is not closed', '<Tagging>'],
    ['has another root', '<Wrong/>'],
    ['holds a control character', '<Tagging>\u0001</Tagging>'],
    ['declares entities of its own', '<!DOCTYPE a [<!ENTITY b "c">]><Tagging>&b;</Tagging>'],
  ])('that %s is refused', (_, text) => {
    expect(() => parseXml(text, 'Tagging')).toThrow('well-formed');
  });

  test('is read whatever prefix its names have', () => {
    const root = parseXml('<s3:Delete xmlns:s3="urn:x"><s3:Quiet>true</s3:Quiet></s3:Delete>', 'Delete');

    expect(childText(root, 'Quiet')).toBe('true');
  });
});

test('text that XML can carry comes back as it was', () => {
  // A carriage return survives only as a reference, which is how it is written.
  const text = fc
    .string({ unit: 'grapheme' })
    .filter((value) => !/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(value));
  fc.assert(
    fc.property(text, (value) => {
      expect(childText(parseXml(`<a>${tag('b', value)}</a>`), 'b')).toBe(value);
    }),
  );
});

test('control characters are written as references, as S3 writes them', () => {
  expect(escapeXml('a\u0001\r<')).toBe('a&#x1;&#xd;&lt;');
});
