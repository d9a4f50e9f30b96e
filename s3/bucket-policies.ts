import { DeleteBucketPolicyCommand, GetBucketPolicyCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { BucketNameBusyError, StorageRefusedError, StorageUnavailableError } from '../domain/errors.ts';
import {
  BUCKET_POLICY_BYTES_MAX,
  parseBucketPolicy,
  policyBytes,
  type BucketPolicy,
  type PolicyStatement,
} from '../domain/policy.ts';
import { readAnswer } from './answer.ts';
import type { Place } from './place.ts';
import { backoffMs } from './retrying.ts';
import { SECOND_MS } from '../domain/time.ts';

export type PolicyEdit = (policy: BucketPolicy | undefined) => BucketPolicy | undefined;

/** Others edit the same policy, and bucket configuration is seen late (S3 user guide, "Data consistency model"). */
const ROUNDS_MAX = 6;

export async function readPolicy(place: Place, bucket: string): Promise<BucketPolicy | undefined> {
  const text = await place.requests.run({ operation: 'GetBucketPolicy', bucket }, async (client, options) => {
    try {
      const answer = await client.send(new GetBucketPolicyCommand({ Bucket: bucket, ...place.ownerOf() }), options);
      return answer.Policy ?? '';
    } catch (error) {
      if (readAnswer(error).code === 'NoSuchBucketPolicy') return undefined;
      throw error;
    }
  });
  if (text === undefined) return undefined;
  try {
    return parseBucketPolicy(text);
  } catch (error) {
    // Never taken for "no policy": that would be written over it.
    throw new StorageUnavailableError(`GetBucketPolicy ${bucket}: the answer is not a policy`, {
      subject: { bucket, connection: place.connection.name },
      remedy: 'Retry; when it stays, look at the policy in the console.',
      cause: error,
    });
  }
}

/** See BucketKeeper.changePolicy. S3 has no conditional write for policies, so what was written is read back. */
export async function changePolicy(place: Place, bucket: string, edit: PolicyEdit): Promise<void> {
  let current = await readPolicy(place, bucket);
  for (let round = 1; ; round += 1) {
    const change: Change = { before: current, wanted: edit(current) };
    if (canonical(change.wanted) === canonical(change.before)) return;
    await writePolicy(place, bucket, change.wanted);
    current = await readPolicy(place, bucket);
    if (isSettled(current, change, round)) return;
    if (round >= ROUNDS_MAX) throw notSettled(place, bucket);
    await place.clock.sleep(SECOND_MS + backoffMs(round, place.random));
    current = await readPolicy(place, bucket);
    if (isSettled(current, change, round)) return;
  }
}

async function writePolicy(place: Place, bucket: string, policy: BucketPolicy | undefined): Promise<void> {
  if (policy !== undefined) checkSize(place, bucket, policy);
  const operation = policy === undefined ? 'DeleteBucketPolicy' : 'PutBucketPolicy';
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await place.requests.run({ operation, bucket }, async (client, options) => {
        const address = { Bucket: bucket, ...place.ownerOf() };
        if (policy === undefined) await client.send(new DeleteBucketPolicyCommand(address), options);
        else await client.send(new PutBucketPolicyCommand({ ...address, Policy: JSON.stringify(policy) }), options);
      });
    } catch (error) {
      // 409 OperationAborted: another configuration change of this bucket is under way.
      if (!(error instanceof BucketNameBusyError) || attempt >= ROUNDS_MAX) throw error;
      await place.clock.sleep(SECOND_MS + backoffMs(attempt, place.random));
    }
  }
}

function checkSize(place: Place, bucket: string, policy: BucketPolicy): void {
  const sizeBytes = policyBytes(policy);
  if (sizeBytes <= BUCKET_POLICY_BYTES_MAX) return;
  throw new StorageRefusedError(
    `The policy of ${bucket} would have ${sizeBytes} bytes; S3 takes ${BUCKET_POLICY_BYTES_MAX} at most`,
    {
      subject: { bucket, connection: place.connection.name },
      remedy: 'Remove statements that are no longer needed from the policy of this bucket.',
    },
  );
}

const notSettled = (place: Place, bucket: string): StorageUnavailableError =>
  new StorageUnavailableError(`The policy of ${bucket} was changed by somebody else ${ROUNDS_MAX} times while we did`, {
    subject: { bucket, connection: place.connection.name },
    remedy: 'Stop what else edits the policy of this bucket, then retry.',
  });

/** A provider that writes principals its own way is believed after this many rounds: it will never read back as written. */
const ROUNDS_OF_PRINCIPALS = 2;

type Change = Readonly<{ before: BucketPolicy | undefined; wanted: BucketPolicy | undefined }>;

/**
 * Does the policy read as it was written? An old one may be read back, with the same Sids (a renewed expiry), so the
 * content of the statements that were changed is compared; what others changed meanwhile is theirs. Principals may be
 * written differently by the storage: only they may differ.
 *
 *   the new statements are there     an old one is there still      settled
 *   as written                       no                             yes
 *   but for their principals         no                             yes
 *   but for their principals         the same but for principals    after the second round
 *   otherwise                        -                              no
 */
function isSettled(policy: BucketPolicy | undefined, { before, wanted }: Change, round: number): boolean {
  const old = statementsByText(before);
  const sent = statementsByText(wanted);
  const read = statementsByText(policy);
  const added = [...sent].filter(([text]) => !old.has(text));
  const left = [...old].filter(([text]) => !sent.has(text) && read.has(text));
  const readLoosely = new Set([...read.values()].map(textWithoutPrincipals));
  if (added.some(([text, statement]) => !read.has(text) && !readLoosely.has(textWithoutPrincipals(statement))))
    return false;
  const addedLoosely = new Set(added.map(([, statement]) => textWithoutPrincipals(statement)));
  if (left.some(([, statement]) => !addedLoosely.has(textWithoutPrincipals(statement)))) return false;
  return left.length === 0 || round >= ROUNDS_OF_PRINCIPALS;
}

const statementsByText = (policy: BucketPolicy | undefined): ReadonlyMap<string, PolicyStatement> =>
  new Map((policy?.Statement ?? []).map((statement) => [canonical(statement), statement]));

const textWithoutPrincipals = ({ Principal: _, NotPrincipal: __, ...statement }: PolicyStatement): string =>
  canonical(statement);

/** One text for policies that mean the same: a single value is a list of one, and neither lists nor fields have an order. */
export function canonical(value: unknown): string {
  return JSON.stringify(sorted(value));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => JSON.stringify(sorted(item))).sort();
    return items.length === 1 ? (JSON.parse(items[0] as string) as unknown) : items;
  }
  // S3 writes "true" for true, and numbers as text.
  if (typeof value === 'boolean' || typeof value === 'number') return String(value);
  if (typeof value !== 'object' || value === null) return value ?? null;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(fields.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, field]) => [name, sorted(field)]));
}
