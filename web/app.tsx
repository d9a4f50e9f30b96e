import { useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useState, useSyncExternalStore } from 'react';
import { Route, Routes, useLocation } from 'react-router';
import type { TokenStore } from './api/token.ts';
import { ErrorBoundary } from './parts/error-boundary.tsx';
import { Frame } from './parts/frame.tsx';
import { Waiting } from './parts/waiting.tsx';
import { SignIn } from './screens/sign-in/index.tsx';

const Jobs = lazy(() => import('./screens/jobs/index.tsx'));
const Job = lazy(() => import('./screens/job/index.tsx'));
const Decision = lazy(() => import('./screens/decision/index.tsx'));
const NewJob = lazy(() => import('./screens/new-job/index.tsx'));
const Connections = lazy(() => import('./screens/connections/index.tsx'));
const NotFound = lazy(() => import('./screens/not-found/index.tsx'));

export function App({ token }: Readonly<{ token: TokenStore }>) {
  const queries = useQueryClient();
  const { pathname } = useLocation();
  const current = useSyncExternalStore(token.subscribe, token.read);
  const [hadOne] = useState(current !== undefined);
  const enter = (text: string) => {
    // What was refused before is asked again with the new token.
    queries.clear();
    token.keep(text);
  };
  if (current === undefined) return <SignIn wasRefused={hadOne} onToken={enter} />;
  return (
    <Frame>
      {/* One for each address: what broke one screen is left behind with it. */}
      <ErrorBoundary key={pathname}>
        <Suspense fallback={<Waiting what="the page" />}>
          <Routes>
            <Route path="/" element={<Jobs />} />
            <Route path="/new" element={<NewJob />} />
            <Route path="/jobs/:id" element={<Job />} />
            <Route path="/jobs/:id/decision" element={<Decision />} />
            <Route path="/connections" element={<Connections />} />
            <Route path="*" element={<NotFound />} />
          </Routes>
        </Suspense>
      </ErrorBoundary>
    </Frame>
  );
}
