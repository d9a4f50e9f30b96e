import { expect, test } from 'vitest';
import { SETTING_NAMES } from '../../../domain/bucket-configuration/catalogue.ts';
import type { BucketConfiguration, ConfigurationDocument } from '../../../domain/bucket-configuration/inventory.ts';
import { paths } from '../../../domain/job-documents.ts';
import type { ConfigurationView } from '../../../domain/views.ts';
import { configurationView } from '../../../functions/api/migration-schemas.ts';
import { digestOfConfiguration } from '../../../functions/steps/configuration/document.ts';
import { NOON_MS } from './api-world.ts';
import { MigrationWorld } from './migration-world.ts';

const side = (connection: string, accountId: string) => ({ connection, bucket: 'photos', region: 'us-east-1', partition: 'aws', accountId }); // prettier-ignore
const CORS = { CORSRules: [{ AllowedMethods: ['GET'], AllowedOrigins: ['*'] }] };

async function keep(world: MigrationWorld): Promise<void> {
  const absent = Object.fromEntries(SETTING_NAMES.map((name) => [name, { state: 'absent' }])) as BucketConfiguration;
  const settings: BucketConfiguration = { ...absent, cors: { state: 'set', value: CORS } };
  const read = { from: side('here', '111111111111'), to: side('elsewhere', '222222222222'), settings };
  const document: ConfigurationDocument = { jobId: world.id, ...read, capturedAtMs: NOON_MS, sha256: digestOfConfiguration(read) }; // prettier-ignore
  await world.write(paths.configuration(world.id), document);
}

test('every setting of the source is told with what becomes of it, and what came of it', async () => {
  const world = await MigrationWorld.at('proof-sealed');
  await keep(world);
  const read = async () =>
    (await world.call('GET', `/api/jobs/${world.id}/configuration`)).body as unknown as ConfigurationView;

  const planned = await read();
  expect(configurationView.safeParse(planned).error?.message).toBeUndefined();
  expect(new Set(planned.items.map(({ setting }) => setting))).toEqual(new Set(SETTING_NAMES));
  expect(planned.items.find(({ setting }) => setting === 'cors')).toMatchObject({ fate: 'as-it-is', stage: 'before-objects' }); // prettier-ignore

  const refused = { setting: 'cors', outcome: 'failed', reason: 'S3 said no.', differences: [], remedy: 'Allow it.' };
  await world.write(paths.configurationOutcome(world.id, 'before-objects'), { items: [refused] });
  const tried = await read();
  expect(configurationView.safeParse(tried).error?.message).toBeUndefined();
  expect(tried.items.find(({ setting }) => setting === 'cors')).toMatchObject({
    outcome: 'failed',
    outcomeReason: 'S3 said no.',
    remedy: 'Allow it.',
  });
});

test('before anything was read there is nothing to tell', async () => {
  const world = await MigrationWorld.at('started');

  expect((await world.call('GET', `/api/jobs/${world.id}/configuration`)).status).toBe(404);
});

test('settings that were changed on disk are not shown, and it is said what to do', async () => {
  const world = await MigrationWorld.at('proof-sealed');
  await keep(world);
  const kept = world.documents.json<ConfigurationDocument>(paths.configuration(world.id));
  await world.write(paths.configuration(world.id), { ...kept, to: side('elsewhere', '333333333333') });

  const answer = await world.call('GET', `/api/jobs/${world.id}/configuration`);

  expect(answer.body).toMatchObject({ status: 500, title: 'A document of the job is damaged', job: world.id });
  expect(answer.body['remedy']).toContain('Put the document back');
});
