import * as z from 'zod';
import { routeTable, type Route } from './routes.ts';
import { problemView } from './view-schemas.ts';

/** OpenAPI 3.1, whose schemas are JSON Schema 2020-12 as zod writes them. */
export function openApiDocument(version: string): Record<string, unknown> {
  const operations: Record<string, Record<string, unknown>> = {};
  for (const [operation, route] of Object.entries(routeTable)) {
    operations[route.path] = { ...operations[route.path], [route.method]: operationOf(operation, route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Bucket Migrator',
      version,
      description: 'Copies and migrates S3 buckets, verified object by object.',
    },
    paths: operations,
    components: {
      schemas: { Problem: schemaOf(problemView, 'output') },
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
    security: [{ token: [] }],
  };
}

function operationOf(operation: string, route: Route): Record<string, unknown> {
  return {
    operationId: operation,
    summary: route.summary,
    ...(route.isOpen ? { security: [] } : {}),
    parameters: [
      ...pathParameters(route.path),
      ...parametersOf('query', route.query),
      ...parametersOf('header', route.headers),
    ],
    ...(route.body
      ? {
          requestBody: {
            required: route.isBodyOptional !== true,
            content: { 'application/json': { schema: schemaOf(route.body, 'input') } },
          },
        }
      : {}),
    responses: { ...Object.fromEntries(answersOf(route)), ...Object.fromEntries(problemsOf(route)) },
  };
}

const pathParameters = (path: string): unknown[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));

function parametersOf(place: 'query' | 'header', schema: z.ZodObject | undefined): unknown[] {
  if (!schema) return [];
  return Object.entries(schema.shape as Record<string, z.ZodType>).map(([name, field]) => {
    return { name, in: place, required: false, schema: schemaOf(field, 'output') };
  });
}

function answersOf(route: Route): [string, unknown][] {
  return Object.entries(route.answers).map(([status, answer]) => [
    status,
    { description: status === '201' ? 'Made.' : 'As asked.', content: contentOf(answer) },
  ]);
}

function contentOf(answer: Route['answers'][number]): Record<string, unknown> {
  if (answer === 'text/csv') return { 'text/csv': { schema: { type: 'string' } } };
  if (answer === 'application/schema') return { 'application/json': { schema: { type: 'object' } } };
  return { 'application/json': { schema: schemaOf(answer, 'output') } };
}

function problemsOf(route: Route): [string, unknown][] {
  const statuses = [...route.problems, ...(route.isOpen ? [] : [401]), 500];
  return statuses.map((status) => [
    String(status),
    {
      description: 'A problem (RFC 9457).',
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  ]);
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}
