import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard';
import { readKey } from '../words/keys.ts';

/** A key from a job document: shown with its invisible characters as escapes, copied exactly as it is. */
export function KeyText({ percentForm }: Readonly<{ percentForm: string }>) {
  const { exact, shown } = readKey(percentForm);
  return (
    <span className="key-text">
      <CopyToClipboard
        variant="icon"
        textToCopy={exact}
        copyButtonAriaLabel={`Copy the exact key ${shown}`}
        copySuccessText="Exact key copied"
        copyErrorText="The browser did not allow copying"
      />
      <span title={shown}>{shown}</span>
    </span>
  );
}
