import {
  DeleteBucketPolicyCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { displayKey, toPercentForm } from '../../domain/keys.ts';
import { aBucket, aCopy, contentsOf, startCloud, type Cloud } from '../support/cloud.ts';
import { describeWhereInstalled } from '../support/installed.ts';
import { hasEnded, startProduct, until, type Product } from '../support/product.ts';
import { chromiumPath } from './chromium.ts';
import { withoutRefusals } from './complaints.ts';
import { downloadOf, fillWizard, goOn, isDark, pressAll, seeBar, tabTo, watchToTheEnd } from './visitor.ts';
import { Visitors } from './visitors.ts';

const MARKUP_KEY = 'denied/<img src=x onerror="document.title=1">\nsecond line.txt';
const TURNED_KEY = 'denied/\u202egpj.exe';
const ARCHIVED_KEY = 'archived/old.tar';

describeWhereInstalled(
  'the page of the running program',
  { isInstalled: chromiumPath !== undefined, what: 'Chromium', installCommand: 'apt-get install chromium' },
  () => {
    let visitors: Visitors;
    let cloud: Cloud;

    beforeAll(async () => {
      cloud = await startCloud();
      visitors = await Visitors.open();
    });
    afterEach(async () => {
      await visitors.leave();
      cloud.world.faults.clear();
    });
    afterAll(async () => {
      await visitors.close();
      await cloud.close();
    });

    const launch = (...flags: string[]): Promise<Product> =>
      startProduct(['--data', cloud.newDataDirectory(), ...flags]);

    async function start(...flags: string[]): Promise<Product> {
      const product = await launch(...flags);
      visitors.leaving(product.stop);
      return product;
    }

    const visit: Visitors['visit'] = (...visiting) => visitors.visit(...visiting);

    test('the first copy of a new person: an example, a bar that moves to 100 %, and a report that says verified', async () => {
      const product = await start();
      const { page, complaints } = await visit(product);

      await page.getByRole('button', { name: 'Try an example' }).click();
      await page.waitForURL(`${product.url}/new`);
      for (const step of ['Source', 'Destination', 'Review']) await goOn(page, step);
      // Small shards, one at a time, so that there is something to watch.
      await page.getByRole('button', { name: /^Options/ }).click();
      await page.getByLabel('Objects in one shard').fill('8');
      await page.getByLabel('Tasks at once').fill('1');
      await page.getByRole('button', { name: 'Start copying 361 objects' }).click();
      await page.getByRole('heading', { name: 'sample-photos → sample-photos-copy' }).waitFor();
      const seen = await watchToTheEnd(page);

      const between = [...new Set(seen.map(({ percent }) => percent))].filter((one) => one > 6 && one < 100);
      expect(between.length, JSON.stringify(seen)).toBeGreaterThan(2);
      expect(seen.map(({ percent }) => percent)).toEqual(seen.map(({ percent }) => percent).sort((a, b) => a - b));
      expect(seen.some(({ text }) => /^Copying [1-9]\d* of 361$/.test(text))).toBe(true);
      expect(seen.at(-1)).toEqual({ percent: 100, text: '361 objects copied and verified' });
      await page.getByRole('tab', { name: 'Report' }).click();
      await page.getByRole('heading', { name: 'Everything is verified' }).waitFor();
      await page.getByRole('row', { name: /^C: MD5 and size 361/ }).waitFor();
      expect(withoutRefusals(complaints, 404)).toEqual([]);
    });

    describe('between two accounts that are watched', () => {
      let product: Product;
      beforeEach(async () => {
        product = await start('--connections', cloud.connectionsFile, '--no-sandbox');
      });

      test('the whole wizard goes by keyboard, and a name that no bucket can have is told while typing', async () => {
        await aBucket(cloud.a, 'by-keyboard', 12);
        const { page, complaints } = await visit(product);
        await page.getByRole('button', { name: 'Copy a bucket' }).waitFor();
        const press = (...keys: string[]) => pressAll(page, ...keys);

        await tabTo(page, page.getByRole('button', { name: 'Copy a bucket' }));
        await press('Enter');
        await page.getByRole('heading', { name: 'What', exact: true }).waitFor();
        await tabTo(page, page.getByRole('button', { name: 'Next' }));
        await press('Enter');
        await tabTo(page, page.getByRole('button', { name: /Source connection/ }));
        await press('Enter');
        await page.getByRole('option', { name: /sandbox-a/ }).waitFor();
        await press('Home', 'Enter');
        await page.getByRole('button', { name: /Source connection.*sandbox-a/ }).waitFor();
        await tabTo(page, page.getByLabel('Source bucket'));
        await page.keyboard.type('By_Keyboard');
        await page.getByText('has upper-case letters').waitFor();
        await press('Control+A');
        await page.keyboard.type('by-keyboard');
        await page.getByText('12', { exact: true }).waitFor();
        await tabTo(page, page.getByRole('button', { name: 'Next' }));
        await press('Enter');
        await tabTo(page, page.getByRole('button', { name: /Destination connection/ }));
        await press('Enter');
        await page.getByRole('option', { name: /sandbox-b/ }).waitFor();
        await press('End', 'Enter');
        await page.getByRole('button', { name: /Destination connection.*sandbox-b/ }).waitFor();
        await tabTo(page, page.getByLabel('Destination bucket'));
        await page.keyboard.type('by-keyboard-copy');
        await page.getByText('There is no bucket "by-keyboard-copy" yet.').waitFor();
        await tabTo(page, page.getByRole('button', { name: 'Next' }));
        await press('Enter');
        await tabTo(page, page.getByRole('button', { name: 'Start copying 12 objects' }));
        await press('Enter');

        await page.getByRole('heading', { name: 'by-keyboard → by-keyboard-copy' }).waitFor();
        await page.getByText('12 objects copied and verified').first().waitFor();
        expect(await contentsOf(cloud.b, 'by-keyboard-copy')).toEqual(await contentsOf(cloud.a, 'by-keyboard'));
        expect(withoutRefusals(complaints, 404)).toEqual([]);
      });

      test('a destination that is not empty holds the start back, with the reason and what to do', async () => {
        await aBucket(cloud.a, 'full-from', 3);
        await aBucket(cloud.b, 'full-to', 2);
        const { page } = await visit(product, '/new');

        await fillWizard(page, 'full-from', 'full-to');
        const start = page.getByRole('button', { name: 'Start copying 3 objects' });
        await page.getByText('The job cannot start yet').waitFor();
        const check = await page.getByRole('listitem').filter({ hasText: 'Blocked' }).innerText();
        expect(check).toContain('Choose an empty bucket or a new prefix, or choose to merge');
        for (const time of ['first', 'second']) {
          await start.focus();
          await start.press('Enter');

          const focused = await page.evaluate(() => document.activeElement?.textContent ?? '');
          expect(focused, `the ${time} press`).toContain('The job cannot start yet');
        }
        expect(await product.jobs()).toEqual([]);

        await page.getByRole('button', { name: /^Options/ }).click();
        await page.getByRole('radio', { name: 'Add what is absent' }).check();
        await page.getByText('The job cannot start yet').waitFor({ state: 'detached' });
        await start.click();
        await page.getByRole('heading', { name: 'full-from → full-to' }).waitFor();
      });

      test('a bucket that another job holds is refused with a way to that job', async () => {
        await aBucket(cloud.a, 'held-from', 50);
        const { page, complaints } = await visit(product, '/new');
        await fillWizard(page, 'held-from', 'held-to');
        const start = page.getByRole('button', { name: 'Start copying 50 objects' });
        await start.waitFor();
        cloud.world.faults.add({ operation: 'CopyObject', bucket: 'held-to', fault: { kind: 'delay', waitMs: 3000 } });
        const holder = await product.startJob(aCopy('held-from', 'held-to'));

        await start.click();
        await page.getByText('Another job holds the bucket').waitFor();
        await page.getByRole('link', { name: new RegExp(holder.id) }).click();

        await page.getByRole('heading', { name: 'held-from → held-to' }).waitFor();
        expect(page.url()).toBe(`${product.url}/jobs/${holder.id}`);
        expect(withoutRefusals(complaints, 404, 409)).toEqual([]);
      });

      test('a job that is stopped from the page goes on from the page, to 100 %', async () => {
        await aBucket(cloud.a, 'stop-from', 300);
        cloud.world.faults.add({ operation: 'CopyObject', bucket: 'stop-to', fault: { kind: 'delay', waitMs: 1000 } });
        const { id } = await product.startJob(
          aCopy('stop-from', 'stop-to', { inFlightMax: 20, batchObjectCountMax: 20 }),
        );
        const { page, complaints } = await visit(product, `/jobs/${id}`);
        await page.getByText(/^Copying [1-9]\d* of 300$/).waitFor();

        await page.getByRole('button', { name: 'Stop', exact: true }).click();
        await page.getByText('Objects that are copied stay where they are.').waitFor();
        expect((await product.job(id)).status).toBe('running');
        await page.getByRole('button', { name: 'Stop the job' }).click();
        await page.getByText(/^Stopped while copying, [1-9]\d* of 300 done$/).waitFor();
        cloud.world.faults.clear();
        await page.getByRole('button', { name: 'Redrive' }).click();

        await page.getByText('300 objects copied and verified').first().waitFor();
        expect((await seeBar(page)).percent).toBe(100);
        expect(await contentsOf(cloud.b, 'stop-to')).toEqual(await contentsOf(cloud.a, 'stop-from'));
        expect(complaints).toEqual([]);
      });

      test('a connection says what it can do, action by action', async () => {
        const { page, complaints } = await visit(product, '/connections');

        await page.getByRole('button', { name: 'Test sandbox-a' }).click();
        const dialog = page.getByRole('dialog', { name: 'What sandbox-a can do' });
        await dialog.getByRole('listitem').first().waitFor();

        expect(await dialog.getByRole('listitem').allInnerTexts()).toContainEqual(
          expect.stringMatching(/^OK\s+s\w+:\w+/),
        );
        expect(await dialog.innerText()).toContain('111100001111');
        expect(complaints).toEqual([]);
      });
    });

    describe('when some objects cannot be copied', () => {
      const [from, to] = ['trouble-from', 'trouble-to'];
      let product: Product;
      let id: string;

      // One job for all of them: S3's refusals are tried again for a while before they are believed.
      beforeAll(async () => {
        await aBucketWithTrouble(from);
        product = await launch('--connections', cloud.connectionsFile, '--no-sandbox');
        ({ id } = await product.startJob(aCopy(from, to, { roundsMax: 1 })));
        await until(() => product.job(id), hasEnded, 'the end of the job');
      });
      afterAll(() => product.stop());

      test('the flow shows where it failed and why, with what each state was given and gave', async () => {
        const { page, complaints } = await visit(product, `/jobs/${id}?tab=flow`);
        await page
          .getByRole('row', { name: /Transfer Failed/ })
          .first()
          .waitFor();
        await page.getByRole('button', { name: 'Details of Check the request' }).click();
        const details = page.getByRole('dialog');
        expect(await details.getByRole('region', { name: 'Input' }).innerText()).toContain(id);
        expect(await details.getByRole('region', { name: 'Output' }).innerText()).not.toBe('');
        await details.getByRole('button', { name: /close/i }).click();
        await details.waitFor({ state: 'detached' });

        await page.getByRole('button', { name: 'Details of Transfer' }).first().click();
        await details.getByText(/Attempts/).waitFor();
        const told = await details.innerText();
        for (const part of ['Failed', 'ObjectsDifferError', '3 objects missing at the destination']) {
          expect(told).toContain(part);
        }
        expect(complaints).toEqual([]);
      });

      test('the logs are lines that can be filtered, and the report counts what is missing', async () => {
        const { page, complaints } = await visit(product, `/jobs/${id}?tab=logs`);
        const lines = page.getByRole('region', { name: 'Log lines' });
        await lines
          .getByText(/listed/)
          .first()
          .waitFor();
        await page.getByPlaceholder('Find in the logs').fill('verified');
        await until(
          async () => await lines.getByRole('listitem').allInnerTexts(),
          (texts) => texts.length > 0 && texts.every((text) => text.includes('verif')),
          'the filtered lines',
        );
        await page.getByPlaceholder('Find in the logs').fill('');
        await page.getByRole('button', { name: /^Task/ }).click();
        await page.getByRole('option', { name: 'plan' }).click();
        await until(
          async () => await lines.getByRole('listitem').allInnerTexts(),
          (texts) => texts.length > 0 && texts.every((text) => / plan /.test(text)),
          "one task's lines",
        );
        await page.getByRole('tab', { name: 'Report' }).click();
        await page.getByRole('heading', { name: 'Not everything is verified' }).waitFor();
        const report = await page.getByRole('tabpanel').innerText();
        expect(report).toMatch(/Copied\s+10 \(/);
        expect(report).toMatch(/Blocked, a person must act\s+3\s/);
        expect(report).toMatch(/Grants outstanding\s+None/);
        expect(complaints).toEqual([]);
      });

      test('nothing runs out of any screen, from a telephone to 4K, light and dark', async () => {
        const tabs = ['progress', 'flow', 'failures', 'logs', 'report'].map((tab) => `/jobs/${id}?tab=${tab}`);
        for (const [colorScheme, ...widths] of [
          ['light', 360, 1280],
          ['dark', 360, 3840],
        ] as const) {
          const { page, complaints } = await visit(product, '/', { colorScheme });
          for (const width of widths) {
            await page.setViewportSize({ width, height: 900 });
            for (const path of ['/', '/new', '/connections', ...tabs]) {
              await page.goto(`${product.url}${path}`);
              await page.getByRole('heading', { level: 1 }).first().waitFor();
              await page.waitForLoadState('networkidle');

              const what = `${path} at ${width} pixels, ${colorScheme}`;
              const wide = await page.evaluate(() => document.documentElement.scrollWidth);
              expect(wide, what).toBeLessThanOrEqual(width);
              expect(await isDark(page), what).toBe(colorScheme === 'dark');
            }
          }
          expect(complaints).toEqual([]);
        }
      });

      test('they are grouped by cause with what to do, listed in files, and retried once the cause is gone', async () => {
        const { page, complaints } = await visit(product, `/jobs/${id}?tab=failures`);
        await page.getByText('2 objects: AccessDeniedError').waitFor();
        await page.getByText('1 object: ObjectArchivedError').waitFor();
        expect((await seeBar(page)).percent).toBeLessThan(100);
        await page
          .getByText(/s3:GetObject/)
          .first()
          .waitFor();
        await page.getByText('Restore the object, then retry the job.').waitFor();

        // Keys that would act, break the line or turn it around are only shown.
        for (const key of [MARKUP_KEY, TURNED_KEY]) await page.getByText(displayKey(key)).first().waitFor();
        expect(await page.locator('img[src="x"]').count()).toBe(0);
        const file = await downloadOf(page, 'Download CSV');
        for (const key of [MARKUP_KEY, TURNED_KEY, ARCHIVED_KEY]) expect(file).toContain(toPercentForm(key));
        expect(JSON.parse(await downloadOf(page, 'Download JSON'))).toMatchObject({ length: 3 });

        await cloud.a.send(new DeleteBucketPolicyCommand({ Bucket: from }));
        await page.getByRole('button', { name: 'Retry these: AccessDeniedError' }).click();
        await page.getByText('2 objects: AccessDeniedError').waitFor({ state: 'detached' });
        await page.getByText('1 object: ObjectArchivedError').waitFor();
        const ended = await until(() => product.job(id), hasEnded, 'the end of the redrive');
        expect(ended).toMatchObject({ status: 'failed', redriveCount: 1, failedCount: 1 });
        expect([...(await contentsOf(cloud.b, to)).keys()]).toEqual(expect.arrayContaining([MARKUP_KEY, TURNED_KEY]));
        expect(complaints).toEqual([]);
      });
    });

    /** Ten objects that can be copied, two that may not be read, and one that is archived. */
    async function aBucketWithTrouble(bucket: string): Promise<void> {
      await aBucket(cloud.a, bucket, 10);
      const put = (Key: string, more: Partial<PutObjectCommandInput> = {}) =>
        cloud.a.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'kept back', ...more }));
      await put(MARKUP_KEY);
      await put(TURNED_KEY);
      await put(ARCHIVED_KEY, { StorageClass: 'GLACIER' });
      await cloud.a.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: denyReading(`${bucket}/denied/*`) }));
    }
  },
);

const denyReading = (path: string): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Deny', Principal: '*', Action: 's3:GetObject', Resource: `arn:aws:s3:::${path}` }],
  });
