import { useEffect, useRef } from 'react';
import { useLocation } from 'react-router';

/**
 * Names the browser's tab, and puts the focus on the page's heading after a navigation, so that a screen reader says
 * where one is. Not on the first page: there the focus is the browser's.
 */
export function usePageTitle<Area extends HTMLElement>(title: string) {
  const area = useRef<Area>(null);
  const hasArrived = useRef(false);
  const { key } = useLocation();
  useEffect(() => {
    document.title = `${title} – Bucket Migrator`;
  }, [title]);
  useEffect(() => {
    // Once for a page: a changed tab or filter changes the location too, and must not move the focus.
    if (hasArrived.current || key === 'default') return;
    hasArrived.current = true;
    const heading = area.current?.querySelector('h1');
    if (!heading) return;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [key]);
  return area;
}
