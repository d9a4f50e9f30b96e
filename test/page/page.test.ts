import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { toPercentForm } from '../../domain/keys.ts';
import type { JobView } from '../../domain/views.ts';
import { describeWhereInstalled } from '../support/installed.ts';
import { at, someJob } from '../web/some-job.ts';
import { BuiltPage } from './built-page.ts';
import { chromiumPath } from './chromium.ts';
import { withoutRefusals } from './complaints.ts';
import { TOKEN } from './fake-server.ts';

const ODD_KEY = '<img src=x onerror="document.title=1">\n\u202egpj.exe';
const job = (differences: Partial<JobView> = {}): JobView =>
  someJob({ id: 'x', createdAtMs: at(Date.now() - 60_000), asOfMs: at(Date.now()), ...differences });

describeWhereInstalled(
  'the page in Chromium',
  { isInstalled: chromiumPath !== undefined, what: 'Chromium', installCommand: 'apt-get install chromium' },
  () => {
    let built: BuiltPage;
    beforeAll(async () => {
      built = await BuiltPage.open();
    });
    afterEach(() => built.leave());
    afterAll(() => built.close());

    const visit: BuiltPage['visit'] = (...visiting) => built.visit(...visiting);

    test('the token leaves the address at once, and a reload still works', async () => {
      const { page, server, complaints } = await visit('/', () => ({ body: { jobs: [job()] } }));
      await page.getByRole('link', { name: 'photos → photos-copy' }).waitFor();

      await page.reload();
      await page.getByRole('link', { name: 'photos → photos-copy' }).waitFor();

      expect(page.url()).toBe(`${server.address}/`);
      expect(complaints).toEqual([]);
    });

    test('without a token nothing is shown but where to find it; pasting the printed line opens the page', async () => {
      const { page, server } = await visit(
        '/',
        ({ path }) => (path === '/api/jobs' ? { body: { jobs: [] } } : undefined),
        { token: '' },
      );
      await page.getByRole('heading', { name: 'Open the address that the program printed' }).waitFor();
      expect(server.asked).toEqual([]);

      await page.getByLabel('Address or token').fill(`Bucket Migrator is ready: http://127.0.0.1:1/#token=${TOKEN}`);
      await page.keyboard.press('Enter');

      await page.getByRole('heading', { name: 'Jobs' }).waitFor();
    });

    test('an example is three clicks and a start, and the button says what it will do', async () => {
      let jobs: JobView[] = [];
      const { page, server, complaints } = await visit('/', ({ method, path }) => {
        if (path === '/api/jobs' && method === 'POST') return { status: 201, body: (jobs = [job()])[0] };
        if (path === '/api/jobs') return { body: { jobs } };
        if (path.startsWith('/api/jobs/')) return { body: jobs[0] };
        return undefined;
      });

      await page.getByRole('button', { name: 'Try an example' }).click();
      for (const step of ['Source', 'Destination', 'Review']) {
        await page.getByRole('button', { name: 'Next' }).click();
        await page.getByRole('heading', { name: step, exact: true }).waitFor();
      }
      await page.getByRole('button', { name: 'Start copying 1,204 objects' }).click();
      await page.getByRole('heading', { name: 'photos → photos-copy' }).waitFor();

      const start = server.asked.find(({ method, path }) => method === 'POST' && path === '/api/jobs');
      expect(start?.body).toMatchObject({
        source: { connection: 'one', bucket: 'sample-photos' },
        destination: { connection: 'two', bucket: 'sample-photos-copy' },
      });
      expect(start?.idempotencyKey).toMatch(/^[\w-]{36}$/);
      expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H1');
      // A bucket that does not exist yet is asked for, and the browser notes the 404.
      expect(withoutRefusals(complaints, 404)).toEqual([]);
    });

    test('a step with something missing keeps the person there, at the field', async () => {
      const { page } = await visit('/new', () => undefined);
      await page.getByRole('button', { name: 'Next' }).click();
      await page.getByRole('heading', { name: 'Source', exact: true }).waitFor();

      await page.getByRole('button', { name: 'Next' }).click();

      await page.getByText('Give the name of a bucket.').waitFor();
      expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-invalid'))).toBe('true');
    });

    test('a key with markup, a newline and a change of direction is text, and is copied exactly', async () => {
      const failure = {
        key: toPercentForm(ODD_KEY),
        outcome: 'failed',
        error: 'AccessDeniedError',
        message: 'Not allowed.',
        remedy: 'Allow it.',
      };
      const failures = {
        totalCount: 1,
        groups: [{ ...failure, count: 1, exampleKey: failure.key }],
        failures: [{ ...failure, sizeBytes: 1, shard: 1, atMs: 0, isFinal: true }],
      };
      const { page, complaints } = await visit('/jobs/x?tab=failures', ({ path }) =>
        path.endsWith('/failures')
          ? { body: failures }
          : path === '/api/jobs/x'
            ? { body: job({ status: 'failed' }) }
            : undefined,
      );
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);

      const shown = '<img src=x onerror="document.title=1">\\u000a\\u202egpj.exe';
      await page.getByText(shown).first().waitFor();
      await page
        .getByRole('button', { name: `Copy the exact key ${shown}` })
        .first()
        .click();
      await page.getByText('Exact key copied').first().waitFor();

      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(ODD_KEY);
      expect(await page.title()).toContain('photos → photos-copy');
      expect(complaints).toEqual([]);
    });

    test('when the server is gone the last numbers stay, and say how old they are', async () => {
      const { page, server } = await visit('/jobs/x', ({ path }) =>
        path === '/api/jobs/x' ? { body: job() } : undefined,
      );
      await page.getByText('Copying 412,003 of 1,204,118').first().waitFor();

      await server.end();
      await page.getByText(/^As of \d\d:\d\d:\d\d, reconnecting$/).waitFor();
      expect(await page.getByText('Copying 412,003 of 1,204,118').count()).toBeGreaterThan(0);

      await server.begin();
      await page.getByText(/reconnecting/).waitFor({ state: 'detached' });
    });

    test('stopping says what happens before it is done', async () => {
      let status: JobView['status'] = 'running';
      const { page, server } = await visit('/jobs/x', ({ method, path }) => {
        if (method === 'POST' && path === '/api/jobs/x/stop') status = 'stopped';
        return path.startsWith('/api/jobs/x') ? { body: job({ status }) } : undefined;
      });

      await page.getByRole('button', { name: 'Stop', exact: true }).click();
      await page.getByText('Objects that are copied stay where they are.').waitFor();
      expect(server.asked.some(({ method }) => method === 'POST')).toBe(false);
      await page.getByRole('button', { name: 'Stop the job' }).click();

      await page.getByRole('button', { name: 'Redrive' }).waitFor();
    });

    test('at 360 pixels nothing runs out of the page', async () => {
      const { page } = await visit('/', () => ({
        body: { jobs: [job({ source: { connection: 'one', bucket: 'b'.repeat(63) } })] },
      }));
      await page.setViewportSize({ width: 360, height: 800 });
      await page.getByRole('progressbar').first().waitFor();

      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    });
  },
);
