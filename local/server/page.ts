import { readFile } from 'node:fs/promises';
import { extname, resolve, sep } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.map': 'application/json',
};

/**
 * The built page. An address that is no file of it is one of the page's own screens, which the page itself tells
 * apart; but a missing asset stays missing, or an old page would get HTML for its scripts.
 */
export async function servePage(directory: string, path: string): Promise<Response> {
  const isAsset = path.startsWith('/assets/');
  const file = isAsset || extname(path) !== '' ? await readInside(directory, path) : undefined;
  if (file) return fileResponse(file, extname(path), isAsset);
  if (isAsset) return new Response('Not found', { status: 404, headers: { 'content-type': 'text/plain' } });
  const page = await readInside(directory, '/index.html');
  if (page) return fileResponse(page, '.html', false);
  return new Response('The page is not built: run "npm run build".', {
    status: 503,
    headers: { 'content-type': 'text/plain' },
  });
}

/** Assets have the hash of their content in their names. */
function fileResponse(body: Uint8Array<ArrayBuffer>, extension: string, isAsset: boolean): Response {
  return new Response(body, {
    headers: {
      'content-type': TYPES[extension] ?? 'application/octet-stream',
      'cache-control': isAsset ? 'public, max-age=31536000, immutable' : 'no-cache',
    },
  });
}

async function readInside(directory: string, path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const root = resolve(directory);
  const file = resolve(root, `.${decoded(path)}`);
  if (!file.startsWith(root + sep)) return undefined;
  try {
    return new Uint8Array(await readFile(file));
  } catch {
    return undefined;
  }
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path).replaceAll('\0', '');
  } catch {
    return '/';
  }
}
