import { describe, expect, test } from 'vitest';
import { openApi } from '../../web/api/api.ts';
import { openHttp } from '../../web/api/http.ts';
import { ApiError, explain, isBucketMissing, problemOf, ServerGoneError } from '../../web/api/problem.ts';
import { openTokenStore, tokenIn, type Place } from '../../web/api/token.ts';

/** A browser's window, as far as the token knows it. */
function aTab(hash: string, stored: Record<string, string> = {}) {
  const shown: string[] = [];
  const place: Place = {
    location: { hash, pathname: '/jobs/1', search: '?tab=flow' },
    history: { state: null, replaceState: (_state, _unused, address) => void shown.push(String(address)) },
    sessionStorage: {
      getItem: (name) => stored[name] ?? null,
      setItem: (name, value) => void (stored[name] = value),
      removeItem: (name) => void delete stored[name],
    },
  };
  return { place, shown, stored };
}

describe('the token', () => {
  test('is taken out of the address at once and survives a reload', () => {
    const first = aTab('#token=abc123-secret');
    const token = openTokenStore(first.place);

    expect(token.read()).toBe('abc123-secret');
    expect(first.shown).toEqual(['/jobs/1?tab=flow']);
    expect(openTokenStore(aTab('', first.stored).place).read()).toBe('abc123-secret');
  });

  test('is forgotten everywhere when the server refuses it', () => {
    const tab = aTab('#token=abc123-secret');
    const token = openTokenStore(tab.place);
    let changes = 0;
    token.subscribe(() => (changes += 1));

    token.forget();

    expect(token.read()).toBeUndefined();
    expect(tab.stored).toEqual({});
    expect(changes).toBe(1);
  });

  test('works for the tab when the browser forbids storage', () => {
    const refuse = () => {
      throw new Error('denied');
    };
    const { place } = aTab('#token=abc123-secret');
    const token = openTokenStore({
      ...place,
      sessionStorage: { getItem: refuse, setItem: refuse, removeItem: refuse },
    });

    expect(token.read()).toBe('abc123-secret');
  });

  test.each([
    ['Bucket Migrator is ready: http://127.0.0.1:4000/#token=abc123-secret', 'abc123-secret'],
    ['#token=abc123-secret', 'abc123-secret'],
    ['  abc123-secret ', 'abc123-secret'],
    ['http://127.0.0.1:4000/', undefined],
    ['', undefined],
  ])('is found in "%s"', (text, token) => {
    expect(tokenIn(text)).toBe(token);
  });
});

type Sent = { path: string; init: RequestInit };

function aServer(answer: () => Response) {
  const sent: Sent[] = [];
  const tab = aTab('#token=abc123-secret');
  const token = openTokenStore(tab.place);
  const http = openHttp(async (path, init) => {
    sent.push({ path, init });
    return answer();
  }, token);
  return { api: openApi(http), sent, token };
}

const problem = (status: number, body: unknown) => () => new Response(JSON.stringify(body), { status });

describe('requests', () => {
  test('carry the token in a header and never in the address', async () => {
    const { api, sent } = aServer(() => Response.json({ jobs: [] }));

    await api.jobs();

    expect(sent[0]?.path).toMatch(/^\/api\/jobs\?limit=\d+$/);
    expect(sent[0]?.init.headers).toMatchObject({ authorization: 'Bearer abc123-secret' });
  });

  test('names and prefixes cannot leave their place in the address', async () => {
    const { api, sent } = aServer(() => Response.json({}));

    await api.bucket('a/b', 'c?d', 'x&y=1#/../');

    expect(sent[0]?.path).toBe('/api/connections/a%2Fb/buckets/c%3Fd?prefix=x%26y%3D1%23%2F..%2F');
  });

  test('a start carries its idempotency key', async () => {
    const { api, sent } = aServer(() => Response.json({ id: 'copy-1' }));

    await api.startJob(
      { kind: 'copy', source: { connection: 'a', bucket: 'b' }, destination: { connection: 'c', bucket: 'd' } },
      'key-1',
    );

    expect(sent[0]?.init.headers).toMatchObject({ 'idempotency-key': 'key-1', 'content-type': 'application/json' });
  });

  test('a refusal keeps its title, cause, remedy, job and fields', async () => {
    const body = {
      type: 'about:blank',
      title: 'Another job holds the bucket',
      status: 409,
      detail: 'photos is used.',
      remedy: 'Wait.',
      job: 'copy-1',
      errors: [{ field: 'source.bucket', message: 'No.' }],
    };
    const { api } = aServer(problem(409, body));

    const error: unknown = await api.jobs().catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(ApiError);
    expect(explain(error)).toEqual({
      title: 'Another job holds the bucket',
      detail: 'photos is used.',
      remedy: 'Wait.',
      job: 'copy-1',
    });
    expect(error).toMatchObject({ status: 409, errors: body.errors });
  });

  test('an answer that is not an explanation still says something readable', () => {
    expect(problemOf(502, undefined)).toMatchObject({ title: 'The server answered 502', status: 502 });
    expect(problemOf(404, { title: 'No', detail: 'No type.' })).toMatchObject({ type: 'about:blank', status: 404 });
    expect(problemOf(500, '<html>')).toMatchObject({ title: 'The server answered 500' });
  });

  test('a refused token is dropped, so that the page asks for a new one', async () => {
    const { api, token } = aServer(problem(401, { title: 'No', detail: 'No' }));

    await api.jobs().catch(() => undefined);

    expect(token.read()).toBeUndefined();
  });

  test('nobody answering is told apart from a refusal', async () => {
    const { api } = aServer(() => {
      throw new TypeError('fetch failed');
    });

    await expect(api.jobs()).rejects.toBeInstanceOf(ServerGoneError);
    expect(explain(new ServerGoneError('x')).remedy).toContain('npm start');
  });

  test('a bucket that does not exist is told apart from a connection that does not', () => {
    const missing = (name: string) =>
      new ApiError({ type: `urn:bucket-migrator:problem:${name}`, title: '', status: 404, detail: '' });

    expect(isBucketMissing(missing('BucketMissingError'))).toBe(true);
    expect(isBucketMissing(missing('ConnectionMissingError'))).toBe(false);
  });
});
