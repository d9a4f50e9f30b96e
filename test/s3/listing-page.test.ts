import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareKeys, toPercentForm } from '../../domain/keys.ts';
import { checkPage, decodeListed, type PageAnswer, type PageExpectation } from '../../s3/listing-page.ts';

const expected: PageExpectation = { bucket: 'photos', prefix: 'a/', after: undefined, isEchoed: true };
const entry = (key: string, more: object = {}) => ({
  Key: key,
  Size: 3,
  ETag: '"e1"',
  LastModified: new Date('2026-01-02T03:04:05Z'),
  ...more,
});
const page = (more: Partial<PageAnswer> = {}): PageAnswer => ({
  Name: 'photos',
  Prefix: 'a/',
  EncodingType: 'url',
  IsTruncated: false,
  KeyCount: 2,
  Contents: [entry('a/1'), entry('a/2', { StorageClass: 'GLACIER' })],
  ...more,
});

describe('a page of a listing', () => {
  test('that is whole gives its objects', () => {
    const checked = checkPage(page(), expected);

    expect(checked).toMatchObject({ ok: true, nextToken: undefined });
    expect(checked.ok && checked.objects).toEqual([
      { key: 'a/1', sizeBytes: 3, etag: 'e1', storageClass: 'STANDARD', modifiedAtMs: 1_767_323_045_000 },
      { key: 'a/2', sizeBytes: 3, etag: 'e1', storageClass: 'GLACIER', modifiedAtMs: 1_767_323_045_000 },
    ]);
  });

  test.each<[string, object, Partial<PageExpectation>?]>([
    [
      'is blank, HTML or {}',
      {
        Name: undefined,
        Prefix: undefined,
        EncodingType: undefined,
        IsTruncated: undefined,
        KeyCount: undefined,
        Contents: undefined,
      },
    ],
    ['is of another bucket', { Name: 'other' }],
    ['is of another prefix', { Prefix: 'b/' }],
    ['does not say whether more follows', { IsTruncated: undefined }],
    ['holds fewer keys than it counts', { KeyCount: 3 }],
    ['counts nothing', { KeyCount: undefined }],
    ['says that more follows, without a token', { IsTruncated: true }],
    ['says that more follows, with an empty token', { IsTruncated: true, NextContinuationToken: '' }],
    ['ends, with a token', { NextContinuationToken: 't' }],
    ['goes on, and holds nothing', { IsTruncated: true, NextContinuationToken: 't', KeyCount: 0, Contents: [] }],
    ['did not encode its keys', { EncodingType: undefined }],
    ['holds folders', { CommonPrefixes: [{ Prefix: 'a/b/' }] }],
    ['is not in order', { Contents: [entry('a/2'), entry('a/1')] }],
    ['holds a key twice', { Contents: [entry('a/1'), entry('a/1')] }],
    ['begins again', {}, { after: 'a/1' }],
    ['is in UTF-16 order', { Contents: [entry(toPercentForm('a/\u{1f600}')), entry(toPercentForm('a/\uffee'))] }],
    ['holds a key outside its prefix', { Contents: [entry('a/1'), entry('b/1')] }],
    ['holds an entry without a key', { Contents: [entry('a/1'), entry('')] }],
    ['holds an entry without an ETag', { Contents: [entry('a/1'), entry('a/2', { ETag: undefined })] }],
    ['holds an entry without a size', { Contents: [entry('a/1'), entry('a/2', { Size: undefined })] }],
    ['holds an entry with half a size', { Contents: [entry('a/1'), entry('a/2', { Size: Number.NaN })] }],
    ['holds an entry without a time', { Contents: [entry('a/1'), entry('a/2', { LastModified: undefined })] }],
    ['holds bytes that are no UTF-8', { Contents: [entry('a/1'), entry('a/%FF')] }],
    ['holds half an encoding', { Contents: [entry('a/1'), entry('a/%F')] }],
  ])('that %s is not believed', (_name, more, expectation = {}) => {
    expect(checkPage(page(more), { ...expected, ...expectation }).ok).toBe(false);
  });

  test('of a provider that leaves out counts and names is believed for what it says', () => {
    const careful = { ...expected, isEchoed: false };

    expect(checkPage(page({ KeyCount: undefined, Name: undefined }), careful).ok).toBe(true);
    expect(checkPage(page({ KeyCount: 7 }), careful).ok).toBe(false);
    expect(checkPage(page({ Name: 'other' }), careful).ok).toBe(false);
    expect(checkPage({}, careful).ok).toBe(false);
  });

  test('gives every key back exactly, in both forms of encoding', () => {
    const asForm = (key: string) => toPercentForm(key).replaceAll('%20', '+');
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (key) => {
        expect(decodeListed(toPercentForm(key))).toBe(key);
        expect(decodeListed(asForm(key))).toBe(key);
      }),
    );
  });

  test('of any keys in the order of their bytes is believed', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ unit: 'binary', minLength: 1 })), (names) => {
        const keys = names.map((name) => `a/${name}`).sort(compareKeys);
        const Contents = keys.map((key) => entry(toPercentForm(key)));
        const checked = checkPage(page({ Contents, KeyCount: keys.length }), expected);
        expect(checked.ok && checked.objects.map((object) => object.key)).toEqual(keys);
      }),
    );
  });
});
