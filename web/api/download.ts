/** Hands a file to the browser. A link to the address itself would go without the bearer header. */
export function saveFile(file: Blob, name: string): void {
  const address = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The browser has taken hold of the blob once this turn of the event loop is over.
  setTimeout(() => URL.revokeObjectURL(address), 0);
}

export const jsonFile = (value: unknown): Blob =>
  new Blob([JSON.stringify(value, null, 2)], { type: 'application/json' });
