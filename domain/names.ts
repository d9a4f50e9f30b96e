/** Names as AWS writes them: buckets, Regions, roles. Every check answers with the rule that was broken. */

export type Verdict = { ok: true } | { ok: false; reason: string };
const ok: Verdict = { ok: true };
const no = (reason: string): Verdict => ({ ok: false, reason });

const RESERVED_BUCKET_NAMES: readonly { matches: RegExp; kind: string }[] = [
  {
    matches: /--x-s3$/,
    kind: 'a directory bucket (S3 Express One Zone), which holds no name that can be copied this way',
  },
  { matches: /--table-s3$/, kind: 'a table bucket' },
  { matches: /-s3alias$/, kind: 'an access point alias; give the name of the bucket behind it' },
  { matches: /--ol-s3$/, kind: 'an Object Lambda access point alias; give the name of the bucket behind it' },
  { matches: /\.mrap$/, kind: 'a multi-Region access point alias; give the name of the bucket behind it' },
  { matches: /^(xn--|sthree-|amzn-s3-demo-)/, kind: 'a name that S3 reserves' },
];

/**
 * The rules of the S3 user guide, "General purpose bucket naming rules". The message names the rule that is broken,
 * and recognises what people paste instead of a name.
 */
export function checkBucketName(name: string): Verdict {
  if (name === '') return no('Give the name of a bucket.');
  if (/^arn:/.test(name))
    return no(`"${name}" is an ARN. Give only the bucket's name: ${name.split(':').pop() || 'its last part'}.`);
  if (/^(s3|https?):\/\//i.test(name)) return no(`"${name}" is an address. Give only the bucket's name.`);
  if (name.length < 3 || name.length > 63)
    return no(`"${name}" has ${name.length} characters; a bucket's name has 3 to 63.`);
  if (/[A-Z]/.test(name)) return no(`"${name}" has upper-case letters; a bucket's name has none.`);
  if (!/^[a-z0-9.-]+$/.test(name)) return no(`"${name}" may hold only a–z, 0–9, "-" and ".".`);
  if (!/^[a-z0-9].*[a-z0-9]$/.test(name)) return no(`"${name}" must begin and end with a letter or a digit.`);
  if (name.includes('..')) return no(`"${name}" has two full stops in a row.`);
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(name)) return no(`"${name}" looks like an IP address, which S3 does not allow.`);
  const reserved = RESERVED_BUCKET_NAMES.find((rule) => rule.matches.test(name));
  return reserved ? no(`"${name}" is ${reserved.kind}.`) : ok;
}

/** Names that only one account can ever hold: `prefix-<account>-<region>-an` (S3 user guide, account Regional namespaces). */
export const isAccountRegionalName = (name: string): boolean => /-\d{12}-[a-z]{2}(-[a-z]+)+-\d-an$/.test(name);

export function checkRegion(region: string): Verdict {
  if (/^[a-z]{2,4}(-[a-z]+)+-\d$/.test(region) || region === 'default') return ok;
  return no(`"${region}" is not a Region. A Region reads like eu-west-1.`);
}

/** The partition a Region belongs to; identities and bucket names end at its border. */
export function partitionOf(region: string): 'aws' | 'aws-cn' | 'aws-us-gov' | 'aws-eusc' {
  if (region.startsWith('cn-')) return 'aws-cn';
  if (region.startsWith('us-gov-')) return 'aws-us-gov';
  if (region.startsWith('eusc-')) return 'aws-eusc';
  return 'aws';
}

export type RoleArn = Readonly<{ partition: string; accountId: string; path: string; name: string }>;

/** `arn:PARTITION:iam::ACCOUNT:role/PATH/NAME`, or the reason why it is not. */
export function parseRoleArn(text: string): { ok: true; role: RoleArn } | { ok: false; reason: string } {
  const parts = /^arn:([a-z-]+):iam::([^:]*):([a-z-]+)\/(.+)$/.exec(text);
  if (!parts)
    return { ok: false, reason: `"${text}" is not a role's ARN. It reads like arn:aws:iam::123456789012:role/name.` };
  const [, partition = '', accountId = '', kind = '', pathAndName = ''] = parts;
  if (!/^\d{12}$/.test(accountId))
    return { ok: false, reason: `"${text}" names the account "${accountId}"; an account has 12 digits.` };
  if (kind !== 'role') return { ok: false, reason: `"${text}" is the ARN of a ${kind}; give the ARN of a role.` };
  if (!/^[\w+=,.@/-]{1,576}$/.test(pathAndName))
    return { ok: false, reason: `"${text}" has characters that a role's name cannot have.` };
  const slash = pathAndName.lastIndexOf('/');
  return {
    ok: true,
    role: { partition, accountId, path: `/${pathAndName.slice(0, slash + 1)}`, name: pathAndName.slice(slash + 1) },
  };
}

/** Job ids stand in paths, execution names (80 characters at most), Sids (letters and digits) and session names. */
export const isJobId = (text: string): boolean => /^(copy|migrate)-\d{8}-[0-9a-f]{12}$/.test(text);
