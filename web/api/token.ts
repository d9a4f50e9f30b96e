/** The key to this server, from the address that it printed. Kept in memory, and in the tab so that a reload works. */
export type TokenStore = Readonly<{
  read: () => string | undefined;
  keep: (token: string) => void;
  /** The server refused it: the page asks for a new one. */
  forget: () => void;
  subscribe: (changed: () => void) => () => void;
}>;

export type Place = Readonly<{
  location: Pick<Location, 'hash' | 'pathname' | 'search'>;
  history: Pick<History, 'replaceState' | 'state'>;
  sessionStorage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
}>;

const STORED_AS = 'bucket-migrator-token';

/** `#token=…`, or what a person pastes: the whole address, the fragment, or the token alone. */
export function tokenIn(text: string): string | undefined {
  const named = /[#&?]token=([\w.~-]+)/.exec(text)?.[1];
  if (named) return named;
  const bare = text.trim();
  return /^[\w.~-]{8,512}$/.test(bare) ? bare : undefined;
}

/** Takes the token out of the address at once, so that it is not bookmarked, shared or shown. */
export function takeTokenFromAddress(place: Place): string | undefined {
  if (!place.location.hash.includes('token=')) return undefined;
  const token = tokenIn(place.location.hash);
  place.history.replaceState(place.history.state, '', place.location.pathname + place.location.search);
  return token;
}

export function openTokenStore(place: Place): TokenStore {
  let token = takeTokenFromAddress(place) ?? stored(place) ?? undefined;
  if (token) store(place, token);
  const listeners = new Set<() => void>();
  const change = (next: string | undefined): void => {
    token = next;
    store(place, next);
    for (const listener of listeners) listener();
  };
  return {
    read: () => token,
    keep: (next) => change(next),
    forget: () => change(undefined),
    subscribe: (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
  };
}

/** A browser may forbid storage; then the token lives until the reload. */
function stored(place: Place): string | null {
  try {
    return place.sessionStorage.getItem(STORED_AS);
  } catch {
    return null;
  }
}

function store(place: Place, token: string | undefined): void {
  try {
    if (token === undefined) place.sessionStorage.removeItem(STORED_AS);
    else place.sessionStorage.setItem(STORED_AS, token);
  } catch {
    // In memory only.
  }
}
