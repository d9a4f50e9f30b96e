/**
 * A key as S3 orders it: its UTF-8 bytes, one character per byte. JavaScript compares strings by UTF-16 units, which
 * puts astral characters before U+E000..U+FFFF; comparing bytes gives S3's order, and `<` on such strings is exactly that.
 */
export type KeyBytes = string & { readonly brand: 'KeyBytes' };

export const KEY_SIZE_BYTES_MAX = 1024;

const NOT_ASCII = /[^\x00-\x7f]/;

export function keyBytesOf(text: string): KeyBytes {
  return (NOT_ASCII.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text) as KeyBytes;
}

export function keyTextOf(key: KeyBytes): string {
  return NOT_ASCII.test(key) ? Buffer.from(key, 'latin1').toString('utf8') : key;
}

/** True when the bytes are UTF-8; S3 refuses other keys. */
export function isUtf8(key: KeyBytes): boolean {
  if (!NOT_ASCII.test(key)) return true;
  const bytes = Buffer.from(key, 'latin1');
  return Buffer.from(bytes.toString('utf8'), 'utf8').equals(bytes);
}

/** The smallest string after every string that begins with `prefix`; undefined when there is none. */
export function successorOfPrefix(prefix: string): string | undefined {
  for (let end = prefix.length; end > 0; end -= 1) {
    const last = prefix.charCodeAt(end - 1);
    if (last < 0xff) return prefix.slice(0, end - 1) + String.fromCharCode(last + 1);
  }
  return undefined;
}

/** Small enough that inserting is cheap, large enough that a million keys make a few thousand runs. */
const RUN_LENGTH_MAX = 512;

/** The keys of a bucket in byte order: sorted runs, so that neither inserting nor seeking touches all of them. */
export class SortedKeys {
  private readonly runs: KeyBytes[][] = [];

  add(key: KeyBytes): void {
    const index = this.runIndexFor(key);
    const run = this.runs[index];
    if (!run) {
      this.runs.push([key]);
      return;
    }
    const at = lowerBound(run, key);
    if (run[at] === key) return;
    run.splice(at, 0, key);
    if (run.length > RUN_LENGTH_MAX) this.runs.splice(index + 1, 0, run.splice(splitPoint(run, at)));
  }

  remove(key: KeyBytes): void {
    const index = this.runIndexFor(key);
    const run = this.runs[index];
    if (!run) return;
    const at = lowerBound(run, key);
    if (run[at] !== key) return;
    run.splice(at, 1);
    if (run.length === 0) this.runs.splice(index, 1);
  }

  /** The first key that is `>= from`, or `> from` when `isAfter`. */
  seek(from: string, isAfter = false): KeyBytes | undefined {
    return this.iterate(from, isAfter).next().value;
  }

  *iterate(from: string, isAfter = false): Generator<KeyBytes, undefined> {
    for (let index = this.runIndexFor(from); index < this.runs.length; index += 1) {
      const run = this.runs[index] ?? [];
      for (let at = lowerBound(run, from); at < run.length; at += 1) {
        const key = run[at];
        if (key !== undefined && !(isAfter && key === from)) yield key;
      }
    }
    return undefined;
  }

  get isEmpty(): boolean {
    return this.runs.length === 0;
  }

  /** The last run whose first key is not after `key`: the only one that may hold it. */
  private runIndexFor(key: string): number {
    let low = 0;
    let high = this.runs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const first = this.runs[middle]?.[0];
      if (first !== undefined && first <= key) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }
}

/** Keys often arrive in order; splitting at the end then leaves full runs behind instead of half-empty ones. */
function splitPoint(run: readonly KeyBytes[], insertedAt: number): number {
  return insertedAt === run.length - 1 ? run.length - 1 : run.length >>> 1;
}

function lowerBound(run: readonly KeyBytes[], key: string): number {
  let low = 0;
  let high = run.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const candidate = run[middle];
    if (candidate !== undefined && candidate < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
