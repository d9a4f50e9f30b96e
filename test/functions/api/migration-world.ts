import { passMilestone } from '../../../domain/document-access.ts';
import { MILESTONES, paths, type Milestone } from '../../../domain/job-documents.ts';
import type { JobRequestInput } from '../../../domain/job-request.ts';
import type {
  FinalBucketDocument,
  NameWaitDocument,
  QuarantineDocument,
  QuestionDocument,
  QuestionName,
  TemporaryBucketDocument,
} from '../../../domain/migration.ts';
import type { ProofDocument } from '../../../domain/proof.ts';
import { DAY_MS, type EpochMs } from '../../../domain/time.ts';
import type { JobView, MigrationView } from '../../../domain/views.ts';
import { updateProgress } from '../../../functions/progress/update-progress.ts';
import { ApiWorld, type Answer } from './api-world.ts';

export const aMigration = (more: Partial<JobRequestInput> = {}): JobRequestInput => ({
  kind: 'migrate',
  source: { connection: 'here', bucket: 'photos' },
  destination: { connection: 'elsewhere' },
  ...more,
});

export const DIGEST = 'd'.repeat(64);
export const TEMPORARY = 'mig-0123456789abcdef0123456789abcdef';
export const CONSENT = { bucket: 'photos', digest: DIGEST };

const GRADES = { A: 1, B: 2, C: 7, D: 0 };

/** A migration whose flow is recorded: what the steps would have written is written by the test. */
export class MigrationWorld extends ApiWorld {
  id = '';

  /** A migration that has come so far, with the documents that its steps leave on the way. */
  static async at(point: Milestone, request = aMigration()): Promise<MigrationWorld> {
    const world = new MigrationWorld();
    world.id = await world.start(request);
    await world.passUntil(point);
    return world;
  }

  async passUntil(point: Milestone): Promise<void> {
    for (const name of POINTS.slice(0, POINTS.indexOf(point) + 1)) {
      await this.pass(name);
      await this.leave[name]?.();
    }
    this.flows.calls.length = 0;
  }

  pass(name: Milestone): Promise<void> {
    return passMilestone(this.documents, this.id, name, this.clock.nowMs());
  }

  /** What is left behind when a point is passed. */
  private readonly leave: Partial<Record<Milestone, () => Promise<void>>> = {
    'temporary-bucket-created': () => this.makeTemporary(),
    'proof-sealed': async () => {
      await this.seal();
      await this.ask('consent', 'consent-token');
    },
    consented: async () => {
      const consent = { ...CONSENT, proof: 1, by: 'operator', atMs: this.clock.nowMs() };
      if (!this.documents.json(paths.consent(this.id, 1))) await this.write(paths.consent(this.id, 1), consent);
    },
    'destination-bucket-created': () => this.claim(),
    configured: async () => {
      await this.quarantine();
      await this.ask('quarantine', 'quarantine-token');
    },
  };

  makeTemporary(more: Partial<TemporaryBucketDocument> = {}): Promise<void> {
    const chosen = { connection: 'elsewhere', bucket: TEMPORARY, region: 'us-east-1', chosenAtMs: this.clock.nowMs() };
    const document: TemporaryBucketDocument = { ...chosen, createdAtMs: this.clock.nowMs(), ...more };
    return this.write(paths.temporaryBucket(this.id), document);
  }

  seal(more: Partial<ProofDocument> = {}): Promise<void> {
    const proof: ProofDocument = {
      jobId: this.id,
      proof: 1,
      summary: 'Both sides are equal.',
      sourceDigest: 's'.repeat(64),
      lineCount: 10,
      keyCount: 10,
      deleteMarkerCount: 0,
      sizeBytes: 1234,
      grades: GRADES,
      lostVersionCount: 0,
      lostMarkerCount: 0,
      extraCount: 0,
      parts: [],
      provedAtMs: this.clock.nowMs(),
      source: { connection: 'here', bucket: 'photos', region: 'us-east-1' },
      temporaryBucket: TEMPORARY,
      carriesVersions: false,
      configurationDigest: 'c'.repeat(64),
      sealedAtMs: this.clock.nowMs(),
      digest: DIGEST,
      ...more,
    };
    return this.write(paths.proof(this.id), proof);
  }

  async ask(question: QuestionName, token: string): Promise<void> {
    const document: QuestionDocument = { question, token, askedAtMs: this.clock.nowMs() };
    await this.write(paths.question(this.id, question), document);
    this.flows.waiting.add(token);
  }

  waitForName(more: Partial<NameWaitDocument> = {}): Promise<void> {
    const nowMs = this.clock.nowMs();
    const wait: NameWaitDocument = { sinceMs: nowMs, tryCount: 3, lastTryAtMs: nowMs, lastOutcome: 'busy', ...more };
    return this.write(paths.nameWait(this.id), wait);
  }

  claim(more: Partial<FinalBucketDocument> = {}): Promise<void> {
    const place = { connection: 'elsewhere', bucket: 'photos', region: 'us-east-1', isTemporary: false };
    return this.write(paths.finalBucket(this.id), { ...place, claimedAtMs: this.clock.nowMs(), ...more });
  }

  quarantine(): Promise<void> {
    const beganAtMs = this.clock.nowMs();
    const document: QuarantineDocument = { beganAtMs, endsAtMs: (beganAtMs + 7 * DAY_MS) as EpochMs };
    return this.write(paths.quarantine(this.id), document);
  }

  post(action: string, body?: unknown): Promise<Answer> {
    return this.call('POST', `/api/jobs/${this.id}/${action}`, body);
  }

  /** As it is shown once its numbers were looked at. */
  async job(): Promise<JobView> {
    await updateProgress(this.id, this.ports);
    return (await this.call('GET', `/api/jobs/${this.id}`)).body as unknown as JobView;
  }

  async migration(): Promise<MigrationView> {
    const { migration } = await this.job();
    if (!migration) throw new Error('The job shows no migration.');
    return migration;
  }
}

/** Without the way back to the source. */
const POINTS: readonly Milestone[] = MILESTONES.filter((name) => name !== 'undo-began' && name !== 'undone');
