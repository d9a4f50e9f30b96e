import { type Encryption, type Lifecycle } from './inventory.ts';
import { adaptHost, changedLines, isSameRegion, judgeKmsKey, mapTexts, websiteHost } from './references.ts';
import type { RuleInput } from './rules.ts';
import { adapted, asItIs, cannot, carried, nothing, type Ruling } from './rulings.ts';

/** Settings that say how objects are kept and served. */

export function judgeVersioning({ value }: RuleInput): Ruling[] {
  const { Status, MFADelete } = value as { Status?: string; MFADelete?: string };
  const lost =
    MFADelete === 'Enabled' ? ['MFA delete is left out: only a person with the device can switch it on.'] : [];
  const enabled = { Status: 'Enabled' };
  if (Status === 'Enabled') return [carried(enabled, lost)];
  return [
    adapted(enabled, 'On while the versions are copied, so that none replaces another.', lost),
    asItIs({ Status: 'Suspended' }, 'Suspended again once everything is verified.', { stage: 'after-verification' }),
  ];
}

/** A default retention locks what is written from then on, so it comes after everything was verified. */
export function judgeObjectLock({ value }: RuleInput): Ruling[] {
  const { ObjectLockEnabled, Rule } = value as { ObjectLockEnabled?: string; Rule?: unknown };
  if (ObjectLockEnabled !== 'Enabled') return [nothing('Object Lock is off.')];
  const on = asItIs({ ObjectLockEnabled }, 'On before the objects; it can never be switched off again.');
  if (Rule === undefined) return [on];
  const reason = 'The default retention holds from the end of the verification on.';
  return [on, asItIs({ ObjectLockEnabled, Rule }, reason, { stage: 'after-verification' })];
}

export function judgeEncryption({ value, move }: RuleInput): Ruling[] {
  const { Rules = [] } = value as Encryption;
  const reasons: string[] = [];
  const adaptedRules = Rules.map((rule) => {
    const byDefault = rule.ApplyServerSideEncryptionByDefault;
    if (!byDefault?.SSEAlgorithm?.startsWith('aws:kms')) return rule;
    const verdict = judgeKmsKey(byDefault.KMSMasterKeyID, move);
    if (!verdict.ok) reasons.push(verdict.reason);
    if (!verdict.ok || verdict.key === byDefault.KMSMasterKeyID) return rule;
    const { KMSMasterKeyID: _, ...others } = byDefault;
    const key = verdict.key === undefined ? {} : { KMSMasterKeyID: verdict.key };
    return { ...rule, ApplyServerSideEncryptionByDefault: { ...others, ...key } };
  });
  if (reasons.length > 0) {
    const stays = 'The new bucket encrypts with the keys of S3 (SSE-S3).';
    return [cannot(`${reasons.join(' ')} ${stays}`)];
  }
  return [
    carried({ Rules: adaptedRules }, [
      ...changedLines({ Rules }, { Rules: adaptedRules }),
      ...ownKeyLines(Rules, adaptedRules),
    ]),
  ];
}

const ownKeyLines = (before: Encryption['Rules'], after: Encryption['Rules']): string[] =>
  (before ?? []).flatMap((rule, index) => {
    const key = rule.ApplyServerSideEncryptionByDefault?.KMSMasterKeyID;
    const now = after?.[index]?.ApplyServerSideEncryptionByDefault?.KMSMasterKeyID;
    return key !== undefined && now === undefined ? [`${key} → the destination account's own key for S3`] : [];
  });

/** S3 keeps tags that begin with "aws:" to itself; those of jobs say which job made which bucket. */
export function judgeTagging({ value }: RuleInput): Ruling[] {
  const tags = value as readonly { Key?: string; Value?: string }[];
  const theirs = tags.filter(({ Key = '' }) => !Key.startsWith('bucket-migrator:'));
  const kept = theirs.filter(({ Key = '' }) => !Key.startsWith('aws:'));
  const dropped = theirs
    .filter((tag) => !kept.includes(tag))
    .map(({ Key = '' }) => `${Key} is left out: only AWS sets it.`);
  if (kept.length === 0 && dropped.length === 0) return [nothing('It has only tags of this product.')];
  if (kept.length === 0) return [cannot('Only AWS sets its tags.', { differences: dropped })];
  return [carried(kept, dropped)];
}

export function judgeCors({ value, move }: RuleInput): Ruling[] {
  const wanted = mapTexts(value, (text) => adaptHost(text, move));
  return [carried(wanted, changedLines(value, wanted))];
}

export function judgeWebsite({ value, move }: RuleInput): Ruling[] {
  const wanted = mapTexts(value, (text) => adaptHost(text, move));
  const [before, after] = [websiteHost(move.from), websiteHost(move.to)];
  const notes = before === after ? [] : [`The website's address becomes ${after}; it was ${before}.`];
  return [carried(wanted, changedLines(value, wanted), notes)];
}

export function judgeLifecycle({ value }: RuleInput): Ruling[] {
  const { Rules = [] } = value as Lifecycle;
  const text = JSON.stringify(Rules);
  const notes = [
    ...(/"(Noncurrent)?Days(AfterInitiation)?":/.test(text)
      ? ['Days are counted from the copies on: clocks begin anew.']
      : []),
    ...(/"Date":/.test(text) ? ['Rules with a date are carried with that date, and act at once when it is past.'] : []),
  ];
  return [asItIs(value, 'Carried as it is.', { differences: notes })];
}

export const judgeIntelligentTiering = ({ value }: RuleInput): Ruling[] => [
  asItIs(value, 'Carried as it is.', { differences: ['Days without access are counted from the copies on.'] }),
];

export function judgeAccelerate({ value, move }: RuleInput): Ruling[] {
  if ((value as { Status?: string }).Status !== 'Enabled') return [nothing('It is switched off.')];
  if (move.to.bucket.includes('.')) return [cannot('A bucket with dots in its name cannot be accelerated.')];
  return [asItIs(value)];
}

export const judgeLocation = ({ move }: RuleInput): Ruling[] => [
  nothing('The job says where the bucket is.', {
    differences: isSameRegion(move) ? [] : [`${move.from.region} → ${move.to.region}`],
  }),
];
