import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { HOUR_MS } from '../../domain/time.ts';
import type { BucketsView } from '../../domain/views.ts';
import { aBucket, contentsOf, policyOf, startCloud, type Cloud } from '../support/cloud.ts';
import { describeWhereInstalled } from '../support/installed.ts';
import { startProduct, until, type Product } from '../support/product.ts';
import { chromiumPath } from './chromium.ts';
import { withoutRefusals } from './complaints.ts';
import { fillMigration, goOn, pressAll, seeBar, tabTo, watchToTheEnd } from './visitor.ts';
import { Visitors } from './visitors.ts';

const DECISION = /needs your decision$/;

describeWhereInstalled(
  'a migration on the page of the running program',
  { isInstalled: chromiumPath !== undefined, what: 'Chromium', installCommand: 'apt-get install chromium' },
  () => {
    let visitors: Visitors;
    let cloud: Cloud;
    beforeAll(async () => {
      cloud = await startCloud();
      visitors = await Visitors.open();
    });
    afterEach(() => visitors.leave());
    afterAll(async () => {
      await visitors.close();
      await cloud.close();
    });

    async function start(...flags: string[]): Promise<Product> {
      const product = await startProduct(['--data', cloud.newDataDirectory(), ...flags]);
      visitors.leaving(product.stop);
      return product;
    }

    const bucketsOf = async (product: Product, connection: string): Promise<string[]> => {
      const { body } = await product.request<BucketsView>('GET', `/api/connections/${connection}/buckets`);
      return body.buckets.map(({ name }) => name);
    };

    test('the first migration of a new person: an example, a decision, a name waited for, and 100 %', async () => {
      const product = await start();
      const { page, complaints } = await visitors.visit(product);

      await page.getByRole('button', { name: 'Try a migration' }).click();
      await page.waitForURL(`${product.url}/new`);
      for (const step of ['Source', 'Destination', 'Review']) await goOn(page, step);
      await page.getByText('What will happen, in order').waitFor();
      await page.getByRole('button', { name: 'Start migrating 361 objects' }).click();
      await page.getByRole('heading', { name: 'sample-photos: sandbox-a → sandbox-b' }).waitFor();
      await page.getByText(DECISION).waitFor({ timeout: 120_000 });
      expect((await seeBar(page)).percent).toBe(49);
      expect(await bucketsOf(product, 'sandbox-a')).toContain('sample-photos');

      await page.getByRole('link', { name: /^Decide about/ }).click();
      await page.getByRole('heading', { name: 'May "sample-photos" be deleted?' }).waitFor();
      await page.getByText('361 by C: MD5 and size').waitFor();
      await page.getByLabel(/^Type the name of the bucket to be destroyed/).fill('sample-photos');
      await page.getByRole('button', { name: 'Empty and delete sample-photos' }).click();
      const seen = await watchToTheEnd(page);

      expect(seen.map(({ percent }) => percent)).toEqual(seen.map(({ percent }) => percent).sort((a, b) => a - b));
      expect(seen.some(({ percent, text }) => percent === 50 && /^Waiting for the name, \d/.test(text))).toBe(true);
      expect(seen.at(-1)).toEqual({
        percent: 100,
        text: '361 objects moved with the bucket’s name and verified',
      });
      expect(await bucketsOf(product, 'sandbox-a')).not.toContain('sample-photos');
      expect((await bucketsOf(product, 'sandbox-b')).filter((name) => /sample-photos|mig/.test(name))).toEqual([
        'sample-photos',
      ]);
      await page.getByRole('tab', { name: 'Report' }).click();
      await page.getByRole('heading', { name: 'Everything is verified' }).waitFor();
      await page.getByRole('heading', { name: 'What was proven before anything was deleted' }).waitFor();
      expect(withoutRefusals(complaints, 404)).toEqual([]);
    });

    describe('between two accounts that are watched', () => {
      let product: Product;
      beforeEach(async () => {
        product = await start('--connections', cloud.connectionsFile, '--no-sandbox');
      });

      test('by keyboard alone, with a quarantine that is ended by typing the temporary bucket’s name', async () => {
        await aBucket(cloud.a, 'moves-by-keyboard', 12);
        const before = await contentsOf(cloud.a, 'moves-by-keyboard');
        const { page, complaints } = await visitors.visit(product);
        const press = (...keys: string[]) => pressAll(page, ...keys);
        const next = async (step: string) => {
          await tabTo(page, page.getByRole('button', { name: 'Next' }));
          await press('Enter');
          await page.getByRole('heading', { name: step, exact: true }).waitFor();
        };
        await page.getByRole('button', { name: 'Migrate a bucket' }).waitFor();

        await tabTo(page, page.getByRole('button', { name: 'Migrate a bucket' }));
        await press('Enter');
        await page.getByRole('heading', { name: 'What', exact: true }).waitFor();
        await next('Source');
        await tabTo(page, page.getByRole('button', { name: /Source connection/ }));
        await press('Enter');
        await page.getByRole('option', { name: /sandbox-a/ }).waitFor();
        await press('Home', 'Enter');
        await tabTo(page, page.getByLabel('Source bucket'));
        await page.keyboard.type('moves-by-keyboard');
        await page.getByText('12', { exact: true }).waitFor();
        await next('Destination');
        await tabTo(page, page.getByRole('button', { name: /Destination connection/ }));
        await press('Enter');
        await page.getByRole('option', { name: /sandbox-b/ }).waitFor();
        await press('End', 'Enter');
        expect(await page.getByLabel('Destination bucket').inputValue()).toBe('moves-by-keyboard');
        await next('Review');
        await tabTo(page, page.getByRole('button', { name: 'Start migrating 12 objects' }));
        await press('Enter');
        await page.getByText(DECISION).waitFor({ timeout: 120_000 });
        await tabTo(page, page.getByRole('link', { name: /^Decide about/ }));
        await press('Enter');
        await page.getByRole('heading', { name: 'May "moves-by-keyboard" be deleted?' }).waitFor();
        await tabTo(page, page.getByLabel(/^Type the name of the bucket/));
        await page.keyboard.type('moves-by-keyboard');
        await press('Enter');
        await page.getByText(/^Verified, temporary bucket kept until/).waitFor({ timeout: 180_000 });
        expect(await contentsOf(cloud.b, 'moves-by-keyboard')).toEqual(before);

        const { body: held } = await product.request<BucketsView>('GET', '/api/connections/sandbox-b/buckets');
        const temporary = held.buckets.find(({ name }) => name !== 'moves-by-keyboard' && /mig/.test(name))?.name ?? '';
        await tabTo(page, page.getByRole('link', { name: 'Delete the temporary bucket earlier' }));
        await press('Enter');
        await tabTo(page, page.getByLabel(/^Type the name of the temporary bucket/));
        await page.keyboard.type(temporary);
        await press('Enter');

        await page
          .getByText('12 objects moved with the bucket’s name and verified')
          .first()
          .waitFor({ timeout: 60_000 });
        expect((await seeBar(page)).percent).toBe(100);
        expect(await bucketsOf(product, 'sandbox-b')).not.toContain(temporary);
        expect(withoutRefusals(complaints, 404)).toEqual([]);
      });

      test('a name that does not come free is not waited for: everything goes under another one instead', async () => {
        await aBucket(cloud.a, 'never-free', 9);
        const before = await contentsOf(cloud.a, 'never-free');
        cloud.world.nameReleaseDelaysMs.set('never-free', 10 * HOUR_MS);
        const { id } = await product.startJob({
          kind: 'migrate',
          source: { connection: 'sandbox-a', bucket: 'never-free' },
          destination: { connection: 'sandbox-b' },
          options: { quarantineDays: 0 },
        });
        const { page, complaints } = await visitors.visit(product, `/jobs/${id}`);
        await page.getByRole('link', { name: /^Decide about/ }).click({ timeout: 120_000 });
        await page.getByLabel(/^Type the name of the bucket/).fill('never-free');
        await page.getByRole('button', { name: 'Empty and delete never-free' }).click();
        await page
          .getByText(/^Waiting for the name/)
          .first()
          .waitFor({ timeout: 120_000 });

        await page.getByRole('link', { name: 'Decide about the name' }).click();
        await page.getByText('AWS is still releasing the name (OperationAborted).').waitFor();
        await page.getByRole('radio', { name: 'Use another name' }).check();
        await page.getByLabel('The other name').fill('came-elsewhere');
        await page.getByRole('button', { name: 'Make the bucket as "came-elsewhere"' }).click();
        const seen = await watchToTheEnd(page);

        expect(seen.at(-1)).toEqual({ percent: 100, text: '9 objects moved to "came-elsewhere" and verified' });
        expect(await contentsOf(cloud.b, 'came-elsewhere')).toEqual(before);
        expect(withoutRefusals(complaints, 404)).toEqual([]);
      });

      test('stopped instead of consented to, it leaves the source as it was', async () => {
        await aBucket(cloud.a, 'stays-here', 7);
        const [before, policy] = [await contentsOf(cloud.a, 'stays-here'), await policyOf(cloud.a, 'stays-here')];
        const { page, complaints } = await visitors.visit(product, '/new');
        await fillMigration(page, 'stays-here');
        await page.getByRole('button', { name: 'Start migrating 7 objects' }).click();
        await page.getByText(DECISION).waitFor({ timeout: 120_000 });

        await page.getByRole('button', { name: 'Stop', exact: true }).click();
        await page.getByText('Nothing is deleted yet: every object is in "stays-here".').waitFor();
        await page.getByRole('button', { name: 'Stop and leave everything as it was' }).click();

        await page.getByText('Brought back: the source is as it was').first().waitFor({ timeout: 60_000 });
        await until(() => bucketsOf(product, 'sandbox-b'), (names) => !names.some((name) => name.startsWith('mig')), 'no temporary bucket'); // prettier-ignore
        expect(await contentsOf(cloud.a, 'stays-here')).toEqual(before);
        expect(await policyOf(cloud.a, 'stays-here')).toEqual(policy);
        expect(withoutRefusals(complaints, 404)).toEqual([]);
      });
    });
  },
);
