import type { ProblemView } from '../../domain/views.ts';

/** What the API answered instead of a result. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly view: ProblemView;

  constructor(view: ProblemView) {
    super(view.detail);
    this.view = view;
  }
}

export type Send = (path: string, init: RequestInit) => Promise<Response>;

/** The product's API, over a port or in this process: the same calls either way. */
export class ApiClient {
  private readonly send: Send;
  private readonly token: string;

  constructor(send: Send, token: string) {
    this.send = send;
    this.token = token;
  }

  /** Rejects with ApiProblem, and with whatever the way there rejects with. */
  async call<T>(
    method: 'GET' | 'PUT' | 'POST',
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<T> {
    const response = await this.send(path, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw new ApiProblem(answer as ProblemView);
    return answer as T;
  }
}

export const clientOfServer = (address: string, token: string): ApiClient =>
  new ApiClient((path, init) => fetch(address + path, init), token);

/** `fetch` of the API itself: no port, no server, the same doors. */
export const clientInProcess = (
  api: { fetch: (request: Request) => Response | Promise<Response> },
  token: string,
): ApiClient =>
  new ApiClient(async (path, init) => api.fetch(new Request(`http://in-this-process${path}`, init)), token);
