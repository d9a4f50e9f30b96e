import { createHash, timingSafeEqual } from 'node:crypto';

/** The page needs nothing from anywhere else; styles stand inline because its components write them so. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

/**
 * A page of somebody else's can make the browser send requests here, under a name that it points at the loopback
 * (DNS rebinding), or across origins. The first shows in Host, the second in Origin and Sec-Fetch-Site.
 */
export function whyRefused(request: Request, port: number): string | undefined {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  const host = request.headers.get('host') ?? '';
  if (!hosts.includes(host)) return 'This server answers to its own address only.';
  if (request.method === 'GET' || request.method === 'HEAD') return undefined;
  const origin = request.headers.get('origin');
  if (origin !== null && origin !== `http://${host}`) return 'Pages of other origins may not change anything here.';
  const site = request.headers.get('sec-fetch-site');
  if (site !== null && site !== 'same-origin') return 'Pages of other sites may not change anything here.';
  return undefined;
}

/** Compares digests, whose length tells nothing of the token's. */
export function hasToken(request: Request, token: string): boolean {
  const given = /^Bearer (\S+)$/.exec(request.headers.get('authorization') ?? '')?.[1] ?? '';
  return timingSafeEqual(digestOf(given), digestOf(token));
}

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();
