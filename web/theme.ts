import { applyMode, Mode } from '@cloudscape-design/global-styles';

/** Light or dark as the reader's system says, also when it changes while the page is open. */
export function followColorScheme(): void {
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  const apply = () => applyMode(dark.matches ? Mode.Dark : Mode.Light);
  apply();
  dark.addEventListener('change', apply);
}
