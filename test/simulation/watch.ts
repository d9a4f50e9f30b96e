import { policyInForce } from '../../local/sandbox/bucket-policy.ts';
import type { Bucket, ObjectVersion } from '../../local/sandbox/storage.ts';
import { OURS } from './accounts.ts';
import { LOST, type Request } from './cloud.ts';
import { isOwnedByPerson, wholeOf } from './contents.ts';
import type { Person } from './person.ts';
import { BUCKET } from './scenario.ts';
import { theirStatements } from './set-up.ts';
import type { Simulation } from './simulation.ts';

type Sealed = Readonly<{
  proof: number;
  digest: string;
  bucket: Bucket | undefined;
  versions: ReadonlySet<ObjectVersion>;
  /** Undefined where deletions had begun before. */
  whole: string | undefined;
  /** Every document of the proof, as it was when it was sealed. */
  documents: string;
}>;

/**
 * What must hold after every effect, from the storage's own truth and the documents at the moment they were written;
 * nothing here asks the product.
 */
export class Watch {
  private readonly simulation: Simulation;
  private readonly person: Person;
  private policyAtBegin = '[]';
  private percent = 0;
  /** The source as it was when a proof of it was sealed. */
  private sealed: Sealed | undefined;
  private readonly consents = new Set<string>();
  private readonly known = new Set<Bucket>();
  /** Buckets that the product made. */
  private readonly made = new Set<Bucket>();
  private before: Readonly<{ bucket: Bucket; versions: readonly ObjectVersion[] }> | undefined;

  constructor(simulation: Simulation, person: Person) {
    this.simulation = simulation;
    this.person = person;
  }

  begin(): void {
    const { cloud, kept } = this.simulation;
    this.policyAtBegin = theirStatements(policyText(this.bucket(BUCKET)));
    cloud.beforeRequest = (request) => this.beforeRequest(request);
    cloud.afterRequest = (request, status) => this.afterRequest(request, status);
    kept.onWrite = (path, body) => this.afterWrite(path, body);
  }

  private bucket(name: string): Bucket | undefined {
    return this.simulation.cloud.world.storage.buckets.get(name);
  }

  private violate(what: string): void {
    this.simulation.violate(what);
  }

  // --- requests ----------------------------------------------------------------------------------------------------

  private beforeRequest(request: Request): void {
    for (const bucket of this.simulation.cloud.world.storage.buckets.values()) this.known.add(bucket);
    this.before = undefined;
    if (!isDeletion(request)) return;
    for (const unnamed of unnamedDeletions(request)) this.violate(`I3 a deletion without a condition: ${unnamed}`);
    const bucket = this.bucket(request.bucket);
    if (bucket) this.before = { bucket, versions: [...bucket.versions.values()].flat() };
  }

  private afterRequest(request: Request, status: number): void {
    if (request.method === 'GET' || request.method === 'HEAD') return;
    const made = this.bucket(request.bucket);
    if (made && request.method === 'PUT' && !this.known.has(made)) this.made.add(made);
    if (this.before) this.checkDeletion(request, this.before);
    if (status >= 400 || request.bucket === '') return;
    const bucket = this.bucket(request.bucket);
    if (bucket && !isOwnedByPerson(bucket) && status !== LOST)
      this.violate(`I2 ${request.method} into a stranger's bucket ${request.bucket} ${JSON.stringify(request.query)}`);
    const lost = this.simulation.cloud.belongings.lost();
    if (lost !== undefined) this.violate(`I1 lost ${lost} at ${request.method} ${request.bucket}/${request.key}`);
  }

  private checkDeletion(request: Request, { bucket, versions }: NonNullable<Watch['before']>): void {
    const left = new Set([...bucket.versions.values()].flat());
    const gone = versions.filter((version) => !left.has(version));
    const isSource = bucket.facts.name === BUCKET && bucket.facts.accountId === OURS.a;
    const isBucketGone = this.bucket(request.bucket) !== bucket;
    if (gone.length === 0 && !isBucketGone) return;
    if (!isSource) return this.checkTemporaryDeletion(request, bucket);
    if (this.simulation.scenario.request.kind === 'copy') return this.violate('I3 a copy deletes at the source');
    const { sealed } = this;
    if (!sealed) return this.violate('I3 the source is deleted from before a proof was sealed');
    if (!this.consents.has(sealed.digest)) this.violate('I4 the source is deleted from without consent to its proof');
    for (const version of gone)
      if (!sealed.versions.has(version))
        this.violate(`I3 deleted what no proof lists: ${version.etag} at ${request.key}`);
  }

  private checkTemporaryDeletion(request: Request, { facts }: Bucket): void {
    if (this.hasPassed('returned') || this.hasPassed('undo-began') || this.hasPassed('undone')) return;
    if (this.isSourceWhole()) return; // copies of what is still there
    this.violate(`I3 ${request.method} deletes in ${facts.name} before its objects are back`);
  }

  private isSourceWhole(): boolean {
    const source = this.bucket(BUCKET);
    return source !== undefined && this.simulation.cloud.belongings.missingFrom([source]) === undefined;
  }

  private hasPassed(milestone: string): boolean {
    return this.simulation.kept.documents.has(`${this.folder()}/milestones/${milestone}.json`);
  }

  // --- documents ---------------------------------------------------------------------------------------------------

  private afterWrite(path: string, body: Uint8Array): void {
    const read = <T>(): T => JSON.parse(Buffer.from(body).toString('utf8')) as T;
    if (path.endsWith('/progress.json')) return this.checkProgress(read<{ percent: number }>().percent);
    if (path.endsWith('/proof/summary.json'))
      this.takeSeal(read<{ proof: number; digest: string; lineCount: number }>());
    if (/proof\/\d+\/consent\.json$/.test(path)) this.takeConsent(read<{ digest: string; bucket: string }>());
    if (path.endsWith('/milestones/emptying-began.json')) this.checkGate();
    if (path.endsWith('/migration/final-bucket.json')) this.checkFinalBucket(read<{ bucket: string }>().bucket);
  }

  private takeSeal({ proof, digest, lineCount }: { proof: number; digest: string; lineCount: number }): void {
    if (digest === this.sealed?.digest) return; // voided
    const bucket = this.bucket(BUCKET);
    // A proof that follows deletions lists what came late besides everything that was listed before.
    const before = this.hasPassed('emptying-began') ? [...(this.sealed?.versions ?? [])] : [];
    const versions = new Set([...before, ...[...(bucket?.versions.values() ?? [])].flat()]);
    const whole = before.length > 0 ? undefined : wholeOf(bucket);
    this.sealed = { proof, digest, bucket, versions, whole, documents: this.proofDocuments(proof) };
    if (lineCount !== versions.size && this.isLongAfterDeeds())
      this.violate(`the proof lists ${lineCount} of ${versions.size} objects`);
  }

  private takeConsent({ digest, bucket }: { digest: string; bucket: string }): void {
    if (bucket !== BUCKET || digest !== this.sealed?.digest) this.violate(`I4 consent to ${bucket} ${digest} is taken`);
    if (!this.person.hasConsented) this.violate('I4 a consent is taken that nobody gave');
    this.consents.add(digest);
  }

  /** The documents that a proof consists of, without what is written into it after sealing. */
  private proofDocuments(proof: number): string {
    const { documents } = this.simulation.kept;
    const isOfProof = new RegExp(`/proof/(summary|configuration|${proof}/\\d+)\\.json`);
    const paths = [...documents.keys()].filter((path) => isOfProof.test(path));
    const texts = paths.sort().map((path) => [path, Buffer.from(documents.get(path)?.body ?? []).toString('latin1')]);
    return JSON.stringify(texts);
  }

  /** What somebody did a moment ago may have come between a look and what followed it. */
  private isLongAfterDeeds(): boolean {
    return this.simulation.scheduler.effectCount - this.simulation.deedAt > 2;
  }

  /** From here on objects may be deleted: everything that allows it must be so in truth. */
  private checkGate(): void {
    const { sealed, simulation } = this;
    if (simulation.scheduler.effectCount - simulation.deedAt < GATE_EFFECTS && this.simulation.scenario.seed > 0)
      return;
    if (!sealed) return this.violate('the gate opened without a proof');
    const gate = (holds: boolean, what: string): void => {
      if (!holds) this.violate(`the gate opened although ${what}`);
    };
    const consent = simulation.kept.json<{ digest: string }>(`${this.folder()}/proof/${sealed.proof}/consent.json`);
    const verdict = simulation.kept.json<{ sourceDigest: string }>(this.newest(`${this.folder()}/verify/`));
    const proof = simulation.kept.json<{ sourceDigest: string }>(`${this.folder()}/proof/summary.json`);
    gate(consent?.digest === sealed.digest, 'nobody has consented');
    gate(this.proofDocuments(sealed.proof) === sealed.documents, 'the proof is not the one that was sealed');
    gate(verdict?.sourceDigest === proof?.sourceDigest, 'the two listings differ');
    gate(this.bucket(BUCKET) === sealed.bucket, 'the source is another bucket');
    gate(this.denies(this.bucket(BUCKET), 'Freeze'), 'the source is not frozen');
    const temporary = this.temporary();
    gate(this.denies(temporary, 'Protect'), 'the temporary bucket is not protected');
    gate(/Migrator[A-Za-z0-9]+Seal/.test(policyText(temporary)), 'the temporary bucket is not sealed');
    gate(temporary?.facts.configurations['tagging']?.includes(this.person.jobId ?? '?') === true, 'its tag is gone');
    for (const name of [BUCKET, temporary?.facts.name ?? ''])
      gate(simulation.kept.documents.has(`leases/sandbox/${name}.json`), `the lease on ${name} is gone`);
  }

  private folder(): string {
    return `jobs/${this.person.jobId ?? ''}`;
  }

  private newest(prefix: string): string {
    const rounds = [...this.simulation.kept.documents.keys()].filter(
      (path) => path.startsWith(prefix) && path.endsWith('.json'),
    );
    return rounds.sort((left, right) => left.length - right.length || (left < right ? -1 : 1)).at(-1) ?? '';
  }

  private temporary(): Bucket | undefined {
    const { bucket = '' } =
      this.simulation.kept.json<{ bucket: string }>(`${this.folder()}/migration/temporary-bucket.json`) ?? {};
    return this.bucket(bucket);
  }

  /** In force, and not only put. */
  private denies(bucket: Bucket | undefined, what: string): boolean {
    const { clock, policyDelayMs } = this.simulation.cloud.world.surroundings;
    const policy = bucket && policyInForce(bucket.facts, clock.nowMs(), policyDelayMs);
    return new RegExp(`"Sid": ?"Migrator[A-Za-z0-9]+${what}"`).test(policy?.text ?? '');
  }

  private checkFinalBucket(name: string): void {
    const bucket = this.bucket(name);
    if (!bucket || !this.made.has(bucket)) this.violate(`it takes ${name} for its own, and has not made it`);
  }

  private checkProgress(percent: number): void {
    if (percent < this.percent) this.violate(`I7 the percentage fell from ${this.percent} to ${percent}`);
    this.percent = percent;
    if (percent >= 100 && !this.hasPassed('finished')) this.violate('I7 it is 100 % before the end');
  }

  // --- the end -----------------------------------------------------------------------------------------------------

  /** As the person would call it. */
  ending(): string {
    if (this.hasPassed('undone')) return 'brought back';
    return this.hasPassed('finished') ? 'finished' : this.person.ending;
  }

  atTheEnd(): void {
    const { scenario } = this.simulation;
    if (this.person.ending === 'unreadable') return; // it still runs, and nobody can look at it
    const isWell = this.hasPassed('finished') || this.hasPassed('undone') || this.person.ending === 'stopped';
    if (scenario.mustEndWell && !isWell)
      this.violate(`I6 it ended as ${this.person.ending} although everything healed: ${this.failure()}`);
    if (this.simulation.tasksAtWork > 0) this.violate('I5 a task is still at work');
    if (isWell) this.checkWhatIsLeft();
    if (isWell) this.checkTemporary();
    if (this.hasPassed('finished')) this.checkFinished();
    else if (this.person.ending === 'stopped' || this.hasPassed('undone')) this.checkUndone();
  }

  private failure(): string {
    const { failure } = this.simulation.kept.json<{ failure?: object }>(`${this.folder()}/report.json`) ?? {};
    return JSON.stringify(failure);
  }

  /** A job that failed after its first deletion keeps its buckets to itself until somebody takes it up again. */
  private checkWhatIsLeft(): void {
    for (const path of this.simulation.kept.documents.keys())
      if (path.startsWith('leases/')) this.violate(`I5 ${path} is left`);
    for (const bucket of this.simulation.cloud.world.storage.buckets.values()) {
      if (!isOwnedByPerson(bucket)) continue;
      const { name } = bucket.facts;
      // A bucket that is kept because S3 refuses to delete it is told in the report, and why.
      const isTold = bucket === this.temporary() && this.isTemporaryKept();
      if (!isTold && /"Sid": ?"Migrator/.test(policyText(bucket)))
        this.violate(`I5 a statement of ours is left in the policy of ${name}`);
      if (bucket.uploads.size > 0) this.violate(`I5 an upload is left in ${name}`);
    }
  }

  private checkTemporary(): void {
    const temporary = this.temporary();
    const final = this.simulation.kept.json<{ bucket: string }>(`${this.folder()}/migration/final-bucket.json`)?.bucket;
    if (!temporary || this.isTemporaryKept() || temporary.facts.name === final) return;
    this.violate(`I5 the temporary bucket ${temporary.facts.name} is left`);
  }

  private isTemporaryKept(): boolean {
    const path = `${this.folder()}/migration/temporary-bucket.json`;
    return this.simulation.kept.json<{ keptBecause?: string }>(path)?.keptBecause !== undefined;
  }

  private checkFinished(): void {
    const { scenario, cloud, kept } = this.simulation;
    const source = this.bucket(BUCKET);
    if (scenario.request.kind === 'copy') {
      const copied = this.bucket(scenario.request.destination.bucket ?? '');
      if (scenario.expectsWhole && wholeOf(source) !== wholeOf(copied))
        this.violate(`the copy is not whole: ${wholeOf(source)} ${wholeOf(copied)}`);
      if (theirStatements(policyText(source)) !== this.policyAtBegin)
        this.violate('the policy of the source is not what it was');
      return;
    }
    const final = kept.json<{ bucket: string }>(`${this.folder()}/migration/final-bucket.json`)?.bucket ?? '';
    const bucket = this.bucket(final);
    if (!bucket || !isOwnedByPerson(bucket)) return this.violate(`it has finished, and ${final} is not theirs`);
    // What they put under the old name meanwhile stays there.
    const named = this.bucket(BUCKET);
    const missing = cloud.belongings.missingFrom([bucket, ...(named && isOwnedByPerson(named) ? [named] : [])]);
    if (missing !== undefined) this.violate(`it has finished, and ${final} lacks ${missing}`);
    const hasWriters = scenario.happenings.some(({ deed }) => WRITES.has(deed.kind));
    const { whole } = this.sealed ?? {};
    if (!hasWriters && whole !== undefined && wholeOf(bucket) !== whole)
      this.violate(`it has finished otherwise than it was sealed: ${wholeOf(bucket)} ${whole}`);
  }

  private checkUndone(): void {
    const source = this.bucket(BUCKET);
    if (source?.facts.accountId !== OURS.a) return this.violate('it was undone, and the source is not there');
    const missing = this.simulation.cloud.belongings.missingFrom([source]);
    if (missing !== undefined) this.violate(`it was undone, and the source lacks ${missing}`);
    const isEdited = this.simulation.scenario.happenings.some(({ deed }) => deed.kind === 'edit-policy');
    if (!isEdited && theirStatements(policyText(source)) !== this.policyAtBegin)
      this.violate('it was undone, and the policy of the source is not what it was');
  }
}

const WRITES: ReadonlySet<string> = new Set([
  'write',
  'delete',
  'write-past-freeze',
  'take-name-themselves',
  'replace-source',
]);

/** The gate looks for about so many effects. */
const GATE_EFFECTS = 60;

const policyText = (bucket: Bucket | undefined): string => bucket?.facts.policies.at(-1)?.text ?? '';

const isDeletion = ({ method, query }: Request): boolean =>
  method === 'DELETE' ? query['uploadId'] === undefined && query['policy'] === undefined : 'delete' in query;

/** Objects that a request asks to delete without saying exactly which. */
function unnamedDeletions({ method, key, query, headers, body }: Request): string[] {
  if (method === 'POST') {
    const entries = [...body.matchAll(/<Object>[^]*?<\/Object>/g)].map(([entry]) => entry);
    return entries.filter((entry) => !/<(ETag|VersionId)>/.test(entry));
  }
  const isNamed = key === '' || query['versionId'] !== undefined || headers['if-match'] !== undefined;
  return isNamed ? [] : [key];
}
