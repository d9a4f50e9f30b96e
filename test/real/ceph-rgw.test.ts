import { ListBucketsCommand } from '@aws-sdk/client-s3';
import { build } from 'esbuild';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { CEPH_INSTALL_COMMAND, isCephInstalled, startCephRgw } from '../support/ceph-rgw.ts';
import { describeWhereInstalled } from '../support/installed.ts';
import { s3ClientFor } from '../support/s3-account.ts';

const here = dirname(fileURLToPath(import.meta.url));
const ENDING_MS_MAX = 10_000;
const need = { isInstalled: isCephInstalled(), what: 'radosgw', installCommand: CEPH_INSTALL_COMMAND };

describeWhereInstalled('a real S3 server for one test', need, () => {
  test('it knows three accounts, and nothing of it is left when it is closed', async () => {
    const ceph = await startCephRgw();
    const { folder } = ceph;
    try {
      for (const user of [ceph.users.a, ceph.users.b, ceph.users.c]) {
        const answer = await s3ClientFor(ceph.endpoint, user).send(new ListBucketsCommand({}));
        expect(answer.Owner?.ID).toBe(user.userId);
      }
      expect(await processesIn(folder)).toHaveLength(6); // three daemons, and the three shells that watch them
    } finally {
      await ceph.close();
    }

    expect(await processesIn(folder)).toEqual([]);
    expect(existsSync(folder)).toBe(false);
  });

  test('it ends by itself when the test that started it is killed', async () => {
    const scratch = await mkdtemp(join(tmpdir(), 'ceph-orphan-'));
    try {
      const script = await bundledStarter(scratch);
      const starter = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
      const [line] = (await once(starter.stdout, 'data')) as [Buffer];
      const folder = line.toString().trim();

      starter.kill('SIGKILL');

      await expect.poll(() => processesIn(folder), { timeout: ENDING_MS_MAX, interval: 100 }).toEqual([]);
      await expect.poll(() => existsSync(folder), { timeout: ENDING_MS_MAX, interval: 100 }).toBe(false);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  });
});

/** A program that starts the server, prints its folder, and then waits for ever. */
async function bundledStarter(folder: string): Promise<string> {
  const outfile = join(folder, 'start.mjs');
  const contents = `
    import { startCephRgw } from '../support/ceph-rgw.ts';
    const ceph = await startCephRgw();
    console.log(ceph.folder);
    setInterval(() => undefined, 60_000);
  `;
  const stdin = { contents, resolveDir: here, loader: 'ts' as const };
  await build({ stdin, bundle: true, platform: 'node', format: 'esm', outfile, logLevel: 'silent' });
  return outfile;
}

/** The ids of all processes that name the folder in their command line. */
async function processesIn(folder: string): Promise<string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(
    ids.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')), // it may have ended meanwhile
  );
  return ids.filter((_, index) => commands[index]?.includes(folder));
}
