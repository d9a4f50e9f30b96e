import { useEffect, useRef } from 'react';

/** Puts the focus on the first field with an error whenever the person was kept from going on. */
export function useFirstWrongField(heldBackCount: number) {
  const area = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (heldBackCount > 0) area.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [heldBackCount]);
  return area;
}
