import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  PutObjectCommand,
  GetBucketPolicyCommand,
  CreateBucketCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { JobRequestInput } from '../../domain/job-request.ts';
import { newSandboxSecrets, sandboxConnections, sandboxSetup } from '../../local/sandbox-accounts.ts';
import type { SandboxRequest } from '../../local/sandbox/exchange.ts';
import { startSandboxServer } from '../../local/sandbox/http-server.ts';
import { SandboxWorld } from '../../local/sandbox/world.ts';
import { s3ClientFor, type Credentials } from './s3-account.ts';
import { systemRandom, ShiftedClock } from './system-time.ts';

/** The built-in S3, but in the test's own process: it outlives the program, and every request is seen. */
class WatchedWorld extends SandboxWorld {
  /** How often each destination path was asked to become a copy. */
  readonly copies = new Map<string, number>();
  readonly deletes: string[] = [];
  /** Every deletion of an object or version that was asked for, and what it was bound to. */
  readonly objectDeletes: ObjectDelete[] = [];

  override async handle(request: SandboxRequest, ...rest: unknown[]): ReturnType<SandboxWorld['handle']> {
    if (request.method === 'POST' && /[?&]delete(=|&|$)/.test(request.target)) {
      const body = await wholeBody(request.body);
      this.objectDeletes.push(...deletesIn(body.toString('utf8'), request.target));
      return super.handle({ ...request, body }, ...(rest as [never?]));
    }
    const single = request.method === 'DELETE' ? singleDelete(request) : undefined;
    if (single) this.objectDeletes.push(single);
    const path = request.target.split('?')[0] ?? '';
    if (request.method === 'PUT' && request.headers['x-amz-copy-source'] && !request.target.includes('partNumber')) {
      this.copies.set(path, (this.copies.get(path) ?? 0) + 1);
    }
    if (request.method === 'DELETE') this.deletes.push(request.target);
    return super.handle(request, ...(rest as [never?]));
  }
}

/** `isBound`: it names a version, or the ETag that the object must have. */
export type ObjectDelete = Readonly<{ target: string; key: string; isBound: boolean }>;

async function wholeBody(body: SandboxRequest['body']): Promise<Buffer> {
  if (body instanceof Uint8Array) return Buffer.from(body);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function deletesIn(xml: string, target: string): ObjectDelete[] {
  return [...xml.matchAll(/<Object>(.*?)<\/Object>/gs)].map(([, entry = '']) => ({
    target,
    key: /<Key>(.*?)<\/Key>/s.exec(entry)?.[1] ?? '',
    isBound: /<VersionId>[^<]+<|<ETag>[^<]+</.test(entry),
  }));
}

/** Uploads and settings of a bucket are deleted with DELETE too: those name no object. */
function singleDelete({ target, headers }: SandboxRequest): ObjectDelete | undefined {
  const [path = '', query = ''] = target.split('?');
  const key = path.split('/').slice(2).join('/');
  if (key === '' || query.includes('uploadId=')) return undefined;
  return { target, key, isBound: query.includes('versionId=') || headers['if-match'] !== undefined };
}

export type Cloud = Readonly<{
  world: WatchedWorld;
  url: string;
  /** `--connections` for the program: sandbox-a and sandbox-b. */
  connectionsFile: string;
  /** An empty folder for one program's data. */
  newDataDirectory(): string;
  /** Their keys, for clients of another Region. */
  administrators: Readonly<Record<'a' | 'b', Credentials>>;
  /** Administrators of the two accounts, who are not the product. */
  a: S3Client;
  b: S3Client;
  close(): Promise<void>;
}>;

const administrator = (letter: string) => ({
  accessKeyId: `AKIAADMIN${letter.repeat(11)}`,
  secretAccessKey: `administrator-of-${letter}`,
});

export async function startCloud(): Promise<Cloud> {
  const folder = mkdtempSync(join(tmpdir(), 'bucket-migrator-test-'));
  const secrets = newSandboxSecrets(systemRandom);
  // Names come free at once: what waiting for one means is promised where time is virtual.
  const setup = { ...sandboxSetup(secrets), nameReleaseDelayMs: 0 };
  const theirs = setup.accounts.filter((account) => account.roles.length > 0);
  const accounts = setup.accounts.map((account) => {
    const index = theirs.indexOf(account);
    if (index < 0) return account; // the product's own
    return {
      ...account,
      users: [{ name: 'administrator', ...administrator('AB'[index] ?? ''), isAdministrator: true }],
    };
  });
  const world = new WatchedWorld({ setup: { ...setup, accounts }, clock: new ShiftedClock(), random: systemRandom });
  const server = await startSandboxServer(world, {});
  const connectionsFile = join(folder, 'connections.json');
  writeFileSync(connectionsFile, JSON.stringify({ connections: sandboxConnections(secrets, server.url) }), {
    mode: 0o600,
  });
  const a = s3ClientFor(server.url, administrator('A'));
  const b = s3ClientFor(server.url, administrator('B'));
  return {
    world,
    url: server.url,
    connectionsFile,
    administrators: { a: administrator('A'), b: administrator('B') },
    newDataDirectory: () => mkdtempSync(join(folder, 'data-')),
    a,
    b,
    close: async () => {
      a.destroy();
      b.destroy();
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A bucket of `count` small objects, all different, under keys that sort unlike they count. */
export async function aBucket(
  client: S3Client,
  name: string,
  count: number,
  keyOf = (index: number) => `folder-${index % 7}/object ${index}.txt`,
): Promise<void> {
  await client.send(new CreateBucketCommand({ Bucket: name }));
  const indexes = Array.from({ length: count }, (_, index) => index);
  const worker = async (): Promise<void> => {
    for (let index = indexes.pop(); index !== undefined; index = indexes.pop()) {
      await client.send(
        new PutObjectCommand({
          Bucket: name,
          Key: keyOf(index),
          Body: `content of ${index}`,
          Metadata: { index: String(index) },
        }),
      );
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}

/** key → ETag, as a client that is not the product sees it. */
export async function contentsOf(client: S3Client, bucket: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket })) {
    for (const { Key, ETag } of page.Contents ?? []) found.set(Key ?? '', ETag ?? '');
  }
  return found;
}

/** The bucket's policy, or undefined when it has none. */
export async function policyOf(client: S3Client, bucket: string): Promise<string | undefined> {
  try {
    return (await client.send(new GetBucketPolicyCommand({ Bucket: bucket }))).Policy;
  } catch (error) {
    if (error instanceof Error && error.name === 'NoSuchBucketPolicy') return undefined;
    throw error;
  }
}

export const aCopy = (from: string, to: string, options: JobRequestInput['options'] = {}): JobRequestInput => ({
  kind: 'copy',
  source: { connection: 'sandbox-a', bucket: from },
  destination: { connection: 'sandbox-b', bucket: to },
  options,
});
