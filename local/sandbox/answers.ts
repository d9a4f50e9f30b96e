import { contentOf } from './bodies.ts';
import type { SandboxAnswer } from './exchange.ts';
import type { Fault } from './faults.ts';
import type { S3Problem } from './problem.ts';
import { tag } from './xml.ts';

/** The error document of S3 (S3 API reference, "Error responses"). */
export function errorDocument(problem: S3Problem, resource: string, requestId: string): string {
  const fields = Object.entries(problem.fields).map(([name, value]) => tag(name, value));
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error>' +
    tag('Code', problem.code) +
    tag('Message', problem.message) +
    fields.join('') +
    tag('Resource', resource) +
    tag('RequestId', requestId) +
    tag('HostId', 'bucket-migrator-sandbox') +
    '</Error>'
  );
}

export function errorAnswer(problem: S3Problem, resource: string, requestId: string): SandboxAnswer {
  const hasBody = problem.status !== 304;
  return {
    status: problem.status,
    headers: { ...(hasBody && { 'content-type': 'application/xml' }), ...problem.headers },
    body: hasBody ? errorDocument(problem, resource, requestId) : '',
  };
}

export const lostAnswer = (): SandboxAnswer => ({ status: 0, headers: {}, body: '', isLost: true });

const HTML_PAGE = '<!DOCTYPE html><html><head><title>Welcome</title></head><body><h1>It works!</h1></body></html>';

/** A 200 whose body is not what it should be: what proxies and broken gateways send. */
export function spoilBody(answer: SandboxAnswer, as: Extract<Fault, { kind: 'spoil-body' }>['as']): SandboxAnswer {
  switch (as) {
    case 'blank':
      return { ...answer, body: '' };
    case 'html':
      return { ...answer, headers: { ...answer.headers, 'content-type': 'text/html' }, body: HTML_PAGE };
    case 'truncated': {
      if (typeof answer.body !== 'string') return { ...answer, body: contentOf(new Uint8Array()) };
      return { ...answer, body: answer.body.slice(0, Math.floor(answer.body.length / 2)) };
    }
  }
}
