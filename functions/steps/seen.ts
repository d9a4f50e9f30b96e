/** What was seen, the error that stood in the way, or nothing when it was not looked at. */
export type Seen<T> = Readonly<{ value: T } | { error: unknown } | { skipped: true }>;
export const skipped = { skipped: true } as const;
export const valueOf = <T>(seen: Seen<T>): T | undefined => ('value' in seen ? seen.value : undefined);
export const errorOf = (seen: Seen<unknown>): unknown => ('error' in seen ? seen.error : undefined);

export async function seen<T>(look: () => Promise<T>): Promise<Seen<T>> {
  try {
    return { value: await look() };
  } catch (error) {
    return { error };
  }
}
