import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import type { ConsentInput, ProofView } from '../../../domain/views.ts';
import { checkTypedCount, checkTypedName } from '../../forms/typed-name.ts';
import { useFirstWrongField } from '../../hooks/use-first-wrong-field.ts';
import { TypedField } from '../../parts/typed-field.tsx';
import { formatCount } from '../../words/numbers.ts';

type Props = Readonly<{
  proof: ProofView;
  isSending: boolean;
  onConsent: (consent: ConsentInput) => void;
  onNotNow: () => void;
}>;

/** The name typed, and the number of lost versions where there are any; then, and only then, the button works. */
export function ConsentForm({ proof, isSending, onConsent, onNotNow }: Props) {
  const { lostVersionCount, digest, source } = proof;
  const [name, setName] = useState('');
  const [count, setCount] = useState('');
  const [insistedCount, setInsistedCount] = useState(0);
  const area = useFirstWrongField(insistedCount);
  const typedName = checkTypedName(name, source.bucket);
  const typedCount = checkTypedCount(count, lostVersionCount);
  const isComplete = typedName.is === 'exact' && (lostVersionCount === 0 || typedCount.is === 'exact');
  const goOn = () => {
    if (!isComplete) return setInsistedCount(insistedCount + 1);
    if (!isSending) onConsent({ bucket: name, digest, ...(lostVersionCount > 0 ? { lostVersionCount } : {}) });
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        goOn();
      }}
    >
      <Container header={<Header variant="h2">Your decision</Header>}>
        <div ref={area}>
          <SpaceBetween size="l">
            {lostVersionCount > 0 && (
              <TypedField
                label={`Type the number of versions that are lost: ${formatCount(lostVersionCount)}`}
                value={count}
                check={typedCount}
                insistedCount={insistedCount}
                inputMode="numeric"
                onChange={setCount}
              />
            )}
            <TypedField
              label={
                <>
                  Type the name of the bucket to be destroyed: <span className="exact-name">{source.bucket}</span>
                </>
              }
              value={name}
              check={typedName}
              insistedCount={insistedCount}
              onChange={setName}
            />
            <SpaceBetween direction="horizontal" size="xs">
              <Button formAction="none" onClick={onNotNow}>
                Not now
              </Button>
              <Button
                variant="primary"
                formAction="submit"
                disabled={!isComplete}
                disabledReason="What is asked for above is not typed exactly yet."
                loading={isSending}
                loadingText="Sending your consent"
                wrapText
              >
                Empty and delete {source.bucket}
              </Button>
            </SpaceBetween>
            <Box color="text-body-secondary" fontSize="body-s">
              Not now keeps everything as it is. The job waits, and this page stays.
            </Box>
          </SpaceBetween>
        </div>
      </Container>
    </form>
  );
}
