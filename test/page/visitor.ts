import { readFile } from 'node:fs/promises';
import type { Locator, Page } from 'playwright-core';
import { until } from '../support/product.ts';

/** What a person does with the page: everything goes by what can be seen, pressed or read aloud. */

const TABS_MAX = 80;

/** Moves the focus as a keyboard does, until it is there. */
export async function tabTo(page: Page, wanted: Locator): Promise<void> {
  for (let count = 0; count < TABS_MAX; count += 1) {
    await page.keyboard.press('Tab');
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`the keyboard does not get to ${String(wanted)}`);
}

export async function pressAll(page: Page, ...keys: readonly string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

/** Leaves a step of the wizard for the one of that title. */
export async function goOn(page: Page, step: string): Promise<void> {
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByRole('heading', { name: step, exact: true }).waitFor();
}

/** From the open wizard's first step to its review: a copy from the first of two connections to the second. */
export async function fillWizard(page: Page, source: string, destination: string): Promise<void> {
  await goOn(page, 'Source');
  await chooseConnection(page, 'Source connection', 'sandbox-a');
  await page.getByLabel('Source bucket').fill(source);
  await goOn(page, 'Destination');
  await chooseConnection(page, 'Destination connection', 'sandbox-b');
  await page.getByLabel('Destination bucket').fill(destination);
  await goOn(page, 'Review');
}

/** The same for a migration, which asks for no destination bucket. */
export async function fillMigration(page: Page, bucket: string): Promise<void> {
  await page.getByRole('radio', { name: /^Migrate a bucket/ }).check();
  await goOn(page, 'Source');
  await chooseConnection(page, 'Source connection', 'sandbox-a');
  await page.getByLabel('Source bucket').fill(bucket);
  await goOn(page, 'Destination');
  await chooseConnection(page, 'Destination connection', 'sandbox-b');
  await goOn(page, 'Review');
}

async function chooseConnection(page: Page, label: string, name: string): Promise<void> {
  await page.getByRole('button', { name: new RegExp(label) }).click();
  await page.getByRole('option', { name: new RegExp(name) }).click();
}

export type Seen = Readonly<{ percent: number; text: string }>;

const jobBar = (page: Page): Locator => page.getByRole('progressbar', { name: /^Progress of/ });

/** Percent and words of the job's bar, taken together so that they are of the same moment. */
export const seeBar = (page: Page): Promise<Seen> =>
  jobBar(page).evaluate((bar: HTMLProgressElement) => {
    const words = /(\d+)%\s*([^]*)/.exec(bar.closest<HTMLElement>('[class*="root"]')?.innerText ?? '');
    return { percent: bar.value, text: words?.[2]?.trim() ?? '' };
  });

/** Every state that the bar was seen in until it reached 100 %. */
export async function watchToTheEnd(page: Page): Promise<Seen[]> {
  const seen: Seen[] = [];
  const look = async (): Promise<Seen> => {
    const now = await seeBar(page);
    const last = seen.at(-1);
    if (last?.percent !== now.percent || last.text !== now.text) seen.push(now);
    return now;
  };
  await until(look, ({ percent }) => percent === 100, 'the end of the bar');
  return seen;
}

/** The text of the file that a press of the button saves. */
export async function downloadOf(page: Page, button: string): Promise<string> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: button }).click(),
  ]);
  return await readFile(await download.path(), 'utf8');
}

/** Whether the page is written in light letters, as on a dark ground. */
export const isDark = (page: Page): Promise<boolean> =>
  page
    .getByRole('heading', { level: 1 })
    .first()
    .evaluate((heading) => {
      const [red = 0, green = 0, blue = 0] = (getComputedStyle(heading).color.match(/\d+/g) ?? []).map(Number);
      return red + green + blue > 3 * 128;
    });
