import { describe, test } from 'vitest';

/**
 * Runs `suite` where `isInstalled`. Elsewhere it is skipped and says what to install; with CI=true nothing is skipped,
 * what is missing is a failure.
 */
export function describeWhereInstalled(
  name: string,
  need: { isInstalled: boolean; what: string; installCommand: string },
  suite: () => void,
): void {
  if (need.isInstalled) {
    describe(name, suite);
    return;
  }
  const reason = `${need.what} is not installed (${need.installCommand})`;
  if (process.env['CI'] === 'true') {
    test(name, () => {
      throw new Error(reason);
    });
    return;
  }
  console.warn(`skipped: ${reason}`);
  test.skip(`${name} (skipped: ${reason})`, () => undefined);
}
