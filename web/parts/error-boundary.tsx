import { Component } from 'react';
import Button from '@cloudscape-design/components/button';
import { ProblemAlert } from './problem-alert.tsx';

type State = Readonly<{ error: unknown }>;

/** A screen that breaks (or a piece of the page that is gone after an upgrade) says so instead of going blank. */
export class ErrorBoundary extends Component<Readonly<{ children: React.ReactNode }>, State> {
  override state: State = { error: undefined };

  static getDerivedStateFromError(error: unknown): State {
    return { error };
  }

  override render() {
    if (this.state.error === undefined) return this.props.children;
    const reload = <Button onClick={() => window.location.reload()}>Reload the page</Button>;
    return <ProblemAlert error={this.state.error} action={reload} />;
  }
}
