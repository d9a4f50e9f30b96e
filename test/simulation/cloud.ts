import type { Random } from '../../domain/time.ts';
import type { SandboxAnswer } from '../../local/sandbox/exchange.ts';
import { newInProcessHandler, type InProcessHandler } from '../../local/sandbox/in-process.ts';
import { keyBytesOf } from '../../local/sandbox/key-order.ts';
import { SandboxWorld, type SandboxSetup } from '../../local/sandbox/world.ts';
import type { Edge } from '../../s3/connector.ts';
import { accounts, administratorKey, type Owner } from './accounts.ts';
import { Belongings } from './contents.ts';
import { BUCKET } from './scenario.ts';
import { Life, type Scheduler } from './scheduler.ts';
import { authorizationOf, edgeOver, type ClientAnswer, type ClientRequest } from './wire.ts';

/** A request of the product, as it was on the wire, with what the storage answered. */
export type Request = Readonly<{
  method: string;
  bucket: string;
  /** As it stands in the path: percent-encoded. */
  key: string;
  query: Readonly<Record<string, unknown>>;
  headers: Readonly<Record<string, string>>;
  body: string;
}>;

export type CloudOptions = Readonly<{
  scheduler: Scheduler;
  random: Random;
  setup: Omit<SandboxSetup, 'accounts'>;
}>;

/** Instead of a status: the request may have had its effect or not. */
export const LOST = 0;

/** The storage, the people who use it besides the product, and the wire in between. */
export class Cloud {
  readonly world: SandboxWorld;
  readonly belongings: Belongings;
  readonly life = new Life('world', 'world');
  /** Told of every request of the product just before it takes effect, and after. */
  beforeRequest: (request: Request) => void = () => undefined;
  afterRequest: (request: Request, status: number) => void = () => undefined;
  /** Resolves when the bucket of the person's name is deleted. */
  readonly nameReleased: Promise<void>;
  private tellReleased: () => void = () => undefined;
  private readonly scheduler: Scheduler;

  constructor({ scheduler, random, setup }: CloudOptions) {
    this.scheduler = scheduler;
    const clock = scheduler.clockOf(this.life);
    this.world = new SandboxWorld({ setup: { ...setup, accounts: accounts() }, clock, random });
    this.nameReleased = new Promise((resolve) => (this.tellReleased = resolve));
    this.belongings = new Belongings(this.world.storage, BUCKET);
  }

  /** The wire of one life: requests take their turn, and those of a life that is over are never answered. */
  edgeOf(life: Life): Edge {
    const handler = newInProcessHandler(this.world, { isSignatureVerified: false });
    return edgeOver((request, signal) => {
      const label = `${request.method} ${request.path}${queryText(request)}`;
      return abortable(
        this.scheduler.effect(life, 's3', label, () => this.send(handler, request)),
        signal,
      );
    });
  }

  private async send(handler: InProcessHandler, sent: ClientRequest): Promise<ClientAnswer> {
    const request = requestOf(sent);
    this.beforeRequest(request);
    let status = LOST;
    try {
      const answer = await handler.handle(sent);
      status = answer.response.statusCode;
      return answer;
    } finally {
      this.scheduler.note(`answers ${status}`);
      this.afterRequest(request, status);
      if (this.world.storage.releasing.has(BUCKET)) this.tellReleased();
    }
  }

  /** An administrator of an account, with plain requests of their own. */
  async ask(
    owner: Owner,
    method: string,
    target: string,
    more: { headers?: Record<string, string>; body?: string } = {},
  ): Promise<SandboxAnswer> {
    const bytes = Buffer.from(more.body ?? '');
    const headers = {
      host: 'sandbox.test',
      ...authorizationOf({ accessKeyId: administratorKey(owner) }, 'us-east-1'),
      'content-length': String(bytes.length),
      ...more.headers,
    };
    const answer = await this.world.handle({ method, target, headers, body: bytes }, { isSignatureVerified: false });
    this.scheduler.note(`${owner} ${method} ${target} ${answer.status}`);
    return answer;
  }

  /** The person's own write under the name of their bucket, noted as theirs. Answers its status. */
  async write(
    owner: Owner,
    method: 'PUT' | 'DELETE',
    bucket: string,
    key: string,
    body = '',
    headers: Record<string, string> = {},
  ): Promise<number> {
    let status = 0;
    await this.belongings.during(bucket, keyBytesOf(key), async () => {
      const target = `/${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;
      status = (await this.ask(owner, method, target, { body, headers })).status;
    });
    return status;
  }
}

const queryText = ({ query = {} }: ClientRequest): string => {
  const pairs = Object.entries(query)
    .filter(([name]) => name !== 'x-id')
    .map(([name, value]) => `${name}=${String(value ?? '')}`);
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
};

function requestOf({ method, path, query = {}, headers, body }: ClientRequest): Request {
  const [, bucket = '', ...rest] = path.split('/');
  const text = typeof body === 'string' ? body : body instanceof Uint8Array ? Buffer.from(body).toString('utf8') : '';
  return { method, bucket, key: rest.join('/'), query, headers, body: text };
}

/** Whoever aborts is told at once; what is on the wire stays on the wire. */
function abortable<T>(sent: Promise<T>, signal: unknown): Promise<T> {
  if (!(signal instanceof AbortSignal)) return sent;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(Object.assign(new Error('Request aborted'), { name: 'AbortError' }));
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    sent.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
