import { S3Problem } from './problem.ts';

export type OneOrMany<T> = T | readonly T[];
export type PrincipalElement = '*' | Readonly<Record<string, OneOrMany<string>>>;
export type ConditionBlock = Readonly<Record<string, Readonly<Record<string, OneOrMany<string | number | boolean>>>>>;

/** The JSON of IAM, session, trust and bucket policies (IAM user guide, policy elements reference). */
export type PolicyStatement = Readonly<{
  Sid?: string;
  Effect: 'Allow' | 'Deny';
  Principal?: PrincipalElement;
  NotPrincipal?: PrincipalElement;
  Action?: OneOrMany<string>;
  NotAction?: OneOrMany<string>;
  Resource?: OneOrMany<string>;
  NotResource?: OneOrMany<string>;
  Condition?: ConditionBlock;
}>;

export type PolicyDocument = Readonly<{ Version?: string; Id?: string; Statement: OneOrMany<PolicyStatement> }>;

export const ALLOW_EVERYTHING: PolicyDocument = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
};

export const listOf = <T>(value: OneOrMany<T> | undefined): readonly T[] =>
  value === undefined ? [] : Array.isArray(value) ? (value as readonly T[]) : [value as T];

export const statementsOf = (policy: PolicyDocument): readonly PolicyStatement[] => listOf(policy.Statement);

const STATEMENT_FIELDS = new Set([
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
]);

export const malformedPolicy = (message: string): S3Problem => new S3Problem('MalformedPolicy', message);

const parsedBefore = new Map<string, PolicyDocument>();
const PARSED_COUNT_MAX = 1000;

/** Parses and checks the shape, each text once; throws MalformedPolicy with the reason. */
export function parsePolicyDocument(text: string): PolicyDocument {
  const known = parsedBefore.get(text);
  if (known) return known;
  const document = parse(text);
  if (parsedBefore.size >= PARSED_COUNT_MAX) parsedBefore.clear();
  parsedBefore.set(text, document);
  return document;
}

function parse(text: string): PolicyDocument {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw malformedPolicy('This policy contains invalid Json');
  }
  if (!isRecord(document) || document['Statement'] === undefined) {
    throw malformedPolicy('Missing required field Statement');
  }
  for (const statement of listOf(document['Statement'] as OneOrMany<unknown>)) checkStatement(statement);
  return document as PolicyDocument;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isTexts = (value: unknown): boolean =>
  typeof value === 'string' || (Array.isArray(value) && value.every((item) => typeof item === 'string'));

function checkStatement(statement: unknown): void {
  if (!isRecord(statement)) throw malformedPolicy('Statement must be an object');
  const unknownField = Object.keys(statement).find((field) => !STATEMENT_FIELDS.has(field));
  if (unknownField !== undefined) throw malformedPolicy(`Unknown field ${unknownField}`);
  if (statement['Effect'] !== 'Allow' && statement['Effect'] !== 'Deny') throw malformedPolicy('Invalid effect');
  const action = statement['Action'] ?? statement['NotAction'];
  if (!isTexts(action)) throw malformedPolicy('Missing required field Action');
  const resource = statement['Resource'] ?? statement['NotResource'];
  if (resource !== undefined && !isTexts(resource)) throw malformedPolicy('Policy has invalid resource');
  for (const field of ['Principal', 'NotPrincipal']) checkPrincipal(statement[field]);
  checkConditions(statement['Condition']);
}

function checkPrincipal(principal: unknown): void {
  if (principal === undefined || principal === '*') return;
  if (!isRecord(principal) || !Object.values(principal).every(isTexts)) {
    throw malformedPolicy('Invalid principal in policy');
  }
}

function checkConditions(condition: unknown): void {
  if (condition === undefined) return;
  if (!isRecord(condition) || !Object.values(condition).every(isRecord)) {
    throw malformedPolicy('Invalid Condition type');
  }
}
