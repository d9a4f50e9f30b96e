import { CopyObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { createHash, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeWhereInstalled } from '../support/installed.ts';
import {
  clientPlace,
  findPrograms,
  findPythonsWithBoto3,
  PART_SIZE_BYTES,
  type ClientPlace,
  type Program,
} from '../support/real-clients.ts';
import { aBucket, copySource, listedKeys, put, read } from './answers.ts';
import { sandboxWorld, type SandboxContractWorld } from './sandbox-world.ts';

const ODD = "folder/a b+c%2F\u00e9 'quoted' & more.txt";

/** What a person does with a client. Paths are local files; nothing is said about how. */
type Client = Readonly<{
  list(bucket: string): Promise<string[]>;
  upload(file: string, bucket: string, key: string): Promise<unknown>;
  download(bucket: string, key: string, file: string): Promise<unknown>;
  copy(from: { bucket: string; key: string }, to: { bucket: string; key: string }): Promise<unknown>;
  remove(bucket: string, key: string): Promise<unknown>;
}>;

describe('programs that people point at an S3 work with the sandbox', () => {
  let world: SandboxContractWorld;
  let place: ClientPlace;
  beforeAll(async () => {
    world = await sandboxWorld();
    place = await clientPlace(world.endpoint, world.a.credentials);
  });
  afterAll(async () => {
    await place.close();
    await world.close();
  });

  const suites: Suite[] = [
    { what: 'aws', package: 'awscli', programs: findPrograms('aws'), client: awsCli },
    { what: 'rclone', package: 'rclone', programs: findPrograms('rclone'), client: rclone },
    { what: 's3cmd', package: 's3cmd', programs: findPrograms('s3cmd'), client: s3cmd },
    { what: 'boto3', package: 'python3-boto3', programs: findPythonsWithBoto3(), client: boto3 },
  ];
  for (const suite of suites) {
    const need = {
      isInstalled: suite.programs.length > 0,
      what: suite.what,
      installCommand: `apt-get install ${suite.package}`,
    };
    describeWhereInstalled(suite.what, need, () => {
      for (const program of suite.programs) {
        describe(program.version, () => promises(() => suite.client(place, program)));
      }
    });
  }

  function promises(client: () => Client): void {
    test('a small file goes up under an odd name, is listed, comes down and is removed', async () => {
      const bucket = await aBucket(world);
      const file = await aFile('small', 'some text\n');
      await put(world.a, bucket, 'other');

      await client().upload(file.path, bucket, ODD);
      await client().download(bucket, ODD, join(place.folder, 'back'));

      expect((await client().list(bucket)).sort()).toEqual([ODD, 'other'].sort());
      expect(await listedKeys(world.a, bucket)).toEqual([ODD, 'other']);
      expect(await readFile(join(place.folder, 'back'), 'utf8')).toBe('some text\n');
      await client().remove(bucket, ODD);
      expect(await listedKeys(world.a, bucket)).toEqual(['other']);
    });

    test('a large file goes up in parts and comes down whole', async () => {
      const bucket = await aBucket(world);
      const file = await aFile('large', randomBytes(2 * PART_SIZE_BYTES + 1));

      await client().upload(file.path, bucket, 'large');
      await client().download(bucket, 'large', join(place.folder, 'back'));

      const head = await world.a.s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'large' }));
      expect(head.ETag).toMatch(/-\d+"$/);
      expect(digest(await readFile(join(place.folder, 'back')))).toBe(file.digest);
    });

    test('an object is copied within S3, and a large one in parts', async () => {
      const bucket = await aBucket(world);
      const other = await aBucket(world);
      const file = await aFile('large', randomBytes(2 * PART_SIZE_BYTES + 1));
      await put(world.a, bucket, ODD, 'text');
      await client().upload(file.path, bucket, 'large');

      await client().copy({ bucket, key: ODD }, { bucket: other, key: ODD });
      await client().copy({ bucket, key: 'large' }, { bucket: other, key: 'large' });
      await client().download(other, 'large', join(place.folder, 'back'));

      const head = await world.a.s3.send(new HeadObjectCommand({ Bucket: other, Key: 'large' }));
      expect(head.ETag).toMatch(/-\d+"$/);
      expect(await read(world.a, other, ODD)).toBe('text');
      expect(digest(await readFile(join(place.folder, 'back')))).toBe(file.digest);
    });

    test('a listing of more than a page is complete', async () => {
      const bucket = await aBucket(world);
      const keys = Array.from({ length: 1203 }, (_, index) => `page/${String(index).padStart(4, '0')}`);
      await put(world.a, bucket, 'page/0000', 'x');
      const copyTo = (key: string) =>
        world.a.s3.send(
          new CopyObjectCommand({ Bucket: bucket, Key: key, CopySource: copySource(bucket, 'page/0000') }),
        );
      for (let at = 1; at < keys.length; at += 50) await Promise.all(keys.slice(at, at + 50).map(copyTo));

      expect((await client().list(bucket)).sort()).toEqual(keys);
    });
  }

  async function aFile(name: string, content: string | Buffer): Promise<{ path: string; digest: string }> {
    const path = join(place.folder, name);
    await writeFile(path, content);
    return { path, digest: digest(Buffer.from(content)) };
  }
});

type Suite = Readonly<{
  what: string;
  package: string;
  programs: readonly Program[];
  client: (place: ClientPlace, program: Program) => Client;
}>;

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

function awsCli(place: ClientPlace, { path }: Program): Client {
  const aws = (...options: string[]) => place.run(path, ['--endpoint-url', place.endpoint, ...options]);
  const uri = (bucket: string, key: string) => `s3://${bucket}/${key}`;
  return {
    list: async (bucket) => {
      const text = await aws(
        's3api',
        'list-objects-v2',
        '--bucket',
        bucket,
        '--query',
        'Contents[].Key',
        '--output',
        'json',
      );
      return JSON.parse(text) as string[];
    },
    upload: (file, bucket, key) => aws('s3', 'cp', '--only-show-errors', file, uri(bucket, key)),
    download: (bucket, key, file) => aws('s3', 'cp', '--only-show-errors', uri(bucket, key), file),
    copy: (from, to) => aws('s3', 'cp', '--only-show-errors', uri(from.bucket, from.key), uri(to.bucket, to.key)),
    remove: (bucket, key) => aws('s3', 'rm', '--only-show-errors', uri(bucket, key)),
  };
}

function rclone(place: ClientPlace, { path }: Program): Client {
  const at = (bucket: string, key = '') => `s3:${bucket}/${key}`;
  const run = (...options: string[]) => place.run(path, options);
  return {
    list: async (bucket) => lines(await run('lsf', '--recursive', '--files-only', at(bucket))),
    upload: (file, bucket, key) => run('copyto', file, at(bucket, key)),
    download: (bucket, key, file) => run('copyto', '--ignore-times', at(bucket, key), file),
    copy: (from, to) => run('copyto', at(from.bucket, from.key), at(to.bucket, to.key)),
    remove: (bucket, key) => run('deletefile', at(bucket, key)),
  };
}

function s3cmd(place: ClientPlace, { path }: Program): Client {
  const uri = (bucket: string, key = '') => `s3://${bucket}/${key}`;
  const run = (...options: string[]) => place.run(path, ['-c', join(place.folder, 's3cmd.ini'), ...options]);
  return {
    list: async (bucket) =>
      lines(await run('ls', '--recursive', uri(bucket))).map((line) =>
        line.slice(line.indexOf(uri(bucket)) + uri(bucket).length),
      ),
    upload: (file, bucket, key) => run('put', file, uri(bucket, key)),
    download: (bucket, key, file) => run('get', '--force', uri(bucket, key), file),
    copy: (from, to) => run('cp', uri(from.bucket, from.key), uri(to.bucket, to.key)),
    remove: (bucket, key) => run('del', uri(bucket, key)),
  };
}

const BOTO3_SCRIPT = `
import boto3, os, sys
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
s3 = boto3.client('s3', endpoint_url=os.environ['S3_ENDPOINT'], config=Config(s3={'addressing_style': 'path'}))
parts = TransferConfig(multipart_threshold=5 * 1024 ** 2, multipart_chunksize=5 * 1024 ** 2)
verb, *rest = sys.argv[1:]
if verb == 'list':
    for page in s3.get_paginator('list_objects_v2').paginate(Bucket=rest[0]):
        for found in page.get('Contents', []):
            print(found['Key'])
elif verb == 'upload': s3.upload_file(rest[0], rest[1], rest[2], Config=parts)
elif verb == 'download': s3.download_file(rest[0], rest[1], rest[2], Config=parts)
elif verb == 'copy': s3.copy({'Bucket': rest[0], 'Key': rest[1]}, rest[2], rest[3], Config=parts)
elif verb == 'remove': s3.delete_objects(Bucket=rest[0], Delete={'Objects': [{'Key': rest[1]}]})
`;

function boto3(place: ClientPlace, { path }: Program): Client {
  const run = (...options: string[]) => place.run(path, ['-c', BOTO3_SCRIPT, ...options]);
  return {
    list: async (bucket) => lines(await run('list', bucket)),
    upload: (file, bucket, key) => run('upload', file, bucket, key),
    download: (bucket, key, file) => run('download', bucket, key, file),
    copy: (from, to) => run('copy', from.bucket, from.key, to.bucket, to.key),
    remove: (bucket, key) => run('remove', bucket, key),
  };
}
