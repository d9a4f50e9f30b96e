import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApi } from '../../functions/api/create-api.ts';
import { hasToken } from '../../local/server/security.ts';
import { startServer, type RunningServer } from '../../local/server/server.ts';
import { ApiWorld } from '../functions/api/api-world.ts';

let folder: string;
let server: RunningServer;
const changed: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'page-'));
  await mkdir(join(folder, 'page/assets'), { recursive: true });
  await writeFile(join(folder, 'page/index.html'), '<title>the page</title>');
  await writeFile(join(folder, 'page/assets/app-1a2b.js'), 'the script');
  await writeFile(join(folder, 'secret.txt'), 'the secret');
  const api = new Hono().get('/api/jobs', (context) => context.json({ jobs: [] }));
  api.post('/api/jobs', (context) => {
    changed.push('job');
    return context.json({}, 201);
  });
  server = await startServer({ api, pageDirectory: join(folder, 'page') });
});

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

type Answer = { status: number; headers: Record<string, unknown>; text: string };

/** Sends exactly this path and these headers, which fetch would tidy. */
function send(method: string, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port: server.port, method, path, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    request.on('error', reject).end();
  });
}

describe('a page of somebody else cannot use the server', () => {
  test.each(['evil.example', '127.0.0.1', 'localhost', '127.0.0.1:1', '[::1]:80', '0.0.0.0:80'])(
    'under the host name "%s" nothing is answered',
    async (host) => {
      const answer = await send('GET', '/api/jobs', { host });

      expect([400, 403]).toContain(answer.status);
      expect(answer.text).not.toContain('jobs');
    },
  );

  test.each([
    [{ origin: 'http://evil.example' }],
    [{ origin: 'null' }],
    [{ origin: 'http://127.0.0.1:1' }],
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
    [{ 'sec-fetch-site': 'none' }],
  ])('a change that says %o is refused', async (headers: Record<string, string>) => {
    changed.length = 0;

    const answer = await send('POST', '/api/jobs', headers);

    expect(answer.status).toBe(403);
    expect(changed).toEqual([]);
  });

  test('its own page and programs without a browser may change things', async () => {
    const own = { origin: server.url, 'sec-fetch-site': 'same-origin' };

    expect((await send('POST', '/api/jobs', own)).status).toBe(201);
    expect((await send('POST', '/api/jobs')).status).toBe(201);
    const localhost = `localhost:${server.port}`;
    expect((await send('POST', '/api/jobs', { host: localhost, origin: `http://${localhost}` })).status).toBe(201);
  });

  test('no answer invites other origins, and every one says what a browser may do with it', async () => {
    for (const path of ['/', '/api/jobs', '/assets/app-1a2b.js', '/api/nothing']) {
      const { headers } = await send('GET', path, { host: `127.0.0.1:${server.port}`, origin: 'http://evil.example' });

      expect(headers['access-control-allow-origin']).toBeUndefined();
      expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'");
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['referrer-policy']).toBe('no-referrer');
      expect(headers['cross-origin-opener-policy']).toBe('same-origin');
      expect(headers['set-cookie']).toBeUndefined();
    }
  });
});

test('somebody who sends without end is refused after 64 KiB, and the others are still answered', async () => {
  const api = createApi({ ...new ApiWorld().ports, authorize: async () => ({ name: 'operator' }) });
  const real = await startServer({ api, pageDirectory: folder });
  try {
    const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(16_384).fill(32)) });
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: endless, duplex: 'half' };

    const refused = await fetch(`${real.url}/api/jobs`, init).then(
      (response) => response.status,
      () => 'cut off', // the answer may be lost when the connection is closed under the sending
    );

    expect([413, 'cut off']).toContain(refused);
    expect((await fetch(`${real.url}/api/health`)).status).toBe(200);
  } finally {
    await real.close();
  }
});

describe('the page', () => {
  test.each(['/', '/jobs/copy-20261120-0123456789ab', '/new', '/connections'])('%s is the page', async (path) => {
    const answer = await send('GET', path);

    expect(answer.text).toBe('<title>the page</title>');
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(answer.headers['cache-control']).toBe('no-cache');
  });

  test('its assets are kept for ever, and one that is gone is not the page', async () => {
    const script = await send('GET', '/assets/app-1a2b.js');
    const gone = await send('GET', '/assets/app-old.js');

    expect(script.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(script.headers['content-type']).toBe('text/javascript; charset=utf-8');
    expect(gone.status).toBe(404);
  });

  test.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/assets/%2e%2e%2f%2e%2e%2fsecret.txt',
    '/assets/..%5c..%5csecret.txt',
    '/assets/%00secret.txt',
    '/assets/%ff.js',
    '//secret.txt',
  ])('%s does not lead out of its folder', async (path) => {
    const answer = await send('GET', path);

    expect(answer.text).not.toContain('the secret');
  });
});

test.each([
  ['Bearer right', true],
  ['Bearer wrong', false],
  ['Bearer right ', true], // white space around a header's value is not part of it
  ['bearer right', false],
  ['right', false],
  ['Bearer ', false],
  ['', false],
])('the header "%s" opens: %s', (authorization, opens) => {
  const request = new Request('http://127.0.0.1/', { headers: { authorization } });

  expect(hasToken(request, 'right')).toBe(opens);
});
