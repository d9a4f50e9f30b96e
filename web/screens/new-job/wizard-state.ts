import type { FieldProblem } from '../../../domain/errors.ts';
import {
  firstStepWithProblem,
  problemsByField,
  STEP_FIELDS,
  validateJobForm,
  type FormErrors,
  type JobForm,
  type JobFormField,
} from '../../forms/job-form.ts';

/** The wizard's memory. What is wrong is not stored: it follows from the form. */
export type WizardState = Readonly<{
  form: JobForm;
  step: number;
  /** Fields that the person has changed, and so may be told about. */
  touched: ReadonlySet<JobFormField>;
  /** Steps that the person has tried to leave: there, everything is told. */
  tried: ReadonlySet<number>;
  /** What the server said about a field, until that field changes. */
  refused: FormErrors<JobForm>;
  /** Grows whenever the person was kept from going on: the focus goes to the first wrong field. */
  heldBackCount: number;
}>;

export type WizardAction =
  | { type: 'changed'; changes: Partial<JobForm> }
  | { type: 'asked-for-step'; step: number }
  | { type: 'refused'; problems: readonly FieldProblem[] };

export const openWizard = (form: JobForm): WizardState => ({
  form,
  step: 0,
  touched: new Set(),
  tried: new Set(),
  refused: {},
  heldBackCount: 0,
});

export function wizardReducer(state: WizardState, action: WizardAction): WizardState {
  switch (action.type) {
    case 'changed': {
      const names = Object.keys(action.changes) as JobFormField[];
      const refused = Object.fromEntries(
        Object.entries(state.refused).filter(([name]) => !names.includes(name as JobFormField)),
      );
      return {
        ...state,
        form: { ...state.form, ...action.changes },
        touched: new Set([...state.touched, ...names]),
        refused,
      };
    }
    case 'asked-for-step':
      return goTo(state, action.step);
    case 'refused': {
      const refused = problemsByField(action.problems).byField;
      const step = firstStepWithProblem(refused) ?? state.step;
      return { ...state, refused, step, heldBackCount: state.heldBackCount + 1 };
    }
  }
}

/** Back is always allowed; forward only as far as the first step that has something wrong. */
function goTo(state: WizardState, wanted: number): WizardState {
  const blocking = firstStepWithProblem(validateJobForm(state.form));
  if (wanted <= state.step || blocking === undefined || blocking >= wanted) return { ...state, step: wanted };
  return {
    ...state,
    step: blocking,
    tried: new Set([...state.tried, blocking]),
    heldBackCount: state.heldBackCount + 1,
  };
}

/** The errors to show: of touched fields, of tried steps, and what the server said. */
export function shownErrors(state: WizardState): FormErrors<JobForm> {
  const errors = validateJobForm(state.form);
  const shown: FormErrors<JobForm> = { ...state.refused };
  STEP_FIELDS.forEach((fields, step) => {
    for (const field of fields) {
      const error = errors[field];
      if (error !== undefined && (state.touched.has(field) || state.tried.has(step))) shown[field] = error;
    }
  });
  return shown;
}
