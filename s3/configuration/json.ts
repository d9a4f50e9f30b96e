/** The answer as JSON: dates become texts, and what is not there leaves no field. */
export function jsonOf(value: unknown): unknown {
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? undefined : (JSON.parse(text) as unknown);
}

/** Undefined when none of the fields stands in the answer: an element without content is no setting. */
export function unlessEmpty<Value extends object>(value: Value): Value | undefined {
  const fields = Object.values(value).filter((field) => field !== undefined);
  return fields.some((field) => !Array.isArray(field) || field.length > 0) ? value : undefined;
}
