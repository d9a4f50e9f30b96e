/** Typing as consent: a name or a number has to be typed exactly, and what is wrong with it is said. */
export type Typed = { is: 'exact' } | { is: 'unfinished'; hint: string } | { is: 'wrong'; reason: string };

/**
 *   typed                              answer
 *   nothing                            unfinished
 *   the beginning of the name          unfinished: how many characters are to come
 *   the name                           exact
 *   the name in other letters' case    wrong
 *   the name with spaces around it     wrong
 *   the name and more                  wrong
 *   anything else                      wrong: from which character on
 */
export function checkTypedName(typed: string, name: string): Typed {
  if (typed === name) return { is: 'exact' };
  if (typed === '') return { is: 'unfinished', hint: 'Type the name to go on.' };
  if (name.startsWith(typed)) {
    const left = name.length - typed.length;
    return { is: 'unfinished', hint: `${left} ${left === 1 ? 'character' : 'characters'} to come.` };
  }
  return { is: 'wrong', reason: whatIsWrong(typed, name) };
}

function whatIsWrong(typed: string, name: string): string {
  if (typed.trim() === name) return 'There is a space before or after the name. Take it away.';
  if (name.startsWith(typed.toLowerCase())) return 'The name has no upper-case letters.';
  if (typed.startsWith(name)) return 'This is the name and more. Take away what comes after it.';
  const same = [...name].findIndex((character, index) => typed[index] !== character);
  return `This is not the name: it differs from the ${ordinal(same + 1)} character on.`;
}

/** A bucket's name has 63 characters at most. */
function ordinal(number: number): string {
  const ending = number % 100 > 10 && number % 100 < 14 ? 'th' : (['th', 'st', 'nd', 'rd'][number % 10] ?? 'th');
  return `${number}${ending}`;
}

/** "1204" or "1,204". */
export function checkTypedCount(typed: string, count: number): Typed {
  const text = typed.trim();
  if (text === '') return { is: 'unfinished', hint: 'Type the number to go on.' };
  if (/^\d{1,3}(,\d{3})+$|^\d+$/.test(text) && Number(text.replaceAll(',', '')) === count) return { is: 'exact' };
  if (String(count).startsWith(text.replaceAll(',', ''))) return { is: 'unfinished', hint: 'There is more to come.' };
  return { is: 'wrong', reason: 'This is not the number. It stands above.' };
}

/** While it can still become right nothing is called wrong; once the field is left, or Enter is pressed, it is. */
export const errorOf = (typed: Typed, isInsisted: boolean): string =>
  typed.is === 'wrong' ? typed.reason : typed.is === 'unfinished' && isInsisted ? `Not complete. ${typed.hint}` : '';
export const hintOf = (typed: Typed): string =>
  typed.is === 'exact' ? 'Exact.' : typed.is === 'unfinished' ? typed.hint : '';
