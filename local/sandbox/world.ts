import type { Clock, Random } from '../../domain/time.ts';
import { Accounts, type AccountSetup } from './accounts.ts';
import { errorAnswer, errorDocument, lostAnswer, spoilBody } from './answers.ts';
import { authorize, decide, type Requirement } from './authorization.ts';
import { MemoryBodies } from './bodies.ts';
import { S3_LIMITS, type Call, type Operation, type SandboxLimits, type Surroundings } from './call.ts';
import { parseTarget, type SandboxAnswer, type SandboxRequest, type Target } from './exchange.ts';
import { FaultRules, type Fault } from './faults.ts';
import type { KeyBytes } from './key-order.ts';
import { OPERATIONS } from './operations.ts';
import type { SandboxPersistence } from './persistence.ts';
import { accessDenied, S3Problem } from './problem.ts';
import { receiveBody, receiveText } from './receiving.ts';
import { requireRegionOf } from './regions.ts';
import { routeOf, type Route } from './routing.ts';
import { authenticate, sha256Hex, type Authentication } from './signature.ts';
import { Storage, type Bucket } from './storage.ts';
import { answerSts, stsErrorDocument } from './sts.ts';

export type SandboxSetup = {
  accounts: AccountSetup[];
  /** The first is the default Region. */
  regions?: string[];
  /** How long a deleted bucket's name answers OperationAborted before it is free. */
  nameReleaseDelayMs?: number;
  /** DeleteBucket then refuses while uploads are under way, as for directory buckets (S3 API reference, DeleteBucket). */
  isUploadInTheWay?: boolean;
  /** How long a bucket policy takes to come into force. */
  policyDelayMs?: number;
  limits?: Partial<SandboxLimits>;
  /** Completing an upload a second time then answers NoSuchUpload, as S3 may, instead of the same as before. */
  isCompletionForgotten?: boolean;
};

export const DEFAULT_REGIONS: readonly string[] = [
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
  'ca-central-1',
  'sa-east-1',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'eu-central-1',
  'eu-north-1',
  'ap-south-1',
  'ap-southeast-1',
  'ap-southeast-2',
  'ap-northeast-1',
  'ap-northeast-2',
];

export type HandleOptions = Readonly<{
  /**
   * False lets simulations with a clock of their own use real clients, whose signatures carry the machine's time:
   * who asks is then believed. Expiry of sessions is still checked.
   */
  isSignatureVerified?: boolean;
}>;

/**
 * An S3 and an STS of our own: accounts that cannot see into each other, one namespace of bucket names, and every
 * request authorised as AWS would. Keeps everything in memory unless it is given a persistence.
 */
export class SandboxWorld {
  readonly faults: FaultRules;
  readonly accounts: Accounts;
  readonly storage = new Storage();
  readonly surroundings: Surroundings;
  /** For single names, in place of the setup's `nameReleaseDelayMs`; may be changed at any time. */
  readonly nameReleaseDelaysMs = new Map<string, number>();

  constructor(options: { setup: SandboxSetup; clock: Clock; random: Random; persistence?: SandboxPersistence }) {
    const { setup, clock, random, persistence } = options;
    this.faults = new FaultRules(random);
    this.accounts = new Accounts(setup.accounts);
    this.surroundings = {
      storage: this.storage,
      accounts: this.accounts,
      bodies: persistence?.bodies ?? new MemoryBodies(),
      clock,
      random,
      regions: setup.regions ?? DEFAULT_REGIONS,
      nameReleaseDelayMs: (bucket) => this.nameReleaseDelaysMs.get(bucket) ?? setup.nameReleaseDelayMs ?? 0,
      isUploadInTheWay: setup.isUploadInTheWay ?? false,
      policyDelayMs: setup.policyDelayMs ?? 0,
      isCompletionForgotten: setup.isCompletionForgotten ?? false,
      limits: { ...S3_LIMITS, ...setup.limits },
    };
    persistence?.restore(this.storage, this.accounts);
  }

  /** Answers one request. Never rejects: what goes wrong inside is a 500, as on any server. */
  async handle(request: SandboxRequest, options: HandleOptions = {}): Promise<SandboxAnswer> {
    const requestId = this.surroundings.random.hex(16).toUpperCase();
    const target = parseTarget(request.target);
    const isSts = request.method === 'POST' && target.path === '/' && !target.query.has('delete');
    let answer: SandboxAnswer;
    try {
      answer = isSts
        ? await this.handleSts(request, target, requestId, options)
        : await this.handleS3(request, target, requestId, options);
    } catch (error) {
      const problem = error instanceof S3Problem ? error : unexpected(error);
      answer = isSts
        ? {
            status: problem.status,
            headers: { 'content-type': 'text/xml' },
            body: stsErrorDocument(problem, requestId),
          }
        : errorAnswer(problem, target.path, requestId);
    }
    answer.headers['x-amz-request-id'] = requestId;
    answer.headers['x-amz-id-2'] = 'bucket-migrator-sandbox';
    answer.headers['date'] = new Date(this.surroundings.clock.nowMs()).toUTCString();
    answer.headers['server'] = 'BucketMigratorSandbox';
    return answer;
  }

  private async handleS3(
    request: SandboxRequest,
    target: Target,
    requestId: string,
    options: HandleOptions,
  ): Promise<SandboxAnswer> {
    const route = routeOf(request, target);
    const operation = OPERATIONS.get(route.operation);
    if (!operation) throw new S3Problem('NotImplemented', `The sandbox has no operation ${route.operation}`);
    const authentication = this.authenticate(request, target, options);
    const { fault, waitMs } = this.faults.meet(route);
    if (waitMs > 0) await this.surroundings.clock.sleep(waitMs);
    const refusal = answerInstead(fault, target, requestId);
    if (refusal) return refusal;
    const call = this.newCall(request, target, route, authentication, requestId);
    const answer = await this.run(call, operation, authentication).catch((error: unknown) => {
      throw route.operation === 'HeadBucket' ? withRegion(error, this.storage.buckets.get(route.bucketName)) : error;
    });
    return answerAfter(fault, answer, target, requestId);
  }

  private authenticate(request: SandboxRequest, target: Target, options: HandleOptions): Authentication {
    return authenticate(request, target, {
      accounts: this.accounts,
      nowMs: this.surroundings.clock.nowMs(),
      service: 's3',
      regions: this.surroundings.regions,
      isVerified: options.isSignatureVerified ?? true,
    });
  }

  private newCall(
    request: SandboxRequest,
    target: Target,
    route: Route,
    authentication: Authentication,
    requestId: string,
  ): Call {
    const call: Call = {
      surroundings: this.surroundings,
      request,
      headers: request.headers,
      query: target.query,
      caller: authentication.caller,
      region: authentication.region ?? this.surroundings.regions[0] ?? '',
      requestId,
      nowMs: this.surroundings.clock.nowMs(),
      bucketName: route.bucketName,
      key: route.key,
      isAllowed: (requirement: Requirement) => decide(call, requirement).isAllowed,
    };
    return call;
  }

  /** The order S3 keeps: is the bucket there and whose, may the caller, then the body, then the effect. */
  private async run(call: Call, operation: Operation, authentication: Authentication): Promise<SandboxAnswer> {
    if (!operation.isBucketOptional) requireRegionOf(call, authentication.region);
    authorize(call, operation.needs(call));
    const { payload } = authentication;
    if (operation.body === 'none') return operation.run(call, { text: '', received: undefined });
    if (operation.body === 'document') {
      const text = await receiveText(call.request, payload);
      return operation.run(call, { text, received: undefined });
    }
    const received = await receiveBody(call.request, payload, this.surroundings.bodies);
    // The body may have taken long: the world is looked at again, as it is now.
    const now: Call = { ...call, nowMs: this.surroundings.clock.nowMs() };
    return operation.run(now, { text: '', received });
  }

  private async handleSts(
    request: SandboxRequest,
    target: Target,
    requestId: string,
    options: HandleOptions,
  ): Promise<SandboxAnswer> {
    const text = await receiveText(request, { kind: 'unsigned' });
    const form = parseTarget(`?${text}`).query;
    const nowMs = this.surroundings.clock.nowMs();
    const { caller } = authenticate(request, target, {
      accounts: this.accounts,
      nowMs,
      service: 'sts',
      regions: this.surroundings.regions,
      isVerified: options.isSignatureVerified ?? true,
      bodySha256Hex: sha256Hex(text),
    });
    if (caller.kind === 'anonymous') throw accessDenied();
    const subject = { operation: form.get('Action') ?? '', bucketName: '', key: '' as KeyBytes };
    const { fault, waitMs } = this.faults.meet(subject);
    if (waitMs > 0) await this.surroundings.clock.sleep(waitMs);
    const refusal = answerInstead(fault, target, requestId);
    if (refusal) return refusal;
    const answer = answerSts({
      form,
      caller,
      accounts: this.accounts,
      random: this.surroundings.random,
      nowMs,
      requestId,
      saveSession: (session) => {
        this.accounts.addSession(session);
        this.storage.journal?.append({ type: 'session', session });
      },
    });
    return answerAfter(fault, answer, target, requestId);
  }
}

/** HeadBucket tells the Region of every bucket that exists, also to those whom it tells nothing else. */
function withRegion(error: unknown, bucket: Bucket | undefined): unknown {
  if (!(error instanceof S3Problem) || !bucket) return error;
  const headers = { ...error.headers, 'x-amz-bucket-region': bucket.facts.region };
  return new S3Problem(error.code, error.message, { status: error.status, fields: { ...error.fields }, headers });
}

const unexpected = (error: unknown): S3Problem =>
  new S3Problem(
    'InternalError',
    `The sandbox failed: ${error instanceof Error ? (error.stack ?? error.message) : 'unknown'}`,
  );

/** The faults that keep the request from having its effect. Throws the ones that are plain refusals. */
function answerInstead(fault: Fault | undefined, target: Target, requestId: string): SandboxAnswer | undefined {
  if (fault?.kind === 'refuse') throw faultProblem(fault);
  if (fault?.kind === 'lose-connection' && fault.when === 'before-effect') return lostAnswer();
  if (fault?.kind === 'error-in-200' && !fault.hasEffect) return errorIn200(fault, target, requestId);
  return undefined;
}

function answerAfter(
  fault: Fault | undefined,
  answer: SandboxAnswer,
  target: Target,
  requestId: string,
): SandboxAnswer {
  if (fault?.kind === 'lose-connection') return lostAnswer();
  if (fault?.kind === 'error-in-200') return errorIn200(fault, target, requestId);
  return fault?.kind === 'spoil-body' ? spoilBody(answer, fault.as) : answer;
}

const faultProblem = (fault: Extract<Fault, { kind: 'refuse' | 'error-in-200' }>): S3Problem =>
  new S3Problem(fault.code, fault.message ?? 'Please reduce your request rate or try again.', {
    ...('status' in fault && fault.status !== undefined && { status: fault.status }),
  });

const errorIn200 = (
  fault: Extract<Fault, { kind: 'error-in-200' }>,
  target: Target,
  requestId: string,
): SandboxAnswer => ({
  status: 200,
  headers: { 'content-type': 'application/xml' },
  body: errorDocument(faultProblem(fault), target.path, requestId),
});
