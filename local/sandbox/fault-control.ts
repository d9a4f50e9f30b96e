import * as z from 'zod';
import type { FaultRule, FaultRules } from './faults.ts';
import type { SandboxAnswer } from './exchange.ts';

/** No bucket can have this name, so the path is free. */
export const FAULT_CONTROL_PATH = '/__sandbox/faults';

const fault = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('refuse'),
    code: z.string(),
    status: z.int().min(300).max(599).optional(),
    message: z.string().optional(),
  }),
  z.strictObject({
    kind: z.literal('error-in-200'),
    code: z.string(),
    message: z.string().optional(),
    hasEffect: z.boolean().optional(),
  }),
  z.strictObject({ kind: z.literal('lose-connection'), when: z.enum(['before-effect', 'after-effect']) }),
  z.strictObject({ kind: z.literal('spoil-body'), as: z.enum(['blank', 'html', 'truncated']) }),
  z.strictObject({ kind: z.literal('delay'), waitMs: z.number().min(0).max(600_000) }),
]);

const faultRule = z.strictObject({
  operation: z.string().optional(),
  bucket: z.string().optional(),
  keyPrefix: z.string().optional(),
  probability: z.number().min(0).max(1).optional(),
  nth: z.int().min(1).optional(),
  times: z.int().min(1).optional(),
  fault,
});

/**
 * Faults by HTTP, for those who hold the token: GET lists the rules, POST adds one and answers its id, DELETE removes
 * the one with `?id=`, or all of them.
 */
export function answerFaultControl(
  faults: FaultRules,
  request: { method: string; url: URL; authorization: string | undefined; body: string; token: string },
): SandboxAnswer {
  if (request.authorization !== `Bearer ${request.token}`) return json(401, { error: 'The control token is wrong.' });
  switch (request.method) {
    case 'GET':
      return json(200, faults.list());
    case 'POST':
      return addRule(faults, request.body);
    case 'DELETE': {
      const id = request.url.searchParams.get('id');
      if (id === null) faults.clear();
      return id === null || faults.remove(id) ? json(200, {}) : json(404, { error: `There is no fault ${id}.` });
    }
    default:
      return json(405, { error: 'Use GET, POST or DELETE.' });
  }
}

function addRule(faults: FaultRules, body: string): SandboxAnswer {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return json(400, { error: 'The body is not JSON.' });
  }
  const parsed = faultRule.safeParse(value);
  if (!parsed.success) return json(400, { error: z.prettifyError(parsed.error) });
  return json(201, { id: faults.add(withoutUndefined(parsed.data)) });
}

/** zod marks absent fields as `undefined`; rules leave them out. */
const withoutUndefined = (rule: z.infer<typeof faultRule>): FaultRule => JSON.parse(JSON.stringify(rule)) as FaultRule;

const json = (status: number, value: unknown): SandboxAnswer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});
