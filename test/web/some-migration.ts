import { DEFAULT_OPTIONS } from '../../web/forms/option-fields.ts';
import type { JobView, MigrationView, ProofView } from '../../domain/views.ts';
import { at, someJob } from './some-job.ts';

export const DIGEST = 'd1'.repeat(32);

export const someProof = (differences: Partial<ProofView> = {}): ProofView => ({
  proof: 1,
  digest: DIGEST,
  sealedAtMs: at(1_050_000),
  source: { connection: 'here', bucket: 'photos', region: 'eu-west-1', accountId: '111122223333' },
  temporaryBucket: 'mig-temporary-abc123',
  carriesVersions: false,
  lineCount: 1204,
  keyCount: 1204,
  deleteMarkerCount: 0,
  sizeBytes: 5 * 1024 ** 3,
  grades: { A: 4, B: 200, C: 1000, D: 0 },
  lostVersionCount: 0,
  lostMarkerCount: 0,
  partCount: 1,
  summary: 'Both sides hold the same 1,204 objects.',
  ...differences,
});

type Differences = Partial<Omit<JobView, 'migration'>> & { migration?: Partial<MigrationView> };

/** A migration of photos from here to there that waits for consent; a test says what is different. */
export function someMigration({ migration = {}, ...differences }: Differences = {}): JobView {
  const source = differences.source ?? { connection: 'here', bucket: 'photos' };
  const destination = differences.destination ?? { connection: 'there' };
  return someJob({
    id: 'migrate-20261120-0123456789ab',
    kind: 'migrate',
    source,
    destination,
    request: { kind: 'migrate', source, destination, options: DEFAULT_OPTIONS },
    phase: 'waiting-for-consent',
    percent: 49,
    copiedCount: 1204,
    totalCount: 1204,
    listedCount: 1204,
    ...differences,
    migration: {
      stage: 'beginning',
      stopEffect: 'leave-as-it-was',
      temporaryBucket: { connection: 'there', bucket: 'mig-temporary-abc123', region: 'eu-west-1' },
      proof: someProof(),
      question: { question: 'consent', sinceMs: at(1_055_000) },
      outstanding: [],
      ...migration,
    },
  });
}

/** The same while its name is waited for, and nobody is asked yet. */
export function someWait(
  wait: Partial<NonNullable<MigrationView['nameWait']>> = {},
  more: Partial<MigrationView> = {},
) {
  const { question: _answered, ...rest } = someMigration().migration ?? { outstanding: [] };
  const job = someMigration({ phase: 'waiting-for-name', percent: 50, asOfMs: at(12_000_000) });
  return {
    ...job,
    migration: {
      ...rest,
      stage: 'deleted',
      stopEffect: 'bring-back-anew',
      consent: { by: 'operator', atMs: at(1_060_000) },
      nameWait: { sinceMs: at(1_200_000), tryCount: 12, lastTryAtMs: at(11_990_000), lastOutcome: 'busy', ...wait },
      ...more,
    },
  } satisfies JobView;
}
