/** Numbers for people. One language for now, so that a figure reads the same on the page and on the command line. */

const count = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const oneDigit = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });

export const formatCount = (value: number): string => count.format(value);

export const formatObjects = (value: number): string => `${formatCount(value)} ${value === 1 ? 'object' : 'objects'}`;

export const formatTimes = (value: number): string => `${formatCount(value)} ${value === 1 ? 'time' : 'times'}`;

const BYTE_UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const;

/** Binary units, because part sizes and limits of S3 are binary. One digit after the point below 100. */
export function formatBytes(sizeBytes: number): string {
  let value = sizeBytes;
  let unit = 0;
  // 1,023.6 KiB would be shown as "1,024 KiB": it goes on to the next unit.
  while (unit < BYTE_UNITS.length - 1 && value >= (unit === 0 ? 1024 : 1023.5)) {
    value /= 1024;
    unit += 1;
  }
  if (unit === 0) return value === 1 ? '1 byte' : `${formatCount(value)} bytes`;
  return `${value < 100 ? oneDigit.format(value) : formatCount(value)} ${BYTE_UNITS[unit] ?? ''}`;
}

export function formatObjectRate(objectsPerSecond: number): string {
  if (objectsPerSecond <= 0) return '–';
  return `${objectsPerSecond < 10 ? oneDigit.format(objectsPerSecond) : formatCount(objectsPerSecond)}/s`;
}

/** The digit after the point stays even when it is 0: a figure that changes every second must not change its width. */
export const formatByteRate = (bytesPerSecond: number): string =>
  bytesPerSecond <= 0 ? '–' : `${formatBytes(bytesPerSecond).replace(/^(\d\d?) ([A-Z])/, '$1.0 $2')}/s`;

/** A total that may still grow says so. */
export const soFar = (text: string, isComplete: boolean): string => (isComplete ? text : `${text} so far`);
