import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';

export const TOKEN = 'a-token-of-the-test';
export const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' data:; font-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

export type Asked = Readonly<{ method: string; path: string; body: unknown; idempotencyKey: string | undefined }>;
/** What the API answers; undefined for "there is no such address". */
export type Answer = (asked: Asked) => { status?: number; body: unknown } | undefined;

/** The embedded server's edge: files of the built page, the security policy, the token. Everything behind is `answer`. */
export async function openFakeServer(pageFolder: string, answer: Answer) {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    response.setHeader('content-security-policy', POLICY);
    const handled = request.url?.startsWith('/api/') ? api(request, response) : file(pageFolder, request, response);
    handled.catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });

  async function api(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk as Uint8Array);
    const text = Buffer.concat(chunks).toString();
    const one: Asked = {
      method: request.method ?? '',
      path: (request.url ?? '').split('?')[0] ?? '',
      body: text === '' ? undefined : JSON.parse(text),
      idempotencyKey: request.headers['idempotency-key'] as string | undefined,
    };
    asked.push(one);
    const isKnown = request.headers.authorization === `Bearer ${TOKEN}`;
    const { status = 200, body } = isKnown
      ? (answer(one) ?? { status: 404, body: { title: 'Nothing here', detail: one.path } })
      : { status: 401, body: { title: 'Not signed in', detail: 'The token is not right.' } };
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }

  await listen(server, 0);
  const port = (server.address() as AddressInfo).port;
  return {
    address: `http://127.0.0.1:${port}`,
    asked,
    /** Nobody answers any more, until `begin`. */
    end: () => end(server),
    begin: () => listen(server, port),
  };
}

const listen = (server: Server, port: number) =>
  new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });

const end = (server: Server) =>
  new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

const TYPES: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.css': 'text/css', '.html': 'text/html' };

/** Files with an ending, and the page itself for every other address. */
async function file(folder: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://page');
  const path = extname(pathname) ? pathname : '/index.html';
  const body = await readFile(join(folder, path));
  response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' }).end(body);
}
