import * as z from 'zod';
import { RequestInvalidError, type FieldProblem } from './errors.ts';
import { keyByteLength, KEY_BYTES_MAX } from './keys.ts';
import { checkBucketName, checkRegion, isAccountRegionalName, type Verdict } from './names.ts';
import { COPY_OBJECT_BYTES_MAX, MiB, PART_SIZE_BYTES_MAX, PART_SIZE_BYTES_MIN, TiB } from './sizes.ts';

/** The largest request document that is read at all. */
export const REQUEST_BYTES_MAX = 64 * 1024;

const checkedText = (check: (text: string) => Verdict) =>
  z.string().superRefine((text, context) => {
    const verdict = check(text);
    if (!verdict.ok) context.addIssue({ code: 'custom', message: verdict.reason });
  });

const connectionName = checkedText(checkConnectionName);
const bucketName = checkedText(checkBucketName);
const prefix = checkedText((text) =>
  keyByteLength(text) <= KEY_BYTES_MAX
    ? { ok: true }
    : { ok: false, reason: `A prefix has at most ${KEY_BYTES_MAX} bytes.` },
);

export function checkConnectionName(name: string): Verdict {
  if (/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/.test(name)) return { ok: true };
  return { ok: false, reason: `"${name}" is not a connection's name: 1 to 40 of a–z, 0–9 and "-", not at either end.` };
}

const options = z.strictObject({
  /** Objects already at the destination: `refuse` the job, or `merge`: add what is absent, never overwrite. */
  whenDestinationHasObjects: z.enum(['refuse', 'merge']).default('refuse'),
  /** What verification accepts: `standard` takes grades A, B and C, `strict` only A and B. */
  evidence: z.enum(['standard', 'strict']).default('standard'),
  /** Headers and tags compared for `rebuilt` objects (made of parts, or there before the job) only, or for `every` one. */
  compareAttributes: z.enum(['rebuilt', 'every']).default('rebuilt'),
  /** Copies in flight in one task. */
  inFlightMax: z.int().min(1).max(1024).default(64),
  /** Tasks that copy at the same time. */
  shardsAtOnceMax: z.int().min(1).max(1000).default(2),
  /** A shard ends at this many objects or bytes, whichever comes first; one object is never divided. */
  shardObjectCountMax: z.int().min(1).max(100_000).default(5_000),
  shardBytesMax: z
    .int()
    .min(1)
    .max(100 * TiB)
    .default(1 * TiB),
  /** Objects above this are copied in parts. */
  multipartThresholdBytes: z.int().min(PART_SIZE_BYTES_MIN).max(COPY_OBJECT_BYTES_MAX).default(COPY_OBJECT_BYTES_MAX),
  /** Preferred part size; grows when an object would need more than 10,000 parts. */
  partSizeBytes: z
    .int()
    .min(PART_SIZE_BYTES_MIN)
    .max(PART_SIZE_BYTES_MAX)
    .default(512 * MiB),
  /** A task remembers how far it is after this many objects: what a crash may repeat. */
  batchObjectCountMax: z.int().min(1).max(10_000).default(256),
  /** Passes of copy and verify before the differences are reported. */
  roundsMax: z.int().min(1).max(10).default(3),
  /** A migration takes every version and delete marker, or what is current only; then the rest is lost with the source. */
  versions: z.enum(['all', 'current-only']).default('all'),
  /** Settings of the bucket: `carry` what can be carried, or `leave` them. Left out: a migration carries, a copy leaves. */
  configuration: z.enum(['carry', 'leave']).optional(),
  /** Consent to open the new bucket to the public as the old one was. Without it everything public stays blocked. */
  appliesPublicAccess: z.boolean().default(false),
  /** Days that the temporary bucket is kept after a migration is verified. */
  quarantineDays: z.int().min(0).max(90).default(7),
});

export const jobRequestSchema = z.strictObject({
  kind: z.enum(['copy', 'migrate']),
  source: z.strictObject({ connection: connectionName, bucket: bucketName, prefix: prefix.optional() }),
  destination: z.strictObject({
    connection: connectionName,
    bucket: bucketName.optional(),
    region: checkedText(checkRegion).optional(),
    prefix: prefix.optional(),
  }),
  options: options.prefault({}),
});

export type JobRequest = Readonly<z.output<typeof jobRequestSchema>>;
export type JobOptions = JobRequest['options'];
/** What a request gets that names no options. */
export const DEFAULT_JOB_OPTIONS: JobOptions = options.parse({});
/** The same before defaults: what a client may send. */
export type JobRequestInput = z.input<typeof jobRequestSchema>;

/** Every problem at once, each with the path of its field, or the request with its defaults filled in. */
export function parseJobRequest(input: unknown): JobRequest {
  const shape = jobRequestSchema.safeParse(input);
  const problems: FieldProblem[] = shape.success ? contradictions(shape.data) : shape.error.issues.flatMap(problemsOf);
  if (problems.length > 0) throw new RequestInvalidError(problems);
  if (!shape.success) throw new RequestInvalidError([{ field: '', message: 'The request could not be read.' }]);
  return shape.data;
}

function problemsOf(issue: z.core.$ZodIssue): FieldProblem[] {
  const at = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      field: at ? `${at}.${key}` : key,
      message: `There is no field "${key}" here. Remove it.`,
    }));
  }
  return [{ field: at, message: issue.message }];
}

/** What no single field can tell. */
function contradictions(request: JobRequest): FieldProblem[] {
  const { source, destination } = request;
  const problems: FieldProblem[] = [];
  const report = (field: string, message: string) => void problems.push({ field, message });

  if (request.kind === 'copy' && destination.bucket === undefined) {
    report('destination.bucket', 'Give the name of the destination bucket.');
  }
  if (request.kind === 'migrate') problems.push(...migrationContradictions(request));
  if (isSamePlace(request)) {
    report(
      'destination.bucket',
      `Source and destination are the same bucket, "${source.bucket}": there is nothing to copy. Choose another bucket.`,
    );
  }
  return problems;
}

function migrationContradictions({ source, destination }: JobRequest): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const report = (field: string, message: string) => void problems.push({ field, message });
  if (destination.bucket !== undefined && destination.bucket !== source.bucket) {
    report('destination.bucket', 'A migration keeps the name. Leave the destination bucket out, or copy instead.');
  }
  if (source.prefix || destination.prefix) {
    report('source.prefix', 'A migration moves the whole bucket. Leave prefixes out, or copy instead.');
  }
  if (isAccountRegionalName(source.bucket)) {
    report(
      'source.bucket',
      `"${source.bucket}" belongs to its account and Region for ever and cannot exist elsewhere. Copy it to a new name instead.`,
    );
  }
  return problems;
}

/** The same connection and name; two connections may still lead to one account, which preflight finds. */
function isSamePlace({ kind, source, destination }: JobRequest): boolean {
  return kind === 'copy' && source.connection === destination.connection && source.bucket === destination.bucket;
}

export const carriesConfiguration = ({ kind, options }: JobRequest): boolean =>
  (options.configuration ?? (kind === 'migrate' ? 'carry' : 'leave')) === 'carry';

/** The destination bucket's name: a migration keeps the source's. */
export const destinationBucketOf = (request: JobRequest): string => request.destination.bucket ?? request.source.bucket;
