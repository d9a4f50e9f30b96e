import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jobRequestSchema, parseJobRequest } from '../../domain/job-request.ts';
import type { ConnectionView } from '../../domain/connection.ts';
import type { PreflightView } from '../../domain/views.ts';
import {
  EMPTY_CONNECTION,
  fromConnection,
  toConnection,
  validateConnectionForm,
} from '../../web/forms/connection-form.ts';
import { exampleConnections, exampleForm, migrationExample } from '../../web/forms/example-form.ts';
import {
  EMPTY_FORM,
  fromRequest,
  problemsByField,
  readForm,
  toRequest,
  validateJobForm,
  type JobForm,
} from '../../web/forms/job-form.ts';
import { whatDoesNotSurvive, whatHappens } from '../../web/forms/migration-plan.ts';
import { DEFAULT_OPTIONS, OPTION_FIELDS, optionText, readOption } from '../../web/forms/option-fields.ts';
import { startButtonText } from '../../web/forms/start-button.ts';
import { openWizard, shownErrors, wizardReducer } from '../../web/screens/new-job/wizard-state.ts';

const goodForm: JobForm = {
  ...EMPTY_FORM,
  sourceConnection: 'here',
  sourceBucket: 'photos',
  destinationConnection: 'there',
  destinationBucket: 'photos-copy',
};

describe('the form of a job', () => {
  test('an untouched form of two buckets becomes a request with every default', () => {
    expect(validateJobForm(goodForm)).toEqual({});
    expect(parseJobRequest(toRequest(goodForm)).options).toEqual(DEFAULT_OPTIONS);
  });

  test('empty fields are left out of the request instead of being sent empty', () => {
    expect(toRequest(goodForm).source).toEqual({ connection: 'here', bucket: 'photos' });
    expect(toRequest(goodForm).destination).toEqual({ connection: 'there', bucket: 'photos-copy' });
  });

  test('an empty form says at each field what to give', () => {
    expect(Object.keys(validateJobForm(EMPTY_FORM)).sort()).toEqual([
      'destinationBucket',
      'destinationConnection',
      'sourceBucket',
      'sourceConnection',
    ]);
  });

  test.each([
    ['sourceBucket', 'Bad_Name', /upper-case/],
    ['sourceBucket', 'arn:aws:s3:::photos', /photos/],
    ['destinationRegion', 'Frankfurt', /not a Region/],
    ['sourcePrefix', 'x'.repeat(1025), /1024/],
    ['inFlightMax', '0', /from 1 to 1,024/],
    ['inFlightMax', 'many', /from 1 to 1,024/],
    ['roundsMax', '2.5', /from 1 to 10/],
    ['partSizeBytes', '4', /from 5 to 5,120/],
  ] as const)('%s "%s" is wrong at its own field', (field, text, message) => {
    expect(validateJobForm({ ...goodForm, [field]: text })).toEqual({
      [field]: expect.stringMatching(message) as string,
    });
  });

  test('a bucket is not copied onto itself', () => {
    const form = { ...goodForm, destinationConnection: 'here', destinationBucket: 'photos' };

    expect(validateJobForm(form).destinationBucket).toContain('same bucket');
  });

  test('"start again" brings back every setting', () => {
    const options = { ...DEFAULT_OPTIONS, inFlightMax: 7, shardBytesMax: 3 * 1024 ** 3, evidence: 'strict' as const };
    const request = parseJobRequest({ ...toRequest({ ...goodForm, sourcePrefix: '2026/' }), options });

    expect(parseJobRequest(toRequest(fromRequest(request)))).toEqual(request);
    expect(readForm({ request })).toEqual(fromRequest(request));
  });

  test('something strange in the history opens an empty form', () => {
    expect(readForm(null)).toEqual(EMPTY_FORM);
    expect(readForm({ form: 7, request: {} })).toEqual(EMPTY_FORM);
    expect(readForm({ form: { sourceBucket: 'a', other: 'b', kind: 3 } })).toEqual({
      ...EMPTY_FORM,
      sourceBucket: 'a',
    });
  });

  test("the server's problems find their fields, and none is lost", () => {
    const { byField, others } = problemsByField([
      { field: 'source.bucket', message: 'No.' },
      { field: 'options.inFlightMax', message: 'Too many.' },
      { field: 'elsewhere', message: 'Hm.' },
      { field: '', message: 'All wrong.' },
    ]);

    expect(byField).toEqual({ sourceBucket: 'No.', inFlightMax: 'Too many.' });
    expect(others).toEqual(['elsewhere: Hm.', 'All wrong.']);
  });
});

describe('the form of a migration', () => {
  const migration: JobForm = {
    ...EMPTY_FORM,
    kind: 'migrate',
    sourceConnection: 'here',
    sourceBucket: 'photos',
    destinationConnection: 'there',
  };

  test('it needs no destination bucket, because the name is kept', () => {
    expect(validateJobForm(migration)).toEqual({});
    expect(parseJobRequest(toRequest(migration)).destination).toEqual({ connection: 'there' });
  });

  test('what was typed for a copy before the kind was changed is not sent, and is still there for a copy', () => {
    const form = { ...migration, sourcePrefix: '2026/', destinationPrefix: 'old/', destinationBucket: 'photos-copy' };

    expect(validateJobForm(form)).toEqual({});
    expect(toRequest(form)).toMatchObject({ source: { connection: 'here', bucket: 'photos' } });
    expect(JSON.stringify(toRequest(form))).not.toMatch(/2026|old|photos-copy/);
    expect(toRequest({ ...form, kind: 'copy' }).destination.bucket).toBe('photos-copy');
  });

  test('its choices are sent, and "start again" brings them back', () => {
    const form: JobForm = {
      ...migration,
      versions: 'current-only',
      configuration: 'leave',
      publicAccess: 'as-it-was',
      quarantineDays: '0',
    };

    const request = parseJobRequest(toRequest(form));

    expect(request.options).toMatchObject({
      versions: 'current-only',
      configuration: 'leave',
      appliesPublicAccess: true,
      quarantineDays: 0,
    });
    expect(fromRequest(request)).toEqual(form);
  });

  test.each([
    ['quarantineDays', '91', /from 0 to 90/],
    ['quarantineDays', '1.5', /from 0 to 90/],
    ['sourceBucket', 'logs-111122223333-eu-west-1-an', /cannot exist elsewhere/],
    ['destinationConnection', '', /Choose the connection to migrate to/],
  ] as const)('%s "%s" is wrong at its own field', (field, text, message) => {
    expect(validateJobForm({ ...migration, [field]: text })).toEqual({
      [field]: expect.stringMatching(message) as string,
    });
  });

  test('what will happen is told with its own names, and where it asks comes before anything is deleted', () => {
    const steps = whatHappens({ ...migration, destinationRegion: 'eu-west-1' });

    expect(steps.findIndex((step) => step.startsWith('The job asks you'))).toBeLessThan(
      steps.findIndex((step) => step.includes('is deleted from')),
    );
    expect(steps.join(' ')).toContain('"photos" is made again with the connection "there" in eu-west-1');
    expect(steps.at(-1)).toContain('kept for 7 days');
  });

  test.each([
    [{ quarantineDays: '0' }, 'deleted at once'],
    [{ quarantineDays: '1' }, 'kept for 1 day as'],
    [{ configuration: 'leave' }, 'settings of the bucket are left behind'],
    [{ versions: 'current-only' }, 'Every current object is copied'],
  ] as const)('with %j it says "%s"', (choice, text) => {
    expect(whatHappens({ ...migration, ...choice }).join(' ')).toContain(text);
  });

  test('older versions are told to be lost only where they are', () => {
    const titles = (versions: JobForm['versions']) =>
      whatDoesNotSurvive({ ...migration, versions }).map((loss) => loss.title);

    expect(titles('current-only')).toContain('Older versions and delete markers');
    expect(titles('all')).not.toContain('Older versions and delete markers');
    expect(titles('all')).toContain('Version ids');
  });

  test('an example takes a sample bucket whose name the other account does not have, and needs no week to end', () => {
    const between = { source: 'one', destination: 'two' };
    const form = migrationExample(
      between,
      [{ name: 'sample-photos' }, { name: 'sample-text' }],
      [{ name: 'sample-photos' }],
    );

    expect(form).toMatchObject({ kind: 'migrate', sourceBucket: 'sample-text', quarantineDays: '0' });
    expect(validateJobForm({ ...EMPTY_FORM, ...form })).toEqual({});
  });
});

describe('the options', () => {
  const accepts = (options: Record<string, unknown>) => jobRequestSchema.shape.options.safeParse(options).success;

  test.each(OPTION_FIELDS)('$name has the limits that the request has', (field) => {
    expect(accepts({ [field.name]: field.min * field.unit })).toBe(true);
    expect(accepts({ [field.name]: field.max * field.unit })).toBe(true);
    expect(accepts({ [field.name]: (field.max + 1) * field.unit })).toBe(false);
    if (field.unit === 1) expect(accepts({ [field.name]: field.min - 1 })).toBe(false);
  });

  test('what is shown reads back as the same number', () => {
    fc.assert(
      fc.property(fc.constantFrom(...OPTION_FIELDS), fc.double({ min: 0, max: 1, noNaN: true }), (field, share) => {
        const units = Math.floor(field.min + share * (field.max - field.min));
        const value = readOption(field, optionText(field, units * field.unit));

        expect(value.ok && (value.number ?? DEFAULT_OPTIONS[field.name])).toBe(units * field.unit);
      }),
    );
  });
});

describe('the wizard', () => {
  const type = (changes: Partial<JobForm>) => ({ type: 'changed', changes }) as const;
  const next = (step: number) => ({ type: 'asked-for-step', step }) as const;

  test('nothing is scolded before it was typed', () => {
    expect(shownErrors(openWizard(EMPTY_FORM))).toEqual({});
  });

  test('a wrong name is told while it is typed', () => {
    const state = wizardReducer(openWizard(EMPTY_FORM), type({ sourceBucket: 'Bad' }));

    expect(Object.keys(shownErrors(state))).toEqual(['sourceBucket']);
  });

  test('a step with something missing is not left, and says everything that is missing', () => {
    const state = wizardReducer(wizardReducer(openWizard(EMPTY_FORM), next(1)), next(2));

    expect(state.step).toBe(1);
    expect(state.heldBackCount).toBe(1);
    expect(Object.keys(shownErrors(state)).sort()).toEqual(['sourceBucket', 'sourceConnection']);
  });

  test('going back is always allowed', () => {
    const state = wizardReducer({ ...openWizard(EMPTY_FORM), step: 2 }, next(0));

    expect(state.step).toBe(0);
  });

  test('what the server refused is shown in its step until the field changes', () => {
    const review = { ...openWizard(goodForm), step: 3 };
    const refused = wizardReducer(review, {
      type: 'refused',
      problems: [{ field: 'source.bucket', message: 'It is gone.' }],
    });

    expect(refused.step).toBe(1);
    expect(shownErrors(refused)).toEqual({ sourceBucket: 'It is gone.' });
    expect(shownErrors(wizardReducer(refused, type({ sourceBucket: 'other' })))).toEqual({});
  });

  test('the button says what it does, as far as it is known', () => {
    const found = (objectCount: number, isComplete: boolean): PreflightView => ({
      status: 'ok',
      checks: [],
      found: { objectCount, sizeBytes: 1, isComplete },
    });

    expect(startButtonText('copy', undefined)).toBe('Start copying');
    expect(startButtonText('copy', found(1204, true))).toBe('Start copying 1,204 objects');
    expect(startButtonText('copy', found(100_000, false))).toBe('Start copying more than 100,000 objects');
  });
});

describe('the example', () => {
  const sandbox = (name: string): ConnectionView => ({ name, kind: 'sandbox', region: 'eu-west-1', hasSecret: true });

  test('goes from one sandbox account to the other, to a name that is free', () => {
    const between = exampleConnections([sandbox('a'), sandbox('b')]);

    const form = exampleForm(
      between ?? { source: '', destination: '' },
      [{ name: 'other' }, { name: 'sample-logs' }, { name: 'sample-photos' }],
      [{ name: 'sample-photos-copy' }, { name: 'sample-photos-copy-2' }],
    );

    expect(form).toEqual({
      sourceConnection: 'a',
      sourceBucket: 'sample-photos',
      destinationConnection: 'b',
      destinationBucket: 'sample-photos-copy-3',
    });
  });

  test('needs two accounts', () => {
    expect(exampleConnections([sandbox('a')])).toBeUndefined();
  });
});

describe('the form of a connection', () => {
  const stored: ConnectionView = {
    name: 'minio',
    kind: 's3-compatible',
    region: 'default',
    endpoint: 'https://s3.example.org',
    hasSecret: true,
    accessKeyIdEnding: 'ABCD',
  };

  test('an untouched edit keeps the stored keys and asks for nothing', () => {
    const form = fromConnection(stored);

    expect(validateConnectionForm(form, [], stored)).toEqual({});
    expect(toConnection(form)).toEqual({
      name: 'minio',
      kind: 's3-compatible',
      region: 'default',
      endpoint: 'https://s3.example.org',
    });
  });

  test('keys do not follow to another endpoint: they are asked for again', () => {
    const form = { ...fromConnection(stored), endpoint: 'https://elsewhere.example.org' };

    expect(Object.keys(validateConnectionForm(form, [], stored)).sort()).toEqual(['accessKeyId', 'secretAccessKey']);
  });

  test('half a pair of keys is not enough', () => {
    const form = { ...fromConnection(stored), accessKeyId: 'AKIA' };

    expect(Object.keys(validateConnectionForm(form, [], stored))).toEqual(['secretAccessKey']);
  });

  test('only the chosen way in is sent', () => {
    const form = {
      ...fromConnection(stored),
      wayIn: 'profile' as const,
      profile: 'work',
      secretAccessKey: 'left over',
    };

    expect(toConnection(form)).not.toHaveProperty('secretAccessKey');
    expect(toConnection(form)).toMatchObject({ profile: 'work' });
  });

  test('an empty form says what it needs, and a name is taken once', () => {
    expect(Object.keys(validateConnectionForm(EMPTY_CONNECTION, [])).sort()).toEqual(['name', 'profile', 'region']);
    expect(validateConnectionForm({ ...EMPTY_CONNECTION, name: 'minio' }, ['minio']).name).toContain('already');
  });

  test('a role that is not one is told at its field', () => {
    const form = {
      ...EMPTY_CONNECTION,
      name: 'prod',
      region: 'eu-west-1',
      profile: 'p',
      roleArn: 'arn:aws:iam::1:user/x',
    };

    expect(Object.keys(validateConnectionForm(form, []))).toEqual(['roleArn']);
  });
});
