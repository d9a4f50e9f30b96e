import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { answerFaultControl, FAULT_CONTROL_PATH } from './fault-control.ts';
import type { SandboxAnswer, SandboxRequest } from './exchange.ts';
import type { SandboxWorld } from './world.ts';

/** Longer than clients keep idle connections, so that they close them and not we under their next request. */
const KEEP_ALIVE_MS = 120_000;

export type SandboxServerOptions = {
  host?: string;
  port?: number;
  /** Opens the control of faults to those who send it; without one there is no such control. */
  controlToken?: string;
};

export type SandboxServer = { url: string; port: number; close(): Promise<void> };

/** Serves the world over HTTP on the loopback, path style, on a free port unless told otherwise. */
export async function startSandboxServer(
  world: SandboxWorld,
  options: SandboxServerOptions = {},
): Promise<SandboxServer> {
  const host = options.host ?? '127.0.0.1';
  const server = createServer((request, response) => {
    serve(world, request, response, options.controlToken).catch(() => response.destroy());
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.requestTimeout = 0; // large parts from slow clients
  server.listen(options.port ?? 0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${port}`,
    port,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function serve(
  world: SandboxWorld,
  request: IncomingMessage,
  response: ServerResponse,
  controlToken: string | undefined,
): Promise<void> {
  const isControl = controlToken !== undefined && request.url?.startsWith(FAULT_CONTROL_PATH);
  const answer = isControl ? await control(world, request, controlToken) : await world.handle(requestOf(request));
  if (answer.isLost) {
    request.socket.destroy();
    return;
  }
  await send(world, request, response, answer);
}

async function control(world: SandboxWorld, request: IncomingMessage, token: string): Promise<SandboxAnswer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  return answerFaultControl(world.faults, {
    method: request.method ?? '',
    url: new URL(request.url ?? '/', 'http://127.0.0.1'),
    authorization: request.headers.authorization,
    body: Buffer.concat(chunks).toString('utf8'),
    token,
  });
}

function requestOf(request: IncomingMessage): SandboxRequest {
  return {
    method: request.method ?? 'GET',
    target: request.url ?? '/',
    headers: request.headers as Record<string, string | undefined>,
    // The connection must survive a refusal in the middle of a body: the answer goes over it.
    body: request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>,
    sourceIp: request.socket.remoteAddress ?? '',
  };
}

async function send(
  world: SandboxWorld,
  request: IncomingMessage,
  response: ServerResponse,
  answer: SandboxAnswer,
): Promise<void> {
  const { body } = answer;
  const isText = typeof body === 'string';
  const text = isText ? Buffer.from(body) : undefined;
  const lengthBytes = isText ? (text?.byteLength ?? 0) : body.sizeBytes;
  const hasNoBody = answer.status === 204 || answer.status === 304;
  const headers = { ...answer.headers, ...(!hasNoBody && { 'content-length': String(lengthBytes) }) };
  response.writeHead(answer.status, headers);
  if (request.method === 'HEAD' || hasNoBody) {
    response.end();
    return;
  }
  if (isText) {
    response.end(text);
    return;
  }
  const chunks = Readable.from(world.surroundings.bodies.read(body), { objectMode: false });
  await pipeline(chunks, response);
}
