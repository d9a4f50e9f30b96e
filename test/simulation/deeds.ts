import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { policyInForce } from '../../local/sandbox/bucket-policy.ts';
import type { Bucket, ObjectVersion } from '../../local/sandbox/storage.ts';
import { keyTextOf } from '../../local/sandbox/key-order.ts';
import { OURS, roleArn, roleOf } from './accounts.ts';
import type { Person } from './person.ts';
import { BUCKET, type Deed } from './scenario.ts';
import { policyPlus } from './set-up.ts';
import type { Simulation } from './simulation.ts';

/** Carries out what other people do to the person's buckets, roles and documents. */
export class OtherPeople {
  private readonly simulation: Simulation;
  private readonly person: Person;
  private isNameWanted = false;
  private hasDroppedPolicy = false;

  constructor(simulation: Simulation, person: Person) {
    this.simulation = simulation;
    this.person = person;
  }

  async carryOut(deed: Deed): Promise<void> {
    const { cloud } = this.simulation;
    switch (deed.kind) {
      case 'write':
      case 'delete':
        return this.write(deed);
      case 'stop':
      case 'start-twice':
      case 'redrive':
      case 'janitor-looks':
      case 'consent':
        return this.person.alsoDo(deed);
      case 'role-is-shut':
      case 'role-is-replaced':
        return this.takeRole(deed);
      case 'tidy':
        return this.tidy(deed.what);
      case 'edit-policy': {
        if (this.source()?.facts.accountId !== OURS.a) return;
        const text = this.source()?.facts.policies.at(-1)?.text ?? '';
        if (deed.how === 'add')
          return void (await cloud.ask('a', 'PUT', `/${BUCKET}?policy`, { body: policyPlus(text, 'AddedLater') }));
        this.hasDroppedPolicy = true;
        return void (await cloud.ask('a', 'DELETE', `/${BUCKET}?policy`));
      }
      case 'stranger-takes-name':
        return this.waitForName(() => this.takeName(deed.leavesAfterMs));
      case 'take-name-themselves':
        if (!this.source()) return this.takeNameThemselves();
        return this.waitForName(() => this.takeNameThemselves());
      case 'freeze-is-late':
        return this.delayPolicy(deed.byMs);
      case 'lose-lease':
        return void this.simulation.kept.documents.delete(`leases/sandbox/${BUCKET}.json`);
      case 'write-past-freeze':
        return this.writePastFreeze(deed.key, deed.body);
      case 'replace-source':
        return this.replaceSource();
      case 'damage':
        return this.damage(deed.path, deed.how);
    }
  }

  private source(): Bucket | undefined {
    return this.simulation.cloud.world.storage.buckets.get(BUCKET);
  }

  private async write({ kind, owner, key, body }: Extract<Deed, { kind: 'write' | 'delete' }>): Promise<void> {
    // With the freeze taken out by the person themselves, the same bytes again cannot be told from those that were proven.
    if (this.hasDroppedPolicy && body.startsWith('content')) return;
    if (this.source()?.facts.accountId !== OURS[owner]) return;
    await this.simulation.cloud.write(
      owner,
      kind === 'write' ? 'PUT' : 'DELETE',
      BUCKET,
      key,
      kind === 'write' ? body : '',
    );
  }

  /** The policy is out of the way for just this request, as it is for one that was admitted before it came into force. */
  private async writePastFreeze(key: string, body: string): Promise<void> {
    const source = this.source();
    if (source?.facts.accountId !== OURS.a) return;
    const policies = source.facts.policies;
    source.facts.policies = [];
    await this.simulation.cloud.write('a', 'PUT', BUCKET, key, body);
    source.facts.policies = policies;
  }

  private delayPolicy(byMs: number): void {
    const source = this.source();
    const last = source?.facts.policies.pop();
    if (last) source?.facts.policies.push({ ...last, putAtMs: last.putAtMs + byMs });
  }

  private takeRole({ kind, side, forMs }: Extract<Deed, { side: 'a' | 'b' }>): void {
    const { cloud, scheduler } = this.simulation;
    const { accounts } = cloud.world;
    if (kind === 'role-is-shut') accounts.addRole(OURS[side], roleOf([]));
    else accounts.removeRole(roleArn(side));
    void scheduler
      .clockOf(cloud.life)
      .sleep(forMs)
      .then(() => accounts.addRole(OURS[side], roleOf()));
  }

  /** Only what the person could do without destroying the one copy with their own hands. */
  private async tidy(what: Extract<Deed, { kind: 'tidy' }>['what']): Promise<void> {
    const { cloud } = this.simulation;
    const [temporary] = [...cloud.world.storage.buckets.values()].filter(
      ({ facts }) => facts.accountId === OURS.b && facts.name !== BUCKET,
    );
    if (!temporary || this.hasDroppedPolicy) return;
    const path = `/${temporary.facts.name}`;
    if (what === 'tags')
      return void (await cloud.ask('b', 'PUT', `${path}?tagging`, { body: taggingOf('another-job') }));
    if (what === 'copy-still-needed') return this.removeCopyStillNeeded(path);
    const [key] = [...temporary.versions.keys()].map(keyTextOf);
    const object = `${path}/${encodeURIComponent(key ?? 'nothing')}`;
    if (what === 'object') return void (await cloud.ask('b', 'DELETE', object));
    // Nothing tells when the statement against writes is in force: whoever overwrites a copy in its first seconds, once
    // consent was given, is not held back by anything.
    const { clock, policyDelayMs } = cloud.world.surroundings;
    const inForce = policyInForce(temporary.facts, clock.nowMs(), policyDelayMs)?.text ?? '';
    if (what === 'overwrite' && this.person.hasConsented && !inForce.includes('Seal')) return;
    if (what === 'overwrite') return void (await cloud.ask('b', 'PUT', object, { body: 'put here by somebody' }));
    if (this.person.hasConsented) return;
    this.hasDroppedPolicy = true;
    await cloud.ask('b', 'DELETE', `${path}?policy`);
    if (what === 'policy') return;
    for (const [each, versions] of [...temporary.versions]) {
      if (what === 'policy-and-object' && keyTextOf(each) !== key) continue;
      for (const { versionId } of [...versions])
        await cloud.ask('b', 'DELETE', `${path}/${encodeURIComponent(keyTextOf(each))}?versionId=${versionId}`);
    }
    if (what === 'everything') await cloud.ask('b', 'DELETE', path);
  }

  /** The last object that the source holds too: its copy goes, and with it what keeps copies from going. */
  private async removeCopyStillNeeded(path: string): Promise<void> {
    const { cloud } = this.simulation;
    const [key] = [...(this.source()?.versions.keys() ?? [])].sort().slice(-1);
    if (key === undefined) return;
    this.hasDroppedPolicy = true;
    await cloud.ask('b', 'DELETE', `${path}?policy`);
    await cloud.ask('b', 'DELETE', `${path}/${keyTextOf(key).split('/').map(encodeURIComponent).join('/')}`);
  }

  private waitForName(take: () => Promise<void>): void {
    if (this.isNameWanted) return;
    this.isNameWanted = true;
    void this.takeWhenFree(take);
  }

  private async takeWhenFree(take: () => Promise<void>): Promise<void> {
    const { cloud, scheduler } = this.simulation;
    await cloud.nameReleased;
    const clock = scheduler.clockOf(cloud.life);
    const freeAtMs = cloud.world.storage.releasing.get(BUCKET) ?? 0;
    if (freeAtMs > clock.nowMs()) await clock.sleep(freeAtMs - clock.nowMs());
    await take();
  }

  /** Opens the bucket to everybody, says that it is the job's, and lets the name go again later. */
  private async takeName(leavesAfterMs: number): Promise<void> {
    const { cloud, scheduler } = this.simulation;
    if ((await cloud.ask('stranger', 'PUT', `/${BUCKET}`)).status >= 300) return;
    await cloud.ask('stranger', 'DELETE', `/${BUCKET}?publicAccessBlock`);
    await cloud.ask('stranger', 'PUT', `/${BUCKET}?policy`, { body: OPEN_TO_ALL });
    await cloud.ask('stranger', 'PUT', `/${BUCKET}?tagging`, { body: taggingOf(this.person.jobId ?? '') });
    await scheduler.clockOf(cloud.life).sleep(leavesAfterMs);
    await cloud.ask('stranger', 'DELETE', `/${BUCKET}`);
  }

  private async takeNameThemselves(): Promise<void> {
    const { cloud } = this.simulation;
    await cloud.ask('b', 'PUT', `/${BUCKET}`);
    await cloud.write('b', 'PUT', BUCKET, 'alpha', 'made by themselves');
  }

  /** With everything in it as it was, only not the same bucket. */
  private async replaceSource(): Promise<void> {
    const { cloud } = this.simulation;
    const source = this.source();
    // Once they consented, objects of the same bytes in a bucket of the same name cannot be told from those proven.
    if (source?.facts.accountId !== OURS.a || this.person.hasConsented) return;
    const policy = source.facts.policies.at(-1)?.text ?? '';
    const objects = [...source.versions].map(([key, [version]]) => ({ key: keyTextOf(key), version }));
    await cloud.ask('a', 'DELETE', `/${BUCKET}?policy`);
    for (const { key } of objects) await cloud.write('a', 'DELETE', BUCKET, key);
    await cloud.ask('a', 'DELETE', `/${BUCKET}`);
    cloud.world.storage.releasing.delete(BUCKET);
    await this.simulation.scheduler.clockOf(cloud.life).sleep(2000); // buckets tell their age in seconds
    await cloud.ask('a', 'PUT', `/${BUCKET}`);
    for (const { key, version } of objects) {
      const { headers = {}, metadata = {} } = version ?? {};
      const named = Object.entries(metadata).map(([name, value]) => [`x-amz-meta-${name}`, value] as const);
      await cloud.write('a', 'PUT', BUCKET, key, textOf(version), { ...headers, ...Object.fromEntries(named) });
    }
    await cloud.ask('a', 'PUT', `/${BUCKET}?policy`, { body: policy });
  }

  private damage(fragment: string, how: Extract<Deed, { kind: 'damage' }>['how']): void {
    const { documents } = this.simulation.kept;
    const path = [...documents.keys()].sort().find((one) => one.startsWith('jobs/') && one.includes(fragment));
    const stored = path === undefined ? undefined : documents.get(path);
    if (path === undefined || !stored) return;
    this.simulation.scheduler.note(`damages ${path}`);
    if (how === 'remove') return void documents.delete(path);
    const body = path.endsWith('.gz') && how !== 'cut' ? damagedShard(stored.body, how) : damaged(stored.body, how);
    documents.set(path, { body, version: `${stored.version}-damaged` });
  }
}

const OPEN_TO_ALL = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: '*',
      Action: 's3:*',
      Resource: [`arn:aws:s3:::${BUCKET}`, `arn:aws:s3:::${BUCKET}/*`],
    },
  ],
});

const taggingOf = (jobId: string): string =>
  `<Tagging><TagSet><Tag><Key>bucket-migrator:job</Key><Value>${jobId}</Value></Tag></TagSet></Tagging>`;

const textOf = (version: ObjectVersion | undefined): string =>
  Buffer.concat(
    (version?.content.pieces ?? []).map((piece) => ('bytes' in piece ? piece.bytes : Buffer.of())),
  ).toString();

function damagedShard(body: Uint8Array, how: 'change' | 'change-number' | 'add-line'): Uint8Array {
  return gzipSync(damaged(gunzipSync(body), how));
}

function damaged(body: Uint8Array, how: 'cut' | 'change' | 'change-number' | 'add-line'): Uint8Array {
  const text = Buffer.from(body).toString('utf8');
  if (how === 'cut') return body.subarray(0, Math.floor(body.length / 2));
  if (how === 'change') return Buffer.from(text.replace(/[0-9a-f]{16,}/, (digits) => [...digits].reverse().join('')));
  if (how === 'change-number') return Buffer.from(text.replace(/"sizeBytes": ?\d+/, '"sizeBytes": 1'));
  // A line for an object that nobody proved.
  const etag = createHash('md5').update('written late').digest('hex');
  const [line = '{}'] = text.split('\n').filter(Boolean).slice(-1);
  const more = line.replace(/"k":"[^"]*"/, '"k":"new"').replace(/"e":"[^"]*"/, `"e":"${etag}"`);
  return Buffer.from(`${text}${more}\n`);
}
