import type * as z from 'zod';
import { RequestInvalidError, type FieldProblem } from '../../domain/errors.ts';
import { REQUEST_BYTES_MAX } from '../../domain/job-request.ts';
import { HttpProblem } from './http-problem.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The JSON document of a request. Rejects with an HttpProblem (413 over 64 KiB, 415 for any other content type,
 * or several) and with a RequestInvalidError for what is not JSON or holds a `__proto__` field.
 */
export async function readJsonBody(request: Request): Promise<unknown> {
  const contentType = request.headers.get('content-type') ?? '';
  // Two headers arrive joined by a comma, which no single JSON content type contains.
  if (!/^application\/json\s*(;\s*charset=utf-8\s*)?$/i.test(contentType)) {
    throw new HttpProblem(415, 'The request must have one content type, application/json.', {
      remedy: 'Send the header "Content-Type: application/json" once.',
    });
  }
  return parseStrictJson(await readText(request));
}

/** The same, of a body that may be left out: then it is an empty document. */
export async function readOptionalJsonBody(request: Request): Promise<unknown> {
  const isLeftOut = request.headers.get('content-type') === null && (await readText(request.clone())) === '';
  return isLeftOut ? {} : readJsonBody(request);
}

/** The document as its schema says; every field that is not is named. Rejects with RequestInvalidError. */
export function parseBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new RequestInvalidError(fieldProblemsOf(parsed.error.issues));
}

export const fieldProblemsOf = (issues: readonly z.core.$ZodIssue[], kind = 'field'): FieldProblem[] =>
  issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ field: key, message: `There is no ${kind} "${key}" here. Remove it.` }))
      : [{ field: issue.path.map(String).join('.'), message: issue.message }],
  );

async function readText(request: Request): Promise<string> {
  if (Number(request.headers.get('content-length') ?? 0) > REQUEST_BYTES_MAX) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of streamOf(request)) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > REQUEST_BYTES_MAX) throw tooLarge();
    chunks.push(chunk);
  }
  try {
    return utf8.decode(Buffer.concat(chunks));
  } catch {
    throw new RequestInvalidError([{ field: '', message: 'The request is not UTF-8.' }]);
  }
}

const streamOf = (request: Request): AsyncIterable<Uint8Array> => request.body ?? new Blob([]).stream();

const tooLarge = () =>
  new HttpProblem(413, `The request has more than ${REQUEST_BYTES_MAX} bytes.`, {
    remedy: 'Send a smaller request: a job names buckets, never lists of objects.',
  });

export function parseStrictJson(text: string): unknown {
  try {
    return JSON.parse(text, (field, value: unknown) => {
      if (field === '__proto__') throw new ForbiddenField();
      return value;
    }) as unknown;
  } catch (error) {
    const message =
      error instanceof ForbiddenField
        ? 'There is no field "__proto__" here. Remove it.'
        : 'The request is not a JSON document.';
    throw new RequestInvalidError([{ field: error instanceof ForbiddenField ? '__proto__' : '', message }]);
  }
}

/** Such a key reaches the prototype of whatever object it is later merged into. */
class ForbiddenField extends Error {}
