import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { cephConfiguration } from './ceph-configuration.ts';

export type CephUser = Readonly<{
  userId: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** As bucket and trust policies name the user: no account id, because the user has no tenant. */
  principalArn: string;
}>;

export type CephRole = Readonly<{ name: string; arn: string }>;

/** What a role may do and who may take it on; both are policy documents as JSON text. */
export type CephRoleRequest = Readonly<{ name: string; trustPolicy: string; policy: string }>;

export type CephRgw = Readonly<{
  endpoint: string;
  /** Where everything of it lies, and which every process of it names in its command line. */
  folder: string;
  /** Users without a tenant share one namespace of buckets, as accounts do on AWS. */
  users: Readonly<{ a: CephUser; b: CephUser; c: CephUser }>;
  createRole(role: CephRoleRequest): Promise<CephRole>;
  close(): Promise<void>;
}>;

const PROGRAMS = ['ceph-mon', 'ceph-osd', 'radosgw', 'radosgw-admin', 'ceph', 'ceph-authtool', 'monmaptool'];
export const CEPH_INSTALL_COMMAND = 'apt-get install --no-install-recommends radosgw ceph-mon ceph-osd';
const STORAGE_CLASS = 'STANDARD_IA';
const START_WAIT_MS_MAX = 60_000;

export function isCephInstalled(): boolean {
  return PROGRAMS.every(isOnPath);
}

function isOnPath(program: string): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.some((folder) => existsSync(join(folder, program)));
}

/**
 * One node of Ceph (monitor, object store in memory, S3 gateway) on loopback, in a folder of its own.
 * Everything is gone after `close()`, and also when this process dies without calling it.
 */
export async function startCephRgw(): Promise<CephRgw> {
  const folder = await mkdtemp(join(tmpdir(), 'ceph-rgw-'));
  const cluster = new Cluster(folder);
  try {
    return await bringUp(cluster);
  } catch (error) {
    const logs = await cluster.lastWords();
    await cluster.close();
    throw new Error(`Ceph did not start: ${error instanceof Error ? error.message : String(error)}\n${logs}`, {
      cause: error,
    });
  }
}

async function bringUp(cluster: Cluster): Promise<CephRgw> {
  const [monitorPort = 0, gatewayPort = 0] = await freePorts(2);
  await cluster.configure(monitorPort, gatewayPort);
  await cluster.startMonitor(monitorPort);
  await cluster.startObjectStore();
  await cluster.addStorageClass(STORAGE_CLASS);
  const users = {
    a: await cluster.createUser('anna'),
    b: await cluster.createUser('bruno'),
    c: await cluster.createUser('clara'),
  };
  await cluster.startGateway(gatewayPort);
  return {
    endpoint: `http://127.0.0.1:${gatewayPort}`,
    folder: cluster.folder,
    users,
    createRole: (role) => cluster.createRole(role),
    close: () => cluster.close(),
  };
}

class Cluster {
  readonly folder: string;
  private readonly fsid = randomUUID();
  private readonly daemons: ChildProcess[] = [];
  private readonly conf: string;

  constructor(folder: string) {
    this.folder = folder;
    this.conf = join(folder, 'ceph.conf');
  }

  async configure(monitorPort: number, gatewayPort: number): Promise<void> {
    for (const name of ['mon', 'osd', 'rgw', 'log', 'run']) await mkdir(join(this.folder, name));
    const text = cephConfiguration({ folder: this.folder, fsid: this.fsid, monitorPort, gatewayPort });
    await writeFile(this.conf, text);
  }

  async startMonitor(port: number): Promise<void> {
    const keyring = join(this.folder, 'keyring');
    const map = join(this.folder, 'monmap');
    await this.run('ceph-authtool', [
      '--create-keyring',
      keyring,
      '--gen-key',
      '-n',
      'mon.',
      '--cap',
      'mon',
      'allow *',
    ]);
    await this.run('monmaptool', ['--create', '--fsid', this.fsid, '--addv', 'a', `[v2:127.0.0.1:${port}]`, map]);
    await this.ceph('ceph-mon', ['--mkfs', '-i', 'a', '--monmap', map, '--keyring', keyring]);
    this.daemon('ceph-mon', ['-i', 'a', '-f']);
    await until('the monitor has a quorum', () => this.ceph('ceph', ['--connect-timeout', '3', 'quorum_status']));
  }

  async startObjectStore(): Promise<void> {
    const uuid = randomUUID();
    await this.ceph('ceph', ['osd', 'new', uuid, '0']);
    await this.ceph('ceph-osd', ['-i', '0', '--mkfs', '--osd-uuid', uuid]);
    this.daemon('ceph-osd', ['-i', '0', '-f']);
    await until('the object store is up', async () => {
      const answer = await this.ceph('ceph', ['osd', 'stat']);
      if (!answer.includes('1 up')) throw new Error(answer);
    });
  }

  /** Ceph refuses classes that its zone does not name; they must stand there before the gateway starts. */
  async addStorageClass(name: string): Promise<void> {
    await this.admin(['user', 'list']); // the first call makes the default zone
    const placement = ['--placement-id', 'default-placement', '--storage-class', name];
    await this.admin(['zonegroup', 'placement', 'add', '--rgw-zonegroup', 'default', ...placement]);
    await this.admin([
      'zone',
      'placement',
      'add',
      '--rgw-zone',
      'default',
      ...placement,
      '--data-pool',
      'default.rgw.buckets.data',
    ]);
  }

  async startGateway(port: number): Promise<void> {
    this.daemon('radosgw', ['-n', 'client.rgw', '-f']);
    await until('the gateway answers', () => answers(port));
  }

  async createUser(userId: string): Promise<CephUser> {
    const accessKeyId = randomBytes(10).toString('hex').toUpperCase();
    const secretAccessKey = randomBytes(20).toString('hex');
    const keys = ['--access-key', accessKeyId, '--secret-key', secretAccessKey];
    await this.admin(['user', 'create', '--uid', userId, '--display-name', userId, ...keys]);
    return { userId, accessKeyId, secretAccessKey, principalArn: `arn:aws:iam:::user/${userId}` };
  }

  async createRole(role: CephRoleRequest): Promise<CephRole> {
    const trust = ['--assume-role-policy-doc', role.trustPolicy];
    await this.admin(['role', 'create', '--role-name', role.name, '--path', '/', ...trust]);
    const policy = ['--policy-name', 'all', '--policy-doc', role.policy];
    await this.admin(['role-policy', 'put', '--role-name', role.name, ...policy]);
    return { name: role.name, arn: `arn:aws:iam:::role/${role.name}` };
  }

  async lastWords(): Promise<string> {
    const texts = await Promise.all(
      ['ceph-mon', 'ceph-osd', 'radosgw'].map(async (name) => {
        const text = await readFile(this.logOf(name), 'utf8').catch(() => '');
        return `${name}: ${text.slice(-1000)}`;
      }),
    );
    return texts.join('\n');
  }

  /** SIGKILL is right: the store is memory, there is nothing to write back. */
  async close(): Promise<void> {
    await Promise.all(this.daemons.map(end));
    await rm(this.folder, { recursive: true, force: true });
  }

  /**
   * The shell between us and the daemon waits on a pipe that only this process holds: when we end, however we end,
   * the pipe closes, and the shell kills the daemon and clears the folder.
   */
  private daemon(program: string, options: string[]): void {
    const script = [
      'folder=$1; log=$2; shift 2',
      "trap '' INT TERM HUP",
      '"$@" >"$log" 2>&1 </dev/null &',
      'daemon=$!',
      'read -r _',
      'kill -KILL "$daemon"; wait "$daemon" 2>/dev/null',
      'rm -rf "$folder"',
    ].join('\n');
    const command = [
      '-c',
      script,
      'ceph-watch',
      this.folder,
      this.logOf(program),
      program,
      '-c',
      this.conf,
      ...options,
    ];
    this.daemons.push(spawn('/bin/sh', command, { stdio: ['pipe', 'ignore', 'ignore'], detached: true }));
  }

  private logOf(program: string): string {
    return join(this.folder, 'log', `${program}.out`);
  }

  private admin(options: string[]): Promise<string> {
    return this.ceph('radosgw-admin', options);
  }

  private ceph(program: string, options: string[]): Promise<string> {
    return this.run(program, ['-c', this.conf, ...options]);
  }

  private async run(program: string, options: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(program, options, { timeout: START_WAIT_MS_MAX });
    return stdout;
  }
}

function end(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    daemon.once('exit', () => resolve());
    daemon.stdin?.end();
  });
}

async function until(what: string, isReady: () => Promise<unknown>): Promise<void> {
  const endsAtMs = Date.now() + START_WAIT_MS_MAX;
  for (;;) {
    try {
      await isReady();
      return;
    } catch (error) {
      if (Date.now() > endsAtMs) throw new Error(`waited in vain until ${what}`, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Any answer will do: without credentials the gateway answers with an empty list of buckets. */
function answers(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = request({ host: '127.0.0.1', port, path: '/', agent: false }, (response) => {
      response.resume();
      response.once('end', resolve);
    });
    probe.once('error', reject);
    probe.end();
  });
}

/** Ports that were free a moment ago: Ceph cannot be told to pick one and report it. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once('error', reject);
          server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
