import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard';

/** A name or a digest: whole, in letters that tell l from 1, and copied exactly. `what`: as a reader is told. */
export function ExactText({ text, what }: Readonly<{ text: string; what: string }>) {
  return (
    <span className="key-text">
      <CopyToClipboard
        variant="icon"
        textToCopy={text}
        copyButtonAriaLabel={`Copy ${what}`}
        copySuccessText="Copied"
        copyErrorText="The browser did not allow copying"
      />
      <span>{text}</span>
    </span>
  );
}
