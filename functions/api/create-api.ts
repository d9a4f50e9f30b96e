import { Hono, type Context } from 'hono';
import { RequestInvalidError } from '../../domain/errors.ts';
import { createHandlers, type Call, type Handlers } from './handlers.ts';
import { HttpProblem, problemOf } from './http-problem.ts';
import { fieldProblemsOf } from './json-body.ts';
import type { ApiPorts, Operator } from './ports.ts';
import { routeTable, type Operation, type Route } from './routes.ts';
import { Turns } from './turns.ts';

/**
 * The HTTP API, the same under Lambda, in process and on a port. `turns` is shared with the janitor, so that they
 * never work on one job at once.
 */
export function createApi(ports: ApiPorts, turns = new Turns()): Hono {
  const app = new Hono();
  const handlers = createHandlers(ports, turns);
  for (const operation of Object.keys(routeTable) as Operation[]) addRoute(app, operation, handlers, ports);
  app.notFound((context) => answerProblem(notFound(context.req.path), ports));
  app.onError((error) => answerProblem(error, ports));
  return app;
}

function addRoute<Name extends Operation>(app: Hono, operation: Name, handlers: Handlers, ports: ApiPorts): void {
  const route = routeTable[operation];
  app.on(route.method.toUpperCase(), honoPath(route.path), async (context) => {
    const operator = route.isOpen ? NOBODY : await requireOperator(context.req.raw, ports);
    const call = {
      request: context.req.raw,
      part: (name: string) => context.req.param(name) ?? '',
      query: parseQuery(route, context),
      operator,
    };
    // The query was parsed by this very route's schema, which is what Call<Name> says.
    const response = await handlers[operation](call as Call<Name>);
    response.headers.set('cache-control', 'no-store');
    response.headers.set('x-content-type-options', 'nosniff');
    return response;
  });
}

const NOBODY: Operator = { name: '' };
const honoPath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ':$1');

async function requireOperator(request: Request, ports: ApiPorts): Promise<Operator> {
  const operator = await ports.authorize(request);
  if (operator) return operator;
  throw new HttpProblem(401, 'This needs the token of the running server.', {
    remedy: 'Open the address that the program printed when it started.',
    headers: { 'www-authenticate': 'Bearer' },
  });
}

function parseQuery(route: Route, context: Context): unknown {
  const given = Object.fromEntries(Object.entries(context.req.queries()).map(([name, values]) => [name, one(values)]));
  if (!route.query) return {};
  const parsed = route.query.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new RequestInvalidError(fieldProblemsOf(parsed.error.issues, 'parameter'));
}

/** Twice the same parameter is a list, which no schema here takes. */
const one = (values: string[]): string | string[] => (values.length === 1 ? (values[0] ?? '') : values);

function answerProblem(error: unknown, ports: ApiPorts): Response {
  const { view, headers, isUnexpected } = problemOf(error);
  if (isUnexpected) ports.onProblem?.(error);
  return new Response(JSON.stringify(view), {
    status: view.status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...headers,
    },
  });
}

function notFound(path: string): HttpProblem {
  const methods = Object.values(routeTable)
    .filter((route) => new RegExp(`^${route.path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path))
    .map((route) => route.method.toUpperCase());
  if (methods.length === 0) {
    return new HttpProblem(404, 'There is nothing at this address.', { remedy: 'See /api/openapi.json.' });
  }
  const allow = methods.join(', ');
  return new HttpProblem(405, `This address takes ${allow} only.`, { remedy: `Send ${allow}.`, headers: { allow } });
}
