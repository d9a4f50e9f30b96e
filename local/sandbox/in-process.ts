import { Readable } from 'node:stream';
import type { SandboxAnswer, SandboxRequest } from './exchange.ts';
import type { HandleOptions, SandboxWorld } from './world.ts';

/** The part of an SDK request that matters here. */
type ClientRequest = Readonly<{
  method: string;
  path: string;
  query?: Readonly<Record<string, string | readonly string[] | null>>;
  headers: Readonly<Record<string, string>>;
  body?: unknown;
}>;

type ClientAnswer = { response: { statusCode: number; headers: Record<string, string>; body: Readable } };

/** A `requestHandler` for SDK clients: the world answers without a network, so simulations stay deterministic. */
export type InProcessHandler = {
  handle(request: ClientRequest, options?: { abortSignal?: unknown }): Promise<ClientAnswer>;
  destroy(): void;
  updateHttpClientConfig(): void;
  httpHandlerConfigs(): Record<string, never>;
};

export function newInProcessHandler(world: SandboxWorld, options: HandleOptions = {}): InProcessHandler {
  return {
    async handle(request, { abortSignal } = {}) {
      requireNotAborted(abortSignal);
      const answer = await world.handle(sandboxRequest(request), options);
      requireNotAborted(abortSignal);
      if (answer.isLost) throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
      return { response: clientResponse(world, request.method, answer) };
    },
    destroy: () => undefined,
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
  };
}

function requireNotAborted(signal: unknown): void {
  if (typeof signal !== 'object' || signal === null || !('aborted' in signal) || signal.aborted !== true) return;
  throw Object.assign(new Error('Request aborted'), { name: 'AbortError' });
}

function sandboxRequest(request: ClientRequest): SandboxRequest {
  const pairs = Object.entries(request.query ?? {}).flatMap(([name, value]) => {
    const values = typeof value === 'string' || value === null ? [value ?? ''] : value;
    return values.map((one) => `${encodeURIComponent(name)}=${encodeURIComponent(one)}`);
  });
  const headers = Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), String(value)]);
  return {
    method: request.method,
    target: pairs.length === 0 ? request.path : `${request.path}?${pairs.join('&')}`,
    headers: Object.fromEntries(headers) as Record<string, string>,
    body: bodyOf(request.body),
    sourceIp: '127.0.0.1',
  };
}

function bodyOf(body: unknown): SandboxRequest['body'] {
  if (body === undefined || body === null) return new Uint8Array();
  if (typeof body === 'string') return Buffer.from(body);
  if (body instanceof Uint8Array) return body;
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  return body as AsyncIterable<Uint8Array>;
}

function clientResponse(world: SandboxWorld, method: string, answer: SandboxAnswer): ClientAnswer['response'] {
  const isText = typeof answer.body === 'string';
  const lengthBytes = isText
    ? Buffer.byteLength(answer.body as string)
    : (answer.body as Exclude<SandboxAnswer['body'], string>).sizeBytes;
  const body =
    method === 'HEAD' ? Readable.from([]) : Readable.from(bytesOf(world, answer.body), { objectMode: false });
  return {
    statusCode: answer.status,
    headers: { ...answer.headers, 'content-length': String(lengthBytes) },
    body,
  };
}

function bytesOf(world: SandboxWorld, body: SandboxAnswer['body']): Iterable<Uint8Array> {
  if (typeof body === 'string') return body === '' ? [] : [Buffer.from(body)];
  return world.surroundings.bodies.read(body);
}
