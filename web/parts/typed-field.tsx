import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import { useState } from 'react';
import { errorOf, hintOf, type Typed } from '../forms/typed-name.ts';

type Props = Readonly<{
  label: React.ReactNode;
  about?: string;
  value: string;
  check: Typed;
  /** Grows whenever somebody wanted to go on too early. */
  insistedCount: number;
  inputMode?: 'text' | 'numeric';
  onChange: (value: string) => void;
}>;

/** Something to be typed exactly. Pasting is allowed: what counts is that it is the right bucket. */
export function TypedField({ label, about = '', value, check, insistedCount, inputMode = 'text', onChange }: Props) {
  const [isLeft, setLeft] = useState(false);
  const error = errorOf(check, insistedCount > 0 || (isLeft && value !== ''));
  return (
    <FormField label={label} description={about} errorText={error} constraintText={error ? '' : hintOf(check)} stretch>
      <Input
        value={value}
        inputMode={inputMode}
        spellcheck={false}
        autoComplete={false}
        disableBrowserAutocorrect
        invalid={error !== ''}
        onChange={({ detail }) => {
          setLeft(false);
          onChange(detail.value);
        }}
        onBlur={() => setLeft(true)}
      />
    </FormField>
  );
}
