import { displayKey, fromPercentForm } from '../../domain/keys.ts';

/** A key as it travels in job documents (percent form) → the exact key, and the same made safe to show. */
export function readKey(percentForm: string): { exact: string; shown: string } {
  let exact = percentForm;
  try {
    exact = fromPercentForm(percentForm);
  } catch {
    // Not percent form: it is shown as it came, which is better than a page without it.
  }
  return { exact, shown: displayKey(exact) };
}
