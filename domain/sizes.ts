export const KiB = 1024;
export const MiB = 1024 ** 2;
export const GiB = 1024 ** 3;
export const TiB = 1024 ** 4;

/** CopyObject's largest source (S3 API reference, CopyObject); above it a copy is made of parts. */
export const COPY_OBJECT_BYTES_MAX = 5 * GiB;
/** Multipart limits (S3 user guide, "Amazon S3 multipart upload limits"). The last part may be smaller. */
export const PART_SIZE_BYTES_MIN = 5 * MiB;
export const PART_SIZE_BYTES_MAX = 5 * GiB;
export const PARTS_MAX = 10_000;

export type PartRange = Readonly<{ partNumber: number; firstByte: number; lastByte: number }>;

/** S3 accepts at most 10,000 parts, so a fixed part size silently caps the object size; the part grows instead. */
export function partSizeBytes(objectBytes: number, preferredBytes: number): number {
  return Math.max(preferredBytes, PART_SIZE_BYTES_MIN, Math.ceil(objectBytes / PARTS_MAX));
}

/** The parts of an object, tiling it exactly. Throws a RangeError for an empty object or one that cannot be tiled. */
export function planParts(objectBytes: number, preferredBytes: number): PartRange[] {
  const size = partSizeBytes(objectBytes, preferredBytes);
  if (objectBytes < 1 || size > PART_SIZE_BYTES_MAX) throw new RangeError(`no parts for ${objectBytes} bytes`);
  return Array.from({ length: Math.ceil(objectBytes / size) }, (_, index) => ({
    partNumber: index + 1,
    firstByte: index * size,
    lastByte: Math.min(objectBytes, (index + 1) * size) - 1,
  }));
}
