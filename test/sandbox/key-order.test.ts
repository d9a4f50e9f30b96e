import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keyBytesOf, keyTextOf, SortedKeys, successorOfPrefix, type KeyBytes } from '../../local/sandbox/key-order.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 8 });

test('keys are ordered by their UTF-8 bytes and come back unchanged', () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      const [bytesA, bytesB] = [keyBytesOf(a), keyBytesOf(b)];

      expect([keyTextOf(bytesA), keyTextOf(bytesB)]).toEqual([a, b]);
      expect(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b)))).toBe(
        bytesA < bytesB ? -1 : bytesA > bytesB ? 1 : 0,
      );
    }),
  );
});

test('whatever is added and removed, the rest is walked in order from anywhere', () => {
  const change = fc.record({
    isAdded: fc.boolean(),
    key: fc.string({ unit: fc.constantFrom('a', 'b', '/', 'é'), maxLength: 5 }),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 2000 }), text, (changes, from) => {
      const keys = new SortedKeys();
      const expected = new Set<KeyBytes>();
      for (const { isAdded, key } of changes) {
        const bytes = keyBytesOf(key);
        if (isAdded) {
          keys.add(bytes);
          expected.add(bytes);
        } else {
          keys.remove(bytes);
          expected.delete(bytes);
        }
      }

      const start = keyBytesOf(from);
      expect([...keys.iterate(start)]).toEqual([...expected].filter((key) => key >= start).sort());
    }),
    { numRuns: 60 },
  );
});

test('a hundred thousand keys are added in any order and seeked in well under a second', () => {
  const keys = new SortedKeys();
  const startedAt = performance.now();

  for (let index = 0; index < 100_000; index += 1) keys.add(keyBytesOf(`k/${(index * 7919) % 100_003}`));
  for (let index = 0; index < 10_000; index += 1) keys.seek(`k/${index * 3}`, true);

  expect(performance.now() - startedAt).toBeLessThan(2000);
});

test('the successor of a prefix is after everything that begins with it', () => {
  expect(successorOfPrefix('a/')).toBe('a0');
  expect(successorOfPrefix('a\xff')).toBe('b');
  expect(successorOfPrefix('\xff')).toBeUndefined();
});
