import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { combineCrc, digestOf, newHasher, type ChecksumAlgorithm } from '../../local/sandbox/checksums.ts';

const CHECK_INPUT = Buffer.from('123456789');

describe('values that the catalogue of CRCs gives for 123456789', () => {
  test.each<[ChecksumAlgorithm, string]>([
    ['CRC32', 'cbf43926'],
    ['CRC32C', 'e3069283'],
    ['CRC64NVME', 'ae8b14860a799888'],
  ])('%s is %s', (algorithm, hex) => {
    expect(digestOf(algorithm, [CHECK_INPUT]).toString('hex')).toBe(hex);
  });
});

test.each<ChecksumAlgorithm>(['CRC32', 'CRC32C', 'CRC64NVME'])(
  '%s of a whole follows from its parts, however it is cut',
  (algorithm) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (first, second) => {
        const whole = newHasher(algorithm);
        whole.update(first);
        whole.update(second);

        const joined = combineCrc(
          algorithm,
          digestOf(algorithm, [first]),
          digestOf(algorithm, [second]),
          second.length,
        );

        expect(joined.equals(whole.digest())).toBe(true);
      }),
    );
  },
);
