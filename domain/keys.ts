/**
 * Object keys. A key is a sequence of Unicode scalar values; S3 orders keys by their UTF-8 bytes and compares them
 * byte by byte, so nothing here ever normalises, trims or folds case.
 */

export const KEY_BYTES_MAX = 1024;

/** UTF-8 byte order, which is what S3 lists in. JavaScript's own order is by UTF-16 unit and differs above U+FFFF. */
export function compareKeys(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a !== b) return rank(a) - rank(b);
  }
  return left.length - right.length;
}

/** Surrogates stand for code points above U+FFFF, which UTF-8 orders after U+E000–U+FFFF. */
const rank = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit);

const utf8 = new TextEncoder();
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export const keyByteLength = (key: string): number => utf8.encode(key).length;

/**
 * Percent form: every byte but `A–Z a–z 0–9 - _ . ~ /` as `%XX`. One key per line, whatever the key holds; the same
 * form is what S3 wants in `x-amz-copy-source`.
 */
export function toPercentForm(key: string): string {
  if (/^[\w.~/-]*$/.test(key) && !/[^\x00-\x7f]/.test(key)) return key;
  let form = '';
  for (const byte of utf8.encode(key)) form += PERCENT_FORM_OF_BYTE[byte];
  return form;
}

const PERCENT_FORM_OF_BYTE: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return byte < 0x80 && /[\w.~/-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
});

/** The key again. Throws a RangeError on anything that `toPercentForm` does not produce. */
export function fromPercentForm(form: string): string {
  if (!form.includes('%')) return form;
  const bytes: number[] = [];
  for (let index = 0; index < form.length; index += 1) {
    if (form[index] !== '%') {
      bytes.push(form.charCodeAt(index));
      continue;
    }
    const digits = form.slice(index + 1, index + 3);
    if (!/^[0-9A-Fa-f]{2}$/.test(digits)) throw new RangeError(`not a key in percent form: ${form.slice(0, 200)}`);
    bytes.push(Number.parseInt(digits, 16));
    index += 2;
  }
  try {
    return strictUtf8.decode(Uint8Array.from(bytes));
  } catch {
    throw new RangeError(`not UTF-8 in percent form: ${form.slice(0, 200)}`);
  }
}

/** The destination's key of a source key: the prefixes change places. Keeps byte order, because both are constant. */
export function mapKey(key: string, sourcePrefix: string, destinationPrefix: string): string {
  return destinationPrefix + key.slice(sourcePrefix.length);
}

/**
 * Safe to show on a terminal, in a log or on a page: control and direction-changing characters become escapes.
 * For showing only; the exact key is copied from the data, never from this.
 */
export function displayKey(key: string): string {
  return key.replace(
    /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\uffff]/g,
    (character) => {
      return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
    },
  );
}
