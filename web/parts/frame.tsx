import AppLayout from '@cloudscape-design/components/app-layout';
import Box from '@cloudscape-design/components/box';
import SideNavigation, { type SideNavigationProps } from '@cloudscape-design/components/side-navigation';
import TopNavigation from '@cloudscape-design/components/top-navigation';
import { useState } from 'react';
import { useLocation, useNavigate } from 'react-router';
import { useHealth } from '../hooks/use-connections.ts';
import { useNarrow } from '../hooks/use-narrow.ts';

const PAGES: readonly SideNavigationProps.Item[] = [
  { type: 'link', text: 'Jobs', href: '/' },
  { type: 'link', text: 'New job', href: '/new' },
  { type: 'link', text: 'Connections', href: '/connections' },
];

/** What stands around every screen. */
export function Frame({ children }: Readonly<{ children: React.ReactNode }>) {
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const isNarrow = useNarrow();
  const health = useHealth();
  const [isOpen, setOpen] = useState(!isNarrow);
  const follow = (event: CustomEvent<{ href?: string }>) => {
    event.preventDefault();
    if (isNarrow) setOpen(false);
    void navigate(event.detail.href ?? '/');
  };
  const here = pathname.startsWith('/jobs/') ? '/' : pathname;
  const place = health.data ? `Version ${health.data.version}${health.data.sandbox ? ', with the sandbox' : ''}` : '';
  return (
    <>
      <div id="top">
        <TopNavigation
          identity={{
            href: '/',
            title: 'Bucket Migrator',
            onFollow: (event) => {
              event.preventDefault();
              void navigate('/');
            },
          }}
        />
      </div>
      <AppLayout
        headerSelector="#top"
        toolsHide
        navigationOpen={isOpen}
        onNavigationChange={({ detail }) => setOpen(detail.open)}
        navigationWidth={200}
        navigation={
          <>
            <SideNavigation activeHref={here} items={PAGES} onFollow={follow} />
            <Box padding={{ horizontal: 'xl' }} color="text-body-secondary" fontSize="body-s">
              {place}
            </Box>
          </>
        }
        content={children}
      />
    </>
  );
}
