import { describe, expect, test } from 'vitest';
import { checkVersionPage, type VersionPageAnswer, type VersionPageExpectation } from '../../s3/version-page.ts';
import { orderOf, type EntryKind } from '../../s3/version-order.ts';

const expected: VersionPageExpectation = {
  bucket: 'photos',
  prefix: 'a/',
  startAfter: '',
  marker: undefined,
  last: undefined,
  isEchoed: true,
};
const at = { LastModified: new Date('2026-01-02T03:04:05Z') };
const version = (Key: string, VersionId: string, IsLatest = false) => ({
  Key,
  VersionId,
  IsLatest,
  Size: 3,
  ETag: '"e1"',
  ...at,
});
const marker = (Key: string, VersionId: string, IsLatest = false) => ({ Key, VersionId, IsLatest, ...at });

const ORDER: EntryKind[] = ['version', 'marker', 'version', 'marker'];
const page = (more: Partial<VersionPageAnswer> = {}): VersionPageAnswer => ({
  Name: 'photos',
  Prefix: 'a/',
  EncodingType: 'url',
  IsTruncated: false,
  KeyMarker: '',
  VersionIdMarker: '',
  Versions: [version('a/1+%2B', 'v3', true), version('a/1+%2B', 'v1')],
  DeleteMarkers: [marker('a/1+%2B', 'v2'), marker('a/2', 'v4', true)],
  ...more,
});

describe('a page of versions', () => {
  test('that is whole gives versions and markers in the order of the answer', () => {
    const checked = checkVersionPage(page(), ORDER, expected);

    expect(checked).toMatchObject({ ok: true, next: undefined });
    expect(checked.ok && checked.versions.map(({ key, versionId }) => [key, versionId])).toEqual([
      ['a/1 +', 'v3'],
      ['a/1 +', 'v2'],
      ['a/1 +', 'v1'],
      ['a/2', 'v4'],
    ]);
    expect(checked.ok && checked.versions[1]).toMatchObject({ isDeleteMarker: true, sizeBytes: 0, etag: '' });
    expect(checked.ok && checked.versions[2]).toMatchObject({ isDeleteMarker: false, sizeBytes: 3, etag: 'e1' });
  });

  const empty = { Versions: undefined, DeleteMarkers: undefined };
  const blank = { Name: undefined, Prefix: undefined, EncodingType: undefined, IsTruncated: undefined, ...empty };
  test.each<[string, object, EntryKind[]?, Partial<VersionPageExpectation>?]>([
    ['is blank, HTML or {}', blank, []],
    ['is of another bucket', { Name: 'other' }],
    ['is of another prefix', { Prefix: 'b/' }],
    ['did not encode its keys', { EncodingType: undefined }],
    ['holds folders', { CommonPrefixes: [{ Prefix: 'a/b/' }] }],
    ['does not say whether more follows', { IsTruncated: undefined }],
    ['says that more follows, without a marker', { IsTruncated: true }],
    ['ends, with a marker', { NextKeyMarker: 'a/2' }],
    ['goes on, and holds nothing', { IsTruncated: true, NextKeyMarker: 'a/2', ...empty }, []],
    [
      'goes on from where it began',
      { IsTruncated: true, NextKeyMarker: 'a/0', KeyMarker: 'a/0' },
      ORDER,
      { marker: { key: 'a/0' } },
    ],
    ['begins elsewhere than it was asked to', { KeyMarker: 'a/9' }, ORDER, { marker: { key: 'a/0' } }],
    [
      'begins at another version',
      { KeyMarker: 'a/0', VersionIdMarker: 'x' },
      ORDER,
      { marker: { key: 'a/0', versionId: 'v0' } },
    ],
    ['shows fewer versions than its text holds', {}, [...ORDER, 'version']],
    ['shows a marker where its text holds a version', {}, ['version', 'version', 'version', 'marker']],
    ['has keys out of order', { DeleteMarkers: [marker('a/1+%2B', 'v2'), marker('a/0', 'v4', true)] }],
    ['has a key outside of the prefix', { DeleteMarkers: [marker('a/1+%2B', 'v2'), marker('b', 'v4', true)] }],
    ['holds a version twice', { DeleteMarkers: [marker('a/1+%2B', 'v3'), marker('a/2', 'v4', true)] }],
    [
      'does not begin a key with its newest version',
      { Versions: [version('a/1+%2B', 'v3'), version('a/1+%2B', 'v1')] },
    ],
    [
      'calls two versions of a key the newest',
      { Versions: [version('a/1+%2B', 'v3', true), version('a/1+%2B', 'v1', true)] },
    ],
    ['has a version without an id', { Versions: [version('a/1+%2B', '', true), version('a/1+%2B', 'v1')] }],
    [
      'has a version without a size',
      { Versions: [{ ...version('a/1+%2B', 'v3', true), Size: undefined }, version('a/1+%2B', 'v1')] },
    ],
    [
      'has a version without an ETag',
      { Versions: [{ ...version('a/1+%2B', 'v3', true), ETag: '' }, version('a/1+%2B', 'v1')] },
    ],
    ['begins again', {}, ORDER, { last: { key: 'a/1 +', versionIds: new Set(['v3']) } }],
    ['goes back', {}, ORDER, { last: { key: 'a/9', versionIds: new Set(['v']) } }],
    ['goes back behind where it was to start', {}, ORDER, { startAfter: 'a/5' }],
  ])('that %s is not believed', (_name, more, order = ORDER, expectation = {}) => {
    expect(checkVersionPage(page(more), order, { ...expected, ...expectation })).toMatchObject({ ok: false });
  });

  test('goes on in the middle of a key, which is then not the newest any more', () => {
    const last = { key: 'a/1 +', versionIds: new Set(['v9']) };
    const going = page({
      KeyMarker: 'a/1+%2B',
      VersionIdMarker: 'v9',
      Versions: [version('a/1+%2B', 'v3'), version('a/1+%2B', 'v1')],
    });

    expect(
      checkVersionPage(going, ORDER, { ...expected, last, marker: { key: 'a/1 +', versionId: 'v9' } }),
    ).toMatchObject({
      ok: true,
    });
  });

  test('leaves out the key that the listing starts after, where the provider includes it', () => {
    const checked = checkVersionPage(page({ KeyMarker: 'a/1+%2B' }), ORDER, {
      ...expected,
      startAfter: 'a/1 +',
      marker: { key: 'a/1 +' },
    });

    expect(checked.ok && checked.versions.map(({ key }) => key)).toEqual(['a/2']);
  });

  test('of a provider that does not encode its markers goes on after its last version', () => {
    const answer = page({ IsTruncated: true, NextKeyMarker: 'whatever +%', NextVersionIdMarker: 'v' });

    expect(checkVersionPage(answer, ORDER, { ...expected, isEchoed: false })).toMatchObject({
      next: { key: 'a/2', versionId: 'v4' },
    });
  });
});

test('the order of versions and markers is read from the elements, and not from ids or from keys that look like them', () => {
  const xml =
    '<R><VersionIdMarker/><Version><Key>&lt;Version></Key><VersionId>1</VersionId></Version>' +
    '<DeleteMarker><Key>k</Key></DeleteMarker><Version ><Key>DeleteMarker</Key></Version></R>';

  expect(orderOf(xml)).toEqual(['version', 'marker', 'version']);
});
