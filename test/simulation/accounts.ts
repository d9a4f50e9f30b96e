import type { Connection } from '../../domain/connection.ts';
import type { PolicyDocument } from '../../local/sandbox/policy-document.ts';
import type { SandboxSetup } from '../../local/sandbox/world.ts';

/** The two accounts of the person, a stranger's, and the one where the product lives. */
export const OURS = { a: '111100001111', b: '222200002222' } as const;
export const STRANGER = '333300003333';
const TOOL = '999900009999';

export type Owner = 'a' | 'b' | 'stranger';
export const administratorKey = (owner: Owner): string => `AKIAADMIN${owner.toUpperCase()}`;
const TOOL_KEY = 'AKIATOOL';
const ROLE = 'bucket-migrator';
export const roleArn = (side: keyof typeof OURS): string => `arn:aws:iam::${OURS[side]}:role/${ROLE}`;

const everything: PolicyDocument = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }],
};
/** A role that may do anything: then only our own care keeps the objects. */
export const roleOf = (policies: PolicyDocument[] = [everything]) => ({
  name: ROLE,
  policies,
  trustPolicy: {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${TOOL}:user/tool` }, Action: 'sts:AssumeRole' }],
  } satisfies PolicyDocument,
});

const administrator = (owner: Owner) => ({
  name: 'administrator',
  accessKeyId: administratorKey(owner),
  secretAccessKey: 'secret',
  isAdministrator: true,
});

export const accounts = (): SandboxSetup['accounts'] => [
  { id: OURS.a, name: 'a', users: [administrator('a')], roles: [roleOf()] },
  { id: OURS.b, name: 'b', users: [administrator('b')], roles: [roleOf()] },
  { id: STRANGER, name: 'stranger', users: [administrator('stranger')], roles: [] },
  {
    id: TOOL,
    name: 'tool',
    users: [
      {
        name: 'tool',
        accessKeyId: TOOL_KEY,
        secretAccessKey: 'secret',
        policies: [
          { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*' }] },
        ],
      },
    ],
    roles: [],
  },
];

export const connections = (): Connection[] =>
  (['a', 'b'] as const).map((name) => ({
    name,
    kind: 'sandbox',
    region: 'us-east-1',
    endpoint: 'http://sandbox.test',
    addressing: 'path',
    accessKeyId: TOOL_KEY,
    secretAccessKey: 'secret',
    roleArn: roleArn(name),
  }));
