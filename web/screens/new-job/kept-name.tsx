import Box from '@cloudscape-design/components/box';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';

/** Read only, and says why. */
export function KeptName({ name }: Readonly<{ name: string }>) {
  return (
    <FormField
      label="Destination bucket"
      description="A migration keeps the name, because it is what everybody knows the bucket by. To choose another name, copy the bucket instead."
    >
      <Input value={name} readOnly spellcheck={false} />
    </FormField>
  );
}

export function HowTheNameMoves() {
  return (
    <div>
      <Box variant="h3">How a name moves</Box>
      <ul className="plain-list">
        <li>A bucket’s name exists only once. It must be deleted in one place before it is made in the other.</li>
        <li>
          AWS holds a deleted name back, mostly for minutes to hours, at the longest for about 72 hours. Nobody can read
          or write the bucket in that time.
        </li>
        <li>All the while every object is in a temporary bucket with the destination connection.</li>
        <li>
          Once the name is free another account could take it first. It is asked for again and again to prevent that.
        </li>
      </ul>
    </div>
  );
}
