import type { MigrationView } from '../../../../domain/views.ts';
import { ExactText } from '../../../parts/exact-text.tsx';
import { formatCount } from '../../../words/numbers.ts';
import { formatWhen } from '../../../words/times.ts';

type Fact = Readonly<{ label: string; value: React.ReactNode }>;

/** Only what there is already. */
export function migrationFacts(migration: MigrationView): Fact[] {
  const { temporaryBucket, finalBucket, proof, consent, quarantine } = migration;
  return [
    ...(temporaryBucket ? [{ label: 'Temporary bucket', value: <Temporary bucket={temporaryBucket} /> }] : []),
    ...(proof
      ? [
          {
            label: proof.voidedAtMs === undefined ? `Digest of proof ${proof.proof}` : `Proof ${proof.proof}, void`,
            value: <ExactText text={proof.digest} what="the digest of the proof" />,
          },
        ]
      : []),
    ...(proof || consent ? [{ label: 'Consent', value: consentText(consent) }] : []),
    ...(finalBucket
      ? [
          {
            label: 'Made again',
            value: (
              <span className="wrap-anywhere">
                {finalBucket.connection}: {finalBucket.bucket}, {finalBucket.region},{' '}
                {formatWhen(finalBucket.claimedAtMs)}
              </span>
            ),
          },
        ]
      : []),
    ...(quarantine ? [{ label: 'Quarantine', value: quarantineText(quarantine) }] : []),
  ];
}

function Temporary({ bucket }: Readonly<{ bucket: NonNullable<MigrationView['temporaryBucket']> }>) {
  const { connection, region, removedAtMs, keptBecause } = bucket;
  return (
    <div className="wrap-anywhere">
      <ExactText text={bucket.bucket} what="the name of the temporary bucket" />
      <div>
        {connection}, {region}
        {removedAtMs === undefined ? '' : `, deleted ${formatWhen(removedAtMs)}`}
      </div>
      {keptBecause && <div>{keptBecause}</div>}
    </div>
  );
}

const consentText = (consent: MigrationView['consent']): string =>
  consent
    ? `${consent.by}, ${formatWhen(consent.atMs)}${consent.lostVersionCount === undefined ? '' : `, with ${formatCount(consent.lostVersionCount)} lost versions`}`
    : 'Not given';

function quarantineText({ endsAtMs, shortenedAtMs }: NonNullable<MigrationView['quarantine']>): string {
  return shortenedAtMs === undefined
    ? `Until ${formatWhen(endsAtMs)}`
    : `Ended by a person on ${formatWhen(shortenedAtMs)}`;
}
