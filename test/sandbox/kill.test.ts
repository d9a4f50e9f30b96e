import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { build } from 'esbuild';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ALICE, SETUP } from './worlds.ts';

const Bucket = 'kept';
const ROUNDS = 3;
const WRITERS = 4;
const WRITES_BEFORE_KILL = 150;

let directory: string;
const started: ChildProcess[] = [];
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sandbox-kill-'));
  await build({
    entryPoints: [join(import.meta.dirname, 'kill-server.ts')],
    outfile: join(directory, 'server.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
});
afterAll(() => {
  for (const child of started) child.kill('SIGKILL');
  rmSync(directory, { recursive: true });
});

async function start(): Promise<{ child: ChildProcess; s3: S3Client }> {
  const child = spawn(
    process.execPath,
    [join(directory, 'server.mjs'), join(directory, 'data'), JSON.stringify(SETUP)],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  started.push(child);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const endpoint = line.toString().trim();
  const s3 = new S3Client({ endpoint, region: 'us-east-1', credentials: ALICE, forcePathStyle: true, maxAttempts: 1 });
  return { child, s3 };
}

/** Small bodies stand in the log, every third is large enough for a file of its own. */
const bodyOf = (key: string, index: number): string => (index % 3 === 0 ? key.repeat(2000) : key);

test('no write that was answered is lost when the process is killed in the middle of others', async () => {
  const answered = new Map<string, string>();
  let { child, s3 } = await start();
  await s3.send(new CreateBucketCommand({ Bucket }));

  for (let round = 0; round < ROUNDS; round += 1) {
    const killAt = answered.size + WRITES_BEFORE_KILL;
    const write = async (writer: number): Promise<void> => {
      for (let index = 0; ; index += 1) {
        const Key = `${round}/${writer}/${index}`;
        await s3.send(new PutObjectCommand({ Bucket, Key, Body: bodyOf(Key, index) })); // rejects once it is killed
        answered.set(Key, bodyOf(Key, index));
        if (answered.size === killAt) child.kill('SIGKILL');
      }
    };
    await Promise.allSettled(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
    ({ child, s3 } = await start());
  }

  expect(answered.size).toBeGreaterThanOrEqual(ROUNDS * WRITES_BEFORE_KILL);
  for (const [Key, body] of answered) {
    const got = await s3.send(new GetObjectCommand({ Bucket, Key }));
    expect(await got.Body?.transformToString()).toBe(body);
  }
});
