import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import type { ProblemView } from '../../domain/views.ts';
import { servePage } from './page.ts';
import { SECURITY_HEADERS, whyRefused } from './security.ts';

export type RunningServer = Readonly<{ port: number; url: string; close(): Promise<void> }>;

/** Serves the API and the page on the loopback, a free port unless told otherwise. Rejects with EADDRINUSE. */
export async function startServer(options: {
  api: Pick<Hono, 'fetch'>;
  pageDirectory: string;
  port?: number;
}): Promise<RunningServer> {
  let port = 0;
  const server = createAdaptorServer({
    fetch: (request) => answer(request, { ...options, port }),
  }) as Server;
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
  return { port, url: `http://127.0.0.1:${port}`, close: () => closeServer(server) };
}

async function answer(
  request: Request,
  { api, pageDirectory, port }: { api: Pick<Hono, 'fetch'>; pageDirectory: string; port: number },
): Promise<Response> {
  const refused = whyRefused(request, port);
  const { pathname } = new URL(request.url);
  const isApi = pathname === '/api' || pathname.startsWith('/api/');
  const response = refused ? forbidden(refused) : isApi ? await api.fetch(request) : await page(request, pageDirectory);
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.headers.set(name, value);
  return response;
}

async function page(request: Request, directory: string): Promise<Response> {
  if (request.method === 'GET' || request.method === 'HEAD') return servePage(directory, new URL(request.url).pathname);
  return new Response('Method not allowed', { status: 405, headers: { allow: 'GET, HEAD' } });
}

function forbidden(detail: string): Response {
  const view: ProblemView = {
    type: 'about:blank',
    title: 'Not allowed from there',
    status: 403,
    detail,
    remedy: 'Open the address that the program printed when it started.',
  };
  return new Response(JSON.stringify(view), { status: 403, headers: { 'content-type': 'application/problem+json' } });
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
