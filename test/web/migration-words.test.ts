import { describe, expect, test } from 'vitest';
import { SETTINGS } from '../../domain/bucket-configuration/catalogue.ts';
import { stopEffectOf, type MigrationStage, type NameDecision } from '../../domain/migration.ts';
import { PHASES } from '../../domain/phases.ts';
import type { ConfigurationItemView, JobView, MigrationView } from '../../domain/views.ts';
import { settingsShown, settingsSummary } from '../../web/words/configuration.ts';
import {
  decisionOf,
  destroyedFacts,
  lossTexts,
  nameAnswerText,
  nameChoiceTexts,
  nothingToDecideText,
  turnsOf,
} from '../../web/words/decision.ts';
import { canRedrive, canStop, jobName, phaseText, statusText } from '../../web/words/job.ts';
import { needsDecision, provenText, safetyText } from '../../web/words/migration.ts';
import { phaseBars } from '../../web/words/phases.ts';
import { stopWords } from '../../web/words/stopping.ts';
import { formatWhen } from '../../web/words/times.ts';
import { at, someJob } from './some-job.ts';
import { someMigration, someProof, someWait } from './some-migration.ts';

const HOUR = 3_600_000;
const unasked = (phase: JobView['phase'], more: Partial<JobView> = {}): JobView => {
  const { question: _none, ...migration } = someMigration().migration ?? { outstanding: [] };
  return { ...someMigration(), phase, migration: migration as NonNullable<JobView['migration']>, ...more };
};

describe('a migration in words', () => {
  const running: [JobView, string][] = [
    [unasked('freezing'), 'Freezing the source and making the temporary bucket'],
    [unasked('proving'), 'Proving both sides once more'],
    [unasked('waiting-for-consent'), 'Getting ready to ask you'],
    [someMigration(), 'Needs your decision: may the source be deleted?'],
    [unasked('emptying'), 'Emptying and deleting the source'],
    [someWait(), 'Waiting for the name, 3 h'],
    [
      someWait({}, { question: { question: 'name', sinceMs: at(1) } }),
      'Needs your decision: the name does not come free',
    ],
    [unasked('creating-bucket'), 'Making "photos" at the destination'],
    [unasked('copying-back', { copiedCount: 700 }), 'Copying back 700 of 1,204'],
    [unasked('verifying-back', { verifiedCount: 9 }), 'Verifying again 9 of 1,204'],
    [unasked('configuring'), 'Putting the bucket’s settings in place'],
    [unasked('undoing'), 'Bringing everything back to the source'],
    [unasked('undone', { status: 'stopped' }), 'Brought back: the source is as it was'],
    [unasked('waiting-for-name', { status: 'failed' }), 'Failed while waiting for the name'],
    [unasked('finished', { status: 'succeeded' }), '1,204 objects moved with the bucket’s name and verified'],
  ];
  test.each(running)('%#: it reads "%s"', (job, text) => {
    expect(phaseText({ ...job, asOfMs: at(1_200_000 + 3 * HOUR) })).toBe(text);
  });

  test('in quarantine it says that everything is verified, and until when the temporary bucket is kept', () => {
    const endsAtMs = at(8 * 24 * HOUR);
    const job = someMigration({ phase: 'quarantine', migration: { quarantine: { beganAtMs: at(1), endsAtMs } } });

    expect(phaseText(job)).toBe(`Verified, temporary bucket kept until ${formatWhen(endsAtMs)}`);
  });

  test('every phase has words for running, failing and being stopped', () => {
    for (const phase of PHASES) {
      for (const status of ['running', 'failed', 'stopped'] as const) {
        expect(phaseText(unasked(phase, { status })), phase).not.toMatch(/undefined|^$/);
      }
    }
  });

  const ends: [Partial<NonNullable<MigrationView['finalBucket']>>, NameDecision['choice'] | undefined, string][] = [
    [{}, undefined, '1,204 objects moved with the bucket’s name and verified'],
    [{}, 'keep-waiting', '1,204 objects moved with the bucket’s name and verified'],
    [{ bucket: 'other' }, 'other-name', '1,204 objects moved to "other" and verified'],
    [
      { connection: 'here' },
      'rebuild-source',
      '1,204 objects verified in "photos", made again with the connection "here"',
    ],
    [{ bucket: 'mig-1', isTemporary: true }, 'keep-temporary', '1,204 objects verified; they stay in "mig-1"'],
  ];
  test.each(ends)('ended in %j after "%s" it reads "%s"', (where, choice, text) => {
    const finalBucket = {
      connection: 'there',
      bucket: 'photos',
      region: 'eu-west-1',
      claimedAtMs: at(1),
      isTemporary: false,
      ...where,
    };
    const job = someWait(choice ? { decision: { choice, by: 'ada', atMs: at(1) } } : {}, {
      stage: 'finished',
      finalBucket,
    });

    expect(phaseText({ ...job, status: 'succeeded', phase: 'finished' })).toBe(text);
  });

  test('it is called by its bucket and the way it goes, because the name stays', () => {
    expect(jobName(someMigration())).toBe('photos: here → there');
  });

  const statuses: [JobView, string][] = [
    [someMigration(), 'Needs your decision'],
    [unasked('copying'), 'Running'],
    [unasked('quarantine'), 'In quarantine'],
    [unasked('undoing'), 'Being brought back'],
    [unasked('undone', { status: 'stopped' }), 'Brought back'],
    [unasked('emptying', { status: 'failed' }), 'Failed'],
  ];
  test.each(statuses)('%#: its status reads "%s"', (job, text) => {
    expect(statusText(job)).toBe(text);
  });

  test('in quarantine nobody has to decide', () => {
    const question = { question: 'quarantine' as const, sinceMs: at(1) };

    expect(needsDecision(someMigration({ migration: { question } }))).toBe(false);
    expect(needsDecision(someMigration())).toBe(true);
    expect(needsDecision(someJob())).toBe(false);
  });

  test.each([
    ['beginning', 'Nothing is deleted. Every object is in "photos".'],
    ['emptying', 'Every object is in "mig-temporary-abc123". "photos" is being emptied.'],
    ['deleted', 'Every object is in "mig-temporary-abc123". "photos" is deleted, and its name is waited for.'],
    ['returning', 'Every object is in "mig-temporary-abc123", and goes back from there.'],
    ['returned', 'Every object is verified in "photos".'],
  ] as const)('at "%s" it says where every object is', (stage, text) => {
    expect(safetyText(someMigration({ migration: { stage } }))).toBe(text);
  });
});

describe('stopping a migration', () => {
  const words = (stage: MigrationStage) =>
    stopWords(someMigration({ migration: { stage, stopEffect: stopEffectOf(stage) } }));

  test.each([
    ['beginning', 'Stop', 'Stop and leave everything as it was', /Nothing is deleted yet/],
    ['emptying', 'Bring it back', 'Bring everything back', /copied back .* into "photos", which still exists/],
    [
      'deleted',
      'Bring it back',
      'Make it again with "here"',
      /made again with the connection "here" instead of the connection "there"/,
    ],
  ] as const)('at "%s" the button says "%s", then "%s"', (stage, action, confirm, what) => {
    expect(words(stage)).toMatchObject({ action, confirm });
    expect(words(stage).what.join(' ')).toMatch(what);
  });

  test.each([
    ['returning', /going on is the only way to one whole bucket/],
    ['returned', /verified under its name/],
    ['finished', /It has finished/],
  ] as const)('at "%s" it is not possible, and says why', (stage, why) => {
    const job = someMigration({ migration: { stage, stopEffect: 'nothing' } });

    expect(canStop(job)).toBe(false);
    expect(stopWords(job).whyNot).toMatch(why);
  });

  test('one that failed before anything was deleted can still be left as it was, and one brought back is not redriven', () => {
    expect(canStop(unasked('proving', { status: 'failed' }))).toBe(true);
    expect(stopWords(unasked('proving', { status: 'failed' }))).toMatchObject({
      action: 'Leave it as it was',
      keep: 'Not now',
    });
    expect(canRedrive(unasked('proving', { status: 'failed' }))).toBe(true);
    expect(canRedrive(unasked('undone', { status: 'stopped' }))).toBe(false);
  });
});

describe('the row of phases of a migration', () => {
  const milestones = {
    started: at(1_000_000),
    'temporary-bucket-created': at(1_002_000),
    planned: at(1_010_000),
    copied: at(1_030_000),
    verified: at(1_040_000),
    'proof-sealed': at(1_050_000),
  };

  test('it shows what is done, what waits for a person and what is to come', () => {
    const bars = phaseBars(someMigration({ milestones }), at(1_060_000));

    expect(bars.map(({ title, state }) => `${title}: ${state}`).slice(3, 8)).toEqual([
      'Verify both sides: done',
      'Prove and seal: done',
      'Your decision: now',
      'Empty and delete the source: to-come',
      'Wait for the name: to-come',
    ]);
    expect(bars[4]).toMatchObject({ durationMs: 10_000, detail: '1,204 objects' });
    expect(bars[5]?.durationMs).toBe(10_000);
  });

  test('every phase of a migration stands in one bar', () => {
    for (const phase of PHASES) {
      const bars = phaseBars(unasked(phase), at(2_000_000));
      const now = bars.filter(({ state }) => state === 'now');
      expect(now.length, phase).toBe(phase === 'finished' || phase === 'undone' ? 0 : 1);
    }
  });

  test('while it is brought back, what will not come any more is not shown', () => {
    const job = unasked('undoing', { milestones: { ...milestones, 'undo-began': at(1_055_000) } });

    const bars = phaseBars(job, at(1_060_000));

    expect(bars.at(-1)).toMatchObject({ title: 'Bring back', state: 'now', durationMs: 5000 });
    expect(bars.map(({ title }) => title)).not.toContain('Wait for the name');
    expect(bars.find(({ title }) => title === 'Your decision')?.durationMs).toBe(5000);
  });
});

describe('what is told before a decision', () => {
  const valueOf = (label: string, proof = someProof()) =>
    destroyedFacts(proof).find((fact) => fact.label === label)?.value;

  test('without versions it counts objects', () => {
    expect(valueOf('Objects')).toBe('1,204');
    expect(valueOf('Delete markers')).toBeUndefined();
    expect(provenText(someProof())).toBe('1,204 objects');
    expect(lossTexts(someProof())).toEqual([]);
  });

  test('with versions it counts versions and markers, also those that are lost', () => {
    const proof = someProof({
      carriesVersions: true,
      lineCount: 1500,
      keyCount: 1200,
      deleteMarkerCount: 90,
      lostMarkerCount: 10,
    });

    expect(valueOf('Versions of objects', proof)).toBe('1,400');
    expect(valueOf('Delete markers', proof)).toBe('100');
    expect(provenText(proof)).toBe('1,400 versions of 1,200 objects');
    expect(lossTexts(proof)).toEqual(['10 delete markers cannot be made again.']);
  });

  test('lost versions are counted where they go, and not where they are proven', () => {
    const proof = someProof({ lineCount: 1304, lostVersionCount: 100 });

    expect(valueOf('Versions of objects', proof)).toBe('1,304');
    expect(provenText(proof)).toBe('1,204 objects');
    expect(lossTexts(proof)).toEqual(['100 older versions are destroyed with the source and kept nowhere.']);
  });

  test('what can be taken back is told for every moment, with this job’s names and its quarantine', () => {
    const turns = turnsOf(someMigration());

    expect(turns[0]).toEqual({ when: 'Now', then: 'Stopping leaves "photos" as it was.' });
    expect(turns.map(({ then }) => then).join(' ')).toContain('"mig-temporary-abc123" is deleted after 7 days');
  });

  const decisions: [JobView, ReturnType<typeof decisionOf>][] = [
    [someJob(), undefined],
    [someMigration(), 'consent'],
    [unasked('copying'), undefined],
    [someWait(), 'name'],
    [{ ...someWait(), status: 'failed' }, undefined],
    [
      someMigration({ migration: { stage: 'returned', quarantine: { beganAtMs: at(1), endsAtMs: at(2) } } }),
      'quarantine',
    ],
  ];
  test.each(decisions)('%#: the page of decisions shows %s', (job, decision) => {
    expect(decisionOf(job)).toBe(decision);
  });

  test.each([
    ['busy', /OperationAborted/],
    ['taken', /another account has taken it/],
    ['occupied', /It is never touched/],
    ['denied', /s3:CreateBucket/],
    ['unavailable', /did not answer/],
  ] as const)('the answer "%s" is told in words', (lastOutcome, text) => {
    expect(nameAnswerText(someWait({ lastOutcome }))).toMatch(text);
  });

  test('every choice about the name has its consequence, and none deletes anything', () => {
    for (const { label, consequence } of Object.values(nameChoiceTexts(someWait()))) {
      expect(label).not.toBe('');
      expect(consequence.length).toBeGreaterThan(60);
      expect(consequence).not.toMatch(/delete/);
    }
  });

  test('where nothing is asked it says why', () => {
    const voided = unasked('proving');
    const migration = { ...voided.migration, proof: someProof({ voidedAtMs: at(1_060_000) }) } as JobView['migration'];

    expect(nothingToDecideText({ ...voided, ...(migration ? { migration } : {}) })).toContain('proven anew');
    expect(nothingToDecideText(unasked('copying'))).toContain('still copying');
    expect(nothingToDecideText(someJob())).toContain('asks nothing');
  });
});

describe('the settings of a bucket', () => {
  const item = (fate: ConfigurationItemView['fate'], more: Partial<ConfigurationItemView> = {}) => ({
    setting: fate,
    title: fate,
    fate,
    stage: 'before-objects' as const,
    reason: '',
    differences: [],
    ...more,
  });
  const view = (...items: ConfigurationItemView[]) => ({ capturedAtMs: at(1), isCarried: true, items });

  test('what a person has to look at stands first, and what was never set is only counted', () => {
    const settings = view(item('as-it-is'), item('nothing'), item('cannot'), item('adapted'));

    expect(settingsShown(settings).map(({ fate }) => fate)).toEqual(['cannot', 'adapted', 'as-it-is']);
    expect(settingsSummary(settings)).toBe(
      '1 cannot be carried, 1 adapted, 1 as it is, 1 not set, or as in any new bucket.',
    );
  });

  test('once it was tried, what became of it counts and not what was planned', () => {
    expect(settingsSummary(view(item('as-it-is', { outcome: 'failed' })))).toBe('1 failed.');
    expect(SETTINGS.length).toBeGreaterThan(20);
  });
});
