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

type ClientAnswer = {
  response: { statusCode: number; headers: Record<string, string>; body: Readable | Uint8Array };
};

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
      return { response: clientResponse(world, request, answer) };
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
  const body = bodyOf(request.body);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) headers[name.toLowerCase()] = String(value);
  // Sockets say of a body that is empty that it is.
  if (body instanceof Uint8Array && (request.method === 'PUT' || request.method === 'POST'))
    headers['content-length'] ??= String(body.length);
  return {
    method: request.method,
    target: pairs.length === 0 ? request.path : `${request.path}?${pairs.join('&')}`,
    headers,
    body,
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

function clientResponse(world: SandboxWorld, request: ClientRequest, answer: SandboxAnswer): ClientAnswer['response'] {
  const { body } = answer;
  const text = typeof body === 'string' ? Buffer.from(body) : undefined;
  const lengthBytes = typeof body === 'string' ? (text?.length ?? 0) : body.sizeBytes;
  return {
    statusCode: answer.status,
    headers: { ...answer.headers, 'content-length': String(lengthBytes) },
    body: bodyFor(world, request, text ?? body),
  };
}

/** Clients take bytes wherever they collect the body themselves; a stream costs them as much as all the rest. */
function bodyFor(
  world: SandboxWorld,
  { method, query }: ClientRequest,
  body: Uint8Array | SandboxAnswer['body'],
): Readable | Uint8Array {
  if (method === 'HEAD') return new Uint8Array();
  const isHandedOn = query?.['x-id'] === 'GetObject';
  if (body instanceof Uint8Array)
    return isHandedOn ? Readable.from(body.length === 0 ? [] : [body], { objectMode: false }) : body;
  const chunks = typeof body === 'string' ? [] : world.surroundings.bodies.read(body);
  return Readable.from(chunks, { objectMode: false });
}
