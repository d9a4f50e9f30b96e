import { ApiError, problemOf, ServerGoneError } from './problem.ts';
import type { TokenStore } from './token.ts';

export type Ask = Readonly<{
  method?: 'GET' | 'POST' | 'PUT';
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
}>;

export interface Http {
  /** The parsed answer. Rejects with an ApiError (the server said no) or a ServerGoneError (nobody answered). */
  json<Answer>(path: string, ask?: Ask): Promise<Answer>;
  /** The answer as a file. */
  blob(path: string): Promise<Blob>;
}

type Fetch = (path: string, init: RequestInit) => Promise<Response>;

export function openHttp(fetch: Fetch, token: TokenStore): Http {
  const send = async (path: string, ask: Ask): Promise<Response> => {
    const response = await reach(fetch, path, initOf(ask, token.read()));
    if (response.ok) return response;
    if (response.status === 401) token.forget();
    throw new ApiError(problemOf(response.status, await bodyOf(response)));
  };
  return {
    json: async <Answer>(path: string, ask: Ask = {}) => (await bodyOf(await send(path, ask))) as Answer,
    blob: async (path) => (await send(path, {})).blob(),
  };
}

function initOf({ method = 'GET', body, headers, signal }: Ask, token: string | undefined): RequestInit {
  return {
    method,
    headers: {
      accept: 'application/json, application/problem+json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
    cache: 'no-store',
    credentials: 'omit',
  };
}

async function reach(fetch: Fetch, path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init);
  } catch (cause) {
    if (init.signal?.aborted) throw cause;
    throw new ServerGoneError('no answer', { cause });
  }
}

/** Undefined for an answer without a body or with one that is not JSON. */
async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}
