import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { Credentials } from './s3-account.ts';

/** A program that was found and answers; there may be several of one name, of different age. */
export type Program = Readonly<{ path: string; version: string }>;

export type ClientPlace = Readonly<{
  endpoint: string;
  folder: string;
  /** Runs a program with nothing but the settings of this place; resolves with what it printed. */
  run(program: string, options: readonly string[]): Promise<string>;
  close(): Promise<void>;
}>;

const MiB = 1024 ** 2;
export const PART_SIZE_BYTES = 5 * MiB;
const RUN_MS_MAX = 120_000;
const OUTPUT_BYTES_MAX = 64 * MiB;

/** What a program sees that is only asked for its version: no settings of the user, no proxies, no credentials. */
const bareEnvironment = (home: string): NodeJS.ProcessEnv => ({
  PATH: '/usr/local/bin:/usr/bin:/bin',
  HOME: home,
  LANG: 'C.UTF-8',
  LC_ALL: 'C.UTF-8',
});

/** Every program of that name that works, the system's own first; shims that lead nowhere are left out. */
export function findPrograms(name: string, options: readonly string[] = ['--version']): readonly Program[] {
  const folders = ['/usr/bin', ...(process.env['PATH'] ?? '').split(delimiter)];
  const found = new Map<string, Program>();
  for (const folder of new Set(folders.filter((each) => each !== ''))) {
    const path = join(folder, name);
    const answer = spawnSync(path, [...options], { env: bareEnvironment('/nonexistent'), encoding: 'utf8' });
    const version = answer.stdout?.trim().split('\n')[0] ?? '';
    if (answer.status === 0 && version !== '' && !found.has(version)) found.set(version, { path, version });
  }
  return [...found.values()];
}

export const findPythonsWithBoto3 = (): readonly Program[] =>
  findPrograms('python3', ['-c', 'import boto3; print("boto3", boto3.__version__)']);

/** A folder with a home and settings for every client, all of which lead to `endpoint` and nowhere else. */
export async function clientPlace(endpoint: string, credentials: Credentials): Promise<ClientPlace> {
  const folder = await mkdtemp(join(tmpdir(), 's3-clients-'));
  const awsConfig = join(folder, 'aws.ini');
  const s3cfg = join(folder, 's3cmd.ini');
  await writeFile(awsConfig, awsSettings());
  await writeFile(s3cfg, s3cmdSettings(endpoint, credentials), { mode: 0o600 });
  const env = {
    ...bareEnvironment(folder),
    ...awsEnvironment(credentials),
    AWS_CONFIG_FILE: awsConfig,
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    S3CMD_CONFIG: s3cfg,
    S3_ENDPOINT: endpoint,
    ...rcloneEnvironment(endpoint, credentials),
  };
  return {
    endpoint,
    folder,
    run: async (program, options) => {
      const how = { env, cwd: folder, timeout: RUN_MS_MAX, maxBuffer: OUTPUT_BYTES_MAX };
      const { stdout } = await promisify(execFile)(program, [...options], how);
      return stdout;
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

const awsEnvironment = (credentials: Credentials) => ({
  AWS_ACCESS_KEY_ID: credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  AWS_DEFAULT_REGION: 'us-east-1',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_PAGER: '',
});

/** Thresholds as low as S3 allows, so that a small test uses parts. */
const awsSettings = (): string =>
  [
    '[default]',
    's3 =',
    '  addressing_style = path',
    '  multipart_threshold = 5MB',
    '  multipart_chunksize = 5MB',
    '',
  ].join('\n');

const rcloneEnvironment = (endpoint: string, credentials: Credentials) => ({
  RCLONE_CONFIG: '/dev/null',
  RCLONE_CONFIG_S3_TYPE: 's3',
  RCLONE_CONFIG_S3_PROVIDER: 'Other',
  RCLONE_CONFIG_S3_ENDPOINT: endpoint,
  RCLONE_CONFIG_S3_REGION: 'us-east-1',
  RCLONE_CONFIG_S3_FORCE_PATH_STYLE: 'true',
  RCLONE_CONFIG_S3_ACCESS_KEY_ID: credentials.accessKeyId,
  RCLONE_CONFIG_S3_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  RCLONE_S3_UPLOAD_CUTOFF: '5M',
  RCLONE_S3_CHUNK_SIZE: '5M',
  RCLONE_S3_COPY_CUTOFF: '5M',
});

function s3cmdSettings(endpoint: string, credentials: Credentials): string {
  const { host } = new URL(endpoint);
  return [
    '[default]',
    `access_key = ${credentials.accessKeyId}`,
    `secret_key = ${credentials.secretAccessKey}`,
    // Without a place for the bucket's name in it, s3cmd uses the path style.
    `host_base = ${host}`,
    `host_bucket = ${host}`,
    'bucket_location = us-east-1',
    'use_https = False',
    'signature_v2 = False',
    'multipart_chunk_size_mb = 5',
    'multipart_copy_chunk_size_mb = 5',
    'progress_meter = False',
    '',
  ].join('\n');
}
