import { canonicalUserId } from './accounts.ts';
import { answer, bucketOf, xmlAnswer, type Call } from './call.ts';
import type { SandboxAnswer } from './exchange.ts';
import { requestedAcl, tagsOfXml } from './object-attributes.ts';
import { parseLockMode, requireLockBucket, requireUnlocked } from './object-lock.ts';
import { findVersion, versionHeaders } from './objects.ts';
import { malformedXml, S3Problem } from './problem.ts';
import type { Bucket, ObjectVersion, Tag } from './storage.ts';
import { childText, parseXml, tag, xmlDocument } from './xml.ts';

/** Tags, retention, legal hold and ACL of a version that exists already. */

function openVersion(call: Call): { bucket: Bucket; version: ObjectVersion } {
  const bucket = bucketOf(call);
  return { bucket, version: findVersion(call, bucket, call.key, call.query.get('versionId')) };
}

function change(call: Call, bucket: Bucket, version: ObjectVersion): Record<string, string> {
  call.surroundings.storage.changeVersion(bucket, call.key, version);
  return versionHeaders(bucket, version);
}

export const taggingDocument = (tags: readonly Tag[]): string =>
  xmlDocument(
    'Tagging',
    `<TagSet>${tags.map(({ key, value }) => `<Tag>${tag('Key', key)}${tag('Value', value)}</Tag>`).join('')}</TagSet>`,
  );

export function getObjectTagging(call: Call): SandboxAnswer {
  const { bucket, version } = openVersion(call);
  return xmlAnswer(taggingDocument(version.tags), versionHeaders(bucket, version));
}

export function putObjectTagging(call: Call, text: string): SandboxAnswer {
  const { bucket, version } = openVersion(call);
  return answer(200, change(call, bucket, { ...version, tags: tagsOfXml(text) }));
}

export function deleteObjectTagging(call: Call): SandboxAnswer {
  const { bucket, version } = openVersion(call);
  return answer(204, change(call, bucket, { ...version, tags: [] }));
}

const noLock = (): S3Problem =>
  new S3Problem('NoSuchObjectLockConfiguration', 'The specified object does not have a ObjectLock configuration');

export function getObjectRetention(call: Call): SandboxAnswer {
  const { bucket, version } = openVersion(call);
  requireLockBucket(bucket.facts.configurations['object-lock'] !== undefined);
  const { mode, retainUntilMs } = version.lock ?? {};
  if (mode === undefined || retainUntilMs === undefined) throw noLock();
  return xmlAnswer(
    xmlDocument('Retention', tag('Mode', mode) + tag('RetainUntilDate', new Date(retainUntilMs).toISOString())),
  );
}

export function putObjectRetention(call: Call, text: string): SandboxAnswer {
  const { bucket, version } = openVersion(call);
  requireLockBucket(bucket.facts.configurations['object-lock'] !== undefined);
  const root = parseXml(text, 'Retention');
  const mode = parseLockMode(childText(root, 'Mode'));
  const until = childText(root, 'RetainUntilDate');
  const retainUntilMs = until === undefined ? undefined : Date.parse(until);
  if (Number.isNaN(retainUntilMs) || (mode === undefined) !== (retainUntilMs === undefined)) throw malformedXml();
  const isLonger = (retainUntilMs ?? 0) >= (version.lock?.retainUntilMs ?? 0) && mode === version.lock?.mode;
  const retained = { ...version.lock, hasLegalHold: false };
  const isBypassed =
    call.headers['x-amz-bypass-governance-retention'] === 'true' &&
    call.isAllowed({ action: 's3:BypassGovernanceRetention', bucket: bucket.facts.name, key: call.key });
  if (!isLonger) requireUnlocked(retained, call.nowMs, isBypassed);
  const lock = { hasLegalHold: version.lock?.hasLegalHold, mode, retainUntilMs };
  return answer(200, change(call, bucket, { ...version, lock }));
}

export function getObjectLegalHold(call: Call): SandboxAnswer {
  const { bucket, version } = openVersion(call);
  requireLockBucket(bucket.facts.configurations['object-lock'] !== undefined);
  if (version.lock?.hasLegalHold === undefined) throw noLock();
  return xmlAnswer(xmlDocument('LegalHold', tag('Status', version.lock.hasLegalHold ? 'ON' : 'OFF')));
}

export function putObjectLegalHold(call: Call, text: string): SandboxAnswer {
  const { bucket, version } = openVersion(call);
  requireLockBucket(bucket.facts.configurations['object-lock'] !== undefined);
  const status = childText(parseXml(text, 'LegalHold'), 'Status');
  if (status !== 'ON' && status !== 'OFF') throw malformedXml();
  const lock = { ...version.lock, hasLegalHold: status === 'ON' };
  return answer(200, change(call, bucket, { ...version, lock }));
}

/** The owner's full control, and what a canned ACL adds. */
export function aclDocument(ownerAccountId: string, acl: string | undefined): string {
  const owner = tag('ID', canonicalUserId(ownerAccountId));
  const grant = (grantee: string, permission: string): string =>
    `<Grant>${grantee}${tag('Permission', permission)}</Grant>`;
  const group = (uri: string): string =>
    `<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group">${tag('URI', uri)}</Grantee>`;
  const everyone = group('http://acs.amazonaws.com/groups/global/AllUsers');
  const grants = [
    grant(
      `<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser">${owner}</Grantee>`,
      'FULL_CONTROL',
    ),
    ...(acl?.startsWith('public-read') ? [grant(everyone, 'READ')] : []),
    ...(acl === 'public-read-write' ? [grant(everyone, 'WRITE')] : []),
    ...(acl === 'authenticated-read'
      ? [grant(group('http://acs.amazonaws.com/groups/global/AuthenticatedUsers'), 'READ')]
      : []),
  ];
  return xmlDocument(
    'AccessControlPolicy',
    `<Owner>${owner}</Owner><AccessControlList>${grants.join('')}</AccessControlList>`,
  );
}

export function getObjectAcl(call: Call): SandboxAnswer {
  const { version } = openVersion(call);
  return xmlAnswer(aclDocument(version.ownerAccountId, version.acl));
}

export function putObjectAcl(call: Call): SandboxAnswer {
  const { bucket, version } = openVersion(call);
  const acl = requestedAcl(call, bucket.facts);
  return answer(200, change(call, bucket, { ...version, acl: acl ?? version.acl }));
}
