declare module 'asl-validator' {
  /** Only what the tests use of it; the package ships no types. */
  export default function validate(definition: unknown): { isValid: boolean; errors: readonly unknown[] };
}
