import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Connection } from '../../domain/connection.ts';
import type { Storage } from '../../domain/ports.ts';
import { createStorageAccess } from '../../s3/access.ts';
import { FastClock, seededRandom } from '../support/time.ts';

export type Answer = Readonly<{ status?: number; headers?: Record<string, string>; body?: string; isCut?: boolean }>;
/** `hang-up`: the connection ends without an answer; `silence`: it stays open, and nothing comes. */
export type Reply = Answer | 'hang-up' | 'silence';
export type Asked = Readonly<{ method: string; url: string; headers: IncomingMessage['headers']; body: string }>;

/** A server that answers what a test tells it to, request by request; the last answer is repeated. */
export async function startDouble(reply: (asked: Asked, count: number) => Reply) {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const received: Buffer[] = [];
    request.on('data', (chunk: Buffer) => received.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(received).toString();
      const one: Asked = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body };
      asked.push(one);
      const answer = reply(one, asked.length);
      if (answer === 'silence') return;
      if (answer === 'hang-up') return void request.socket.destroy();
      const bytes = Buffer.from(answer.body ?? '');
      const length = { 'content-length': String(bytes.length + (answer.isCut ? 100 : 0)) };
      response.writeHead(answer.status ?? 200, { 'content-type': 'application/xml', ...length, ...answer.headers });
      if (!answer.isCut) return void response.end(bytes);
      response.write(bytes, () => request.socket.destroy());
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return { endpoint, asked, close };
}

/** A storage that talks to the double, with a clock that never waits. */
export async function storageAt(
  endpoint: string,
  more: Partial<Connection> = {},
): Promise<Storage & { clock: FastClock }> {
  const connection: Connection = { name: 'double', kind: 'sandbox', region: 'us-east-1', endpoint, ...more };
  const clock = new FastClock();
  const access = createStorageAccess({
    connections: { find: async () => connection },
    credentialsOf: () => async () => ({ accessKeyId: 'AKIADOUBLE', secretAccessKey: 'secret' }),
    clock,
    random: seededRandom(1),
  });
  const storage = await access.open({ connection: 'double', purpose: 'verify', buckets: ['photos'] });
  return Object.assign(storage, { clock });
}

export const errorBody = (code: string, more = ''): string =>
  `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>said so</Message>${more}</Error>`;
