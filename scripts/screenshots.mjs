// Makes docs/screenshots/*.png, which the README shows, from the program as built: "npm run build", then this.
// Needs Debian's chromium. Everything happens in a fresh sandbox, in a folder that is removed afterwards.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import {
  PutBucketCorsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketLoggingCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import { chromium } from 'playwright-core';

const root = resolve(import.meta.dirname, '..');
const folder = join(root, 'docs/screenshots');
const data = await mkdtemp(join(tmpdir(), 'bucket-migrator-screenshots-'));

const executablePath = (process.env.PATH ?? '')
  .split(delimiter)
  .flatMap((place) => ['chromium', 'google-chrome'].map((name) => join(place, name)))
  .find((path) => existsSync(path));
if (executablePath === undefined) throw new Error('Chromium is not installed: apt-get install chromium');

const program = spawn(process.execPath, [join(root, 'dist/cli.mjs'), 'start', '--data', data], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const browser = await chromium.launch({
  executablePath,
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
});
try {
  await makePictures(await readyAddress());
} finally {
  await browser.close();
  program.kill('SIGTERM');
  await new Promise((gone) => program.once('exit', gone));
  await rm(data, { recursive: true, force: true });
}

function readyAddress() {
  return new Promise((ready, fail) => {
    let printed = '';
    program.stdout.on('data', (chunk) => {
      printed += chunk;
      const found = /ready: (\S+)#token=(\S+)/.exec(printed);
      if (found) ready({ url: found[1], token: found[2] });
    });
    program.once('exit', (code) => fail(new Error(`the program ended with ${code}: ${printed}`)));
  });
}

async function makePictures({ url, token }) {
  await mkdir(folder, { recursive: true });
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, reducedMotion: 'reduce' });
  const page = await context.newPage();
  const call = async (method, path, body) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await fetch(new URL(path, url), { method, headers, ...(body && { body: JSON.stringify(body) }) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return await answer.json();
  };
  const copy = (source, destination, options = {}) =>
    call('POST', '/api/jobs', {
      kind: 'copy',
      source: { connection: source[0], bucket: source[1] },
      destination: { connection: destination[0], bucket: destination[1] },
      options,
    });
  const until = async (id, isWanted) => {
    for (let look = 0; look < 1200; look += 1) {
      const job = await call('GET', `/api/jobs/${id}`);
      if (isWanted(job)) return job;
      await page.waitForTimeout(100);
    }
    throw new Error(`job ${id} did not get there`);
  };
  const hasEnded = ({ status }) => status !== 'running' && status !== 'stopping';
  const take = async (name, height = 860) => {
    await page.setViewportSize({ width: 1280, height });
    await page.mouse.move(0, 0);
    await page.waitForTimeout(600); // bars and lists come to rest
    await page.screenshot({ path: join(folder, `${name}.png`) });
  };

  const done = await copy(['sandbox-a', 'sample-odd-keys'], ['sandbox-b', 'odd-keys-copy']);
  await until(done.id, hasEnded);
  await makeTrouble('sample-photos');
  const failed = await copy(['sandbox-a', 'sample-photos'], ['sandbox-b', 'photos-copy'], { roundsMax: 1 });
  await until(failed.id, hasEnded);
  await page.goto(`${url}jobs/${failed.id}?tab=failures#token=${token}`);
  await page.getByRole('heading', { name: 'Causes' }).waitFor();
  await page.getByText('Failed while verifying').waitFor(); // the last count comes a moment after the end
  await take('failures', 1180);

  await page.goto(`${url}new`);
  await fillWizard(page, ['sandbox-b', 'sample-logs'], ['sandbox-a', 'logs-copy']);
  await page.getByRole('button', { name: /^Start copying 10,000/ }).waitFor();
  await take('new-job', 1080);

  const options = { inFlightMax: 16, shardObjectCountMax: 1000 };
  const running = await copy(['sandbox-b', 'sample-logs'], ['sandbox-a', 'logs-copy'], options);
  await page.goto(`${url}jobs/${running.id}`);
  await until(running.id, ({ copiedCount, secondsLeft }) => copiedCount > 4000 && secondsLeft !== undefined);
  await page.getByText(/^Copying [4-8],\d+ of 10,000$/).waitFor();
  await take('job');
  await page.goto(`${url}jobs/${running.id}?tab=flow`);
  await page.getByText('Copy the shards').first().waitFor();
  await take('flow', 1240);

  await makeSettings('sample-versions');
  const moving = await call('POST', '/api/jobs', {
    kind: 'migrate',
    source: { connection: 'sandbox-a', bucket: 'sample-versions' },
    destination: { connection: 'sandbox-b' },
  });
  await until(moving.id, (job) => job.migration.question !== undefined || hasEnded(job));
  await page.goto(url);
  await page.getByText(/needs your decision$/).waitFor();
  await take('jobs', 760);
  await page.goto(`${url}jobs/${moving.id}/decision`);
  await page.getByRole('table', { name: 'Settings of the bucket' }).waitFor();
  await take('decision', 1900);
  await page.getByLabel(/^Type the name of the bucket/).fill('sample-versions');
  await page.getByRole('button', { name: 'Empty and delete sample-versions' }).click();
  await page.getByText(/^Waiting for the name, ([4-9]|1\d) s$/).waitFor({ timeout: 120_000 });
  await take('migration', 1200);
}

async function fillWizard(page, source, destination) {
  const next = () => page.getByRole('button', { name: 'Next' }).click();
  const choose = async (label, name) => {
    await page.getByRole('button', { name: new RegExp(label) }).click();
    await page.getByRole('option', { name: new RegExp(name) }).click();
  };
  await next();
  await choose('Source connection', source[0]);
  await page.getByLabel('Source bucket').fill(source[1]);
  await next();
  await choose('Destination connection', destination[0]);
  await page.getByLabel('Destination bucket').fill(destination[1]);
  await next();
}

/** A client of the account behind the connection, which acts as the product does. */
async function clientOf(connectionName) {
  const { connections } = JSON.parse(await readFile(join(data, 'connections.json'), 'utf8'));
  const { endpoint, region, accessKeyId, secretAccessKey, roleArn, externalId } = connections.find(
    ({ name }) => name === connectionName,
  );
  const credentials = fromTemporaryCredentials({
    masterCredentials: { accessKeyId, secretAccessKey },
    clientConfig: { endpoint, region },
    params: { RoleArn: roleArn, ExternalId: externalId, RoleSessionName: 'screenshots' },
  });
  return new S3Client({ endpoint, region, credentials, forcePathStyle: true });
}

/** A bucket that is in use has settings, and older versions. */
async function makeSettings(Bucket) {
  const s3 = await clientOf('sandbox-a');
  const statement = {
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:PutObject',
    Resource: `arn:aws:s3:::${Bucket}/raw/*`,
  };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  const rule = { ID: 'old-drafts', Status: 'Enabled', Filter: { Prefix: 'drafts/' }, Expiration: { Days: 30 } };
  const cors = { AllowedMethods: ['GET'], AllowedOrigins: ['https://photos.example'] };
  for (const command of [
    new PutBucketPolicyCommand({ Bucket, Policy }),
    new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }),
    new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [{ Key: 'team', Value: 'archive' }] } }),
    new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: [cors] } }),
    new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules: [rule] } }),
    new PutBucketLoggingCommand({ Bucket, BucketLoggingStatus: { LoggingEnabled: { TargetBucket: 'sample-odd-keys', TargetPrefix: 'photos/' } } }), // prettier-ignore
    ...[1, 2].map((draft) => new PutObjectCommand({ Bucket, Key: 'notes.txt', Body: `draft ${draft}` })),
  ]) {
    await s3.send(command).catch((error) => console.warn(`${command.constructor.name}: ${error.message}`));
  }
  s3.destroy();
}

/** What happens in real buckets: some objects may not be read, and some are archived. */
async function makeTrouble(bucket) {
  const s3 = await clientOf('sandbox-a');
  const policy = {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Deny', Principal: '*', Action: 's3:GetObject', Resource: `arn:aws:s3:::${bucket}/2021/Oslo/*` },
    ],
  };
  for (const year of [2014, 2015]) {
    const Key = `${year}/Archive.tar`;
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'archived', StorageClass: 'DEEP_ARCHIVE' }));
  }
  await s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: JSON.stringify(policy) }));
  s3.destroy();
}
