import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ConfigurationView, JobView, ProofView } from '../../domain/views.ts';
import { describeWhereInstalled } from '../support/installed.ts';
import { at, someJob } from '../web/some-job.ts';
import { DIGEST, someMigration, someProof, someWait } from '../web/some-migration.ts';
import { BuiltPage } from './built-page.ts';
import { chromiumPath } from './chromium.ts';
import { withoutRefusals } from './complaints.ts';
import type { Answer } from './fake-server.ts';
import { isDark, pressAll, tabTo } from './visitor.ts';

const LONG_NAME = `${'long-name-of-a-bucket.'.repeat(2)}with-63-characters1`;
const BUTTON = 'Empty and delete photos';
const PAGE = '/jobs/x/decision';

const CONFIGURATION: ConfigurationView = {
  capturedAtMs: at(1),
  isCarried: true,
  items: [
    item('policy', 'Bucket policy', 'cannot', 'It names the account 111122223333.'),
    item('cors', 'Cross-origin resource sharing', 'as-it-is', 'It names no account.'),
    item('logging', 'Server access logging', 'adapted', 'The log bucket is another one.', ['photos-logs → logs']),
    item('website', 'Static website', 'nothing', ''),
  ],
};

function item(
  setting: string,
  title: string,
  fate: ConfigurationView['items'][number]['fate'],
  reason: string,
  differences: string[] = [],
) {
  return { setting, title, fate, stage: 'after-verification' as const, reason, differences };
}

/** The job at /jobs/x as it is when it is asked for, and everything that hangs on it. */
const answering =
  (job: () => JobView, post?: Answer): Answer =>
  (asked) => {
    if (asked.method === 'POST') return post?.(asked);
    if (asked.path === '/api/jobs') return { body: { jobs: [job()] } };
    if (asked.path === '/api/jobs/x') return { body: job() };
    if (asked.path === '/api/jobs/x/configuration') return { body: CONFIGURATION };
    return undefined;
  };

const now = (job: JobView): JobView => ({ ...job, id: 'x', asOfMs: at(Date.now()) });
const waiting = (proof: Partial<ProofView> = {}): JobView =>
  now(someMigration({ migration: { proof: someProof(proof) } }));
const notAsked = (job: JobView, stage: NonNullable<JobView['migration']>['stage']): JobView => {
  const { question: _none, ...migration } = job.migration ?? { outstanding: [] };
  return { ...job, migration: { ...migration, stage } as NonNullable<JobView['migration']> };
};

const nameField = (page: Page) => page.getByLabel(/^Type the name of the bucket to be destroyed/);

describeWhereInstalled(
  'the page of decisions in Chromium',
  { isInstalled: chromiumPath !== undefined, what: 'Chromium', installCommand: 'apt-get install chromium' },
  () => {
    let built: BuiltPage;
    beforeAll(async () => {
      built = await BuiltPage.open();
    });
    afterEach(() => built.leave());
    afterAll(() => built.close());

    const visit: BuiltPage['visit'] = (...visiting) => built.visit(...visiting);
    const posted = (asked: readonly { method: string; path: string; body: unknown }[]) =>
      asked.filter(({ method }) => method === 'POST').map(({ path, body }) => ({ path, body }));

    test('a job that waits for a decision stands above the list, and one press leads to what is to be decided', async () => {
      const { page, complaints } = await visit(
        '/',
        answering(() => waiting()),
      );

      await page.getByText('photos: here → there needs your decision').waitFor();
      await page.getByRole('link', { name: 'Decide about photos: here → there' }).click();

      await page.getByRole('heading', { name: 'May "photos" be deleted?' }).waitFor();
      expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H1');
      expect(complaints).toEqual([]);
    });

    test('it tells in numbers what is proven and destroyed, how long it may take, and until when it can be undone', async () => {
      const { page, complaints } = await visit(
        PAGE,
        answering(() => waiting({ lostVersionCount: 37, lineCount: 1241 })),
      );
      await page.getByRole('heading', { name: 'May "photos" be deleted?' }).waitFor();
      await page.getByRole('table', { name: 'Settings of the bucket' }).waitFor();

      const told = await page.getByRole('main').innerText();
      for (const part of [
        'Nothing is deleted yet',
        '1,000 by C: MD5 and size',
        DIGEST,
        'Versions of objects\n1,241',
        '37 older versions are destroyed with the source and kept nowhere',
        'about 72 hours',
        'another account could take it',
        'The bucket itself cannot be brought back',
        'It names the account 111122223333.',
        'photos-logs → logs',
      ]) {
        expect(told).toContain(part);
      }
      expect(complaints).toEqual([]);
    });

    test('only the exact name opens the way, a wrong one is told what is wrong with it, and one press sends what was seen', async () => {
      let job = waiting();
      const { page, server, complaints } = await visit(
        PAGE,
        answering(
          () => job,
          () => {
            job = notAsked({ ...job, phase: 'emptying' }, 'emptying');
            return { body: job };
          },
        ),
      );
      const button = page.getByRole('button', { name: BUTTON });
      await button.waitFor();

      for (const [typed, told] of [
        ['photo', '1 character to come.'],
        ['Photos', 'The name has no upper-case letters.'],
        ['photos ', 'There is a space before or after the name.'],
        ['phantom', 'it differs from the 3rd character on'],
      ] as const) {
        await nameField(page).fill(typed);
        await page.getByText(told).waitFor();
        expect(await button.isDisabled(), typed).toBe(true);
        await nameField(page).press('Enter');
      }
      expect(posted(server.asked)).toEqual([]);
      expect(await nameField(page).getAttribute('aria-invalid')).toBe('true');

      await nameField(page).fill('photos');
      await page.getByText('Exact.').waitFor();
      await button.click();

      await page.getByRole('heading', { name: 'photos: here → there' }).waitFor();
      expect(posted(server.asked)).toEqual([
        { path: '/api/jobs/x/consent', body: { bucket: 'photos', digest: DIGEST } },
      ]);
      expect(complaints).toEqual([]);
    });

    test('a name can be pasted, and the whole decision goes by keyboard', async () => {
      const { page, server } = await visit(
        PAGE,
        answering(
          () => waiting(),
          () => ({ body: waiting() }),
        ),
      );
      await page.getByRole('button', { name: BUTTON }).waitFor();
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
      await page.evaluate(() => navigator.clipboard.writeText('photos'));

      await tabTo(page, nameField(page));
      await pressAll(page, 'Control+V');
      await page.getByText('Exact.').waitFor();
      await tabTo(page, page.getByRole('button', { name: 'Not now' }));
      await tabTo(page, page.getByRole('button', { name: BUTTON }));
      await page.keyboard.press('Enter');

      await page.getByRole('heading', { name: 'photos: here → there' }).waitFor();
      expect(posted(server.asked)).toHaveLength(1);
    });

    test('where versions are lost their number has to be typed too', async () => {
      const { page, server } = await visit(
        PAGE,
        answering(
          () => waiting({ lostVersionCount: 1204 }),
          () => ({ body: waiting() }),
        ),
      );
      const button = page.getByRole('button', { name: BUTTON });
      const count = page.getByLabel('Type the number of versions that are lost: 1,204');
      await nameField(page).fill('photos');
      expect(await button.isDisabled()).toBe(true);
      await count.fill('1205');
      await page.getByText('This is not the number.').waitFor();
      expect(await button.isDisabled()).toBe(true);

      await count.fill('1,204');
      await button.click();

      await page.getByRole('heading', { name: 'photos: here → there' }).waitFor();
      expect(posted(server.asked)[0]?.body).toEqual({ bucket: 'photos', digest: DIGEST, lostVersionCount: 1204 });
    });

    test('"Not now" sends nothing and leads back to the job', async () => {
      const { page, server } = await visit(
        PAGE,
        answering(() => waiting()),
      );
      await nameField(page).fill('photos');

      await page.getByRole('button', { name: 'Not now' }).click();

      await page.getByRole('heading', { name: 'photos: here → there' }).waitFor();
      expect(posted(server.asked)).toEqual([]);
    });

    test('a proof that is another one by now is refused, shown as new, and has to be typed for again', async () => {
      let job = waiting();
      const { page, complaints } = await visit(
        PAGE,
        answering(
          () => job,
          () => {
            job = waiting({ digest: 'e2'.repeat(32), proof: 2, lineCount: 1300, keyCount: 1300 });
            const detail = 'Both sides were proven anew since you looked: the digest is another one.';
            const title = 'This is not the proof as it is now';
            return { status: 409, body: { title, detail, remedy: 'Look at the new proof.', consent: 'old-digest' } };
          },
        ),
      );
      await nameField(page).fill('photos');
      await page.getByRole('button', { name: BUTTON }).click();

      await page.getByText('This is not the proof as it is now').waitFor();
      await page.getByText('This is a new proof').waitFor();
      await page.getByText('e2'.repeat(32)).waitFor();
      expect(await nameField(page).inputValue()).toBe('');
      expect(await page.getByRole('button', { name: BUTTON }).isDisabled()).toBe(true);
      expect(withoutRefusals(complaints, 409)).toEqual([]);
    });

    test('a consent that somebody else has given is said, with who and when, and nothing is asked any more', async () => {
      let job = waiting();
      const { page } = await visit(
        PAGE,
        answering(
          () => job,
          () => {
            job = notAsked(job, 'beginning');
            job = {
              ...job,
              migration: { ...job.migration, consent: { by: 'ada', atMs: at(1) } } as NonNullable<JobView['migration']>,
            };
            const body = { title: 'Consent was given already', detail: 'ada consented to this proof.', remedy: '' };
            return { status: 409, body };
          },
        ),
      );
      await nameField(page).fill('photos');
      await page.getByRole('button', { name: BUTTON }).click();

      await page.getByText('Consent was given already').waitFor();
      await page.getByText('There is nothing to decide now').waitFor();
      expect(await page.getByRole('main').innerText()).toContain('ada consented on');
      expect(await page.getByRole('button', { name: BUTTON }).count()).toBe(0);
    });

    test('a proof that is void is not decided about', async () => {
      const { page } = await visit(
        PAGE,
        answering(() => notAsked(waiting({ voidedAtMs: at(1_090_000) }), 'beginning')),
      );

      await page.getByText('The proof is void, because the source was open to changes since.').waitFor();
      expect(await page.getByRole('textbox').count()).toBe(0);
    });

    describe('about a name that does not come free', () => {
      const taken = () =>
        now(
          someWait(
            { lastOutcome: 'taken', takenSinceMs: at(1_300_000) },
            { question: { question: 'name', sinceMs: at(1) } },
          ),
        );

      test('it says that the data is safe and where, and every choice tells its consequence', async () => {
        const { page, complaints } = await visit(PAGE, answering(taken));
        await page.getByRole('heading', { name: 'The name "photos" does not come free' }).waitFor();

        const told = await page.getByRole('main').innerText();
        expect(told).toContain('Every object is in "mig-temporary-abc123"');
        expect(told).toContain('another account has taken it');
        const choices = page.getByRole('radiogroup', { name: 'What to do about the name' });
        expect(await choices.getByRole('radio').count()).toBe(4);
        expect(complaints).toEqual([]);
      });

      test('another name is checked while it is typed, and sent only when it can be one', async () => {
        const { page, server } = await visit(
          PAGE,
          answering(taken, () => ({ body: taken() })),
        );
        await page.getByRole('radio', { name: 'Use another name' }).check();
        await page.getByRole('button', { name: 'Make the bucket under another name' }).click();
        await page.getByText('Give the name of a bucket.').waitFor();
        await page.getByLabel('The other name').fill('Photos_New');
        await page.getByText('has upper-case letters').waitFor();
        expect(posted(server.asked)).toEqual([]);

        await page.getByLabel('The other name').fill('photos-new');
        await page.getByRole('button', { name: 'Make the bucket as "photos-new"' }).click();

        await page.getByRole('heading', { name: 'photos: here → there' }).waitFor();
        expect(posted(server.asked)).toEqual([
          { path: '/api/jobs/x/decision', body: { choice: 'other-name', bucket: 'photos-new' } },
        ]);
      });

      test('a decision that comes too late is refused with what is now', async () => {
        const { page, complaints } = await visit(
          PAGE,
          answering(taken, () => ({
            status: 409,
            body: {
              title: 'The job is not in a state that allows this',
              detail: 'The name is ours already.',
              remedy: '',
            },
          })),
        );
        await page.getByRole('radio', { name: 'Keep the temporary bucket as the final one' }).check();
        await page.getByRole('button', { name: 'Keep the temporary bucket for good' }).click();

        await page.getByText('The name is ours already.').waitFor();
        expect(withoutRefusals(complaints, 409)).toEqual([]);
      });
    });

    test('a quarantine is ended earlier only by the temporary bucket’s name', async () => {
      const quarantine = { beganAtMs: at(1), endsAtMs: at(Date.now() + 7 * 86_400_000) };
      const kept = () =>
        now(
          someMigration({
            phase: 'quarantine',
            percent: 99,
            migration: {
              stage: 'returned',
              stopEffect: 'nothing',
              quarantine,
              question: { question: 'quarantine', sinceMs: at(1) },
            },
          }),
        );
      const { page, server } = await visit(
        '/jobs/x',
        answering(kept, () => ({ body: kept() })),
      );
      await page.getByText(/^Verified, temporary bucket kept until/).waitFor();
      expect(await page.getByText('needs your decision').count()).toBe(0);
      await page.getByRole('link', { name: 'Delete the temporary bucket earlier' }).click();

      const field = page.getByLabel(/^Type the name of the temporary bucket/);
      const button = page.getByRole('button', { name: 'Delete mig-temporary-abc123 now' });
      await field.fill('photos');
      await page.getByText('This is not the name').waitFor();
      expect(await button.isDisabled()).toBe(true);
      await field.fill('mig-temporary-abc123');
      await button.click();

      await page.getByRole('heading', { name: 'photos: here → there' }).waitFor();
      expect(posted(server.asked)).toEqual([
        { path: '/api/jobs/x/quarantine', body: { bucket: 'mig-temporary-abc123' } },
      ]);
    });

    test('stopping says what it does at this stage, and after a refusal what it does now', async () => {
      let job = waiting();
      const { page, server } = await visit(
        '/jobs/x',
        answering(
          () => job,
          ({ body }) => {
            if ((body as { stage: string }).stage === 'emptying') return { body: job };
            job = notAsked({ ...job, phase: 'emptying' }, 'emptying');
            job = {
              ...job,
              migration: { ...job.migration, stopEffect: 'bring-back-in' } as NonNullable<JobView['migration']>,
            };
            return {
              status: 409,
              body: { title: 'Not as you saw it', detail: 'The job went on meanwhile.', remedy: '' },
            };
          },
        ),
      );
      await page.getByRole('button', { name: 'Stop', exact: true }).click();
      await page.getByRole('button', { name: 'Stop and leave everything as it was' }).click();

      await page.getByText('The job went on meanwhile.').waitFor();
      await page.getByText('Bring everything back into "photos"?').waitFor();
      await page.getByRole('button', { name: 'Bring everything back' }).click();

      await page.getByRole('dialog').waitFor({ state: 'detached' });
      expect(posted(server.asked).map(({ body }) => body)).toEqual([{ stage: 'beginning' }, { stage: 'emptying' }]);
    });

    test('nothing runs out of any of these pages, with the longest names, from a telephone to 4K, light and dark', async () => {
      const source = { connection: 'a-connection-with-a-very-long-name-of-40', bucket: LONG_NAME };
      const base = { source, destination: { connection: 'another-connection-with-a-long-name-of-40' } };
      const temporaryBucket = { connection: 'there', bucket: `mig-${'x'.repeat(59)}`, region: 'eu-west-1' };
      const proof = someProof({ source: { ...source, region: 'eu-west-1' }, temporaryBucket: temporaryBucket.bucket });
      const consent = now(someMigration({ ...base, migration: { proof, temporaryBucket } }));
      const wait = someWait({ lastOutcome: 'taken' }).migration;
      const name = now({ ...consent, phase: 'waiting-for-name', migration: { ...wait, temporaryBucket, proof } });
      for (const [colorScheme, ...widths] of [
        ['light', 360, 1280],
        ['dark', 360, 3840],
      ] as const) {
        for (const [what, job] of Object.entries({ consent, name })) {
          const { page, complaints } = await visit(
            PAGE,
            answering(() => job),
            { colorScheme },
          );
          for (const path of [PAGE, '/jobs/x', '/']) {
            await page.goto(new URL(path, page.url()).href);
            for (const width of widths) {
              await page.setViewportSize({ width, height: 900 });
              await page.getByRole('heading', { level: 1 }).first().waitFor();
              await page.waitForLoadState('networkidle');

              const wide = await page.evaluate(() => document.documentElement.scrollWidth);
              expect(wide, `${what} at ${path}, ${width} pixels, ${colorScheme}`).toBeLessThanOrEqual(width);
              expect(await isDark(page)).toBe(colorScheme === 'dark');
            }
          }
          expect(complaints).toEqual([]);
        }
      }
    });

    test('a copy job asks nothing, and says so', async () => {
      const { page } = await visit(
        PAGE,
        answering(() => now(someJob())),
      );

      await page.getByText('This job copies, and asks nothing.').waitFor();
    });
  },
);
