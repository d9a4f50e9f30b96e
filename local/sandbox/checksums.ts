import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** The checksum algorithms of S3 that the sandbox computes (S3 API reference, Checksum). */
export const CHECKSUM_ALGORITHMS = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256', 'MD5', 'SHA512'] as const;
export type ChecksumAlgorithm = (typeof CHECKSUM_ALGORITHMS)[number];
export type ChecksumType = 'FULL_OBJECT' | 'COMPOSITE';
/** `value` is base64; a composite one ends in `-` and the number of parts. */
export type Checksum = Readonly<{ algorithm: ChecksumAlgorithm; type: ChecksumType; value: string }>;

export interface Hasher {
  update(bytes: Uint8Array): void;
  digest(): Buffer;
}

export const checksumHeaderName = (algorithm: ChecksumAlgorithm): string => `x-amz-checksum-${algorithm.toLowerCase()}`;

export function parseChecksumAlgorithm(name: string): ChecksumAlgorithm | undefined {
  return CHECKSUM_ALGORITHMS.find((algorithm) => algorithm === name.toUpperCase());
}

export function newHasher(algorithm: ChecksumAlgorithm): Hasher {
  switch (algorithm) {
    case 'CRC32':
      return new Crc32Hasher((bytes, value) => crc32(bytes, value));
    case 'CRC32C':
      return new Crc32Hasher(crc32c);
    case 'CRC64NVME':
      return new Crc64NvmeHasher();
    case 'SHA1':
    case 'SHA256':
    case 'SHA512':
    case 'MD5': {
      const hash = createHash(algorithm.toLowerCase());
      return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() };
    }
  }
}

export function digestOf(algorithm: ChecksumAlgorithm, bytes: Iterable<Uint8Array>): Buffer {
  const hasher = newHasher(algorithm);
  for (const chunk of bytes) hasher.update(chunk);
  return hasher.digest();
}

class Crc32Hasher implements Hasher {
  private value = 0;
  constructor(private readonly advance: (bytes: Uint8Array, value: number) => number) {}
  update(bytes: Uint8Array): void {
    this.value = this.advance(bytes, this.value);
  }
  digest(): Buffer {
    const digest = Buffer.alloc(4);
    digest.writeUInt32BE(this.value >>> 0);
    return digest;
  }
}

const CRC32C_POLYNOMIAL = 0x82f63b78;
const CRC32C_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ CRC32C_POLYNOMIAL : value >>> 1;
  return value;
});

function crc32c(bytes: Uint8Array, previous: number): number {
  let value = ~previous;
  for (let at = 0; at < bytes.length; at += 1) {
    value = (value >>> 8) ^ (CRC32C_TABLE[(value ^ (bytes[at] ?? 0)) & 0xff] ?? 0);
  }
  return ~value >>> 0;
}

const CRC64NVME_POLYNOMIAL = 0x9a6c9329ac4bc9b5n;

/** Eight tables of 256 entries, each as two halves of 32 bits: BigInt per byte would be a hundred times slower. */
const CRC64_TABLES = buildCrc64Tables();

function buildCrc64Tables(): { low: Uint32Array; high: Uint32Array } {
  const low = new Uint32Array(8 * 256);
  const high = new Uint32Array(8 * 256);
  const first: bigint[] = [];
  for (let byte = 0n; byte < 256n; byte += 1n) {
    let value = byte;
    for (let bit = 0; bit < 8; bit += 1) value = value & 1n ? (value >> 1n) ^ CRC64NVME_POLYNOMIAL : value >> 1n;
    first.push(value);
  }
  for (let byte = 0; byte < 256; byte += 1) {
    let value = first[byte] ?? 0n;
    for (let table = 0; table < 8; table += 1) {
      low[table * 256 + byte] = Number(value & 0xffffffffn);
      high[table * 256 + byte] = Number(value >> 32n);
      value = (value >> 8n) ^ (first[Number(value & 0xffn)] ?? 0n);
    }
  }
  return { low, high };
}

class Crc64NvmeHasher implements Hasher {
  private low = 0xffffffff;
  private high = 0xffffffff;

  update(bytes: Uint8Array): void {
    const wide = bytes.length - (bytes.length % 8);
    for (let at = 0; at < wide; at += 8) this.advanceEight(bytes, at);
    for (let at = wide; at < bytes.length; at += 1) this.advanceOne(bytes[at] ?? 0);
  }

  digest(): Buffer {
    const digest = Buffer.alloc(8);
    digest.writeUInt32BE(~this.high >>> 0, 0);
    digest.writeUInt32BE(~this.low >>> 0, 4);
    return digest;
  }

  private advanceOne(byte: number): void {
    const at = (this.low ^ byte) & 0xff;
    this.low = (((this.low >>> 8) | (this.high << 24)) ^ entry(CRC64_TABLES.low, at)) >>> 0;
    this.high = ((this.high >>> 8) ^ entry(CRC64_TABLES.high, at)) >>> 0;
  }

  private advanceEight(bytes: Uint8Array, at: number): void {
    const low = this.low ^ littleEndian(bytes, at);
    const high = this.high ^ littleEndian(bytes, at + 4);
    this.low = foldEight(CRC64_TABLES.low, low, high);
    this.high = foldEight(CRC64_TABLES.high, low, high);
  }
}

const entry = (table: Uint32Array, at: number): number => table[at] ?? 0;

function littleEndian(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
}

function foldEight(table: Uint32Array, low: number, high: number): number {
  return (
    (entry(table, 1792 + (low & 0xff)) ^
      entry(table, 1536 + ((low >>> 8) & 0xff)) ^
      entry(table, 1280 + ((low >>> 16) & 0xff)) ^
      entry(table, 1024 + (low >>> 24)) ^
      entry(table, 768 + (high & 0xff)) ^
      entry(table, 512 + ((high >>> 8) & 0xff)) ^
      entry(table, 256 + ((high >>> 16) & 0xff)) ^
      entry(table, high >>> 24)) >>>
    0
  );
}

// --- whole-object values from the values of parts -------------------------------------------------------------------

const REFLECTED: Readonly<Partial<Record<ChecksumAlgorithm, { bits: bigint; polynomial: bigint }>>> = {
  CRC32: { bits: 32n, polynomial: 0xedb88320n },
  CRC32C: { bits: 32n, polynomial: BigInt(CRC32C_POLYNOMIAL) },
  CRC64NVME: { bits: 64n, polynomial: CRC64NVME_POLYNOMIAL },
};

export const isCombinable = (algorithm: ChecksumAlgorithm): boolean => REFLECTED[algorithm] !== undefined;

/**
 * The CRC of two byte strings joined, from their CRCs and the length of the second: how S3 makes full-object
 * checksums of multipart uploads without reading the parts again. Multiplies the first by x^(8·length).
 */
export function combineCrc(algorithm: ChecksumAlgorithm, first: Buffer, second: Buffer, secondBytes: number): Buffer {
  const field = REFLECTED[algorithm];
  if (!field) throw new Error(`${algorithm} values cannot be combined`);
  const multiply = (a: bigint, b: bigint): bigint => multiplyReflected(a, b, field.bits, field.polynomial);

  let power = 1n << (field.bits - 9n); // x^8: one byte
  let shifted = BigInt(`0x${first.toString('hex')}`);
  for (let length = secondBytes; length > 0; length = Math.floor(length / 2)) {
    if (length % 2 === 1) shifted = multiply(shifted, power);
    power = multiply(power, power);
  }
  const joined = shifted ^ BigInt(`0x${second.toString('hex')}`);
  return Buffer.from(joined.toString(16).padStart(Number(field.bits / 4n), '0'), 'hex');
}

function multiplyReflected(a: bigint, b: bigint, bits: bigint, polynomial: bigint): bigint {
  let product = 0n;
  let factor = b;
  for (let mask = 1n << (bits - 1n); mask > 0n; mask >>= 1n) {
    if (a & mask) product ^= factor;
    factor = factor & 1n ? (factor >> 1n) ^ polynomial : factor >> 1n;
  }
  return product;
}
