import { RequestInvalidError, type FieldProblem } from '../../domain/errors.ts';
import { jobRequestSchema, parseJobRequest, type JobRequest, type JobRequestInput } from '../../domain/job-request.ts';
import { OPTION_FIELDS, optionText, readOption, type OptionName } from './option-fields.ts';

/** The wizard as it is typed: text everywhere, so that half a number is a state like any other. */
export type JobForm = Readonly<
  {
    kind: JobRequest['kind'];
    sourceConnection: string;
    sourceBucket: string;
    sourcePrefix: string;
    destinationConnection: string;
    destinationRegion: string;
    destinationBucket: string;
    destinationPrefix: string;
    whenDestinationHasObjects: JobRequest['options']['whenDestinationHasObjects'];
    evidence: JobRequest['options']['evidence'];
    compareAttributes: JobRequest['options']['compareAttributes'];
    versions: JobRequest['options']['versions'];
    /** Empty: as the kind of job does by itself. */
    configuration: NonNullable<JobRequest['options']['configuration']> | '';
    publicAccess: 'stays-blocked' | 'as-it-was';
  } & Record<OptionName, string>
>;
export type JobFormField = keyof JobForm;
export type FormErrors<Form> = Partial<Record<keyof Form, string>>;

const NO_OPTIONS = Object.fromEntries(OPTION_FIELDS.map(({ name }) => [name, ''])) as Record<OptionName, string>;

/** Empty option fields mean the default, which the domain knows. */
export const EMPTY_FORM: JobForm = {
  kind: 'copy',
  sourceConnection: '',
  sourceBucket: '',
  sourcePrefix: '',
  destinationConnection: '',
  destinationRegion: '',
  destinationBucket: '',
  destinationPrefix: '',
  whenDestinationHasObjects: 'refuse',
  evidence: 'standard',
  compareAttributes: 'rebuilt',
  versions: 'all',
  configuration: '',
  publicAccess: 'stays-blocked',
  ...NO_OPTIONS,
};

/** A migration takes the whole bucket and keeps its name, whatever was typed before the kind was chosen. */
export function toRequest(form: JobForm): JobRequestInput {
  if (form.kind === 'migrate') return toMigration(form);
  return {
    kind: form.kind,
    source: { connection: form.sourceConnection, bucket: form.sourceBucket, ...given('prefix', form.sourcePrefix) },
    destination: {
      connection: form.destinationConnection,
      ...given('bucket', form.destinationBucket),
      ...given('region', form.destinationRegion),
      ...given('prefix', form.destinationPrefix),
    },
    options: optionsOf(form),
  };
}

const toMigration = (form: JobForm): JobRequestInput => ({
  kind: 'migrate',
  source: { connection: form.sourceConnection, bucket: form.sourceBucket },
  destination: { connection: form.destinationConnection, ...given('region', form.destinationRegion) },
  options: optionsOf(form),
});

const given = <Name extends string>(name: Name, text: string): Partial<Record<Name, string>> =>
  text === '' ? {} : ({ [name]: text } as Record<Name, string>);

function optionsOf(form: JobForm): NonNullable<JobRequestInput['options']> {
  const options: Record<string, unknown> = {
    whenDestinationHasObjects: form.whenDestinationHasObjects,
    evidence: form.evidence,
    compareAttributes: form.compareAttributes,
    versions: form.versions,
    ...given('configuration', form.configuration),
    appliesPublicAccess: form.publicAccess === 'as-it-was',
  };
  for (const field of OPTION_FIELDS) {
    const value = readOption(field, form[field.name]);
    if (value.ok && value.number !== undefined) options[field.name] = value.number;
  }
  return options;
}

/** A job's settings back in the form: "start again with the same settings". */
export function fromRequest({ kind, source, destination, options }: JobRequest): JobForm {
  const numbers = OPTION_FIELDS.map((field) => [field.name, optionText(field, options[field.name])]);
  return {
    ...EMPTY_FORM,
    ...(Object.fromEntries(numbers) as Record<OptionName, string>),
    kind,
    sourceConnection: source.connection,
    sourceBucket: source.bucket,
    sourcePrefix: source.prefix ?? '',
    destinationConnection: destination.connection,
    destinationRegion: destination.region ?? '',
    destinationBucket: destination.bucket ?? '',
    destinationPrefix: destination.prefix ?? '',
    whenDestinationHasObjects: options.whenDestinationHasObjects,
    evidence: options.evidence,
    compareAttributes: options.compareAttributes,
    versions: options.versions,
    configuration: options.configuration ?? '',
    publicAccess: options.appliesPublicAccess ? 'as-it-was' : 'stays-blocked',
  };
}

/** Every problem that can be known without asking anybody, by field: the domain's own rules. */
export function validateJobForm(form: JobForm): FormErrors<JobForm> {
  const errors: FormErrors<JobForm> = problemsByField(problemsOf(form)).byField;
  if (form.sourceConnection === '') errors.sourceConnection = 'Choose the connection that the bucket is reached by.';
  if (form.destinationConnection === '') errors.destinationConnection = `Choose the connection to ${form.kind} to.`;
  if (form.destinationBucket === '' && form.kind === 'copy') {
    errors.destinationBucket = 'Give the name of the destination bucket.';
  }
  for (const field of OPTION_FIELDS) {
    const value = readOption(field, form[field.name]);
    if (!value.ok) errors[field.name] = value.reason;
  }
  return errors;
}

function problemsOf(form: JobForm): readonly FieldProblem[] {
  try {
    parseJobRequest(toRequest(form));
    return [];
  } catch (error) {
    if (error instanceof RequestInvalidError) return error.problems;
    throw error;
  }
}

const FIELD_OF_PATH: Readonly<Record<string, JobFormField>> = {
  kind: 'kind',
  'source.connection': 'sourceConnection',
  'source.bucket': 'sourceBucket',
  'source.prefix': 'sourcePrefix',
  'destination.connection': 'destinationConnection',
  'destination.bucket': 'destinationBucket',
  'destination.region': 'destinationRegion',
  'destination.prefix': 'destinationPrefix',
  'options.whenDestinationHasObjects': 'whenDestinationHasObjects',
  'options.evidence': 'evidence',
  'options.compareAttributes': 'compareAttributes',
  'options.versions': 'versions',
  'options.configuration': 'configuration',
  'options.appliesPublicAccess': 'publicAccess',
  ...Object.fromEntries(OPTION_FIELDS.map(({ name }) => [`options.${name}`, name])),
};

/** The request's problems, from here or from the server → the form's fields. What fits no field is kept in words. */
export function problemsByField(problems: readonly FieldProblem[]): {
  byField: FormErrors<JobForm>;
  others: string[];
} {
  const byField: FormErrors<JobForm> = {};
  const others: string[] = [];
  for (const { field, message } of problems) {
    const own = FIELD_OF_PATH[field];
    if (own === undefined) others.push(field ? `${field}: ${message}` : message);
    else byField[own] ??= message;
  }
  return { byField, others };
}

const CHOICE_NAMES = ['whenDestinationHasObjects', 'evidence', 'compareAttributes', 'versions', 'configuration', 'publicAccess'] as const; // prettier-ignore

/** The wizard's steps and the fields that each must have right before it is left. */
export const STEP_FIELDS: readonly (readonly JobFormField[])[] = [
  ['kind'],
  ['sourceConnection', 'sourceBucket', 'sourcePrefix'],
  ['destinationConnection', 'destinationRegion', 'destinationBucket', 'destinationPrefix'],
  [...CHOICE_NAMES, ...OPTION_FIELDS.map(({ name }) => name)],
];

/** The first step with a problem, or undefined. */
export function firstStepWithProblem(errors: FormErrors<JobForm>): number | undefined {
  const step = STEP_FIELDS.findIndex((fields) => fields.some((field) => errors[field] !== undefined));
  return step === -1 ? undefined : step;
}

/** What a navigation brings along: some fields, or another job's request to start again. */
export type WizardArrival = { form: Partial<JobForm> } | { request: JobRequest };

/** The form of an arrival. A reload brings it back, perhaps from another version of the page: it is not trusted. */
export function readForm(arrival: unknown): JobForm {
  const { form, request } = (arrival ?? {}) as { form?: unknown; request?: unknown };
  const again = jobRequestSchema.safeParse(request);
  const carried: unknown = again.success ? fromRequest(again.data) : form;
  if (typeof carried !== 'object' || carried === null) return EMPTY_FORM;
  const known = Object.entries(carried).filter(([name, value]) => name in EMPTY_FORM && typeof value === 'string');
  return { ...EMPTY_FORM, ...Object.fromEntries(known) };
}
