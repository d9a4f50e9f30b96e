import { describe, expect, test } from 'vitest';
import { paths } from '../../domain/job-documents.ts';
import type { NameDecision } from '../../domain/migration.ts';
import type { ConsentDocument } from '../../domain/proof.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { JobView } from '../../domain/views.ts';
import { ApiClient } from '../../local/cli/api-client.ts';
import { attend } from '../../local/cli/attend.ts';
import type { ConsentAhead } from '../../local/cli/migrate-request.ts';
import { TOKEN } from '../functions/api/api-world.ts';
import { DIGEST, MigrationWorld, TEMPORARY } from '../functions/api/migration-world.ts';
import { recordedTerminal } from './recorded-terminal.ts';

type Sitting = Readonly<{ types?: string[]; json?: boolean; ahead?: ConsentAhead; kind?: 'server' | 'this-process' }>;

/** The command line beside the real API. Once nothing is asked any more, the flow is ended, well. */
async function sit(world: MigrationWorld, { types, json = false, ahead, kind = 'server' }: Sitting = {}) {
  const { terminal, written, interrupt } = recordedTerminal({ isInteractive: types !== undefined, ...(types ? { types } : {}) }); // prettier-ignore
  const clock = {
    nowMs: (): EpochMs => world.clock.nowMs(),
    sleep: async () => {
      await world.passUntil('finished');
      world.flows.end(world.id, 'succeeded');
    },
  };
  const client = new ApiClient((path, init) => world.send(path, init), TOKEN);
  const place = { kind, client, close: async () => undefined } as const;
  const job = await world.job();
  const run = () => attend(job, { place, terminal, json, clock, ...(ahead ? { ahead } : {}) });
  return { run, written, interrupt };
}

const consentOf = (world: MigrationWorld) => world.documents.json<ConsentDocument>(paths.consent(world.id, 1));
const decisionOf = (world: MigrationWorld) => world.documents.json<NameDecision>(paths.answer(world.id, 'name'));

describe('at the consent, on a terminal', () => {
  test('it is said what is proven, what is deleted and from when nothing can be undone; the name typed goes on', async () => {
    const world = await MigrationWorld.at('proof-sealed');
    const { run, written } = await sit(world, { types: ['photos'] });

    expect(await run()).toBe(0);

    for (const part of [
      '10 objects, 1.2 KiB',
      '7 by equal MD5 ETags',
      'here:photos',
      TEMPORARY,
      'up to 72 h',
      DIGEST,
      'can only be made anew',
    ])
      // prettier-ignore
      expect(written.out.replaceAll('\n', ' ')).toContain(part);
    expect(consentOf(world)).toMatchObject({ digest: DIGEST, bucket: 'photos' });
  });

  test('a name that is not exactly it is asked for again, and nothing typed is not now', async () => {
    const world = await MigrationWorld.at('proof-sealed');
    const { run, written } = await sit(world, { types: ['photo', 'Photos', ''] });

    expect(await run()).toBe(4);

    expect(written.err.match(/not exactly it/g)).toHaveLength(2);
    expect(written.err).toContain(`bucket-migrator consent ${world.id} --bucket photos --digest ${DIGEST}`);
    expect(consentOf(world)).toBeUndefined();
  });

  test('five mistakes leave it for later', async () => {
    const world = await MigrationWorld.at('proof-sealed');
    const { run } = await sit(world, { types: Array.from({ length: 9 }, () => 'wrong') });

    expect(await run()).toBe(4);
  });

  test('where versions are lost their number is typed too', async () => {
    const world = await MigrationWorld.at('proof-sealed');
    await world.seal({ lostVersionCount: 1042 });
    const { run, written } = await sit(world, { types: ['photos', '1042'] });

    expect(await run()).toBe(0);

    expect(written.out).toContain('lost for ever: 1,042 older versions');
    expect(consentOf(world)).toMatchObject({ lostVersionCount: 1042 });
  });

  test('a proof that has changed meanwhile is said, and shown anew', async () => {
    const world = await MigrationWorld.at('proof-sealed');
    const { run, written } = await sit(world, { types: ['photos', ''] });
    const shown = world.send;
    world.send = async (path, init) => {
      if (path.endsWith('/consent')) await world.seal({ digest: 'f'.repeat(64) });
      return shown(path, init);
    };

    expect(await run()).toBe(4);

    expect(written.err).toContain('proven anew since you looked');
    expect(written.out).toContain(`Digest of the proof: ${'f'.repeat(64)}`);
  });
});

describe('at the consent, without a terminal', () => {
  test('it ends with 4, changes nothing and says how to go on, beside the lines for programs', async () => {
    const world = await MigrationWorld.at('proof-sealed');
    const { run, written } = await sit(world, { json: true });

    expect(await run()).toBe(4);

    const lines = written.out.trim().split('\n').map((line) => JSON.parse(line) as JobView); // prettier-ignore
    expect(lines.at(-1)?.migration?.question?.question).toBe('consent');
    expect(written.err).toContain(`bucket-migrator consent ${world.id} --bucket photos --digest ${DIGEST}`);
    expect(consentOf(world)).toBeUndefined();
  });

  test('consent that was typed with the command is given to what is proven now', async () => {
    const world = await MigrationWorld.at('proof-sealed');
    const { run } = await sit(world, { json: true, ahead: { bucket: 'photos', lostVersionCount: 0 } });

    expect(await run()).toBe(0);
    expect(consentOf(world)).toMatchObject({ digest: DIGEST });
  });

  test('consent that was typed with the command does not cover versions that are lost', async () => {
    const world = await MigrationWorld.at('proof-sealed');
    await world.seal({ lostVersionCount: 3 });
    const { run, written } = await sit(world, { json: true, ahead: { bucket: 'photos', lostVersionCount: 0 } });

    expect(await run()).toBe(4);
    expect(consentOf(world)).toBeUndefined();
    expect(written.err).toContain('--lost-versions 3');
  });
});

describe('at a name that is taken', () => {
  const taken = async (): Promise<MigrationWorld> => {
    const world = await MigrationWorld.at('source-deleted');
    await world.waitForName({ lastOutcome: 'occupied' });
    return world;
  };

  test.each([
    ['keep-waiting', { choice: 'keep-waiting' }],
    ['other-name photos-2', { choice: 'other-name', bucket: 'photos-2' }],
    ['  rebuild-source  ', { choice: 'rebuild-source', bucket: 'photos' }],
    ['keep-temporary', { choice: 'keep-temporary' }],
  ])('"%s" is a decision', async (typed, decision) => {
    const world = await taken();
    const { run, written } = await sit(world, { types: [typed] });

    expect(await run()).toBe(0);

    expect(decisionOf(world)).toMatchObject(decision);
    expect(written.out).toContain(`safe in the temporary bucket ${TEMPORARY}`);
  });

  test.each([[['']], [['whatever']], [undefined]])(
    'without one (%j) it ends with 4 and goes on asking',
    async (types) => {
      const world = await taken();
      const { run, written } = await sit(world, types ? { types: [...types] } : {});

      expect(await run()).toBe(4);
      expect(written.err).toContain(`bucket-migrator decide ${world.id} CHOICE`);
      expect(decisionOf(world)).toBeUndefined();
    },
  );
});

describe('in quarantine', () => {
  test.each([
    ['server', 'The server deletes it then.'],
    ['this-process', 'follow'],
  ] as const)('it ends with 0 and says until when the temporary bucket stays (%s)', async (kind, told) => {
    const world = await MigrationWorld.at('configured');
    const { run, written } = await sit(world, { kind });

    expect(await run()).toBe(0);

    expect(written.err).toContain(`${TEMPORARY} stays until 2026-11-27T12:00:00.000Z`);
    expect(written.err).toContain(told);
  });
});

describe('Ctrl-C', () => {
  test.each([
    ['server', 'goes on in the server'],
    ['this-process', 'waits where it is; the source bucket stays frozen'],
  ] as const)('never brings a migration back by itself (%s)', async (kind, told) => {
    const world = await MigrationWorld.at('copied');
    const { run, written, interrupt } = await sit(world, { kind });
    interrupt();

    expect(await run()).toBe(3);

    expect(written.err).toContain(told);
    expect(world.flows.calls).toEqual([]);
  });
});
