import type { MigrationReport } from '../../domain/migration-report.ts';
import { isoTime } from '../../domain/time.ts';
import { durationText, placeText } from './words.ts';

/** What a report tells of a migration beside its counts. */
export function migrationReportLines(report: MigrationReport): string[] {
  const { proof, consent, finalBucket, temporaryBucket, quarantine } = report;
  const isKept = temporaryBucket !== undefined && temporaryBucket.removedAtMs === undefined;
  return [
    ...(proof ? [`Proof ${proof.digest}, sealed ${isoTime(proof.sealedAtMs)}`] : []),
    ...(consent ? [`Consent by ${consent.by}, ${isoTime(consent.atMs)}`] : []),
    ...(report.sourceDeletedAtMs === undefined ? [] : [`Source deleted ${isoTime(report.sourceDeletedAtMs)}`]),
    ...nameLines(report),
    ...(finalBucket ? [`The objects are in ${placeText(finalBucket)}`] : []),
    ...(isKept && quarantine ? [`Temporary bucket kept until ${isoTime(quarantine.endsAtMs)}`] : []),
    ...settingLines(report.configuration),
    ...report.outstanding.map(({ where, why }) => `Outstanding: ${placeText(where)}: ${why}`),
  ];
}

function nameLines({ nameWait, finalBucket }: MigrationReport): string[] {
  if (!nameWait) return [];
  const seconds = ((finalBucket?.claimedAtMs ?? nameWait.lastTryAtMs) - nameWait.sinceMs) / 1000;
  return [`Name waited for ${durationText(Math.max(0, seconds))}, ${nameWait.tryCount} tries`];
}

type Setting = Readonly<{ setting: string; outcome: string; reason: string }>;

/** Only what a person may have to do something about. */
function settingLines(configuration: MigrationReport['configuration']): string[] {
  const settings = Object.values(configuration).flatMap(
    (stage) => (stage as { items?: Setting[] } | null)?.items ?? [],
  );
  return settings
    .filter(({ outcome }) => outcome === 'cannot' || outcome === 'failed')
    .map(({ setting, reason }) => `Setting not carried: ${setting}: ${reason}`);
}
