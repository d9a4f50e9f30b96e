import Alert, { type AlertProps } from '@cloudscape-design/components/alert';
import { useEffect, useRef } from 'react';
import { explain } from '../api/problem.ts';
import { RouterLink } from './router-link.tsx';

type Props = Readonly<{ error: unknown; takesFocus?: boolean; action?: React.ReactNode }>;

/** One error, one cause, one thing to do. */
export function ProblemAlert({ error, takesFocus = false, action }: Props) {
  const alert = useRef<AlertProps.Ref>(null);
  const { title, detail, remedy, job } = explain(error);
  useEffect(() => {
    if (takesFocus) alert.current?.focus();
  }, [takesFocus, error]);
  return (
    <Alert ref={alert} type="error" header={title} action={action}>
      <span className="wrap-anywhere">
        {detail} {remedy}
      </span>
      {job !== undefined && (
        <>
          {' '}
          <RouterLink to={`/jobs/${encodeURIComponent(job)}`}>Open the job {job}</RouterLink>
        </>
      )}
    </Alert>
  );
}
