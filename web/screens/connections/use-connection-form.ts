import { useState } from 'react';
import type { ConnectionView } from '../../../domain/connection.ts';
import { ApiError } from '../../api/problem.ts';
import {
  connectionProblemsByField,
  EMPTY_CONNECTION,
  fromConnection,
  toConnection,
  validateConnectionForm,
  type ConnectionForm,
} from '../../forms/connection-form.ts';
import { useSaveConnection } from '../../hooks/use-connections.ts';

export type ConnectionEditing = Readonly<{
  form: ConnectionForm;
  errors: Partial<Record<keyof ConnectionForm, string>>;
  change: (changes: Partial<ConnectionForm>) => void;
}>;

export function useConnectionForm(
  stored: ConnectionView | undefined,
  takenNames: readonly string[],
  onSaved: () => void,
) {
  const [form, setForm] = useState(stored ? fromConnection(stored) : EMPTY_CONNECTION);
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());
  const [triedCount, setTriedCount] = useState(0);
  const saving = useSaveConnection();

  const problems = validateConnectionForm(form, stored ? [] : takenNames, stored);
  const shown = Object.fromEntries(
    Object.entries(problems).filter(([field]) => triedCount > 0 || touched.has(field)),
  ) as typeof problems;
  const refused = saving.error instanceof ApiError ? connectionProblemsByField(saving.error.errors).byField : {};

  return {
    form,
    triedCount,
    errors: { ...refused, ...shown },
    error: saving.error,
    isSaving: saving.isPending,
    change: (changes: Partial<ConnectionForm>) => {
      saving.reset();
      setForm({ ...form, ...changes });
      setTouched(new Set([...touched, ...Object.keys(changes)]));
    },
    save: () => {
      setTriedCount(triedCount + 1);
      if (Object.keys(problems).length === 0) saving.mutate(toConnection(form), { onSuccess: onSaved });
    },
  };
}
