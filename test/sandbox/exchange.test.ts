import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseTarget } from '../../local/sandbox/exchange.ts';

/** The slow and obvious way, for comparison. */
function decodeByBytes(text: string): string {
  const bytes = text
    .replaceAll('+', ' ')
    .replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

const pieces = fc.array(
  fc.oneof(
    fc.constantFrom('%', '%4', '%zz', '%2B', '%C3%A9', '%C3', '%FF', '%00', '+', 'a', '/', '%25', 'é'),
    fc
      .string()
      .map(encodeURIComponent.bind(undefined))
      .filter((text) => !/[&=]/.test(text)),
  ),
);

test('a query is decoded byte by byte, whatever is in it', () => {
  fc.assert(
    fc.property(pieces, (parts) => {
      const text = parts.join('');
      expect(parseTarget(`/?prefix=${text}`).query.get('prefix')).toBe(/[%+]/.test(text) ? decodeByBytes(text) : text);
    }),
    { numRuns: 500 },
  );
});
